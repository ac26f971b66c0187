"""What a ranker learns from: labelled (query, item) pairs in groups, as it will see them served."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hermes.core.types import Array, Floats, Ints, Shape


@dataclass(frozen=True, slots=True)
class Examples:
    """N rows in Q groups; the rows of a group are the candidates of one query, side by side."""

    dense: Floats  # (N, Fd) NaN where a fact is missing
    sparse: Ints  # (N, Fs) column 0 is the candidate item
    queries: Ints  # (N,) the group of each row, non-decreasing from 0
    history: Ints  # (Q, L) one history a group, left-padded with 0
    labels: Floats  # (N,) graded relevance, 0 is irrelevant
    weights: Floats  # (N,) inverse propensities, or ones
    shape: Shape
    names: tuple[str, ...] = ()  # (Fd,) of the dense features
    valid: Examples | None = None  # for early stopping
    offset: Floats | None = None  # (N,) a score to start from: a ranker learns what to add to it
    values: Floats | None = None  # (N,) revenue of a row if it is taken, NaN where nobody knows

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, groups: Array) -> Examples:
        """The chosen groups, renumbered from 0 in the order given by their number."""
        wanted = np.zeros(len(self.history), bool)
        wanted[groups] = True
        rows = wanted[self.queries]
        number = np.cumsum(wanted) - 1
        return Examples(
            self.dense[rows],
            self.sparse[rows],
            number[self.queries[rows]],
            self.history[wanted],
            self.labels[rows],
            self.weights[rows],
            self.shape,
            self.names,
            offset=None if self.offset is None else self.offset[rows],
            values=None if self.values is None else self.values[rows],
        )
