"""The lake on disk: Delta tables, each commit whole or not at all, each batch written once.

bronze/*   rows as received, with source, batch and line; a table for each shape that came
silver/*   events (typed, each once), assets and users (slowly changing dimensions, type 2), and
           merges: which assets are one
gold/*     what is made from silver, made again when silver has moved on
quarantine rows that were refused;  batches what was ingested

A data file is written beside the table and then named by one commit, which also notes how far
its batch has come; a run that dies leaves files that nobody names, and the next run goes on from
the note.
"""

from __future__ import annotations

import fcntl
import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction

from hermes.core.errors import DataError

from .columns import DTYPES, MOMENT
from .rules import ASSET, EVENT, USER, Field

if TYPE_CHECKING:
    from .ingest import Counts


def columns(fields: tuple[Field, ...]) -> dict[str, Any]:
    """Polars types of a table of the contract."""
    return {field.name: DTYPES[field.kind] for field in fields}


ORIGIN = {"source": pl.String(), "batch": pl.String(), "line": pl.Int64()}
VERSIONED = {
    "content": pl.String(),  # hash of the fields; a new version is one with another hash
    "valid_from": MOMENT,
    "valid_to": MOMENT,  # null while current
    "current": pl.Boolean(),
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "silver/events": columns(EVENT) | {"domain": pl.String()} | ORIGIN,
    "silver/assets": columns(ASSET) | {"placeholder": pl.Boolean()} | ORIGIN | VERSIONED,
    "silver/users": columns(USER) | ORIGIN | VERSIONED,
    "silver/merges": {
        "number": pl.Int64(),  # of the row, from 1
        "merge": pl.String(),
        "undone": pl.Boolean(),  # the row takes the merge back
        **{
            f"{side}_{what}" if what else side: pl.String()
            for side in ("kept", "other")
            for what in ("", "domain", "source")
        },
        "score": pl.Float64(),
        "why": pl.String(),
        "at": MOMENT,
    },
    "quarantine": {
        "table": pl.String(),
        "reason": pl.String(),
        "field": pl.String(),
        "raw": pl.String(),  # the row as JSON, or the line that could not be split
    }
    | ORIGIN,
    "batches": {
        "batch": pl.String(),
        "domain": pl.String(),
        "path": pl.String(),
        "counts": pl.String(),  # JSON
        "finished_at": MOMENT,
    },
}


class Lake:
    """A folder of Delta tables."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer at a time; the next one waits."""
        with self.guard():
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / ".lock").open("w")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def guard(self) -> Iterator[None]:
        """What the disk or a table complains of, as one `DataError`."""
        try:
            yield
        except (OSError, DeltaError, pl.exceptions.PolarsError) as error:
            raise DataError(
                f"lake {self.path}: {error}; what was committed is kept: free space or repair the"
                " folder and run the same command again"
            ) from error

    def table(self, name: str) -> DeltaTable | None:
        """The Delta table, None when nothing was ever written to it."""
        folder = self.path / name
        if not (folder / "_delta_log").is_dir() or not DeltaTable.is_deltatable(str(folder)):
            return None
        return DeltaTable(str(folder))

    def files(self, name: str) -> list[str]:
        """The Parquet files that hold a table now."""
        table = self.table(name)
        return sorted(table.file_uris()) if table else []

    def scan(self, name: str) -> pl.LazyFrame:
        """A table, empty when nothing was ever written to it."""
        files, schema = self.files(name), SCHEMAS.get(name)
        if not files:
            return pl.LazyFrame(schema=schema or {})
        return pl.scan_parquet(files, missing_columns="insert", schema=schema)

    def version(self, name: str) -> int:
        """How many commits a table has seen; -1 when it is not there."""
        table = self.table(name)
        return table.version() if table else -1

    def progress(self, name: str, app: str) -> int:
        """The last line of `app` that a table holds; -1 when it holds none."""
        table = self.table(name)
        found = table.transaction_version(app) if table else None
        return -1 if found is None else found

    def append(self, name: str, frame: pl.DataFrame, app: str, upto: int) -> bool:
        """Add rows and note that `app` has come to `upto`; False when it already had."""
        if self.progress(name, app) >= upto:
            return False
        self.commit(name, frame, "append", app, upto)
        return True

    def replace(self, name: str, frame: pl.DataFrame, app: str, upto: int) -> bool:
        """Put `frame` in the place of a table, under the same note."""
        if self.progress(name, app) >= upto:
            return False
        self.commit(name, frame, "overwrite", app, upto)
        return True

    def commit(self, name: str, frame: pl.DataFrame, mode: str, app: str, upto: int) -> None:
        """One data file, one commit."""
        with self.guard():
            self.write(self.path / name, frame, mode, app, upto)

    def write(self, folder: Path, frame: pl.DataFrame, mode: str, app: str, upto: int) -> None:
        """What `commit` does."""
        frame = storable(frame)
        arrow = frame.clear().to_arrow(compat_level=pl.CompatLevel.oldest())
        schema = Schema.from_arrow(arrow.schema)
        DeltaTable.create(str(folder), schema, mode="ignore")
        actions = [self.add(folder, frame)] if len(frame) else []
        DeltaTable(str(folder)).create_write_transaction(
            actions,
            mode=mode,
            schema=schema,
            commit_properties=CommitProperties(app_transactions=[Transaction(app, upto)]),
        )

    def add(self, folder: Path, frame: pl.DataFrame) -> AddAction:
        """Write a data file that nobody names yet."""
        file = folder / f"part-{uuid.uuid4().hex}.parquet"
        try:
            frame.write_parquet(file, compression="zstd", compression_level=1, statistics=False)
            size = file.stat().st_size
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        stats = f'{{"numRecords":{len(frame)}}}'
        return AddAction(file.name, size, {}, int(file.stat().st_mtime * 1000), True, stats)

    def append_events(self, events: pl.DataFrame, source: str, now: datetime) -> Counts:
        """Bring in events that are in memory; see `ingest.append_events`."""
        from .ingest import append_events

        return append_events(self, events, source, now)


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns in types that Delta knows; what it does not know becomes text."""
    known = (pl.String, pl.Boolean, pl.Float32, pl.Float64, pl.Date, pl.Binary, pl.List, pl.Struct)
    casts: dict[Any, Any] = {}
    for name, dtype in frame.schema.items():
        if dtype == pl.Datetime:
            casts[name] = MOMENT
        elif dtype in (pl.UInt8, pl.UInt16):
            casts[name] = pl.Int32()
        elif dtype == pl.UInt32:
            casts[name] = pl.Int64()
        elif not dtype.is_signed_integer() and dtype not in known:
            casts[name] = pl.String()
    return frame.cast(casts) if casts else frame


def digest(texts: Sequence[str] | Mapping[str, str]) -> str:
    """16 hexadecimal digits that stand for texts."""
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()[:16]


def stamp(now: datetime) -> datetime:
    """`now`, refused unless it knows its time zone."""
    if now.tzinfo is None:
        raise DataError("the time of an ingestion must be aware of its zone; pass UTC")
    return now
