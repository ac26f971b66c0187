"""How steeply popularity falls: the exponent of a power law, fitted to the tail of counts.

    p(x) = x^-alpha / zeta(alpha, least),  x = least, least + 1, ...

Clauset, Shalizi, Newman. Power-law distributions in empirical data. SIAM Review 2009: alpha is the
maximum of the discrete likelihood; `least`, where the tail begins, is the count from which the law
is nearest to the data by the Kolmogorov-Smirnov distance; the interval is a percentile bootstrap
that chooses both again. A regression on ranks would be biased and its interval too narrow (ibid.,
appendix A). Whether a power law it is at all is asked of the same tail by the likelihood ratio
against a log-normal, with Vuong's test (Econometrica 1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_ndtr, zeta
from scipy.stats import norm

from hermes.core.errors import DataError
from hermes.core.types import Array, Ints

FEWEST = 50  # counts that make a tail
TRIED = 25  # beginnings of the tail that are compared, at most
STEEP = (1.01, 8.0)  # alpha is looked for in between


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """A tail and what it looks like."""

    alpha: float
    low: float  # of the 95 % interval
    high: float
    least: int  # count at which the tail begins
    tail: int  # counts from there on
    distance: float  # Kolmogorov-Smirnov, 0 to 1
    ratio: float  # log-likelihood ratio to a log-normal, per count; below 0 that fits better
    p: float  # two-sided, that a ratio this far from 0 comes by chance


@dataclass(frozen=True, slots=True)
class Tail:
    """Distinct counts, ascending, and how often each comes."""

    values: Ints  # (V,)
    often: Ints  # (V,)

    @classmethod
    def of(cls, counts: Array) -> Tail:
        """What is not zero.

        >>> Tail.of(np.array([3, 0, 1, 3]))
        Tail(values=array([1, 3]), often=array([1, 2]))
        """
        return cls(*np.unique(counts[counts > 0], return_counts=True))

    def above(self, least: int) -> Tail:
        """From `least` on."""
        first = int(np.searchsorted(self.values, least))
        return Tail(self.values[first:], self.often[first:])


def fit(counts: Array, rng: np.random.Generator, draws: int = 200) -> PowerLaw:
    """The law of counts (I,), zeros left out; raises `DataError` where there is no tail."""
    whole = Tail.of(np.asarray(counts))
    alpha, least, distance = chosen(whole)
    total = int(whole.often.sum())
    share, slopes = whole.often / total, list[float]()
    for _ in range(draws):
        often = rng.multinomial(total, share)
        drawn = Tail(whole.values[often > 0], often[often > 0])
        slopes.append(chosen(drawn)[0])
    low, high = np.quantile(slopes, [0.025, 0.975]) if slopes else (alpha, alpha)
    tail = whole.above(least)
    ratio, p = vuong(tail, alpha)
    size = int(tail.often.sum())
    return PowerLaw(alpha, float(low), float(high), least, size, distance, ratio, p)


def chosen(whole: Tail) -> tuple[float, int, float]:
    """Alpha, where the tail begins, and its distance to the law."""
    left = whole.often[::-1].cumsum()[::-1]  # counts from each value on
    fair = np.flatnonzero(left >= FEWEST)
    fair = fair[fair < len(whole.values) - 1]  # two values at least
    if not len(fair):
        raise DataError(
            f"power law: {int(whole.often.sum())} counts of {len(whole.values)} sizes have no tail;"
            f" {FEWEST} of two sizes are needed"
        )
    steps = np.unique(np.linspace(0, len(fair) - 1, TRIED).round().astype(int))
    best = (np.inf, 0.0, 0)
    for least in whole.values[fair[steps]].tolist():
        tail = whole.above(least)
        alpha = slope(tail)
        best = min(best, (distance(tail, alpha), alpha, least))
    return best[1], best[2], best[0]


def slope(tail: Tail) -> float:
    """The alpha under which the tail is likeliest: -zeta'/zeta = mean of log x."""
    least, logs = int(tail.values[0]), np.log(tail.values)
    mean = float(tail.often @ logs / tail.often.sum())
    found = minimize_scalar(
        lambda a: a * mean + np.log(zeta(a, least)), bounds=STEEP, method="bounded"
    )
    return float(found.x)


def distance(tail: Tail, alpha: float) -> float:
    """The largest gap between the tail's shares and the law's."""
    below = tail.often.cumsum() / tail.often.sum()
    law = 1 - zeta(alpha, tail.values + 1) / zeta(alpha, int(tail.values[0]))
    return float(np.abs(below - law).max())


def vuong(tail: Tail, alpha: float) -> tuple[float, float]:
    """Mean log-likelihood ratio to a log-normal of the same tail, and its two-sided p."""
    least = int(tail.values[0])
    mine = -alpha * np.log(tail.values) - np.log(zeta(alpha, least))
    logs = np.log(tail.values)
    start = np.array([np.average(logs, weights=tail.often), np.log(logs.std() + 0.1)])

    def cost(w: Array) -> float:
        return -float(tail.often @ lognormal(tail, *w))

    found = minimize(cost, start, method="Nelder-Mead")
    gap = mine - lognormal(tail, *found.x)
    n = tail.often.sum()
    mean = float(tail.often @ gap / n)
    spread = float(np.sqrt(tail.often @ (gap - mean) ** 2 / n))
    p = 1.0 if spread == 0 else float(2 * norm.sf(abs(mean) * np.sqrt(n) / spread))
    return mean, p


def lognormal(tail: Tail, mean: float, log_deviation: float) -> Array:
    """Log of the share of each value under a log-normal rounded to whole numbers.  -> (V,)"""
    deviation = np.exp(np.clip(log_deviation, -3, 3))
    below, above = (
        log_ndtr((mean - np.log(tail.values + half)) / deviation) for half in (-0.5, 0.5)
    )
    within = below + np.log(np.maximum(-np.expm1(above - below), 1e-300))
    return np.asarray(within - below[0])
