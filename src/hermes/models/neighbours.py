"""Lists of neighbours: what item-to-item models learn, and how a history is scored with them.

An item's row holds the k items it recommends and how strongly. A history adds up the rows of its
last items, the newest counting most; this is a sum over m * k numbers, so that a channel answers in
microseconds.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hermes.core.compiled import compiled
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
        return falling(len(ages), self.config.decay)

    def sparse_score(self, history: Ints, ages: Floats) -> Floats:
        """One history, oldest first; padding before it adds nothing.  (H,), (H,) days -> (I,)"""
        m = self.config.length
        weights = self.recency(ages[-m:])
        return added(self.neighbour, self.similarity, history[-m:], weights)

    def evidence(self, history: Ints, ages: Floats, items: Ints) -> Ints:
        """The item of the history that adds most to each score, or 0.  (H,), (H,), (n,) -> (n,)

        Only the last RECALLED are looked at, which weigh most and make the better explanation.
        """
        m = min(self.config.length, RECALLED)
        last, weights = history[-m:], self.recency(ages[-m:])
        return witness(self.neighbour, self.similarity, last, weights, items)

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


@lru_cache(1024)
def falling(m: int, decay: float) -> Floats:
    """j^-decay for the j-th from the end, not to be written to.  -> (m,)"""
    place = np.arange(m, 0, -1, dtype=np.float32)
    return np.asarray(place**-decay, np.float32)


@compiled
def added(neighbour: NDArray[np.int32], similarity: Floats, last: Ints, weights: Floats) -> Floats:
    """The rows of some items, weighted and added up.  (I, k), (I, k), (m,), (m,) -> (I,)"""
    total = np.zeros(len(neighbour), np.float32)
    for j in range(len(last)):
        for c in range(neighbour.shape[1]):
            total[neighbour[last[j], c]] += similarity[last[j], c] * weights[j]
    total[0] = 0.0
    return total


@compiled
def witness(
    neighbour: NDArray[np.int32], similarity: Floats, last: Ints, weights: Floats, items: Ints
) -> Ints:
    """Which of the rows that `added` adds gives each item most, or 0.  (n,) -> (n,)"""
    place = np.full(len(neighbour), -1)
    for i in range(len(items)):
        place[items[i]] = i
    place[0] = -1
    most, best = np.zeros(len(items), np.float32), np.zeros(len(items), np.int64)
    for j in range(len(last)):
        for c in range(neighbour.shape[1]):
            i = place[neighbour[last[j], c]]
            if i >= 0 and similarity[last[j], c] * weights[j] > most[i]:
                most[i], best[i] = similarity[last[j], c] * weights[j], last[j]
    return best


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
