"""Text files of one line a user: the user's id, then the ids of items, oldest first.

The n-th event of a user stands n seconds after the start of 2000, since only the order is known.
A user has one line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl

from hermes.core.errors import DataError
from hermes.data.files import lines
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source

START = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())


class Sequences:
    """Events of kind `interaction`; assets are placeholders unless attributes describe them."""

    name = "sequences"
    weights: Mapping[str, float] = WEIGHTS

    def open(self, path: Path) -> Source:
        """A file of sequences, or a folder with `sequences.txt`."""
        file = path / "sequences.txt" if path.is_dir() else path
        if not file.is_file():
            raise DataError(f"{path}: no such file and no folder with sequences.txt")
        part = Part("events", file, partial(read, file))
        return Source(self.name, self.name, (part,))


def read(file: Path, rows: int) -> Iterator[pl.DataFrame]:
    """One row an event; all the events of a user share a line."""
    for frame in lines(file):
        words = pl.col("text").str.extract_all(r"\S+")
        whole = words.list.len() > 1
        one = frame.select(
            "line",
            words.list.get(0).alias("user_id"),
            words.list.slice(1).alias("asset_id"),
            pl.when(~whole).then(pl.col("text")).alias("malformed"),
        ).explode("asset_id", empty_as_null=True)
        place = pl.int_range(pl.len()).over("user_id")
        yield one.with_columns(
            kind=pl.lit("interaction"),
            occurred_at=START + place,
        )


adapter = Sequences()
