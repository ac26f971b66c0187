"""The order of a slate, one place at a time: what is left, what it is worth now, which is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hermes.core.protocols import Choice, Query
from hermes.core.types import Array, Bools, Candidates

from .diversity import MMR
from .exploration import Draw, generator
from .exposure import Parity, Places
from .quota import Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Slatewise:
    """Relevance, then parity, diversity, quotas and exploration where they are asked for.

    The pool comes best first; `column` is its relevance, scaled to 0..1 over the pool.  Without
    exploration each item stands where it stands with probability 1.
    """

    column: str = "score"
    diversity: MMR | None = None
    quotas: Sequence[Quota] = ()
    parity: Parity | None = None
    draw: Draw | None = None  # None: the best of those left
    name: str = "slatewise"

    def choose(self, query: Query, pool: Candidates, size: int) -> Choice:
        """At most `size` positions; quotas give way only where the slate could not be filled,
        parity where quotas leave nobody of a cohort."""
        size = min(size, len(pool))
        weight = self.diversity.strength(query, pool.items, size) if self.diversity else 0.0
        fair = self.divided(query, pool, size)
        items = pool.items if fair is None else pool.items[fair.order]
        bound = [q for q in self.quotas if q.binds(items, size)]
        if self.draw is not None or weight or bound:
            return self.walk(query, pool, size, weight, fair)
        order = np.arange(size) if fair is None else fair.order
        return Choice(order, np.ones(size, np.float32))

    def divided(self, query: Query, pool: Candidates, size: int) -> Places | None:
        """The places by cohort, where that is asked for."""
        if self.parity is None or not self.parity.asked(query) or not size:
            return None
        return self.parity.places(pool.items, spread(pool.columns[self.column]), size)

    def walk(
        self, query: Query, pool: Candidates, size: int, weight: float, fair: Places | None
    ) -> Choice:
        """One place after another."""
        relevance = spread(pool.columns[self.column])
        worth = relevance.copy()  # -inf once on the slate
        alike = self.diversity.similarity(pool.items) if self.diversity and weight else None
        tallies = [q.tally(pool.items, size) for q in self.quotas]
        codes = None if self.parity is None else self.parity.cohorts[pool.items]
        chance = generator(query.id).random(size).tolist() if self.draw else []
        order, propensity = np.empty(size, np.int64), np.ones(size, np.float32)
        for place in range(size):
            utility = worth
            if alike is not None and place:
                above = order[:place]
                utility = (1 - weight) * relevance - weight * alike[above].max(axis=0)
                utility[above] = -np.inf
            for tally in tallies:
                utility = among(utility, tally.open)
            if fair is not None:
                utility = among(utility, codes == fair.owners[place])
            if self.draw is None:
                i = int(utility.argmax())
            else:
                i, propensity[place] = self.draw.pick(utility, chance[place])
            order[place], worth[i] = i, -np.inf
            for tally in tallies:
                tally.add(i)
        return Choice(order, propensity)


def among(utility: Array, allowed: Bools) -> Array:
    """Of these only, unless none of them is left.  (n,), (n,) -> (n,)"""
    within = np.where(allowed, utility, -np.inf)
    return within if within.max() > -np.inf else utility


def spread(score: Array) -> Array:
    """Scores on 0..1 over the pool; what is not finite counts as the worst.  (n,) -> (n,)"""
    known = np.isfinite(score)
    if not known.any():
        return np.zeros(len(score))
    low, high = score[known].min(), score[known].max()
    filled = np.where(known, score, low).astype(np.float64)
    return np.asarray((filled - low) / (high - low if high > low else 1.0))
