"""KAN: a learned curve on every edge of a network, and nothing but sums at its nodes.

Liu, Wang, Vaidya, Ruehle, Halverson, Soljacic, Hou, Tegmark. KAN: Kolmogorov-Arnold networks. 2024
(ICLR 2025): out_j = sum_i phi_ji(x_i) with phi(x) = w silu(x) + sum_k c_k B_k(x), B cubic B-splines
on a grid of G intervals that follows the quantiles of its inputs. Ours: the scale of the spline is
left to its coefficients; beyond its grid a spline keeps the value of its end, in place of falling
to 0, so that only the base goes on; a new grid is fitted to the old curve on points of every
interval, in place of on the batch, so that the curve is kept where the batch has no input; nothing
is pruned; codes enter as embeddings, with `pairs` their inner products too, since sums of curves
multiply only at great width; trained on groups by a ranking loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from hermes.core.errors import ConfigError
from hermes.core.types import Floats, Shape
from hermes.learn import losses
from hermes.learn.loop import Batch, Schedule
from hermes.learn.splines import Edges
from hermes.learn.tabular import Codes, Dots, Numbers
from hermes.models.neural import NeuralRanker


@dataclass(frozen=True, kw_only=True)
class KANConfig:
    """Sizes, grids, loss and schedule."""

    d: int = 8
    hidden: tuple[int, ...] = (8,)  # nodes of each layer between the features and the score
    pairs: bool = False  # read the inner product of every two codes' vectors as well
    grid: int = 6  # intervals of a curve's grid
    even: float = 0.2  # share of the evenly spaced grid in a new one, above 0; quantiles else
    updates: int = 30  # of the grids, in all: as long as the embeddings spread out
    update_every: int = 20  # steps
    l2: float = 0.0  # of the vectors of codes, added to the loss
    loss: losses.RANKING = "listmle"
    schedule: Schedule = Schedule(
        epochs=20, batch=64, lr=1e-2, weight_decay=1e-3, decay=True, patience=3
    )  # a batch counts groups


class KAN(NeuralRanker[KANConfig]):
    """Reads the features of each candidate alone; its history only through features."""

    Config = KANConfig

    def build(self, shape: Shape) -> nn.Module:
        """The network; raises `ConfigError` for a grid whose knots could coincide."""
        if not 0 < self.config.even <= 1 or self.config.grid < 1:
            raise ConfigError("KAN: grid must be at least 1, and even above 0 and at most 1")
        return Network(shape, self.config)

    def observe(self, batch: Batch) -> None:
        """Let the grids follow the first batches."""
        self.net.follow(batch["dense"], batch["sparse"])

    def curves(self, layer: int = 0, points: int = 200) -> tuple[Floats, Floats]:
        """The learned curves of a layer, to be plotted: of edge (i, j) `y[i, j]` over `x[i]`.

        x (n, points) evenly over each input's grid, y (n, m, points). The inputs of layer 0 are
        the dense features as standardised, then a mark for each that is missing, then the d numbers
        of each code in turn, then with `pairs` the inner products; those of the others are the sums
        of the layer before.
        """
        x, y = self.net.layers[layer].curves(points)
        return x.numpy(), y.numpy()


class Network(nn.Module):
    """Numbers and embedded codes through layers of curves."""

    layers: Any  # a list of Edges
    steps: Tensor  # () batches followed so far; a buffer, so that a resumed run goes on from it

    def __init__(self, shape: Shape, config: KANConfig) -> None:
        super().__init__()
        self.every, self.stop = config.update_every, config.update_every * config.updates
        self.numbers, self.codes = Numbers(shape.n_dense), Codes(shape, config.d)
        self.fields = len(shape.sparse)
        self.dots = Dots(self.fields) if config.pairs else None
        wide = self.numbers.width + self.codes.width
        sizes = (wide + (self.dots.width if self.dots else 0), *config.hidden, 1)
        self.layers = nn.ModuleList(
            Edges(n, m, config.grid, config.even) for n, m in pairwise(sizes)
        )
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, dense: Tensor, sparse: Tensor, history: Tensor, query: Tensor) -> Tensor:
        """(N, Fd), (N, Fs), (Q, L), (N,) -> (N,)"""
        x = self.features(dense, sparse)
        for layer in self.layers:
            x = layer(x)
        return x.squeeze(1)

    def features(self, dense: Tensor, sparse: Tensor) -> Tensor:
        """(N, Fd), (N, Fs) -> (N, n)"""
        parts = [self.numbers(dense), self.codes(sparse)]
        if self.dots is not None:
            parts.append(self.dots(parts[1].unflatten(1, (self.fields, -1))))
        return torch.cat(parts, dim=1)

    @torch.no_grad()
    def follow(self, dense: Tensor, sparse: Tensor) -> None:
        """Count a batch and, when an update is due, move every grid to where its inputs lie."""
        step = int(self.steps)
        self.steps += 1
        if step >= self.stop or step % self.every:
            return
        with torch.autocast(dense.device.type, enabled=False):
            x = self.features(dense, sparse)
            for layer in self.layers:
                layer.regrid(x)
                x = layer(x)
