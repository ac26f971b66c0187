"""New items, placed by what they are: the channel that does not wait for events.

It brings nothing but items that hardly anybody has touched, so that they need not outdo at once
what everybody knows; how many of them a pool keeps is the recommender's business.
"""

from __future__ import annotations

import numpy as np

from hermes.core.errors import ShapeError
from hermes.core.protocols import Query
from hermes.core.types import Candidates, Floats, Ints, Queries, strongest

from .channels import interest, membership, nothing
from .embedding import Encoder


class ColdStart:
    """Items and their places; a stranger gets the newest."""

    def __init__(
        self,
        name: str,
        encoder: Encoder,
        items: Ints,  # (n,) codes of the new
        places: Floats,  # (n, D)
        published: Floats,  # (n,) days since the epoch, NaN where unknown
        *,
        length: int = 200,
    ) -> None:
        if not len(items) == len(places) == len(published):
            raise ShapeError(f"channel {name}: {len(items)} items, {len(places)} places")
        self.name, self.encoder, self.length = name, encoder, length
        self.items, self.places = items, np.ascontiguousarray(places, np.float32)
        dates = np.nan_to_num(published.astype(np.float64), nan=-np.inf)
        self.newest = np.lexsort((-items, -dates))  # what came last first, also by its code

    def retrieve(self, query: Query, k: int) -> Candidates:
        """At most k new items that the user has not had, the fittest first."""
        history, ages = interest(query, self.length)
        known = membership(query.history, int(self.items.max(initial=0)))
        known[query.anchor] = True
        fresh = ~known[self.items]
        if not fresh.any():
            return nothing()
        if not len(history):
            order = self.newest[fresh[self.newest]][:k]
            falling = np.arange(len(order), 0, -1, dtype=np.float32)
            return Candidates(self.items[order], {"score": falling})
        one = Queries(np.array([query.user]), history[None], ages[None])
        scores = self.places @ np.asarray(self.encoder(one), np.float32)[0]
        best = strongest(np.where(fresh, scores, -np.inf).astype(np.float32), k)
        best = best[fresh[best]]
        return Candidates(self.items[best], {"score": scores[best]})
