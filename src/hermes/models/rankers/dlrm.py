"""DLRM: dot products of every pair of feature vectors, and if asked a second head for revenue.

Naumov et al. Deep learning recommendation model for personalization and recommendation systems.
arXiv:1906.00091, 2019: a bottom network makes one vector of all numbers; a top network reads it and
the dot products of all pairs of vectors. Weights of the two heads: Kendall, Gal, Cipolla.
Multi-task learning using uncertainty to weigh losses for scene geometry and semantics. CVPR 2018:
L = exp(-s) L_click + s / 2 + exp(-t) L_revenue / 2 + t / 2, where s and t are learned log variances
and L_revenue is a squared error. Ours: the bottom network also reads a one, so that a table without
numbers still has a vector, whose products with the codes are their first order; the second head
predicts log(1 + revenue); trained on groups by a ranking loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.errors import DataError
from hermes.core.types import Shape
from hermes.features.examples import Examples
from hermes.learn import losses
from hermes.learn.layers import mlp
from hermes.learn.loop import Batch, Schedule
from hermes.learn.tabular import Codes, Dots, Numbers
from hermes.models.neural import GROUPWISE, NeuralRanker


@dataclass(frozen=True, kw_only=True)
class Revenue:
    """The second head: what a row is worth if it is taken."""

    power: float = 1.0  # the served score is the log of odds of a click x (1 + revenue)^power
    weight: float | None = None  # of its loss; unless given, both weights are learned


@dataclass(frozen=True, kw_only=True)
class DLRMConfig:
    """Sizes, heads, loss and schedule."""

    d: int = 16
    bottom: tuple[int, ...] = (32,)  # hidden layers that read the numbers
    hidden: tuple[int, ...] = (64, 32)  # of the top network
    dropout: float = 0.1
    revenue: Revenue | None = None  # unless given, clicks are all that is learned
    l2: float = 0.0  # of the vectors of codes, added to the loss
    loss: losses.RANKING = "listmle"  # of the clicks
    schedule: Schedule = GROUPWISE


class DLRM(NeuralRanker[DLRMConfig]):
    """Reads the features of each candidate alone; its history only through features."""

    Config = DLRMConfig

    def build(self, shape: Shape) -> nn.Module:
        """The network."""
        return Network(shape, self.config)

    def prepare(self, data: Examples) -> None:
        """As any ranker; raises `DataError` when the second head has no values to learn."""
        super().prepare(data)
        for x in (data, data.valid):
            if self.config.revenue is not None and x is not None and not priced(x):
                raise DataError(
                    "DLRM: the revenue head learns from Examples.values, finite and not negative"
                    " where known, and known somewhere; give them or leave out `revenue`"
                )

    def loss(self, batch: Batch) -> Tensor:
        """The ranking loss of the config, and with a second head both heads' loss.  -> ()"""
        if self.config.revenue is None:
            return super().loss(batch)
        click, revenue = self.net.heads(batch["dense"], batch["sparse"]).unbind(1)
        click = click + batch.get("offset", 0.0)
        weight = batch["weight"]
        first = losses.ranking(self.config.loss, click, batch["label"], batch["query"], weight)
        second = squared_error(revenue, batch["value"], weight)
        if self.config.revenue.weight is not None:
            both = first + self.config.revenue.weight * second
        else:
            both = weighed(first, second, self.net.log_variances)
        return both + self.config.l2 / 2 * self.net.codes.square()

    @torch.no_grad()
    def validate(self, data: Examples) -> float | None:
        """As any ranker; with a second head minus the mean of both heads' loss."""
        if data.valid is None or self.config.revenue is None:
            return super().validate(data)
        device = next(self.net.parameters()).device
        parts = self.batches(data.valid, np.random.default_rng(0))
        found = [self.loss({name: x.to(device) for name, x in part.items()}) for part in parts]
        return -float(torch.stack(found).mean())


class Network(nn.Module):
    """The bottom and top networks, and the pairs between them."""

    powers: Tensor  # (heads,) of each head's odds or revenue in the served score

    def __init__(self, shape: Shape, config: DLRMConfig) -> None:
        super().__init__()
        self.numbers, self.codes = Numbers(shape.n_dense), Codes(shape, config.d)
        self.bottom = mlp(self.numbers.width + 1, *config.bottom, config.d, dropout=config.dropout)
        self.fields = 1 + len(shape.sparse)
        self.dots = Dots(self.fields)
        powers = [1.0] if config.revenue is None else [1.0, config.revenue.power]
        self.register_buffer("powers", torch.tensor(powers), persistent=False)
        wide = config.d + self.dots.width
        self.top = mlp(wide, *config.hidden, len(powers), dropout=config.dropout)
        if config.revenue is not None and config.revenue.weight is None:
            self.log_variances = nn.Parameter(torch.zeros(2))

    def heads(self, dense: Tensor, sparse: Tensor) -> Tensor:
        """Log odds of a click, and if asked log(1 + revenue).  (N, Fd), (N, Fs) -> (N, heads)"""
        x = self.bottom(F.pad(self.numbers(dense), (0, 1), value=1.0))  # (N, D)
        v = self.codes(sparse).unflatten(1, (self.fields - 1, -1))  # (N, Fs, D)
        dots = self.dots(torch.cat([x[:, None], v], dim=1))
        out: Tensor = self.top(torch.cat([x, dots], dim=1))
        return out

    def forward(self, dense: Tensor, sparse: Tensor, history: Tensor, query: Tensor) -> Tensor:
        """(N, Fd), (N, Fs), (Q, L), (N,) -> (N,)"""
        return self.heads(dense, sparse) @ self.powers


def priced(x: Examples) -> bool:
    """Whether some values are known, and all that are can be a revenue."""
    known = np.zeros(0) if x.values is None else x.values[~np.isnan(x.values)]
    return len(known) > 0 and bool(np.all(np.isfinite(known) & (known >= 0)))


def squared_error(predicted: Tensor, value: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean of (predicted - log(1 + value))^2 where known, 0 if nowhere.  (N,) -> ()"""
    known = ~torch.isnan(value)
    error = (predicted - torch.where(known, value, 0.0).log1p()).square()
    return (error * weight * known).sum() / known.sum().clamp(min=1)


def weighed(click: Tensor, revenue: Tensor, log_variances: Tensor) -> Tensor:
    """Both losses by the uncertainty of each; what a batch does not hold teaches nothing.  -> ()

    click (), revenue (), log_variances (2,).
    """
    s, t = log_variances.unbind()
    likely = torch.exp(-s) * click + s / 2
    return likely + torch.where(revenue > 0, torch.exp(-t) * revenue / 2 + t / 2, 0.0)
