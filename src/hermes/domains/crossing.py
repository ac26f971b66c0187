"""Domains with shared users: folders `A_B` and `B_A`, each with `train.txt` and `test.txt`.

A line is a user, an item and a 1; what lies in `A_B` is of domain A. The same number is the same
user in all of them, but not the same item, so that items are named `A-number`. No time is known,
and the order of the lines says nothing (items next to each other in a history of Amazon's sport and
clothing have no more users in common than items far apart): a user's events are put into an order
by a fixed draw, a second apart from the start of 2000, the test after all of training.

A product that is sold in two domains has two numbers and the very same users. Whoever measures what
crosses from one to the other takes such twins out first, or what is held out in one domain stands
in the other: `workflows/crossed` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.data.files import lines
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source

START = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
SPLITS = ("train", "test")
LATER = 10**8  # seconds from the start of training to that of the test


class Crossing:
    """Events of kind `interaction` with a split; items are known by their numbers only."""

    name = "crossing"
    weights: Mapping[str, float] = WEIGHTS

    def open(self, path: Path) -> Source:
        """A folder of such folders; `DataError` where there is none, or a file is missing."""
        found = sorted(f for f in path.glob("*_*") if f.is_dir()) if path.is_dir() else []
        if not found:
            raise DataError(f"{path}: holds no folder A_B of a pair of domains")
        files = [
            (f.name.partition("_")[0], split, f / f"{split}.txt") for f in found for split in SPLITS
        ]
        for _, _, file in files:
            if not file.is_file():
                raise DataError(f"{file}: no such file; each folder has train.txt and test.txt")
        parts = [
            Part(table, file, partial(read, file, domain, split))
            for table, read in (("assets", assets), ("events", events))
            for domain, split, file in files
        ]
        return Source(self.name, None, tuple(parts))


def words(file: Path, domain: str) -> Iterator[pl.DataFrame]:
    """line, user_id, asset_id and malformed, the text of a line that is not a pair and a number."""
    for frame in lines(file):
        cut = frame["text"].str.extract_groups(r"^\s*(?<user>\d+)\s+(?<item>\d+)(?:\s+\S+)?\s*$")
        user, item = cut.struct.field("user"), cut.struct.field("item")
        yield frame.select(
            "line",
            user_id=user,
            asset_id=pl.lit(f"{domain}-") + item,
            malformed=pl.when(user.is_null()).then("text"),
        )


def assets(file: Path, domain: str, split: str, rows: int) -> Iterator[pl.DataFrame]:
    """One row an item, at the line where it comes first."""
    seen = set[str]()
    for frame in words(file, domain):
        first = frame.filter(pl.col("malformed").is_null()).unique("asset_id", maintain_order=True)
        new = first.filter(~pl.col("asset_id").is_in(list(seen)))
        seen.update(new["asset_id"])
        title = pl.col("asset_id").str.replace("-", " ")
        yield new.select("line", "asset_id", title=title, domain=pl.lit(domain))


def events(file: Path, domain: str, split: str, rows: int) -> Iterator[pl.DataFrame]:
    """One row a line, at a moment drawn for it."""
    rng = np.random.default_rng(SPLITS.index(split))
    for frame in words(file, domain):
        moment = START + SPLITS.index(split) * LATER + rng.integers(0, LATER, len(frame))
        yield frame.with_columns(
            kind=pl.lit("interaction"), split=pl.lit(split), occurred_at=pl.Series(moment)
        )


adapter = Crossing()
