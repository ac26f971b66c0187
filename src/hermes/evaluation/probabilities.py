"""How good a predicted probability is: its order, its height, and both.

A label (N,) may be 0 or 1, or the true probability of a 1, where it is known: then each figure is
what it would be in expectation, without the noise of one draw. Each row counts `weights` times,
once if None, so that a bootstrap needs no copies.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hermes.core.errors import DataError
from hermes.core.types import Array

Reals = NDArray[np.float64]
SURE = 1e-7  # how near to 0 and 1 a prediction may come under a logarithm


def mass(labels: Array, weights: Array | None) -> tuple[Reals, Reals]:
    """Weight of positives and of negatives in each row; `DataError` where one is missing."""
    count = np.ones(len(labels)) if weights is None else np.asarray(weights, np.float64)
    positive = count * np.asarray(labels, np.float64)
    negative = count - positive
    if not (positive.sum() > 0 and negative.sum() > 0):
        raise DataError("labels are all equal; nothing can be told apart, give more rows")
    return positive, negative


def ladder(predicted: Array, *columns: Array) -> list[Reals]:
    """Sums of columns (N,) over rows of equal prediction, the highest first.  -> (G,) each"""
    order = np.argsort(-predicted, kind="stable")
    falling = predicted[order]
    first = np.flatnonzero(np.r_[True, falling[1:] != falling[:-1]])
    return [np.add.reduceat(column[order], first) for column in columns]


def auc(predicted: Array, labels: Array, weights: Array | None = None) -> float:
    """Share of pairs of a positive and a negative in the right order, a tie counting half.

    Of the four pairs three are right.

    >>> auc(np.array([0.9, 0.6, 0.4, 0.1]), np.array([1, 0, 1, 0]))
    0.75
    """
    positive, negative = ladder(predicted, *mass(labels, weights))
    below = negative.sum() - np.cumsum(negative)
    right = positive @ (below + negative / 2)
    return float(right / (positive.sum() * negative.sum()))


def pr_auc(predicted: Array, labels: Array, weights: Array | None = None) -> float:
    """Average precision: the precision at each positive's place, averaged over positives.

    Positives stand first and third: (1/1 + 2/3) / 2.

    >>> round(pr_auc(np.array([0.9, 0.6, 0.4, 0.1]), np.array([1, 0, 1, 0])), 4)
    0.8333
    """
    positive, negative = ladder(predicted, *mass(labels, weights))
    hits = np.cumsum(positive)
    precision = hits / np.maximum(hits + np.cumsum(negative), 1e-12)
    return float(precision @ positive / positive.sum())


def nll(predicted: Array, labels: Array, weights: Array | None = None) -> float:
    """Mean of -y log f - (1 - y) log(1 - f), in nats.

    >>> round(nll(np.array([0.5, 0.25]), np.array([1, 0])), 4)  # (log 2 + log 4/3) / 2
    0.4904
    """
    positive, negative = mass(labels, weights)
    sure = np.clip(np.asarray(predicted, np.float64), SURE, 1 - SURE)
    total = positive @ np.log(sure) + negative @ np.log1p(-sure)
    return float(-total / (positive.sum() + negative.sum()))


def calibration_error(
    predicted: Array, labels: Array, weights: Array | None = None, bins: int = 20
) -> float:
    """Mean over rows of |mean prediction - mean label| of the row's bin, bins of equal count.

    Naeini, Cooper, Hauskrecht. Obtaining well calibrated probabilities using Bayesian binning. AAAI
    2015, with bins of equal count in place of equal width. One bin here: |0.6 - 0.5|.

    >>> round(calibration_error(np.array([0.5, 0.7]), np.array([0, 1]), bins=1), 4)
    0.1
    """
    positive, negative = mass(labels, weights)
    count = positive + negative
    rank = np.empty(len(count), np.int64)
    rank[np.argsort(predicted, kind="stable")] = np.arange(len(count))
    of = rank * bins // len(count)
    surplus = np.bincount(of, count * predicted - positive, bins)
    return float(np.abs(surplus).sum() / count.sum())


METRICS: dict[str, Callable[[Array, Array, Array | None], float]] = {
    "auc": auc,
    "pr_auc": pr_auc,
    "nll": nll,
    "calibration_error": calibration_error,
}
