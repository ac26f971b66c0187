"""How networks read the table of features of a ranker: numbers, some missing, and codes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from hermes.core.types import Floats, Shape

from .layers import embedding

LIMIT = 5.0  # standard deviations beyond which a number is cut off


class Numbers(nn.Module):
    """Dense features standardised and cut off; a missing one is 0, marked.  (N, F) -> (N, 2F)"""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.width = 2 * count
        self.register_buffer("mean", torch.zeros(count))
        self.register_buffer("scale", torch.ones(count))

    def learn(self, dense: Floats) -> None:
        """Take means and deviations of what is known of each column; a constant one becomes 0."""
        known = np.isfinite(dense)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, dense, 0.0).sum(axis=0, dtype=np.float64) / count
        spread = np.where(known, dense - mean, 0.0)
        deviation = np.sqrt(np.square(spread).sum(axis=0) / count)
        scale = np.where(deviation > 1e-6, 1.0 / np.maximum(deviation, 1e-6), 0.0)
        self.mean = torch.from_numpy(mean.astype(np.float32))
        self.scale = torch.from_numpy(scale.astype(np.float32))

    def forward(self, dense: Tensor) -> Tensor:
        """(N, F) -> (N, 2F)"""
        missing = torch.isnan(dense)
        known = torch.where(missing, self.mean, dense)
        numbers = ((known - self.mean) * self.scale).clamp(-LIMIT, LIMIT)
        return torch.cat([numbers, missing.to(numbers.dtype)], dim=1)


class Dots(nn.Module):
    """The inner product of every two of F vectors.  (N, F, D) -> (N, F (F-1) / 2)"""

    pairs: Tensor  # (F (F-1) / 2,) places of the pairs in a table of all with all

    def __init__(self, count: int) -> None:
        super().__init__()
        above = torch.triu(torch.ones(count, count, dtype=torch.bool), diagonal=1)
        self.register_buffer("pairs", above.flatten().nonzero().squeeze(1), persistent=False)
        self.width = len(self.pairs)

    def forward(self, vectors: Tensor) -> Tensor:
        """(N, F, D) -> (N, F (F-1) / 2)"""
        return (vectors @ vectors.transpose(1, 2)).flatten(1)[:, self.pairs]


class Codes(nn.Module):
    """One vector for each sparse feature, side by side.  (N, F) -> (N, F D)

    All features lie in one table, one after the other, so that a row costs one look-up; the first
    feature's codes are the table's own. Row 0 of each, the unknown, starts at zero.
    """

    starts: Tensor  # (F,) where each feature's rows begin

    def __init__(self, shape: Shape, d: int) -> None:
        super().__init__()
        starts = np.cumsum([0, *shape.sparse])
        self.table = embedding(int(starts[-1]), d)
        with torch.no_grad():
            self.table.weight[torch.from_numpy(starts[:-1])] = 0.0
        self.register_buffer("starts", torch.from_numpy(starts[:-1]), persistent=False)
        self.width = len(shape.sparse) * d

    def forward(self, sparse: Tensor) -> Tensor:
        """(N, F) -> (N, F D)"""
        return torch.as_tensor(self.table(sparse + self.starts).flatten(1))

    def square(self) -> Tensor:
        """Sum of squares of all vectors.  -> ()"""
        return torch.as_tensor(self.table.weight.square().sum())
