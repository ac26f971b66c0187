"""xDeepFM: explicit crosses of whole vectors, compressed layer by layer, beside a deep network.

Lian, Zhou, Zhang, Chen, Xie, Sun. xDeepFM: combining explicit and implicit feature interactions for
recommender systems. KDD 2018: the compressed interaction network makes of the vectors X^0 (m, D)
X^k_h = sum_i sum_j W^{k,h}_ij (X^{k-1}_i * X^0_j), sums each X^k_h over its D numbers, and a weight
on each sum is added to a linear and a deep part. The activation between its layers is the identity,
as in the paper's experiments. Ours: a dense feature is a field whose vector is multiplied by the
number, and replaced by another where the number is missing; trained on groups by a ranking loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from hermes.core.types import Shape
from hermes.learn import losses
from hermes.learn.layers import mlp
from hermes.learn.loop import Schedule
from hermes.learn.tabular import Codes, Numbers
from hermes.models.neural import GROUPWISE, NeuralRanker


@dataclass(frozen=True, kw_only=True)
class XDeepFMConfig:
    """Sizes, loss and schedule."""

    d: int = 16
    maps: tuple[int, ...] = (16, 16)  # vectors made by each layer of crosses
    hidden: tuple[int, ...] = (64, 32)
    dropout: float = 0.1
    l2: float = 0.0  # of the vectors of codes, added to the loss
    loss: losses.RANKING = "listmle"
    schedule: Schedule = GROUPWISE


class XDeepFM(NeuralRanker[XDeepFMConfig]):
    """Reads the features of each candidate alone; its history only through features."""

    Config = XDeepFMConfig

    def build(self, shape: Shape) -> nn.Module:
        """The network."""
        return Network(shape, self.config)


class Network(nn.Module):
    """Linear, crosses and deep, added.

    A feature's vector has d + 1 numbers, of which the last, zero at first, is its linear weight.
    """

    def __init__(self, shape: Shape, config: XDeepFMConfig) -> None:
        super().__init__()
        d, self.counts = config.d, (len(shape.sparse), shape.n_dense)
        self.numbers, self.codes = Numbers(shape.n_dense), Codes(shape, d + 1)
        self.vectors = nn.Parameter(torch.randn(2, shape.n_dense, d + 1) * d**-0.5)
        with torch.no_grad():
            self.codes.table.weight[:, d] = 0.0
            self.vectors[:, :, d] = 0.0
        self.crosses = Crosses(sum(self.counts), config.maps)
        self.deep = mlp(sum(self.counts) * d, *config.hidden, 1, dropout=config.dropout)

    def forward(self, dense: Tensor, sparse: Tensor, history: Tensor, query: Tensor) -> Tensor:
        """(N, Fd), (N, Fs), (Q, L), (N,) -> (N,)"""
        coded, known = self.counts
        v = self.codes(sparse).unflatten(1, (coded, -1))  # (N, Fs, D+1)
        x = self.numbers(dense).unflatten(1, (2, known))  # (N, 2, Fd): number, missing
        u = (x[..., None] * self.vectors).sum(1)  # (N, Fd, D+1)
        fields = torch.cat([v, u], dim=1)
        first = fields[:, :, -1].sum(1)
        start = fields[:, :, :-1].transpose(1, 2).contiguous()  # (N, D, m)
        deep: Tensor = self.deep(start.flatten(1)).squeeze(1)
        return first + self.crosses(start) + deep


class Crosses(nn.Module):
    """The compressed interaction network (CIN), on vectors turned so that fields come last."""

    def __init__(self, fields: int, maps: tuple[int, ...]) -> None:
        super().__init__()
        sizes = pairwise((fields, *maps))
        self.layers = nn.ParameterList(
            torch.randn(n, h, fields) * (h * fields) ** -0.5 for h, n in sizes
        )
        self.out = nn.Linear(sum(maps), 1, bias=False)

    def forward(self, start: Tensor) -> Tensor:
        """(N, D, m) -> (N,)

        Of the last layer only the sums over D count, and the sum of a product of two vectors is
        their dot product, so that its crosses cost a D-th of another layer's.
        """
        x, sums = start, []
        for w in self.layers[:-1]:
            x = crossed(x, start, w)
            sums.append(x.sum(1))
        dots = (x.transpose(1, 2) @ start).flatten(1)  # (N, H m)
        sums.append(dots @ self.layers[-1].flatten(1).T)
        score: Tensor = self.out(torch.cat(sums, dim=1)).squeeze(1)
        return score


def crossed(x: Tensor, start: Tensor, w: Tensor) -> Tensor:
    """X^k of X^{k-1} and X^0, summed over whichever leaves the smaller table first.

    (N, D, H), (N, D, m), (H', H, m) -> (N, D, H')
    """
    if len(w) > start.shape[2]:
        return (x[:, :, :, None] * start[:, :, None]).flatten(2) @ w.flatten(1).T
    across = (start @ w.flatten(0, 1).T).view(*start.shape[:2], *w.shape[:2])  # (N, D, H', H)
    return (across * x[:, :, None]).sum(3)
