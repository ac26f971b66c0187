"""Why an item is on a slate, weighed: what a person wants, what many want, what is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np
from scipy.special import ndtr

from hermes.core.types import Array, Odds

CROWD, AGE = "popularity", "freshness"  # parts of an attribution that are nobody's own
LEAST = 1e-9  # variance


@dataclass(frozen=True, slots=True)
class Causes:
    """Of n items."""

    size: Mapping[str, list[float]]  # (n,) by cause: own, popular, new
    chance: list[float] | None = None  # (n,) that the largest is; None: nobody can say

    def of(self, cause: str, i: int) -> float | None:
        """The chance that a cause of item i is the largest; None where nobody can say."""
        mine = self.size[cause][i]
        if self.chance is None or mine == -inf:
            return None
        largest = all(mine >= values[i] for values in self.size.values())
        return self.chance[i] if largest else 1 - self.chance[i]


def weighed(odds: Odds) -> Causes:
    """By log odds, each known as well as its variance says; newness is in what everybody wants.

    >>> one, two = np.ones(2), np.array([0.0, 3.0])
    >>> found = weighed(Odds(two, one, one / 2, one / 2, one))
    >>> round(found.of("own", 1), 2), round(found.of("own", 0), 2), found.of("new", 0)
    (0.98, 0.16, None)
    """
    apart = np.abs(odds.own - odds.main)
    chance = ndtr(apart / np.sqrt(np.maximum(odds.own_doubt + odds.main_doubt, LEAST)))
    size = {"own": odds.own.tolist(), "popular": odds.main.tolist(), "new": [-inf] * len(apart)}
    return Causes(size, chance.tolist())


def parts(apart: Mapping[str, Array], n: int) -> Causes:
    """By the parts of scores, which do not say how sure they are.  (n,) by part"""
    none = np.zeros(n)
    crowd, age = apart.get(CROWD, none), apart.get(AGE, none)
    own = np.sum([*apart.values()], axis=0) - crowd - age
    return Causes({"own": own.tolist(), "popular": crowd.tolist(), "new": age.tolist()})


def above(odds: Odds) -> list[float]:
    """The chance that everybody wants an item more than the average one; 0 if no page says so.

    -> (n,)
    """
    chance = ndtr(odds.main / np.sqrt(np.maximum(odds.main_doubt, LEAST)))
    out: list[float] = np.where(odds.appeal > 0, chance, 0.0).tolist()
    return out
