"""How far learners come on the way from one reference to another, and how sure that is.

A learner is judged by all of `probabilities.METRICS`; of each figure the share of the gap is
(learner - worst) / (best - worst). Of several independent worlds the world is what is drawn; of one
log it is the user. A share is NaN where the interval of the gap itself holds 0.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hermes.core.errors import ShapeError
from hermes.core.types import Array

from .intervals import Interval, resamples
from .probabilities import METRICS

Reals = NDArray[np.float64]


def ratio(top: Array, bottom: Array, level: float = 0.95) -> Interval:
    """sum(top) / sum(bottom) over worlds, with its interval.  (W,), (W,) -> r

    With e = top - r bottom: r +- t sd(e) / (sqrt(W) |mean(bottom)|), t of Student with W - 1
    degrees of freedom. Cochran. Sampling Techniques. 1977, chapter 6. With a bottom of ones it is
    the mean with its t interval.

    >>> ratio(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    Interval(mean=0.5, low=0.5, high=0.5)
    """
    count = len(top)
    if count < 2:
        raise ShapeError(f"ratio: an interval needs two worlds or more, not {count}")
    mean = top.sum() / bottom.sum()
    spread = np.std(top - mean * bottom, ddof=1) / np.sqrt(count) / abs(bottom.mean())
    reach = stats.t.ppf((1 + level) / 2, count - 1) * spread
    return Interval(float(mean), float(mean - reach), float(mean + reach))


def over_worlds(tables: Array, worst: int, best: int) -> tuple[Reals, Reals]:
    """Figures and shares of L learners, each (L, metrics, 3) as mean, low and high.

    tables (W, L, metrics) of W worlds.
    """
    ones = np.ones(len(tables))
    gap = tables[:, best] - tables[:, worst]
    told = [apart(ratio(column, ones)) for column in gap.T]
    means = np.empty((*tables.shape[1:], 3))
    shares = np.full_like(means, np.nan)
    for learner, metric in np.ndindex(*tables.shape[1:]):
        column = tables[:, learner, metric]
        means[learner, metric] = triple(ratio(column, ones))
        if told[metric]:
            way = column - tables[:, worst, metric]
            shares[learner, metric] = triple(ratio(way, gap[:, metric]))
    return means, shares


def over_users(
    predicted: Array,
    labels: Array,
    users: Array,
    worst: int,
    best: int,
    rng: np.random.Generator,
    draws: int,
) -> tuple[Reals, Reals]:
    """As `over_worlds`, of one log, by the percentile bootstrap over users and training seeds.

    predicted (S, L, M) by seed, learner and row; labels, users (M,).
    """
    mean = figures(predicted, labels, None).mean(axis=0)  # (L, metrics)
    drawn = np.array(list(redrawn(predicted, labels, users, rng, draws)))
    low, high = np.quantile(drawn[:, best] - drawn[:, worst], [0.025, 0.975], axis=0)
    told = np.sign(low) * np.sign(high) > 0  # (metrics,)

    def crossed(table: Array) -> Array:
        start, end = table[..., [worst], :], table[..., [best], :]
        return np.asarray((table - start) / np.where(told, end - start, np.nan))

    def bounded(centre: Array, table: Array) -> Array:
        return np.stack([centre, *np.quantile(table, [0.025, 0.975], axis=0)], axis=-1)

    return bounded(mean, drawn), bounded(crossed(mean), crossed(drawn))


def figures(predicted: Array, labels: Array, weights: Array | None) -> Reals:
    """(..., M) predictions -> (..., metrics)"""
    rows = predicted.reshape(-1, predicted.shape[-1])
    found = [[metric(p, labels, weights) for metric in METRICS.values()] for p in rows]
    return np.array(found).reshape(*predicted.shape[:-1], len(METRICS))


def redrawn(
    predicted: Array, labels: Array, users: Array, rng: np.random.Generator, draws: int
) -> Iterator[Array]:
    """Means over seeds drawn with replacement, on users drawn with replacement.

    -> `draws` times (L, metrics)
    """
    whose = np.unique(users, return_inverse=True)[1]
    for counts in resamples(int(whose.max()) + 1, draws, rng):
        for weights in counts:
            runs = rng.integers(0, len(predicted), len(predicted))
            table = figures(predicted, labels, weights[whose].astype(np.float64))
            yield table[runs].mean(axis=0)


def apart(interval: Interval) -> bool:
    """Whether an interval holds no 0."""
    return interval.low > 0 or interval.high < 0


def triple(interval: Interval) -> tuple[float, float, float]:
    """Mean, low and high."""
    return interval.mean, interval.low, interval.high
