"""Vectors on disk under the hash of what they were made from, so that nothing is encoded twice.

One SQLite file holds the vectors of many encoders side by side. A batch is written as soon as it
is made: a process that was killed goes on where it was.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from hermes.core.errors import DataError, ShapeError, Unavailable
from hermes.core.progress import progress
from hermes.core.types import Floats

from .base import Encoder, Vectors

T = TypeVar("T", str, bytes)
R = TypeVar("R")

ASKED = 500  # hashes looked up by one statement
SCHEMA = (
    "create table if not exists vectors"
    " (encoder text, content blob, vector blob, primary key (encoder, content)) without rowid"
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """What became of some things."""

    vectors: Vectors
    refused: dict[int, str] = field(default_factory=dict)  # place of a thing -> why it has none
    reused: int = 0  # things whose vector was there already


class Cache:
    """A file of vectors; safe to share between processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self.open()) as db, db:
            db.execute(SCHEMA)

    def open(self) -> sqlite3.Connection:
        """A connection; raises `DataError` when the file is no cache."""
        try:
            db = sqlite3.connect(self.path, timeout=60)
            db.execute("pragma journal_mode = wal")
        except sqlite3.DatabaseError as error:
            raise DataError(f"{self.path}: {error}; move it away and run again") from error
        return db

    def load(self, encoder: str, hashes: Sequence[bytes], d: int) -> dict[bytes, Floats]:
        """The vectors that are there, by content hash."""
        found = dict[bytes, Floats]()
        with closing(self.open()) as db:
            for i in range(0, len(hashes), ASKED):
                part = hashes[i : i + ASKED]
                marks = ",".join("?" * len(part))
                asked = f"select content, vector from vectors where content in ({marks})"
                for content, raw in db.execute(f"{asked} and encoder = ?", (*part, encoder)):
                    found[content] = np.frombuffer(raw, np.float32)
        wrong = [v for v in found.values() if len(v) != d]
        if wrong:
            raise ShapeError(f"{self.path}: {encoder} has vectors of {len(wrong[0])}, not {d}")
        return found

    def save(self, encoder: str, hashes: Sequence[bytes], rows: Floats) -> None:
        """Keep vectors; those that are there already stay as they are."""
        values = [(encoder, h, np.float32(r).tobytes()) for h, r in zip(hashes, rows, strict=True)]
        try:
            with closing(self.open()) as db, db:
                db.executemany("insert or ignore into vectors values (?, ?, ?)", values)
        except sqlite3.OperationalError as error:
            raise Unavailable(f"{self.path}: {error}; free some space and run it again") from error


def encoded(
    encoder: Encoder[T],
    things: Sequence[T | None],
    cache: Cache | None = None,
    batch: int = 64,
    what: str = "encode",
) -> Encoded:
    """Vectors of all things in their order, equal ones made once.  I -> (I, D)

    None and what the encoder refuses get a zero row, the latter with its reason.
    """
    hashes = [None if thing is None else digest(thing) for thing in things]
    first = {h: i for i, h in reversed(list(enumerate(hashes))) if h is not None}
    known = cache.load(encoder.identity, list(first), encoder.d) if cache else {}
    todo, reasons = [h for h in first if h not in known], dict[bytes, str]()
    reused = sum(h in known for h in hashes)
    with progress(what, len(todo), "items") as tell:
        for i in range(0, len(todo), batch):
            part = todo[i : i + batch]
            asked = [things[first[h]] for h in part]
            made = attempt(encoder.encode, [t for t in asked if t is not None])
            good = [h for h, row in zip(part, made, strict=True) if not isinstance(row, str)]
            rows = [row for row in made if not isinstance(row, str)]
            known |= dict(zip(good, rows, strict=True))
            reasons |= {h: r for h, r in zip(part, made, strict=True) if isinstance(r, str)}
            if cache and rows:
                cache.save(encoder.identity, good, np.stack(rows))
            tell(len(part))
    out = np.zeros((len(things), encoder.d), np.float32)
    for i, h in enumerate(hashes):
        if h in known:
            out[i] = known[h]
    refused = {i: reasons[h] for i, h in enumerate(hashes) if h is not None and h in reasons}
    return Encoded(Vectors(out, encoder.identity), refused, reused)


def attempt(encode: Callable[[Sequence[T]], Iterable[R]], things: Sequence[T]) -> list[R | str]:
    """A row or answer a thing, or why it has none; one bad thing does not cost the others."""
    try:
        return list(encode(things))
    except DataError as error:
        if len(things) == 1:
            return [str(error)]
        return [row for thing in things for row in attempt(encode, [thing])]


def digest(thing: str | bytes) -> bytes:
    """32 bytes that stand for a text or a file's content."""
    body = thing.encode("utf-8", "surrogatepass") if isinstance(thing, str) else thing
    return hashlib.sha256(body).digest()
