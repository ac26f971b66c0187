"""BPR: matrix factorisation that learns to order pairs, by the implicit library.

Rendle, Freudenthaler, Gantner, Schmidt-Thieme. BPR: Bayesian personalized ranking from implicit
feedback. UAI 2009: maximise sum ln s(x_ui - x_uj) - l2 |theta|^2 over users u, chosen items i and
others j, by stochastic gradient ascent; x_ui is a product of vectors and an item bias, which is the
last coordinate here. A user who was not in the log has no vector and gets the biases alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from hermes.core.errors import ConfigError
from hermes.core.types import Floats, Queries
from hermes.data.interactions import Interactions
from hermes.learn.run import Run
from hermes.models.base import Closed, Embedder


@dataclass(frozen=True, kw_only=True)
class BPRConfig:
    """Size, penalty and pace."""

    d: int = 64
    l2: float = 0.003
    lr: float = 0.05
    epochs: int = 60  # each draws as many pairs as there are events


class BPR(Closed, Embedder[BPRConfig]):
    """One vector a user, one an item."""

    Config = BPRConfig
    learned = ("users", "items")
    users: Floats  # (U, D+1) the last column is 1
    items: Floats  # (I, D+1) the last column is the bias

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """On one thread, since the library's threads overwrite each other at random."""
        try:
            from implicit.cpu.bpr import BayesianPersonalizedRanking
            from threadpoolctl import threadpool_limits
        except ModuleNotFoundError as error:
            raise ConfigError(f"BPR: {error}; pip install 'hermes-recommender[train]'") from error

        self.shape = data.shape
        x = csr_matrix(data.matrix())
        x.data[:] = 1.0

        def tell(epoch: int, *figures: Any) -> None:
            if run.report:
                run.report("BPR", epoch + 1, self.config.epochs, {})

        with threadpool_limits(1, "blas"):
            model = BayesianPersonalizedRanking(
                factors=self.config.d,
                learning_rate=self.config.lr,
                regularization=self.config.l2,
                iterations=self.config.epochs,
                num_threads=1,
                random_state=run.seed,
            )
            model.fit(x, show_progress=False, callback=tell)
        self.users = np.asarray(model.user_factors, np.float32)
        self.items = np.asarray(model.item_factors, np.float32)
        idle = np.diff(x.indptr) == 0
        self.users[idle] = 0.0
        self.users[:, -1] = 1.0
        self.items[0] = 0.0
        return self

    def embed(self, queries: Queries) -> Floats:
        """(B,) -> (B, D+1)"""
        return self.users[queries.users]

    def catalogue(self) -> Floats:
        """(I, D+1)"""
        return self.items
