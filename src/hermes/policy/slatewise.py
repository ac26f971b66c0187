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
        worth = spread(pool.columns[self.column])
        left = np.ones(len(pool), bool)
        alike = self.diversity.similarity(pool.items) if self.diversity and weight else None
        tallies = [q.tally(pool.items, size) for q in (self.quotas if self.draw else quotas)]
        chance = generator(query.id).random(size).tolist() if self.draw else []
        order, propensity = np.empty(size, np.int64), np.ones(size, np.float32)
        for place in range(size):
            utility = worth
            if alike is not None and place:
                utility = (1 - weight) * worth - weight * alike[order[:place]].max(axis=0)
            utility = np.where(left, utility, -np.inf)
            for tally in tallies:
                within = np.where(tally.open, utility, -np.inf)
                utility = within if within.max() > -np.inf else utility
            if self.draw is None:
                i = int(utility.argmax())
            else:
                i, propensity[place] = self.draw.pick(utility, chance[place])
            order[place], left[i] = i, False
            for tally in tallies:
                tally.add(i)
        return Choice(order, propensity)


def spread(score: Array) -> Array:
    """Scores on 0..1 over the pool; what is not finite counts as the worst.  (n,) -> (n,)"""
    known = np.isfinite(score)
    if not known.any():
        return np.zeros(len(score))
    low, high = score[known].min(), score[known].max()
    filled = np.where(known, score, low).astype(np.float64)
    return np.asarray((filled - low) / (high - low if high > low else 1.0))
