"""Carries the log into the lake: `python -m hermes.data.flush LOG LAKE [--days N]`.

How far a flush is going to come is noted before it starts, so that one that was killed is repeated
with the same rows, which the lake then knows. Nothing is lost and nothing is doubled.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from hermes.core.errors import HermesError

from .columns import MOMENT
from .ingest import ingest
from .lake import Lake
from .log import Exposure, connect
from .rules import ASSET, WEIGHTS, names
from .source import Part, Source
from .tabular import table

MOST = {"events": 500_000, "assets": 50_000, "exposures": 50_000}  # rows of one step
SHOWN = {
    "request_id": pl.String(),
    "at": MOMENT,
    "user_id": pl.String(),
    "surface": pl.String(),
    "bundle": pl.String(),
    "tier": pl.Int64(),
    "items": pl.List(pl.String),
    "propensities": pl.List(pl.Float64),
    "scores": pl.List(pl.Float64),
}


class Spool:
    """A folder of `assets.jsonl` and `events.jsonl`, as an adapter."""

    name = "log"
    weights: Mapping[str, float] = WEIGHTS

    def open(self, path: Path) -> Source:
        """Assets before events."""
        files = [(name, path / f"{name}.jsonl") for name in ("assets", "events")]
        found = [Part(name, file, partial(table, file)) for name, file in files if file.exists()]
        return Source(self.name, None, tuple(found))


def flush(log: Path, lake: Lake, now: datetime, days: float = 90.0) -> dict[str, int]:
    """Move all that is new; returns rows by table.  What landed is trimmed from the log after it:
    exposures at once, events `days` days after they happened.
    """
    db, done = connect(log), dict.fromkeys(MOST, 0)
    try:
        while step := moved(db, lake, now):
            done = {name: done[name] + step[name] for name in MOST}
        trim(db, now - timedelta(days=days))
    finally:
        db.close()
    return done


def moved(db: sqlite3.Connection, lake: Lake, now: datetime) -> dict[str, int]:
    """One step over all tables; empty when nothing was new."""
    spans = {name: span(db, name) for name in MOST}
    if all(low == high for low, high in spans.values()):
        return {}
    with tempfile.TemporaryDirectory(prefix="hermes-flush-") as folder:
        assets = put_online(db, lake, *spans["assets"])
        events = [body for (body,) in rows(db, "events", "body", spans["events"])]
        for name, lines in (("assets", assets), ("events", events)):
            if lines:
                (Path(folder) / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        if assets or events:
            ingest(lake, Spool(), Path(folder), now)
    shown = land_exposures(db, lake, spans["exposures"])
    for name, (_, high) in spans.items():
        remember(db, name, high)
    return {"events": len(events), "assets": len(assets), "exposures": shown}


def span(db: sqlite3.Connection, name: str) -> tuple[int, int]:
    """Rows after the first up to the second number are to be moved; the plan is written down."""
    low, planned = mark(db, name), mark(db, f"{name}.planned")
    if planned > low:
        return low, planned
    last = db.execute(f"SELECT coalesce(max(id), 0) FROM {name}").fetchone()[0]
    high = max(low, min(last, low + MOST[name]))
    remember(db, f"{name}.planned", high)
    return low, high


def mark(db: sqlite3.Connection, name: str) -> int:
    """0 when there is none."""
    row = db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row else 0


def remember(db: sqlite3.Connection, name: str, value: int) -> None:
    """Durable."""
    db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (name, value))


def rows(
    db: sqlite3.Connection, name: str, columns: str, between: tuple[int, int]
) -> list[tuple[Any, ...]]:
    """Of one table, in order."""
    query = f"SELECT {columns} FROM {name} WHERE id > ? AND id <= ? ORDER BY id"
    return db.execute(query, between).fetchall()


def put_online(db: sqlite3.Connection, lake: Lake, low: int, high: int) -> list[str]:
    """The last word on each asset as a line of the contract; one taken off is not available."""
    last: dict[str, str | None] = {}
    for asset_id, body in rows(db, "assets", "asset_id, body", (low, high)):
        last[asset_id] = body if body is not None else withdrawn(lake, asset_id, last)
    return [body for body in last.values() if body is not None]


def withdrawn(lake: Lake, asset_id: str, before: Mapping[str, str | None]) -> str | None:
    """As it was known, but not available; None when the lake never heard of it."""
    known = before.get(asset_id)
    if known is None:
        found = lake.scan("silver/assets").filter(pl.col("asset_id") == asset_id, "current")
        dicts = found.select(names(ASSET)).collect().to_dicts()
        if not dicts:
            return None
        row = {name: value for name, value in dicts[0].items() if value is not None}
    else:
        row = msgspec.json.decode(known)
    return msgspec.json.encode({**row, "available": False}).decode()


def land_exposures(db: sqlite3.Connection, lake: Lake, between: tuple[int, int]) -> int:
    """Under a note of the lake, so that a second time adds nothing."""
    decode = msgspec.json.Decoder(Exposure).decode
    found = [decode(body) for (body,) in rows(db, "exposures", "body", between)]
    if found:
        columns: dict[str, Any] = {n: [getattr(e, n) for e in found] for n in SHOWN}
        columns["at"] = [datetime.fromtimestamp(at, UTC) for at in columns["at"]]
        with lake.writing():
            app = f"log/{mark(db, 'identity')}"
            lake.append("exposures", pl.DataFrame(columns, schema=SHOWN), app, between[1])
    return len(found)


def trim(db: sqlite3.Connection, before: datetime) -> None:
    """Drop what has landed and is no longer read."""
    db.execute("DELETE FROM exposures WHERE id <= ?", (mark(db, "exposures"),))
    db.execute(
        "DELETE FROM events WHERE id <= ? AND at < ?", (mark(db, "events"), before.timestamp())
    )


def main() -> None:
    """Exit 1 with one line when the log or the lake refuses."""
    parser = argparse.ArgumentParser(prog="hermes.data.flush")
    parser.add_argument("log", type=Path)
    parser.add_argument("lake", type=Path)
    parser.add_argument("--days", type=float, default=90.0)
    given = parser.parse_args()
    try:
        flush(given.log, Lake(given.lake), datetime.now(UTC), given.days)
    except (HermesError, OSError, sqlite3.Error) as error:
        print(f"hermes: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
