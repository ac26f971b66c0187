"""From an adapter's files to the lake: bronze as received, silver once, the rest quarantined."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from . import quarantine, silver
from .columns import admit
from .lake import Lake, digest, stamp
from .source import ROWS, Adapter, Part

Told = Callable[[str, int], None]  # (table, rows read)


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows of a batch."""

    batch: str
    unchanged: bool  # the lake had this batch before
    rows: dict[str, int] = field(default_factory=dict)  # read, by table
    new: dict[str, int] = field(default_factory=dict)  # in silver because of this batch, by table
    duplicates: dict[str, int] = field(default_factory=dict)  # good, and already known, by table
    quarantined: dict[str, int] = field(default_factory=dict)  # by "table.field reason"
    seconds: float = 0.0


def ingest(
    lake: Lake, adapter: Adapter, path: Path, now: datetime, told: Told | None = None,
    rows: int = ROWS,
) -> Counts:  # fmt: skip
    """Bring the files at `path` into `lake`; what it already holds stays as it is.

    Memory is bounded by `rows`, 8 bytes for each event of the lake and the ids of its assets.
    Raises `DataError` when the files can not be read or the lake can not be written.
    """
    started, now = time.monotonic(), stamp(now)
    source = adapter.open(path)
    batch = source.fingerprint()
    with lake.writing():
        before = finished(lake, batch)
        if before is not None:
            return Counts(batch, True, **before, seconds=time.monotonic() - started)
        described = any(part.table == "assets" for part in source.parts)
        state = silver.State.of(lake, source.domain, described)
        for number, part in enumerate(source.parts):
            bring(lake, Load(source.name, batch, part, number, now), state, told, rows)
        counts = record(lake, batch, source.name, str(path), now)
    return Counts(batch, False, **counts, seconds=time.monotonic() - started)


@dataclass(frozen=True, slots=True)
class Load:
    """One part of one batch on its way."""

    name: str
    batch: str
    part: Part
    number: int
    now: datetime

    @property
    def app(self) -> str:
        """Under which its progress is noted."""
        return f"{self.batch}/{self.number}"


def bring(lake: Lake, load: Load, state: silver.State, told: Told | None, rows: int) -> None:
    """Every frame of a part into bronze, quarantine and silver, each at most once.

    Each table notes its own progress, so it does not matter which of them a kill leaves behind.
    """
    table, source = load.part.table, load.part.file.name
    origin = [pl.lit(source).alias("source"), pl.lit(load.batch).alias("batch")]
    with ThreadPoolExecutor(1) as beside:
        for frame in gathered(load.part.read(rows), rows):
            upto = int(frame.select(pl.max("line")).item() or 0)
            received = frame.with_columns(*origin)
            kept = beside.submit(store, lake, bronze(load, frame), received, load.app, upto)
            judged = admit(frame, table)
            good = judged.good.with_columns(*origin)
            ready, refused = state.prepare(table, good, load.now)
            bad = pl.concat([judged.bad, refused]).sort("line") if len(refused) else judged.bad
            if len(bad):
                rejected = quarantine.rows(bad, table, source, load.batch)
                store(lake, "quarantine", rejected, load.app, upto)
            state.write(table, ready, load.app, upto, load.now)
            kept.result()
            if told:
                told(table, len(frame))


def store(lake: Lake, name: str, frame: pl.DataFrame, app: str, upto: int) -> None:
    """Append what the table does not hold yet of this part."""
    done = lake.progress(name, app)
    if done >= 0:
        frame = frame.filter(pl.col("line") > done)
    lake.append(name, frame, app, upto)


def bronze(load: Load, frame: pl.DataFrame) -> str:
    """A table for each shape in which rows come."""
    shape = digest([f"{name}:{dtype}" for name, dtype in frame.schema.items()])
    return f"bronze/{load.name}-{load.part.table}-{shape[:8]}"


def gathered(frames: Iterator[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """The same rows in frames of at least `rows`, but for the last."""
    held: list[pl.DataFrame] = []
    for frame in frames:
        held.append(frame)
        if sum(map(len, held)) >= rows:
            yield pl.concat(held, how="diagonal_relaxed") if len(held) > 1 else held[0]
            held = []
    if sum(map(len, held)):
        yield pl.concat(held, how="diagonal_relaxed") if len(held) > 1 else held[0]


def append_events(lake: Lake, events: pl.DataFrame, source: str, now: datetime) -> Counts:
    """Bring a frame of events (columns of the contract) in by the same door, each event once.

    `source` is what quarantine and bronze name as its origin. An unknown item is a fault.
    """
    started, now = time.monotonic(), stamp(now)
    batch = digest([source, events.write_json()])
    if "line" not in events.columns:
        place = pl.int_range(1, len(events) + 1, dtype=pl.Int64)
        events = events.with_columns(place.alias("line"))
    part = Part("events", Path(source), lambda _: iter([events]))
    with lake.writing():
        before = finished(lake, batch)
        if before is not None:
            return Counts(batch, True, **before, seconds=time.monotonic() - started)
        state = silver.State.of(lake, None, True)
        bring(lake, Load("events", batch, part, 0, now), state, None, len(events))
        counts = record(lake, batch, "events", source, now)
    return Counts(batch, False, **counts, seconds=time.monotonic() - started)


def record(
    lake: Lake, batch: str, domain: str, path: str, now: datetime
) -> dict[str, dict[str, int]]:
    """Note that a batch is whole, with its counts."""
    counts = tally(lake, batch)
    row = {"batch": batch, "domain": domain, "path": path, "counts": json.dumps(counts)}
    lake.append("batches", pl.DataFrame([row | {"finished_at": now}]), batch, 1)
    return counts


def finished(lake: Lake, batch: str) -> dict[str, dict[str, int]] | None:
    """The counts of a batch that the lake holds whole."""
    held = lake.scan("batches").filter(pl.col("batch") == batch).select("counts").collect()
    if not len(held):
        return None
    found: dict[str, dict[str, int]] = json.loads(held.item())
    return found


def tally(lake: Lake, batch: str) -> dict[str, dict[str, int]]:
    """What the tables of the lake say of a batch, however often its run was killed."""
    mine = pl.col("batch") == batch
    rows: dict[str, int] = {}
    for folder in sorted((lake.path / "bronze").glob("*-*-*")):
        table = folder.name.rsplit("-", 2)[1]
        found = lake.scan(f"bronze/{folder.name}").filter(mine).select(pl.len()).collect().item()
        rows[table] = rows.get(table, 0) + found
    rows = {table: n for table, n in rows.items() if n}
    new = {
        t: lake.scan(f"silver/{t}").filter(mine & real(t)).select(pl.len()).collect().item()
        for t in rows
    }
    held = lake.scan("quarantine").filter(mine).select("table", "field", "reason").collect()
    bad = dict(held["table"].value_counts().iter_rows())
    name = pl.format("{}.{} {}", "table", "field", "reason")
    causes = dict(sorted(held.select(name)["table"].value_counts().iter_rows()))
    duplicates = {t: n - new[t] - bad.get(t, 0) for t, n in rows.items()}
    return {"rows": rows, "new": new, "duplicates": duplicates, "quarantined": causes}


def real(table: str) -> pl.Expr:
    """Not a placeholder."""
    return ~pl.col("placeholder") if table == "assets" else pl.lit(True)
