"""Maximal marginal relevance: each item pays for its likeness to the ones above it.

Carbonell, Goldstein. The use of MMR, diversity-based reranking for reordering documents and
producing summaries. SIGIR 1998.

    argmax over i left of  lambda rel(i) - (1 - lambda) max over j chosen of cos(i, j)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hermes.core.errors import ConfigError
from hermes.core.protocols import Query
from hermes.core.types import Array, Floats, Ints


def unit(vectors: Array) -> Floats:
    """Rows of length one; a row of zeros stays, and is like nothing.  (I, D) -> (I, D)"""
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norm > 0, norm, 1), np.float32)


def likeness(vectors: Floats) -> float:
    """Mean cosine over the pairs of n unit rows, 0 for fewer than two.  (n, D)

    >>> likeness(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    0.3333333333333333
    """
    n = len(vectors)
    if n < 2:
        return 0.0
    total = vectors.sum(0)
    return float((total @ total - np.vdot(vectors, vectors)) / (n * (n - 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class MMR:
    """When to diversify and how much."""

    vectors: Floats  # (I, D) unit rows by item code
    weight: float = 0.3  # 1 - lambda, where the slate is too alike and the query does not say
    threshold: float = 0.9  # mean pairwise cosine of the best `size` above which it is too alike

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1:
            raise ConfigError(f"diversity: {self.weight} is not between 0 and 1")

    def strength(self, query: Query, items: Ints, size: int) -> float:
        """1 - lambda for this query over items best first; 0 leaves the ranking alone."""
        if query.diversity is not None:
            if not 0 <= query.diversity <= 1:
                raise ConfigError(f"diversity: {query.diversity} is not between 0 and 1")
            return query.diversity
        if self.threshold >= 1:  # no mean of cosines is above it
            return 0.0
        return self.weight if likeness(self.vectors[items[:size]]) > self.threshold else 0.0

    def similarity(self, items: Ints) -> Floats:
        """(n,) -> (n, n) cosines"""
        rows = self.vectors[items]
        return rows @ rows.T
