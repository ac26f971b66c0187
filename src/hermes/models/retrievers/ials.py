"""iALS: weighted matrix factorisation by alternating least squares, by the implicit library.

Hu, Koren, Volinsky. Collaborative filtering for implicit feedback datasets. ICDM 2008: minimise
sum_{u,i} c_ui (p_ui - x_u y_i)^2 + l2 (|x_u|^2 + |y_i|^2) with c = 1 + alpha r for what was chosen
and 1 for the rest. Ours: r is 1 however often a pair comes; user vectors are not kept but solved
from the history, x = (Y'Y + sum_j (c_j - 1) y_j y_j' + l2 I)^-1 sum_j c_j y_j, so that anyone can
be served at once; there the j-th event from the end has r = j^-decay. The fit takes
conjugate gradient steps (Takács, Pilászy, Tikk, RecSys 2011).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from hermes.core.errors import ConfigError
from hermes.core.types import Floats, Queries
from hermes.data.interactions import Interactions
from hermes.learn.run import Run
from hermes.models.base import Closed, Embedder


@dataclass(frozen=True, kw_only=True)
class IALSConfig:
    """Size, penalty, confidence, and how a history is read."""

    d: int = 64
    l2: float = 10.0
    alpha: float = 20.0  # what was chosen weighs 1 + alpha
    epochs: int = 15  # sweeps over users and items
    length: int = 100  # last items of a history that are read
    decay: float = 1.0  # the j-th item from the end counts j^-decay; 0: all the same


class IALS(Closed, Embedder[IALSConfig]):
    """Item vectors are learned; users are folded in from their history."""

    Config = IALSConfig
    learned = ("items",)
    items: Floats  # (I, D)

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """Sweeps of the implicit library; the same on any number of threads."""
        try:
            from implicit.cpu.als import AlternatingLeastSquares
            from threadpoolctl import threadpool_limits
        except ModuleNotFoundError as error:
            raise ConfigError(f"IALS: {error}; pip install 'hermes-recommender[train]'") from error

        self.shape = data.shape
        x = csr_matrix(data.matrix())
        x.data[:] = 1.0 + self.config.alpha

        def tell(epoch: int, seconds: float, loss: float | None) -> None:
            if run.report:
                run.report("IALS", epoch + 1, self.config.epochs, {})

        with threadpool_limits(1, "blas"):  # implicit brings its own threads
            model = AlternatingLeastSquares(
                factors=self.config.d,
                regularization=self.config.l2,
                iterations=self.config.epochs,
                random_state=run.seed,
            )
            model.fit(x, show_progress=False, callback=tell)
        self.items = np.asarray(model.item_factors, np.float32)
        self.items[0] = 0.0
        return self

    def embed(self, queries: Queries) -> Floats:
        """(B,) -> (B, D)"""
        base = self.items.T @ self.items + self.config.l2 * np.eye(self.items.shape[1])
        out = np.zeros((len(queries), self.items.shape[1]), np.float32)
        for row, history in enumerate(queries.history):
            last = history[history > 0][-self.config.length :]
            y = self.items[last].astype(np.float64)  # (m, D)
            r = self.config.alpha * np.arange(len(last), 0, -1.0) ** -self.config.decay
            out[row] = np.linalg.solve(base + (y.T * r) @ y, y.T @ (1.0 + r))
        return out

    def catalogue(self) -> Floats:
        """(I, D)"""
        return self.items
