"""Popularity: what many chose lately; the baseline that every other retriever must beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from hermes.core.types import Floats, Ints, Queries
from hermes.data.interactions import Interactions
from hermes.learn.run import Run
from hermes.models.base import Closed, Retriever


@dataclass(frozen=True, kw_only=True)
class PopularityConfig:
    """How fast the past is forgotten."""

    half_life: float = 90.0  # days after which an event counts half; inf: never
    window: float = float("inf")  # days before the last event; what is older does not count


class Popularity(Closed, Retriever[PopularityConfig]):
    """Weighted events of a window, forgotten exponentially; a negative weight counts against."""

    Config = PopularityConfig
    learned = ("counts",)
    counts: Floats  # (I,)

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """Ages are counted from the last event of the log."""
        self.shape = data.shape
        age = data.times.max(initial=-np.inf) - data.times
        worth = data.weights * np.exp2(-age / self.config.half_life) * (age <= self.config.window)
        self.counts = np.bincount(data.items, worth, data.shape.n_items).astype(np.float32)
        self.counts[0] = 0.0
        return self

    def sparse_score(self, history: Ints, ages: Floats) -> Floats:
        """The same for every history.  (H,), (H,) -> (I,)"""
        return self.counts

    def score(self, queries: Queries) -> Floats:
        """(B,) -> (B, I)"""
        return np.tile(self.counts, (len(queries), 1))
