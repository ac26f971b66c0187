"""What a policy would have earned, from the log of another one whose propensities are known.

Somebody asks, context x; the logging policy draws one of n candidates with probability p and shows
it; reward r comes back. A policy pi is a table (Q, n), a row a context, that says with which
probability it would show each candidate. With w = pi(a_i | x_i) / p_i:

    IPS    mean[ w r ]                                     Horvitz, Thompson. JASA 1952
    SNIPS  sum[ w r ] / sum[ w ]                           Swaminathan, Joachims. NIPS 2015
    DM     mean[ sum_a pi(a|x) r(x,a) ]                    r(x, a) a fitted model of the reward
    DR     mean[ sum_a pi(a|x) r(x,a) + w (r - r(x,a_i)) ] Dudik, Langford, Li. ICML 2011

IPS and DR are unbiased where p is exact and positive wherever pi is, and, for DR, no round was
predicted by a model that had seen it: `crossed` sees to that. Rounds of one context are drawn
together for an interval. An estimate that rests on next to nothing is refused.

Two rounds of one context, candidates 0 and 1 shown with probability 1/4 and 3/4, rewards 1 and 0,
and a policy that always shows candidate 0: w is 4 and 0.

>>> log = Rounds(np.array([0, 0]), np.array([0, 1]), np.array([1.0, 0.0]), np.array([0.25, 0.75]))
>>> always, model = np.array([[1.0, 0.0]]), np.array([[0.9, 0.3]])
>>> [round(ratio(*terms(kind, log, always, model)), 2) for kind in ("ips", "snips", "dm", "dr")]
[2.0, 1.0, 0.9, 1.1]

DR by hand: both rounds say .9, the first adds 4 (1 - .9), the second nothing: (.9 + .4 + .9) / 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from hermes.core.errors import DataError, ShapeError
from hermes.core.types import Array, Ints, expect

from .intervals import resamples

Kind = Literal["ips", "snips", "dm", "dr"]
LEAST = 10.0  # rounds that an estimate must be worth


@dataclass(frozen=True, slots=True)
class Rounds:
    """N rounds of a log over Q contexts; raises `ShapeError`, and `DataError` for no probability.

    A propensity that is not above 0 could not have been logged.
    """

    contexts: Ints  # (N,) who asked: a row of every table (Q, n)
    actions: Ints  # (N,) which candidate was shown, from 0
    rewards: Array  # (N,)
    propensities: Array  # (N,) with which probability it was

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        for name in ("actions", "rewards", "propensities"):
            expect(getattr(self, name), (len(self.contexts),), f"rounds.{name}")
        p = self.propensities
        if not np.all((p > 0) & (p <= 1 + 1e-9)):
            raise DataError("rounds.propensities: each must be above 0 and at most 1")

    def __len__(self) -> int:
        return len(self.contexts)

    def of(self, table: Array) -> Array:
        """What a table says of what was shown.  (Q, n) -> (N,)"""
        chosen: Array = table[self.contexts, self.actions]
        return chosen

    def among(self, contexts: Array) -> Rounds:
        """The rounds whose context `contexts` (Q,) marks."""
        keep = contexts[self.contexts]
        columns = (self.contexts, self.actions, self.rewards, self.propensities)
        return Rounds(*(c[keep] for c in columns))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A policy's value, its 95 % interval, and how many rounds it is worth."""

    value: float
    low: float
    high: float
    effective: float  # (sum w)^2 / sum w^2 rounds


def importance(rounds: Rounds, policy: Array) -> Array:
    """w = pi / p.  policy (Q, n) -> (N,)"""
    w: Array = rounds.of(policy) / rounds.propensities
    return w


def effective(w: Array) -> float:
    """Kish's effective sample size (sum w)^2 / sum w^2.  (N,) -> ()

    >>> effective(np.array([1.0, 1.0, 1.0])), effective(np.array([5.0, 0.0, 0.0]))
    (3.0, 1.0)
    """
    squares = float(w @ w)
    return float(w.sum()) ** 2 / squares if squares > 0 else 0.0


def terms(kind: Kind, rounds: Rounds, policy: Array, model: Array) -> tuple[Array, Array]:
    """What each round adds above and below the line; the estimate is the ratio of their sums.

    policy, model (Q, n): pi(a | x) and r(x, a); IPS and SNIPS do not read the model -> (N,), (N,)
    """
    w, ones = importance(rounds, policy), np.ones(len(rounds))
    if kind == "ips":
        return w * rounds.rewards, ones
    if kind == "snips":
        return w * rounds.rewards, w
    direct = (policy * model).sum(axis=1)[rounds.contexts]
    if kind == "dm":
        return direct, ones
    return direct + w * (rounds.rewards - rounds.of(model)), ones


