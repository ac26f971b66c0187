"""What a short history says plainly: more of one category than chance would bring.

Somebody who has just come and clicks five westerns wants westerns, but models that learned from
long and mixed histories answer with what usually follows. A category is plain when so many of the
n events of the history are of it that, were they drawn as everybody's events are, at least as many
would be with a probability below `RARE`:

    P(X >= k) < RARE,  X ~ Binomial(n, share of the category among all events).

Items of a plain category are moved up in proportion to k / n, and the less the longer the history
is, since then models know better: wholly up to `FEW` events, not at all from `MANY` on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrc

from hermes.core.protocols import Query
from hermes.core.types import Array, Floats, Ints
from hermes.data.catalogue import Catalogue, padded

RARE = 0.01  # probability of so many by chance
LEAST = 2  # events of a category that may make it plain
FEW, MANY = 5, 20  # events of a history


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """Reads histories of fewer than `MANY` events."""

    categories: Ints  # (I, m) codes of each item, padded with 0
    usual: Array  # (C,) share of all events that are of each category
    strength: float = 3.0  # standard deviations of the scores by which a whole history moves

    @classmethod
    def of(cls, catalogue: Catalogue, events: Ints, strength: float) -> Intent:
        """events (N,): the items of the log; a category without any counts as met once."""
        counts = np.bincount(events, minlength=len(catalogue))[: len(catalogue)]
        met = np.asarray(counts @ catalogue.category).ravel()
        usual = np.maximum(met, 1) / max(int(counts.sum()), 1)
        return cls(categories=padded(catalogue), usual=np.minimum(usual, 1), strength=strength)

    def plain(self, history: Ints) -> Floats:
        """How much each category is meant, 0 where it is not plain.  (H,) oldest first -> (C,)"""
        found = np.unique(history)
        n = len(found)
        out = np.zeros(len(self.usual), np.float32)
        if not LEAST <= n < MANY:
            return out
        held = self.categories[found]
        counts = np.bincount(held[held > 0], minlength=len(out))
        often = np.flatnonzero(counts >= LEAST)
        chance = bdtrc(counts[often] - 1, n, self.usual[often])
        clear = often[chance < RARE]
        out[clear] = counts[clear] / n * min(1.0, (MANY - n) / (MANY - FEW))
        return out

    def leaning(self, query: Query) -> Floats | None:
        """What each category moves, in standard deviations; None for a history that says nothing.

        An anchor or a text says for itself what is meant.  -> (C,)
        """
        if query.anchor or query.text or len(query.history) < LEAST:
            return None
        found = self.plain(query.history)
        return np.asarray(self.strength * found, np.float32) if found.any() else None

    def moved(self, leaning: Floats, items: Ints) -> Floats:
        """Of an item's categories the one that is meant most.  (C,), (n,) -> (n,)"""
        out: Floats = leaning[self.categories[items]].max(axis=1, initial=0)
        return out
