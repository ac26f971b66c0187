"""Why an item is on a slate, weighed: what a person wants, what many want, what is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from hermes.core.types import Array, Odds

CROWD, AGE = "popularity", "freshness"  # parts of an attribution that are nobody's own


@dataclass(frozen=True, slots=True)
class Causes:
    """Of n items."""

    size: Mapping[str, Array]  # (n,) by cause: own, popular, new
    chance: Array | None = None  # (n,) that the largest is the largest; None: nobody can say

    def of(self, cause: str, i: int) -> float | None:
        """The chance that a cause of item i is the largest."""
        if self.chance is None:
            return None
        best = max(self.size, key=lambda name: float(self.size[name][i]))
        return float(self.chance[i] if cause == best else 1 - self.chance[i])


def weighed(odds: Odds) -> Causes:
    """By log odds, each known as well as its variance says; newness is in what everybody wants.

    >>> one, two = np.ones(2), np.array([0.0, 3.0])
    >>> found = weighed(Odds(two, one, one / 2, one / 2))
    >>> round(found.of("own", 1), 2), round(found.of("own", 0), 2)
    (0.98, 0.16)
    """
    apart = np.abs(odds.own - odds.main)
    chance = ndtr(apart / np.sqrt(np.maximum(odds.own_doubt + odds.main_doubt, 1e-9)))
    never = np.full(len(apart), -np.inf)
    return Causes({"own": odds.own, "popular": odds.main, "new": never}, np.asarray(chance))


def parts(apart: Mapping[str, Array], n: int) -> Causes:
    """By the parts of scores, which do not say how sure they are.  (n,) by part"""
    none = np.zeros(n)
    crowd, age = apart.get(CROWD, none), apart.get(AGE, none)
    own = np.sum([*apart.values()], axis=0) - crowd - age
    return Causes({"own": own, "popular": crowd, "new": age})


def above(odds: Odds, i: int) -> float:
    """The chance that everybody wants an item more than the average one."""
    return float(ndtr(odds.main[i] / max(float(odds.main_doubt[i]), 1e-9) ** 0.5))
