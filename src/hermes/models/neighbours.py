"""Lists of neighbours: what item-to-item models learn, and how a history is scored with them.

An item's row holds the k items it recommends and how strongly. A history adds up the rows of its
last items, the newest counting most; this is one `bincount` over m * k numbers, so that a channel
answers in microseconds.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hermes.core.types import Floats, Ints, Queries

from .base import Closed

RECALLED = 10  # events an explanation may name


class Neighbours(Closed):
    """Mixin: scores are sums over the neighbour lists of the last items of the history."""

    learned: ClassVar[tuple[str, ...]] = ("neighbour", "similarity")
    config: Any  # with `length` and `decay`
    neighbour: NDArray[np.int32]  # (I, k) item codes, 0 where there are fewer than k
    similarity: Floats  # (I, k) best first, 0 where there are fewer than k

    def recency(self, ages: Floats) -> Floats:
        """How much each of the last items counts, oldest first.  (m,) days -> (m,)"""
        place = np.arange(len(ages), 0, -1, dtype=np.float32)
        return np.asarray(place**-self.config.decay, np.float32)

    def sparse_score(self, history: Ints, ages: Floats) -> Floats:
        """One history, oldest first; zeros are skipped.  (H,), (H,) days -> (I,)"""
        size, m = len(self.neighbour), self.config.length
        known = history > 0
        last, age = history[known][-m:], ages[known][-m:]
        weights = self.similarity[last] * self.recency(age)[:, None]  # (m, k)
        total = np.bincount(self.neighbour[last].ravel(), weights.ravel(), size)
        total[0] = 0.0
        return total.astype(np.float32)

    def evidence(self, history: Ints, ages: Floats, items: Ints) -> Ints:
        """The item of the history that adds most to each score, or 0.  (H,), (H,), (n,) -> (n,)

        Only the last RECALLED are looked at, which weigh most and make the better explanation.
        """
        last = history[-min(self.config.length, RECALLED) :]
        place = np.full(len(self.neighbour), -1)
        place[items] = np.arange(len(items))
        place[0] = -1
        at = place[self.neighbour[last].ravel()]  # (m * k,)
        hit = (at >= 0).nonzero()[0]
        row, column = np.divmod(hit, self.neighbour.shape[1])
        added = np.zeros((len(items), len(last)), np.float32)
        weights = self.recency(ages[-len(last) :])
        added[at[hit], row] = self.similarity[last[row], column] * weights[row]
        best = added.argmax(axis=1)
        return np.where(added[np.arange(len(items)), best] > 0, last[best], 0)

    def shorten(self, k: int) -> None:
        """Read only the k strongest of each item from now on."""
        self.neighbour = np.ascontiguousarray(self.neighbour[:, :k])
        self.similarity = np.ascontiguousarray(self.similarity[:, :k])

    def score(self, queries: Queries) -> Floats:
        """Row by row what `sparse_score` says.  (B,) -> (B, I)"""
        out = np.empty((len(queries), len(self.neighbour)), np.float32)
        for row, (history, ages) in enumerate(zip(queries.history, queries.ages, strict=True)):
            out[row] = self.sparse_score(history, ages)
        return out


def nearest(strength: csr_array, k: int) -> tuple[NDArray[np.int32], Floats]:
    """The k largest entries in size of each row, without its own.  (I, I) -> (I, k), (I, k)

    Each row is sorted by falling value; k shrinks to the longest row, so that a sparse catalogue
    stays small.
    """
    size, lists = strength.shape[0], []
    for row in range(size):
        span = slice(strength.indptr[row], strength.indptr[row + 1])
        columns, values = strength.indices[span], strength.data[span]
        known = (columns != row) & (columns > 0) & (values != 0) & (row > 0)
        columns, values = columns[known], values[known]
        if len(values) > k:
            best = np.argpartition(-np.abs(values), k - 1)[:k]
            columns, values = columns[best], values[best]
        order = np.lexsort((columns, -values))
        lists.append((columns[order], values[order]))
    width = max([1, *(len(columns) for columns, _ in lists)])
    neighbour, similarity = np.zeros((size, width), np.int32), np.zeros((size, width), np.float32)
    for row, (columns, values) in enumerate(lists):
        neighbour[row, : len(columns)], similarity[row, : len(values)] = columns, values
    return neighbour, similarity
