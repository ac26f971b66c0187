"""A learned ranker as a stage: features in, one score a candidate out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hermes.core.errors import ShapeError
from hermes.core.protocols import Query
from hermes.core.types import Candidates, Floats, Ints

Features = Callable[[Query, Candidates], tuple[Floats, Ints, Ints]]
"""(query, pool of n) -> dense (n, F), sparse (n, S), history (L,) left-padded with 0."""

Score = Callable[[Floats, Ints, Ints], Floats]
"""dense (n, F), sparse (n, S), history (L,) -> (n,): an ONNX session, a booster, a model."""


@dataclass(frozen=True, slots=True)
class RankerScorer:
    """`score` of `features`; raises `ShapeError` unless there is one score a candidate."""

    name: str
    features: Features
    scoring: Score

    def score(self, query: Query, pool: Candidates) -> Floats:
        """(n,)"""
        if not len(pool):
            return np.zeros(0, np.float32)
        scores = np.asarray(self.scoring(*self.features(query, pool)), np.float32)
        if scores.shape != (len(pool),):
            raise ShapeError(f"{self.name}: {scores.shape} scores for {len(pool)} candidates")
        return scores
