"""The order of a slate, one place at a time: what is left, what it is worth now, which is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hermes.core.protocols import Choice, Query
from hermes.core.types import Array, Candidates

from .diversity import MMR
from .exploration import Draw, generator
from .quota import Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Slatewise:
    """Relevance, then diversity, quotas and exploration where they are asked for.

    The pool comes best first; `column` is its relevance, scaled to 0..1 over the pool.  Without
    exploration each item stands where it stands with probability 1.
    """

    column: str = "score"
    diversity: MMR | None = None
    quotas: Sequence[Quota] = ()
    draw: Draw | None = None  # None: the best of those left
    name: str = "slatewise"

    def choose(self, query: Query, pool: Candidates, size: int) -> Choice:
        """At most `size` positions; quotas give way only where the slate could not be filled."""
        size = min(size, len(pool))
        weight = self.diversity.strength(query, pool.items, size) if self.diversity else 0.0
        bound = [q for q in self.quotas if q.binds(pool.items, size)]
        if self.draw is None and not weight and not bound:
            return Choice(np.arange(size), np.ones(size, np.float32))
        return self.walk(query, pool, size, weight, bound)

    def walk(
        self, query: Query, pool: Candidates, size: int, weight: float, quotas: Sequence[Quota]
    ) -> Choice:
        """One place after another."""
        relevance = spread(pool.columns[self.column])
        alike = self.diversity.similarity(pool.items) if self.diversity and weight else None
        quotas = self.quotas if self.draw else quotas
        tallies = [q.tally(pool.items, size) for q in quotas]
        chance = generator(query.id).random(size) if self.draw else None
        left, nearest = np.ones(len(pool), bool), np.zeros(len(pool))
        order, propensity = np.empty(size, np.int64), np.ones(size, np.float32)
        for place in range(size):
            allowed = left
            for tally in tallies:
                allowed = allowed & tally.open
            if tallies and not allowed.any():
                allowed = left
            utility = relevance if alike is None else (1 - weight) * relevance - weight * nearest
            if self.draw is None or chance is None:
                i = int(np.argmax(np.where(allowed, utility, -np.inf)))
            else:
                p = self.draw.distribution(utility, allowed)
                i = drawn(p, float(chance[place]))
                propensity[place] = p[i]
            order[place] = i
            left[i] = False
            for tally in tallies:
                tally.add(i)
            if alike is not None:
                nearest = np.maximum(nearest, alike[i]) if place else alike[i]
        return Choice(order, propensity)


def drawn(p: Array, chance: float) -> int:
    """The position at which the cumulated distribution passes `chance`, never one with p = 0."""
    i = int(np.searchsorted(np.cumsum(p), chance * p.sum(), side="right"))
    return i if i < len(p) and p[i] > 0 else int(np.flatnonzero(p)[-1])


def spread(score: Array) -> Array:
    """Scores on 0..1 over the pool; what is not finite counts as the worst.  (n,) -> (n,)"""
    known = np.isfinite(score)
    if not known.any():
        return np.zeros(len(score))
    low, high = score[known].min(), score[known].max()
    filled = np.where(known, score, low).astype(np.float64)
    return np.asarray((filled - low) / (high - low if high > low else 1.0))
