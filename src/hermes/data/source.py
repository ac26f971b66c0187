"""What an adapter owes the lake: the tables of a source, as streams of frames with line numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

ROWS = 1_000_000  # of one frame


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a source as rows of one table.

    The frames of `read(rows)` hold columns of the contract and `line`, the 1-based line of the file
    (for Parquet: row), which grows; and `malformed`, the text of a line that can not be split.
    """

    table: str  # assets, users or events
    file: Path
    read: Callable[[int], Iterator[pl.DataFrame]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Source:
    """What an adapter found at a path."""

    name: str  # of the adapter
    domain: str | None  # of all its assets; None when each row says its own
    parts: tuple[Part, ...]  # assets before users before events
    key: str = ""  # what besides the bytes of the files decides what is read

    def fingerprint(self) -> str:
        """The identity of a batch: the same files under the same key, wherever they lie."""
        total = hashlib.sha256(f"{self.name} {self.key}".encode())
        for part in self.parts:
            with part.file.open("rb") as file:
                total.update(part.table.encode() + hashlib.file_digest(file, "sha256").digest())
        return total.hexdigest()[:32]


class Adapter(Protocol):
    """A domain: raw files become columns of the contract; `domains/NAME.py` offers `adapter`."""

    @property
    def name(self) -> str:
        """Of the module."""

    @property
    def weights(self) -> Mapping[str, float]:
        """What its kinds of event are worth."""

    def open(self, path: Path) -> Source:
        """The tables at `path`; `DataError` when it holds something else."""
