"""Item neighbours: items are alike when the same people chose them.

Sarwar, Karypis, Konstan, Riedl. Item-based collaborative filtering recommendation algorithms. WWW
2001; shrinkage after Bell, Koren, Scalable collaborative filtering with jointly derived
neighborhood interpolation weights, ICDM 2007. With n(a) the users of a and n(a, b) those of both:

    S[a, b] = (n(a, b) / (sqrt(n(a) n(b)) + shrink)) ^ power
    score(b) = sum over the last items a, j-th from the end, of j^-decay * S[a, b]

Ours: histories are sets (a repeated event counts once), recent items count more, and the power.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from hermes.data.interactions import Interactions
from hermes.learn.run import Run
from hermes.models.base import Retriever
from hermes.models.neighbours import Neighbours, nearest


@dataclass(frozen=True, kw_only=True)
class ItemKNNConfig:
    """How alike, how many, how far back."""

    shrink: float = 10.0  # added to the norms, so that two items with one user are not alike
    power: float = 2.0  # above 1: the most alike decide
    neighbours: int = 200  # kept for each item
    length: int = 50  # last items of a history that are read
    decay: float = 1.0  # the j-th item from the end counts j^-decay; 0: all the same


class ItemKNN(Neighbours, Retriever[ItemKNNConfig]):
    """Shrunk cosine similarity of the nearest neighbours."""

    Config = ItemKNNConfig

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """One sparse product of the users by items matrix with itself."""
        self.shape = data.shape
        x = data.matrix()
        x.data[:] = 1.0
        both = csr_array(x.T @ x)
        norm = np.sqrt(both.diagonal())
        norms = np.repeat(norm, np.diff(both.indptr)) * norm[both.indices]
        both.data = (both.data / (norms + self.config.shrink)) ** self.config.power
        self.neighbour, self.similarity = nearest(both, self.config.neighbours)
        return self
