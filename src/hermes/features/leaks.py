"""Finding features that know the future: whatever changes when the future is cut off, knew it.

A time that stands beside a feature is a claim. Here it is put to the test: what the features are
made of is cut off before an example, they are made again, and have to be what they were, to the
bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from hermes.core.errors import DataError

from .batch import as_of
from .rolling import Rolling
from .temporal import KNOWN, checked_table
from .times import checked

Compute = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]  # log, examples -> their features


@dataclass(frozen=True, slots=True)
class Leak:
    """A feature that is another once the future is gone."""

    feature: str
    rows: tuple[int, ...]  # of the sampled examples, those in which it is
    sampled: int


def leaks(
    compute: Compute,
    log: pl.DataFrame,
    examples: pl.DataFrame,
    rng: np.random.Generator,
    at: str = "at",
    known: str = "occurred_at",
    sample: int = 50,
) -> list[Leak]:
    """The features that `compute` makes of the whole log and not of the log before each example.

    `known` is the log's column of when a row became known. Half of the sample are the earliest
    examples, which have most of the future before them. Raises `DataError` when `compute` answers
    with other rows or columns than it did.
    """
    checked(log, "the log", (), known)
    checked(examples, "the examples", (), at)
    rows = sampled(examples, at, sample, rng)
    whole = compute(log, examples)
    if len(whole) != len(examples):
        raise DataError(f"features of {len(examples)} examples came as {len(whole)} rows")
    features = [name for name in whole.columns if name not in examples.columns]
    wrong: dict[str, list[int]] = {name: [] for name in features}
    for row in rows:
        one = examples[row]
        alone = compute(log.filter(pl.col(known) < one[at][0]), one)
        if len(alone) != 1 or missing(features, alone):
            raise DataError(
                f"features of example {row} could not be made without its future: {len(alone)} rows"
                f" without {missing(features, alone)}"
            )
        for name in features:
            if not same(whole[name][row], alone[name][0]):
                wrong[name].append(row)
    return [Leak(name, tuple(found), len(rows)) for name, found in wrong.items() if found]


def refuse(found: Sequence[Leak]) -> None:
    """Raise `DataError` that names each leak."""
    if found:
        told = "; ".join(
            f"{leak.feature} in {len(leak.rows)} of {leak.sampled} examples, such as row"
            f" {leak.rows[0]}"
            for leak in found
        )
        raise DataError(f"features know the future: {told}; make them of what came before")


def audit(
    table: pl.DataFrame,
    rolling: Rolling,
    log: pl.DataFrame,
    rng: np.random.Generator,
    sample: int = 200,
) -> None:
    """Raise `DataError` unless sampled rows of a table are what the log up to each row gives.

    The table is one of `batch.changes`, with the features of `rolling` and a `last_at`.
    """
    checked_table(table, rolling.keys, f"features {rolling.name}")
    names = rolling.names[:-1]
    if lost := missing(names, table):
        raise DataError(
            f"features {rolling.name}: the table lacks {lost}; there is {table.columns}"
        )
    rows = sampled(table, KNOWN, sample, rng)
    wrong: dict[str, list[int]] = {}
    for row in rows:
        one = table[row]
        cut = log.filter(pl.col(rolling.at) <= one[KNOWN][0])
        asked = one.select(*rolling.keys, pl.col(KNOWN) + pl.duration(microseconds=1))
        made = as_of(rolling, cut, asked, KNOWN)
        for name in names:
            if not same(one[name][0], made[name][0]):
                wrong.setdefault(name, []).append(row)
    refuse([Leak(name, tuple(found), len(rows)) for name, found in wrong.items()])


def sampled(frame: pl.DataFrame, at: str, size: int, rng: np.random.Generator) -> list[int]:
    """Rows: the earliest for one half, any others for the other."""
    order = frame[at].arg_sort().to_numpy()
    first, rest = order[: (size + 1) // 2], order[(size + 1) // 2 :]
    more = rng.choice(rest, min(size // 2, len(rest)), replace=False)
    return sorted({*first.tolist(), *more.tolist()})


def missing(names: Sequence[str], frame: pl.DataFrame) -> list[str]:
    """Names that are no columns."""
    return [name for name in names if name not in frame.columns]


def same(one: object, other: object) -> bool:
    """Whether two values are equal, nothing to nothing and NaN to NaN."""
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return one == other
