"""Check-ins of Gowalla in the split of LightGCN: `train.npz` and `test.npz`, users by places.

He, Deng, Wang, Li, Zhang, Wang. LightGCN: simplifying and powering graph convolution network for
recommendation. SIGIR 2020. Both files are scipy's sparse matrices of one shape whose cell (u, i)
is not zero where user u was at place i; other data sets split for that paper (yelp2018,
amazon-book) fit as well when they are stored so. No time is known, nor any order: a user's events
are put into one by a fixed draw, a second apart from the start of 2000, so that what is held out as
the last is not the place of the highest number; the test follows after all of training.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from scipy.sparse import coo_array, load_npz

from hermes.core.errors import DataError
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source

START = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
FILES = {"train": "train.npz", "test": "test.npz"}


class Gowalla:
    """Events of kind `interaction` with a split; places are known by their numbers only."""

    name = "gowalla"
    weights: Mapping[str, float] = WEIGHTS

    def open(self, path: Path) -> Source:
        """A folder with both files; `DataError` when they are of different shapes."""
        files = {split: path / file for split, file in FILES.items()}
        for file in files.values():
            if not file.is_file():
                raise DataError(f"{file}: no such file; give the folder of train.npz and test.npz")
        train, test = (cells(file) for file in files.values())
        if train.shape != test.shape:
            raise DataError(f"{path}: train is {train.shape} and test {test.shape}, users by items")
        before = {"train": 0, "test": train.nnz}
        parts = (
            Part("events", file, partial(read, file, split, before[split]))
            for split, file in files.items()
        )
        return Source(self.name, self.name, tuple(parts))


def cells(file: Path) -> coo_array:
    """The matrix without its zeros; `DataError` when the file holds none."""
    try:
        with file.open("rb") as raw:  # by its name it would be left open when it is broken
            found = coo_array(load_npz(raw))
        finite = np.isfinite(found.data)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{file}: holds no sparse matrix of scipy: {error}") from error
    if found.ndim != 2 or not finite.all():
        raise DataError(f"{file}: is no matrix of finite numbers, users by items")
    found.eliminate_zeros()
    return found


def read(file: Path, split: str, before: int, rows: int) -> Iterator[pl.DataFrame]:
    """One row a cell; `line` is its number in the file, `before` how many events came earlier."""
    found = cells(file)
    users, items = found.coords
    place = np.random.default_rng(0).permutation(len(users))
    for first in range(0, len(users), rows):
        span = slice(first, first + rows)
        yield pl.DataFrame(
            {
                "line": np.arange(first + 1, first + 1 + len(users[span]), dtype=np.int64),
                "user_id": users[span].astype(np.int64),
                "asset_id": items[span].astype(np.int64),
                "occurred_at": START + before + place[span],
            }
        ).with_columns(
            pl.col("user_id", "asset_id").cast(pl.String),
            kind=pl.lit("interaction"),
            split=pl.lit(split),
        )


adapter = Gowalla()
