"""How well a ranker tells from a row alone whether it was taken, and what it costs to know."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.core.types import Array, Floats, Ints
from hermes.evaluation.intervals import Interval, resamples
from hermes.evaluation.probabilities import METRICS, nll
from hermes.features.examples import Examples
from hermes.features.labelled import Encoding, Roles
from hermes.features.pasts import with_pasts
from hermes.models.base import Ranker

CANDIDATES, ASKS = 200, 50  # rows of a request, and how often it is timed
DRAWS = 200  # of the bootstrap


@dataclass(frozen=True, slots=True)
class Log:
    """Rows to learn from, rows to choose by, and rows that are asked about."""

    name: str
    learn: Examples  # stops early on `valid`
    valid: Examples
    asked: Examples
    user: int  # the sparse column that says whose a row is

    @classmethod
    def of(cls, name: str, roles: Roles, user: str, frames: tuple[pl.DataFrame, ...]) -> Log:
        """Of three frames; what values are called is learned from the first alone."""
        encoding = Encoding.of(frames[0], roles)
        learn, valid, asked = (encoding.examples(frame) for frame in frames)
        return cls(name, replace(learn, valid=valid), valid, asked, roles.codes.index(user))

    def remembering(self, length: int, folds: int) -> Log:
        """The same rows, each with what else its user took among those to learn from."""
        rng = np.random.default_rng(0)
        learn, asked = with_pasts(self.learn, self.asked, self.user, length, folds, rng)
        return replace(self, learn=learn, valid=learn.valid or self.valid, asked=asked)

    @property
    def whose(self) -> Ints:
        """(N,) the user of each row that is asked about."""
        return self.asked.sparse[:, self.user]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a ranker takes."""

    seconds: float  # of learning, wall clock
    weights: int  # learned by descent; 0 for trees
    request: float  # ms to score the candidates of one request in process


@dataclass(frozen=True, slots=True)
class Standing:
    """One ranker's figures."""

    name: str
    metrics: Mapping[str, Interval]  # on the rows asked about, drawn by user
    valid: float  # log loss on the rows to choose by
    scores: tuple[Floats, Floats]  # log odds of the rows to choose by, and of those asked about
    cost: Cost | None  # None: of several rankers together

    def told(self) -> dict[str, Any]:
        """All but the scores, as plain values."""
        metrics = {name: asdict(interval) for name, interval in self.metrics.items()}
        cost = None if self.cost is None else asdict(self.cost)
        return {"name": self.name, "valid": self.valid, "metrics": metrics, "cost": cost}


def standing(name: str, ranker: Ranker[Any], log: Log) -> Standing:
    """Fit on the rows to learn from, and ask once about the others."""
    began = time.perf_counter()
    ranker.fit(log.learn)
    seconds = time.perf_counter() - began
    net = getattr(ranker, "net", None)
    weights = 0 if net is None else sum(w.numel() for w in net.parameters())
    cost = Cost(seconds, weights, waited(ranker, log.asked))
    return judged(name, (ranker.score(log.valid), ranker.score(log.asked)), cost, log)


def waited(ranker: Ranker[Any], asked: Examples) -> float:
    """Milliseconds to score the candidates of one request, the median of many."""
    request, times = asked.take(np.arange(min(CANDIDATES, len(asked)))), []
    for _ in range(ASKS):
        began = time.perf_counter()
        ranker.score(request)
        times.append(1000 * (time.perf_counter() - began))
    return float(np.median(times))


def average(several: Sequence[Standing], name: str, log: Log) -> Standing:
    """The mean of several rankers' log odds, each counting the same.

    Raises `DataError` when there is none.
    """
    if not several:
        raise DataError("an average needs rankers; name at least one")
    valid, asked = (np.mean([one.scores[i] for one in several], axis=0) for i in (0, 1))
    return judged(name, (valid, asked), None, log)


def judged(name: str, scores: tuple[Floats, Floats], cost: Cost | None, log: Log) -> Standing:
    """The figures of log odds, with intervals over users."""
    valid, asked = map(probabilities, scores)
    labels, whose = log.asked.labels, np.unique(log.whose, return_inverse=True)[1]
    rng = np.random.default_rng(0)
    drawn = [
        figures(asked, labels, counts[whose].astype(np.float64))
        for chunk in resamples(int(whose.max()) + 1, DRAWS, rng)
        for counts in chunk
    ]
    bounds = np.quantile(drawn, [0.025, 0.975], axis=0).T.tolist()
    found = zip(METRICS, figures(asked, labels, None), bounds, strict=True)
    metrics = {metric: Interval(mean, low, high) for metric, mean, (low, high) in found}
    return Standing(name, metrics, nll(valid, log.valid.labels), scores, cost)


def figures(predicted: Array, labels: Array, weights: Array | None) -> list[float]:
    """Each of `METRICS`."""
    return [metric(predicted, labels, weights) for metric in METRICS.values()]


def probabilities(scores: Floats) -> Array:
    """Of log odds.  (N,) -> (N,)"""
    return np.asarray(1 / (1 + np.exp(-scores.astype(np.float64))))
