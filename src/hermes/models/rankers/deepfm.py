"""DeepFM: a factorisation machine and a deep network over the same embeddings.

Guo, Tang, Ye, Li, He. DeepFM: a factorization-machine based neural network for CTR prediction.
IJCAI 2017: y = sum_i w_i x_i + sum_{i<j} <v_i, v_j> x_i x_j + MLP([v_i x_i]). Ours: the deep part
reads a dense feature as its number, since a linear layer times v_i is a linear layer; a missing
number is a feature of its own; trained on groups by a ranking loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hermes.core.types import Shape
from hermes.learn import losses
from hermes.learn.layers import mlp
from hermes.learn.loop import Schedule
from hermes.learn.tabular import Codes, Numbers
from hermes.models.neural import GROUPWISE, NeuralRanker


@dataclass(frozen=True, kw_only=True)
class DeepFMConfig:
    """Sizes, loss and schedule."""

    d: int = 16
    hidden: tuple[int, ...] = (64, 32)
    dropout: float = 0.1
    l2: float = 0.0  # of the vectors of codes, added to the loss
    loss: losses.RANKING = "listmle"
    schedule: Schedule = GROUPWISE


class DeepFM(NeuralRanker[DeepFMConfig]):
    """Reads the features of each candidate alone; its history only through features."""

    Config = DeepFMConfig

    def build(self, shape: Shape) -> nn.Module:
        """The network."""
        return Network(shape, self.config)


class Network(nn.Module):
    """First order, pairs, and a deep part, added.

    A feature's vector has d + 1 numbers, of which the last is its first-order weight, so that one
    look-up and one product serve both orders.
    """

    def __init__(self, shape: Shape, config: DeepFMConfig) -> None:
        super().__init__()
        self.d = config.d
        self.numbers, self.codes = Numbers(shape.n_dense), Codes(shape, config.d + 1)
        self.vectors = nn.Parameter(torch.randn(self.numbers.width, config.d + 1) * 0.01)
        # a product with stacked identities sums over the fields, many times faster when served
        stacked = torch.eye(config.d + 1).repeat(len(shape.sparse), 1)  # (Fs (D+1), D+1)
        self.register_buffer("fold", stacked, persistent=False)
        wide = self.codes.width + self.numbers.width
        self.deep = mlp(wide, *config.hidden, 1, dropout=config.dropout)

    def forward(self, dense: Tensor, sparse: Tensor, history: Tensor, query: Tensor) -> Tensor:
        """(N, Fd), (N, Fs), (Q, L), (N,) -> (N,)"""
        x, v = self.numbers(dense), self.codes(sparse)  # (N, 2Fd), (N, Fs (D+1))
        total = v @ self.fold + x @ self.vectors  # (N, D+1) sum of all x_i v_i
        squares = (v * v) @ self.fold + (x * x) @ (self.vectors * self.vectors)
        pairs = 0.5 * (total * total - squares)[:, : self.d].sum(1)
        deep: Tensor = self.deep(torch.cat([v, x], dim=1)).squeeze(1)
        return total[:, self.d] + pairs + deep
