"""DCN-v2: every layer crosses all features once more, beside or below a deep network.

Wang, Shivanna, Cheng, Jain, Lin, Hong, Chi. DCN V2: improved deep & cross network and practical
lessons for web-scale learning to rank systems. WWW 2021: x_{l+1} = x_0 * (W_l x_l + b_l) + x_l, or
with K experts of rank r in place of the matrix, sum_i G_i(x_l) E_i(x_l) + x_l, E_i(x) = x_0 *
(U_i g(C_i g(V_i' x)) + b), G the softmax of a linear gate and g = tanh. Ours: x_0 holds a dense
feature as its number, and a missing one as a feature of its own; trained on groups by a ranking
loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from hermes.core.types import Shape
from hermes.learn import losses
from hermes.learn.layers import mlp
from hermes.learn.loop import Schedule
from hermes.learn.tabular import Codes, Numbers
from hermes.models.neural import GROUPWISE, NeuralRanker


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """Experts of low rank in place of a full matrix."""

    experts: int = 4
    rank: int = 16


@dataclass(frozen=True, kw_only=True)
class DCNConfig:
    """Sizes, structure, loss and schedule."""

    d: int = 16
    crosses: int = 3  # layers; a cross has at most one feature more
    mixture: Mixture | None = None  # unless given, each layer has a full matrix
    structure: Literal["parallel", "stacked"] = "parallel"  # deep beside the crosses, or on them
    hidden: tuple[int, ...] = (64, 32)
    dropout: float = 0.1
    l2: float = 0.0  # of the vectors of codes, added to the loss
    loss: losses.RANKING = "listmle"
    schedule: Schedule = GROUPWISE


class DCN(NeuralRanker[DCNConfig]):
    """Reads the features of each candidate alone; its history only through features."""

    Config = DCNConfig

    def build(self, shape: Shape) -> nn.Module:
        """The network."""
        return Network(shape, self.config)


class Network(nn.Module):
    """Crosses and a deep part, the logit linear in both or in the deep one alone."""

    def __init__(self, shape: Shape, config: DCNConfig) -> None:
        super().__init__()
        self.numbers, self.codes = Numbers(shape.n_dense), Codes(shape, config.d)
        wide, mixture = self.numbers.width + self.codes.width, config.mixture
        self.crosses = nn.ModuleList(
            nn.Linear(wide, wide) if mixture is None else Experts(wide, mixture)
            for _ in range(config.crosses)
        )
        self.deep = mlp(wide, *config.hidden, 1, dropout=config.dropout)
        parallel = config.structure == "parallel"
        self.direct = nn.Linear(wide, 1, bias=False) if parallel else None

    def forward(self, dense: Tensor, sparse: Tensor, history: Tensor, query: Tensor) -> Tensor:
        """(N, Fd), (N, Fs), (Q, L), (N,) -> (N,)"""
        start = torch.cat([self.codes(sparse), self.numbers(dense)], dim=1)  # (N, W) x_0
        x = start
        for layer in self.crosses:
            x = start * layer(x) + x
        score: Tensor = self.deep(x) if self.direct is None else self.direct(x) + self.deep(start)
        return score.squeeze(1)


class Experts(nn.Module):
    """sum_i G_i(x) U_i tanh(C_i tanh(V_i' x)) + b; the gates sum to one, so that b stays whole."""

    def __init__(self, wide: int, mixture: Mixture) -> None:
        super().__init__()
        count, rank = mixture.experts, mixture.rank
        self.down = nn.Parameter(torch.randn(count, wide, rank) * wide**-0.5)  # V
        self.within = nn.Parameter(torch.randn(count, rank, rank) * rank**-0.5)  # C'
        self.up = nn.Parameter(torch.randn(count, rank, wide) * rank**-0.5)  # U'
        self.gate = nn.Linear(wide, count)
        self.bias = nn.Parameter(torch.zeros(wide))

    def forward(self, x: Tensor) -> Tensor:
        """(N, W) -> (N, W)"""
        inner = torch.tanh(torch.tanh(x @ self.down) @ self.within)  # (K, N, r)
        share = self.gate(x).softmax(dim=1).T[:, :, None]  # (K, N, 1)
        return ((share * inner) @ self.up).sum(0) + self.bias
