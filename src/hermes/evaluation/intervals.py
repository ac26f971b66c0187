"""How sure a mean over users is: percentile bootstrap, and tests of two systems on the same users.

Efron, Tibshirani. An Introduction to the Bootstrap. 1993, chapters 13 and 15.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hermes.core.errors import ShapeError
from hermes.core.types import Array


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the bounds that hold it."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much more one system scores than another on the same users."""

    mean: float  # of the differences
    low: float
    high: float
    p: float  # two-sided, that a difference this large comes by chance


def bootstrap(
    values: Array, rng: np.random.Generator, draws: int = 1000, level: float = 0.95
) -> list[Interval]:
    """Percentile intervals of the mean of each column; the same users are drawn for all of them.

    values (Q, M), or (Q,) as one column -> M intervals. Raises `ShapeError` without users.
    """
    if not len(values):
        raise ShapeError("bootstrap: no users to draw from")
    table = np.asarray(values, np.float64).reshape(len(values), -1)
    totals = [picks @ table for picks in resamples(len(table), draws, rng)]
    means = np.concatenate(totals) / len(table)  # (draws, M)
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    triples = zip(table.mean(0), low, high, strict=True)
    return [Interval(float(m), float(a), float(b)) for m, a, b in triples]


def resamples(n: int, draws: int, rng: np.random.Generator, chunk: int = 100) -> Iterator[Array]:
    """How often each of n users is in each draw; a row sums to n.  -> (chunk, n) at a time"""
    for start in range(0, draws, chunk):
        size = min(chunk, draws - start)
        picks = rng.integers(0, n, (size, n)) + np.arange(size)[:, None] * n
        yield np.bincount(picks.ravel(), minlength=size * n).reshape(size, n)


def paired(
    a: Array, b: Array, rng: np.random.Generator, draws: int = 10_000, level: float = 0.95
) -> Comparison:
    """Mean of a - b (Q,), its bootstrap interval, and the p value of a sign-flip permutation test.

    Under the hypothesis of no difference every user's difference is as likely to be its negative;
    p = (1 + draws at least as extreme) / (1 + draws).
    """
    if len(a) != len(b):
        raise ShapeError(f"paired test: {len(a)} users against {len(b)}")
    difference = np.asarray(a, np.float64) - np.asarray(b, np.float64)
    interval = bootstrap(difference, rng, min(draws, 2000), level)[0]
    p = flip_test(difference, rng, draws)
    return Comparison(interval.mean, interval.low, interval.high, p)


def flip_test(
    difference: Array, rng: np.random.Generator, draws: int = 10_000, chunk: int = 500
) -> float:
    """Two-sided p of mean zero, by drawing signs; users without a difference cannot change it.

    Three users that agree: 2 of the 8 sign patterns are as extreme, so p comes near 0.25.

    >>> round(flip_test(np.array([1., 1., 1.]), np.random.default_rng(0)), 1)
    0.2
    """
    moving = difference[difference != 0]
    if not len(moving):
        return 1.0
    observed, extreme = abs(moving.sum()) * (1 - 1e-12), 0
    for start in range(0, draws, chunk):
        heads = rng.integers(0, 2, (min(chunk, draws - start), len(moving)), np.int8)
        total = 2 * (heads @ moving) - moving.sum()
        extreme += int((np.abs(total) >= observed).sum())
    return (1 + extreme) / (1 + draws)
