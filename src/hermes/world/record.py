"""A world as files: assets, users and events in the contract's columns, and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from hermes.core.errors import DataError
from hermes.core.progress import Report, progress

from .behaviour import KINDS, contexts, days
from .people import AGES, COUNTRIES, OCCUPATIONS, People
from .pictures import SUFFIX, picture
from .texts import rows
from .truth import Truth

MOMENT = pl.Datetime("us", "UTC")
MAKERS = pl.List(pl.Struct({"name": pl.String, "role": pl.String}))
ASSETS: dict[str, Any] = {
    "asset_id": pl.String, "domain": pl.String, "title": pl.String, "text_content": pl.String,
    "image_uri": pl.String, "creators": MAKERS, "cohort": pl.String,
    "categories": pl.List(pl.String), "tags": pl.List(pl.String), "price": pl.Float64,
    "currency": pl.String, "language": pl.String, "published_at": MOMENT, "created_at": MOMENT,
    "attributes": pl.String,
}  # fmt: skip
BLOCK = 20_000  # assets held at once


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written."""

    path: Path
    assets: int
    users: int
    events: int
    kinds: dict[str, int]  # events of each kind
    pictures: int


def write(
    path: Path,
    scale: str = "small",
    seed: int = 7,
    report: Report | None = None,
    pictures: bool | None = None,
) -> Summary:
    """Make a world below `path`; the same scale and seed give the same bytes.

    `report(what, step, of, figures)` is told of each step, else a bar is shown on a terminal.
    `pictures` None draws them where the world is small enough to wait for; they can be drawn later
    with `pictures.picture`. Raises `DataError` when a world lies there already.
    """
    path = Path(path)
    for name in ("assets.parquet", "users.parquet", "events.parquet"):
        if (path / name).exists():
            raise DataError(f"{path}: {name} exists; choose an empty folder for a new world")
    truth = Truth.of(scale, seed)
    drawn = scale in ("tiny", "small") if pictures is None else pictures
    (path / "pictures").mkdir(parents=True, exist_ok=True)
    users(truth).write_parquet(path / "users.parquet")
    with ExitStack() as stack:
        tell = report or bar(stack)
        write_assets(truth, path, drawn, tell)
        kinds = write_events(truth, path / "events.parquet", tell)
    shown = len(truth.items) if drawn else 0
    total = sum(kinds.values())
    return Summary(path, len(truth.items), len(truth.people), total, kinds, shown)


def bar(stack: ExitStack) -> Report:
    """One bar for each kind of step, silent where there is no terminal."""
    bars: dict[str, Any] = {}
    done: dict[str, int] = {}

    def tell(what: str, step: int, of: int, figures: dict[str, float]) -> None:
        if what not in bars:
            bars[what] = stack.enter_context(progress(what, of, "steps"))
        bars[what](step - done.get(what, 0))
        done[what] = step
        if step >= of:
            stack.pop_all().close()

    return tell


def write_assets(truth: Truth, path: Path, drawn: bool, tell: Report) -> None:
    """Assets in blocks, each with its picture where they are drawn."""
    total = len(truth.items)
    known = rows(truth.items, truth.size, truth.seed, truth.asset_ids())
    writer: pq.ParquetWriter | None = None
    done = 0
    for block in blocks(known):
        for row in block:
            row["image_uri"] = f"pictures/{row['asset_id']}{SUFFIX}"
            if drawn:
                (path / row["image_uri"]).write_bytes(picture(row))
            done += 1
            if done % 64 == 0 or done == total:
                tell("assets", done, total, {})
        table = pl.DataFrame(block, schema=ASSETS).to_arrow()
        writer = writer or pq.ParquetWriter(path / "assets.parquet", table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def blocks(known: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows in lists of at most `BLOCK`."""
    block: list[dict[str, Any]] = []
    for row in known:
        block.append(row)
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block


def users(truth: Truth) -> pl.DataFrame:
    """What is known of each person besides what they did."""
    people: People = truth.people
    joined = pl.Series((people.joined * 86_400 + truth.start) * 1e6).cast(pl.Int64).cast(MOMENT)
    return pl.DataFrame(
        {
            "user_id": truth.user_ids(),
            "age_band": [AGES[a] for a in people.age],
            "occupation": [OCCUPATIONS[o] for o in people.occupation],
            "country": [COUNTRIES[c] for c in people.country],
            "created_at": joined,
        }
    )


def write_events(truth: Truth, file: Path, tell: Report) -> dict[str, int]:
    """The log day by day, in order of time; how many of each kind there were."""
    items = pl.Series(truth.asset_ids(), dtype=pl.String)
    people = pl.Series(truth.user_ids(), dtype=pl.String)
    places, kinds = pl.Series(contexts()), pl.Series(KINDS)
    counts = dict.fromkeys(KINDS, 0)
    written = 0
    writer: pq.ParquetWriter | None = None
    for day, frame in enumerate(days(truth)):
        number = pl.int_range(written, written + len(frame), eager=True)
        moment = (pl.col("day") * 86_400e6 + truth.start * 1e6).round().cast(pl.Int64)
        named = frame.select(
            pl.format("event-{}", number).alias("event_id"),
            people.gather(frame["user"]).alias("user_id"),
            items.gather(frame["item"]).alias("asset_id"),
            kinds.gather(frame["kind"]).alias("kind"),
            pl.col("value").fill_nan(None),
            moment.cast(MOMENT).alias("occurred_at"),
            pl.format("session-{}", "session_id").alias("session_id"),
            pl.format("request-{}", "request_id").alias("request_id"),
            "position",
            "propensity",
            "policy_version",
            places.gather(frame["context"]).alias("context"),
        )
        for kind, n in named["kind"].value_counts().iter_rows():
            counts[kind] += n
        written += len(frame)
        table = named.to_arrow()
        writer = writer or pq.ParquetWriter(file, table.schema)
        writer.write_table(table)
        tell("days", day + 1, truth.size.days, {"events": float(written)})
    if writer is not None:
        writer.close()
    return counts