def ratio(above: Array, below: Array) -> float:
    """Of the sums.  (N,), (N,) -> ()"""
    return float(above.sum() / below.sum())


def estimate(
    kind: Kind,
    rounds: Rounds,
    policy: Array,
    model: Array,
    rng: np.random.Generator,
    draws: int = 1000,
    least: float = LEAST,
) -> Estimate:
    """A policy's value with the percentile bootstrap over contexts.

    policy (Q, n) rows that sum to 1; model (Q, n) predicted rewards. Raises `ShapeError` for tables
    that differ, `DataError` for rows that are no distribution, and where the effective sample
    size is below `least` rounds: the log shows too little of what this policy would.
    """
    supported(rounds, policy, least)
    if model.shape != policy.shape:
        raise ShapeError(f"reward model {model.shape}, policy {policy.shape}: must be alike")
    above, below = (
        np.bincount(rounds.contexts, column, len(policy))
        for column in terms(kind, rounds, policy, model)
    )
    asked = np.bincount(rounds.contexts, minlength=len(policy)) > 0
    above, below = above[asked], below[asked]
    drawn = [(p @ above, p @ below) for p in resamples(len(above), draws, rng)]
    tops, bottoms = (np.concatenate(column) for column in zip(*drawn, strict=True))
    low, high = np.quantile(tops[bottoms > 0] / bottoms[bottoms > 0], [0.025, 0.975])
    size = effective(importance(rounds, policy))
    return Estimate(ratio(above, below), float(low), float(high), size)


def supported(rounds: Rounds, policy: Array, least: float = LEAST) -> None:
    """Raise `DataError` unless `policy` (Q, n) is one, and shows what the log has shown."""
    if not len(rounds):
        raise DataError("no rounds were logged; nothing can be said of any policy")
    asked = policy[rounds.contexts]
    if np.any(asked < 0) or not np.allclose(asked.sum(axis=1), 1.0, atol=1e-4):
        raise DataError("a policy's row must be probabilities that sum to 1")
    size = effective(importance(rounds, policy))
    if size < least:
        raise DataError(
            f"{len(rounds)} rounds are worth {size:.1f} under this policy, {least:g} are needed:"
            " the log does not support it; log more, explore more, or ask of a nearer policy"
        )


def crossed(
    features: Array, rounds: Rounds, rng: np.random.Generator, folds: int = 5, l2: float = 1e-2
) -> Array:
    """r(x, a) = s(b . z(x, a)), a logistic regression that never saw the context it predicts.

    features (Q, n, F) of every candidate, finite; rewards must lie in 0 to 1. -> (Q, n)
    """
    out, fold = np.empty(features.shape[:2]), rng.permutation(len(features)) % folds
    scale = features.std(axis=(0, 1))
    z = (features - features.mean(axis=(0, 1))) / np.where(scale > 0, scale, 1)
    z = np.concatenate([z, np.ones((*z.shape[:2], 1))], axis=2)
    for number in range(folds):
        rest = rounds.among(fold != number)
        if not len(rest):
            raise DataError(f"{folds} folds need more contexts than {len(features)}")
        out[fold == number] = expit(z[fold == number] @ logistic(rest.of(z), rest.rewards, l2))
    return out


def logistic(x: Array, y: Array, l2: float) -> Array:
    """b that minimises mean[log(1 + exp(x b)) - y x b] + l2 / 2 |b|^2, the intercept, last, free.

    x (N, F) with a last column of ones, y (N,) in 0 to 1 -> (F,)
    """
    ridge = np.append(np.full(x.shape[1] - 1, l2), 0.0)

    def loss(b: Array) -> tuple[float, Array]:
        f = x @ b
        value = np.mean(np.logaddexp(0, f) - y * f) + 0.5 * float(ridge @ (b * b))
        return float(value), x.T @ (expit(f) - y) / len(y) + ridge * b

    rate = float(np.clip(np.mean(y), 1e-6, 1 - 1e-6))
    start = np.append(np.zeros(x.shape[1] - 1), np.log(rate / (1 - rate)))
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)
