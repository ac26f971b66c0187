"""Filters on the graph of users and items: closed forms that smooth a history, nothing else.

With R (U, I) who chose what, D_u the items of each user and D_i the users of each item,

    N = D_u^-1/2 R D_i^-1/2
    P = N' N                         the linear filter
    F = D_i^1/2 V V' D_i^-1/2        the ideal low-pass filter, V the d first right singular
                                     vectors of N: what lies outside their span does not pass

Shen, Wu, Zhang, Shan, Zhang, Letaief, Li. How powerful is graph convolution for recommendation?
CIKM 2021, where a history is a row and the products stand in the other order. P has as many cells
as pairs of items have users in common, too many to keep from some ten thousand items on: N and V
are kept, and a filter is two thin products. A row of N is a basket with no name on it, so whoever
brings a history is served, in the log or not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.sparse.linalg import svds

from hermes.core.types import Array, Floats, Ints, Queries, Shape
from hermes.data.interactions import Interactions
from hermes.learn.run import Run

from .base import Closed
from .neighbours import RECALLED, falling

FLAT = 1e-4  # singular values below this share of the first are rounding
TOGETHER = 64  # histories in one product: twice as fast as one by one, and no faster with more


class Filters(Closed, ABC):
    """Mixin: the score is what filters make of the history as a vector over the items."""

    learned: ClassVar[tuple[str, ...]] = ("starts", "members", "strength", "vectors", "root")
    config: Any  # with `d`, `length` and `decay`
    starts: NDArray[np.int32]  # (U+1,) basket u's cells are starts[u] to starts[u+1]
    members: NDArray[np.int32]  # (N,) items
    strength: Floats  # (N,) the cells of N
    vectors: Floats  # (I, d) V, fewer columns where the rank is lower
    root: Floats  # (I,) square roots of D_i
    baskets: csr_array  # (U, I) N, from the three above
    columns: csc_array  # the same by items

    @abstractmethod
    def respond(self, signal: Floats) -> Floats:
        """What the filters make of a history, or of B of them.  (I,) -> (I,), (I, B) -> (I, B)"""

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """Normalise, then one truncated singular value decomposition."""
        chosen = edges(data)
        baskets = normalised(chosen)
        self.shape = data.shape
        self.starts, self.members = baskets.indptr.astype("i4"), baskets.indices.astype("i4")
        self.strength = baskets.data
        self.vectors = smooth_vectors(baskets, self.config.d, run.rng())
        self.root = np.sqrt(degrees(chosen, 0), dtype=np.float32)
        return self.wire()

    def restore(self, shape: Shape, arrays: dict[str, Array]) -> Self:
        """The inverse of `arrays`; raises `ArtifactError` when one is missing."""
        super().restore(shape, arrays)
        return self.wire()

    def wire(self) -> Self:
        """Make the matrix that the arrays are."""
        size = (len(self.starts) - 1, len(self.root))
        self.baskets = csr_array((self.strength, self.members, self.starts), shape=size)
        self.columns = self.baskets.tocsc()
        return self

    def linear(self, signal: Floats) -> Floats:
        """P x.  (I, ...) -> (I, ...)"""
        return np.asarray(self.baskets.T @ (self.baskets @ signal))

    def low_pass(self, signal: Floats) -> Floats:
        """F x.  (I, ...) -> (I, ...)"""
        known = np.flatnonzero(signal.reshape(len(signal), -1).any(axis=1) & (self.root > 0))
        inside = self.vectors[known].T @ (signal[known].T / self.root[known]).T  # (d, ...)
        return np.asarray((self.root * (self.vectors @ inside).T).T)

    def signal(self, history: Ints) -> Floats:
        """A history as a vector: an item counts once, at its newest place.  (H,) -> (I,)"""
        last = history[history > 0][-self.config.length :]
        out = np.zeros(len(self.root), np.float32)
        out[last] = falling(len(last), self.config.decay)  # of a repeated item the last stays
        return out

    def sparse_score(self, history: Ints, ages: Floats) -> Floats:
        """One history, oldest first.  (H,), (H,) days -> (I,)"""
        out = self.respond(self.signal(history)).astype(np.float32)
        out[0] = 0.0
        return out

    def evidence(self, history: Ints, ages: Floats, items: Ints) -> Ints:
        """The item of the history most alike by the linear filter, or 0.  (n,) -> (n,)

        Only the last RECALLED are looked at, each weighing what it weighs in the score.
        """
        last = np.unique(history[history > 0][-RECALLED:])
        if not len(last) or not len(items):
            return np.zeros(len(items), np.int64)
        shared = (self.columns[:, items].T @ self.columns[:, last]).toarray()  # (n, m) of P
        shared *= self.signal(history)[last]
        return np.where(shared.max(axis=1) > 0, last[shared.argmax(axis=1)], 0)

    def score(self, queries: Queries) -> Floats:
        """Row by row what `sparse_score` says, many rows in one product.  (B,) -> (B, I)"""
        out = np.empty((len(queries), len(self.root)), np.float32)
        for start in range(0, len(queries), TOGETHER):
            histories = queries.history[start : start + TOGETHER]
            signals = np.stack([self.signal(history) for history in histories], axis=1)
            out[start : start + TOGETHER] = self.respond(signals).T
        out[:, 0] = 0.0
        return out


def edges(data: Interactions) -> csr_array:
    """Who chose what, once each and sorted, without the unknown.  -> (U, I) of 0 and 1"""
    chosen = data.take((data.users > 0) & (data.items > 0)).matrix()
    chosen.data[:] = 1.0
    return chosen


def degrees(chosen: csr_array, axis: int) -> Floats:
    """How many users chose each item (axis 0), or how many items each user.  -> (I,) or (U,)"""
    return np.asarray(chosen.sum(axis=axis), np.float32).ravel()


def normalised(chosen: csr_array) -> csr_array:
    """N of the module's head; who has nothing keeps an empty row.  (U, I) of 0 and 1 -> (U, I)"""
    left, right = (
        diags_array(np.maximum(degrees(chosen, axis), 1.0) ** np.float32(-0.5)) for axis in (1, 0)
    )
    return csr_array(left @ chosen @ right, dtype=np.float32)


def smooth_vectors(baskets: csr_array, d: int, rng: np.random.Generator) -> Floats:
    """The first right singular vectors, as many as `d` and the rank allow.  (U, I) -> (I, <= d)"""
    if d >= min(baskets.shape) - 1:  # Lanczos leaves no room for all of them
        _, values, rows = np.linalg.svd(baskets.toarray(), full_matrices=False)
    else:
        start = rng.normal(size=min(baskets.shape)).astype(np.float32)
        _, values, rows = svds(baskets, k=d, v0=start)
    order = np.argsort(-values, kind="stable")[:d]
    kept = order[values[order] > FLAT * max(values.max(), 1e-9)]
    return np.ascontiguousarray(rows[kept].T, np.float32)


def spectrum(baskets: csr_array, d: int) -> tuple[Floats, Floats]:
    """Left and right singular vectors of N, each times the root of its value.

    (U, I) -> (U, <= d), (I, <= d)
    """
    items = smooth_vectors(baskets, d, np.random.default_rng(0))
    users = np.asarray(baskets @ items)
    root = np.sqrt(np.linalg.norm(users, axis=0))
    return users / root, items * root
