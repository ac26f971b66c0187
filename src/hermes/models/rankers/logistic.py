"""Logistic regression: the log odds are linear in the numbers and in the one-hot codes.

Cox. The regression analysis of binary sequences. Journal of the Royal Statistical Society B 20,
1958; the ridge: le Cessie, van Houwelingen. Ridge estimators in logistic regression. Applied
Statistics 41, 1992: minimise mean[log(1 + exp(f)) - y f] + l2 / 2 |w|^2, f = w x + b, the intercept
b free. Ours: a missing number is a feature of its own; any other ranking loss may take the place of
the first term.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hermes.core.types import Shape
from hermes.learn import losses
from hermes.learn.loop import Batch, Schedule
from hermes.learn.tabular import Codes, Numbers
from hermes.models.neural import NeuralRanker


@dataclass(frozen=True, kw_only=True)
class LogisticConfig:
    """Ridge, loss and schedule."""

    l2: float = 1e-5  # of all weights but the intercept
    loss: losses.RANKING = "bce"
    schedule: Schedule = Schedule(
        epochs=20, batch=64, lr=1e-2, decay=True, patience=3
    )  # a batch counts groups


class Logistic(NeuralRanker[LogisticConfig]):
    """The baseline that every other ranker has to beat; its weights can be read."""

    Config = LogisticConfig

    def build(self, shape: Shape) -> nn.Module:
        """The network."""
        return Network(shape)

    def loss(self, batch: Batch) -> Tensor:
        """The ranking loss of the config, and the ridge.  -> ()"""
        return super().loss(batch) + self.config.l2 / 2 * self.net.weights.square().sum()


class Network(nn.Module):
    """One weight a number and one a code; all start at zero, since the loss is convex."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.numbers, self.codes = Numbers(shape.n_dense), Codes(shape, 1)
        nn.init.zeros_(self.codes.table.weight)
        self.weights = nn.Parameter(torch.zeros(self.numbers.width))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, dense: Tensor, sparse: Tensor, history: Tensor, query: Tensor) -> Tensor:
        """(N, Fd), (N, Fs), (Q, L), (N,) -> (N,)"""
        return self.numbers(dense) @ self.weights + self.codes(sparse).sum(1) + self.bias
