"""How fast events become rows of a lake: the whole of `ingest`, from a Parquet file on disk.

Included are reading the file twice (its hash, its rows), the contract's rules on every row, the
quarantine, the check that every item is known, duplicates by event id, and writing bronze and
silver with their commits. Gold is made when it is first read, and is not included.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.core.types import Array
from hermes.data.ingest import Counts, ingest
from hermes.data.lake import Lake
from hermes.domains.world import adapter

from .bench import Place

FLOOR = 1_000_000.0  # events a second on two cores
ASSETS, USERS, BAD, TWICE = 20_000, 200_000, 0.01, 0.005
KINDS = ("impression", "click", "play", "purchase", "rating")
BLOCK = 1_000_000  # rows generated at once
Report = Callable[[str, int, int, dict[str, float]], None]


def measure(
    place: Place | None = None, rows: int = 4_000_000, report: Report | None = None
) -> list[dict[str, Any]]:
    """Events a second when events bring their ids, and when ids are made from their content."""
    work = str(place.work) if place else None
    if work:
        Path(work).mkdir(parents=True, exist_ok=True)
    found = []
    with tempfile.TemporaryDirectory(prefix="hermes-ingest-", dir=work) as folder:
        for step, ids in enumerate((True, False)):
            raw = Path(folder) / f"raw-{step}"
            written = generate(raw, rows, ids, np.random.default_rng(step))
            found += one(raw, Lake(Path(folder) / f"lake-{step}"), written, ids)
            if report:
                report("ingest", step + 1, 2, {row["name"]: row["value"] for row in found})
    return found


def one(raw: Path, lake: Lake, written: dict[str, int], ids: bool) -> list[dict[str, Any]]:
    """The rows of one run, whose counts must be what was generated."""
    cpu, began = time.process_time(), time.perf_counter()
    counts = ingest(lake, adapter, raw, datetime.now(UTC))
    took, spent = time.perf_counter() - began, time.process_time() - cpu
    check(counts, written)
    rows = written["events"]
    name = "ingest, events with ids" if ids else "ingest, ids made from content"
    note = (
        f"{rows:,} events, {counts.rows['events'] - counts.new['events']:,} refused or duplicate; "
        f"Parquet to bronze and silver, full validation; {rows / spent:,.0f} a second of "
        f"processor time; peak memory {peak():.0f} MB"
    )
    rate: dict[str, Any] = {"name": name, "value": rows / took, "unit": "events/s", "note": note}
    return [rate | {"floor": FLOOR, "holds": rows / took >= FLOOR}] if ids else [rate]


def check(counts: Counts, written: dict[str, int]) -> None:
    """`DataError` unless every row is accounted for; a benchmark that loses rows is none."""
    refused = sum(n for cause, n in counts.quarantined.items() if cause.startswith("events."))
    seen = (counts.rows["events"], refused, counts.duplicates["events"])
    wanted = (written["events"], written["bad"], written["twice"])
    if seen != wanted:
        raise DataError(f"ingest lost count: read, refused, duplicate {seen}, not {wanted}")


def peak() -> float:
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def generate(folder: Path, rows: int, ids: bool, rng: np.random.Generator) -> dict[str, int]:
    """A folder for the adapter `world`; returns how many rows are bad and how many come twice."""
    folder.mkdir(parents=True)
    names = pl.Series([f"item-{i}" for i in range(ASSETS)])
    assets = pl.DataFrame({"asset_id": names, "title": names}).with_columns(domain=pl.lit("films"))
    assets.write_parquet(folder / "assets.parquet")
    parts, bad, twice = [], 0, 0
    for start in range(0, rows, BLOCK):
        frame, broken, again = block(start, min(BLOCK, rows - start), names, ids, rng)
        parts.append(frame)
        bad, twice = bad + broken, twice + again
    pl.concat(parts).write_parquet(folder / "events.parquet")
    return {"events": rows, "bad": bad, "twice": twice}


def block(
    start: int, n: int, names: pl.Series, ids: bool, rng: np.random.Generator
) -> tuple[pl.DataFrame, int, int]:
    """n events, of which some are broken in one of four ways, and the last repeat the first."""
    item = np.minimum(rng.zipf(1.2, n) - 1, ASSETS - 1)
    micros = 1_600_000_000_000_000 + (start + np.arange(n)) * 1_000_000
    frame = pl.DataFrame(
        {
            "user_id": "user-" + pl.Series(rng.integers(0, USERS, n)).cast(pl.String),
            "asset_id": names.gather(item),
            "kind": pl.Series(KINDS).gather(rng.integers(0, len(KINDS), n)),
            "value": rng.integers(1, 6, n).astype(float),
            "occurred_at": pl.Series(micros).cast(pl.Datetime("us", "UTC")),
        }
    )
    if ids:
        own = pl.Series(rng.integers(0, 2**62, n)).cast(pl.String)
        frame = frame.insert_column(0, ("e" + own).alias("event_id"))
    again = int(n * TWICE)
    frame = pl.concat([frame.head(n - again), frame.head(again)])
    ways = np.zeros(n, np.int64)  # 0: good
    middle = np.arange(again, n - again)  # so that no broken row is repeated
    ways[rng.choice(middle, int(n * BAD), replace=False)] = rng.integers(1, 5, int(n * BAD))
    return broken(frame, ways), int(n * BAD), again


def broken(frame: pl.DataFrame, ways: Array) -> pl.DataFrame:
    """NaN, negative, an unknown kind, an unknown item."""
    way = pl.Series("way", ways)
    nan = pl.when(way == 1).then(float("nan")).when(way == 2).then(-1.0)
    return frame.with_columns(
        value=nan.otherwise(pl.col("value")),
        kind=pl.when(way == 3).then(pl.lit("teleport")).otherwise(pl.col("kind")),
        asset_id=pl.when(way == 4).then(pl.lit("nobody knows")).otherwise(pl.col("asset_id")),
    )
