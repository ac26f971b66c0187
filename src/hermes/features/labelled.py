"""A table of labelled rows, as sets of clicks are published, as a ranker's examples.

What a column's values are called is learned from the training rows; code 0 is a value that they do
not have. Every row is a query of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from hermes.core.errors import DataError, nearest
from hermes.core.types import Floats, Ints, Shape
from hermes.core.vocab import Vocabulary
from hermes.data.tabular import sniff, table

from .examples import Examples

AT_ONCE = 1_000_000  # rows read at a time


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Which column is what; the others are not read."""

    label: str = "label"  # 0 or 1, or a grade
    codes: tuple[str, ...] = ()  # the first is the candidate item
    numbers: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All that are read."""
        return (self.label, *self.codes, *self.numbers)


def read(path: Path, roles: Roles) -> pl.DataFrame:
    """The columns of a Parquet, CSV or JSON Lines file.

    Raises `DataError` for a column that is not there and for a line that cannot be read.
    """
    form = sniff(path)
    frames = list(table(path, AT_ONCE, {name: name for name in roles.columns}, form))
    if not frames:
        raise DataError(f"{path}: has no rows")
    frame = pl.concat(frames, how="vertical_relaxed")
    if "malformed" in frame.columns and frame["malformed"].is_not_null().any():
        line = frame.filter(pl.col("malformed").is_not_null())["line"][0]
        raise DataError(f"{path}: line {line} does not have {len(form.columns)} values; mend it")
    return frame.select(roles.columns)


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the training rows taught: the code of every value of every column of codes."""

    roles: Roles
    vocabularies: tuple[Vocabulary, ...]  # (Fs,)

    @classmethod
    def of(cls, frame: pl.DataFrame, roles: Roles, rare: int = 1) -> Encoding:
        """Learn from training rows; a value in fewer than `rare` of them is unknown.

        Raises `DataError` for labels that are all equal, from which nothing can be learned.
        """
        if len(np.unique(labels(frame, roles))) < 2:
            raise DataError(
                f"column {roles.label}: all labels are equal; there is nothing to learn"
            )
        return cls(roles, tuple(vocabulary(known(frame, name), rare) for name in roles.codes))

    @property
    def shape(self) -> Shape:
        """Of every table that this encodes."""
        sizes = tuple(len(v) for v in self.vocabularies)
        items = sizes[0] if sizes else 1
        return Shape(n_items=items, n_dense=len(self.roles.numbers), sparse=sizes)

    def examples(self, frame: pl.DataFrame) -> Examples:
        """Rows as examples, in their order; a missing number is NaN, an unseen value code 0."""
        n, label = len(frame), labels(frame, self.roles)
        pairs = zip(self.roles.codes, self.vocabularies, strict=True)
        coded = [encoded(known(frame, name), words) for name, words in pairs]
        dense = [numbers(known(frame, name)) for name in self.roles.numbers]
        return Examples(
            dense=np.stack(dense, axis=1) if dense else np.zeros((n, 0), np.float32),
            sparse=np.stack(coded, axis=1) if coded else np.zeros((n, 0), np.int64),
            queries=np.arange(n),
            history=np.zeros((n, 0), np.int64),
            labels=label,
            weights=np.ones(n, np.float32),
            shape=self.shape,
            names=self.roles.numbers,
        )


def known(frame: pl.DataFrame, name: str) -> pl.Series:
    """A column; `DataError` with the nearest name where it is not there."""
    if name not in frame.columns:
        raise DataError(f"no column {name!r}{nearest(name, frame.columns)}")
    return frame[name]


def labels(frame: pl.DataFrame, roles: Roles) -> Floats:
    """(N,); `DataError` where one is missing, no number, or below 0."""
    found = numbers(known(frame, roles.label))
    wrong = np.flatnonzero(~(found >= 0))
    if len(wrong):
        told = frame[roles.label][int(wrong[0])]
        raise DataError(f"column {roles.label}: row {wrong[0] + 1} has {told!r}; give 0, 1 or more")
    return found


def numbers(column: pl.Series) -> Floats:
    """Numbers, NaN where one is missing or infinite; `DataError` for what is none.  -> (N,)"""
    given = column.str.strip_chars().replace("", None) if column.dtype == pl.String else column
    found = given.cast(pl.Float32, strict=False)
    wrong = found.is_null() & given.is_not_null()
    if wrong.any():
        row = int(wrong.arg_true()[0])
        raise DataError(f"column {column.name}: row {row + 1} has {column[row]!r}, not a number")
    out = found.fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(out), out, np.nan).astype(np.float32)


def named(column: pl.Series) -> pl.Series:
    """Values by name, null where one is missing or empty; a whole number has no fraction."""
    if column.dtype.is_float():
        whole = column.is_not_null() & (column == column.round())
        if whole.sum() == column.count():
            column = column.cast(pl.Int64, strict=False)
    return column.cast(pl.String).replace("", None)


def vocabulary(column: pl.Series, rare: int) -> Vocabulary:
    """The names of a column by falling frequency, equal ones in the order of the alphabet."""
    counts = named(column).rename("name").drop_nulls().value_counts()
    kept = counts.filter(pl.col("count") >= rare).sort(["count", "name"], descending=[True, False])
    return Vocabulary.of(kept["name"].to_list())


def encoded(column: pl.Series, words: Vocabulary) -> Ints:
    """(N,)"""
    codes = {name: code for name, code in words.codes.items() if name}
    found = named(column).replace_strict(codes, default=0, return_dtype=pl.Int64)
    return found.to_numpy()
