"""EASE: a linear autoencoder that may not look at the item it predicts, in closed form.

Steck. Embarrassingly shallow autoencoders for sparse data. WWW 2019. With X users by items and
P = (X'X + l2 I)^-1, the minimiser of |X - XB|^2 + l2 |B|^2 under diag(B) = 0 is

    B[a, b] = -P[a, b] / P[b, b]  for a != b.

Ours: only the `neighbours` largest weights in size of each row are kept for serving (set it to the
size of the catalogue for the exact form), and recent items count more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_array

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Array
from hermes.data.interactions import Interactions
from hermes.learn.run import Run
from hermes.models.base import Retriever
from hermes.models.neighbours import Neighbours, nearest


@dataclass(frozen=True, kw_only=True)
class EASEConfig:
    """The one penalty of the paper, and what is kept."""

    l2: float = 500.0
    neighbours: int = 500  # weights kept for each item
    length: int = 100  # last items of a history that are read
    decay: float = 1.0  # the j-th item from the end counts j^-decay; 0: as in the paper
    limit: int = 20_000  # items; the inverse takes 8 * I^2 bytes and of the order of I^3 products


class EASE(Neighbours, Retriever[EASEConfig]):
    """Item-to-item weights, negative ones among them."""

    Config = EASEConfig

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """Raises `ConfigError` when the catalogue is too large to invert."""
        self.shape = data.shape
        if data.shape.n_items > self.config.limit:
            raise ConfigError(
                f"EASE: {data.shape.n_items} items are over limit = {self.config.limit}; raise it "
                "if the memory is there, or use itemknn"
            )
        x = data.matrix()
        x.data[:] = 1.0
        gram = np.asarray((x.T @ x).toarray(), np.float64)
        gram[np.diag_indices_from(gram)] += self.config.l2
        weights = csr_array(solution(gram).astype(np.float32))
        self.neighbour, self.similarity = nearest(weights, self.config.neighbours)
        return self


def solution(gram: Array) -> Array:
    """B from X'X + l2 I, by Cholesky.  (I, I) -> (I, I)"""
    factor, wrong = lapack.dpotrf(gram, lower=1, overwrite_a=1)
    if wrong:
        raise DataError(f"EASE: X'X + l2 I is not positive definite at item {wrong - 1}; raise l2")
    lower, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(lower) + np.tril(lower, -1).T
    weights = inverse / -inverse.diagonal()
    np.fill_diagonal(weights, 0.0)
    return np.asarray(weights)
