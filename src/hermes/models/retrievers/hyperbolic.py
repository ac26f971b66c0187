"""Hyperbolic: a person is a point among what they chose, in a space with room for every niche.

Items lie on a hyperboloid (`learn/lorentz`), where the room grows exponentially with the distance
from the origin: what everybody wants finds its place near the middle, niches far out and far from
each other. Nickel, Kiela. Learning continuous hierarchies in the Lorentz model of hyperbolic
geometry. ICML 2018; for recommendation Sun, Cheng, Zuberi, Perez, Volkovs. HGCF: hyperbolic graph
convolution networks for collaborative filtering. WWW 2021. With x_j the points of a history at each
of H paces (`learn/recency`), o the origin and u a vector of the user's own, 0 for somebody unknown,

    m_h = Lorentzian centroid of the x_j and o      (Law et al. Lorentzian distance learning for
                                                     hyperbolic representations. ICML 2019)
    p = exp_o(sum over h of A_h log_o(m_h) + u)     (linear maps at the origin, as in Chami, Ying,
                                                     Re, Leskovec. Hyperbolic graph convolutional
                                                     neural networks. NeurIPS 2019)
    score of item y = sharpness <p, y> = sharpness (-1 - |p - y|^2 / 2),

so that the order is that of the squared Lorentzian distance and a plain index of inner products
finds it, once the sign of p's time is turned. What differs from the papers: no graph, and history
and candidates have points of their own, both of which start from the spectrum of the transitions in
the log (`learn/spectral`); the loss is a softmax over the catalogue with a learned sharpness,
unless told otherwise, HGCF's margin on distances among the choices; all that is learned lies in the
tangent space at the origin, so that no Riemannian optimiser is needed; the curvature is -1, since
another one only rescales vectors and sharpness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.types import Shape
from hermes.learn import losses
from hermes.learn.layers import Dropout, embedding
from hermes.learn.loop import Batch
from hermes.learn.lorentz import centroid, flipped, point, tangent
from hermes.learn.recency import Recency
from hermes.models.sequential import HistoryConfig, HistoryEmbedder


@dataclass(frozen=True, kw_only=True)
class HyperbolicConfig(HistoryConfig):
    """Defaults suit a few thousand items and histories of some hundred events."""

    d: int = 64  # of the tangent vectors; a point has one coordinate more
    paces: int = 4  # ways to weigh places and ages beside each other
    own: bool = True  # whether a known user has a vector u
    dropout: float = 0.2
    loss: Literal["softmax", "sampled", "margin"] = "softmax"
    margin: float = 1.0  # by which the score of what came next is to lead


class Hyperbolic(HistoryEmbedder[HyperbolicConfig]):
    """The user's point with its time turned, against the points of the items."""

    Config = HyperbolicConfig
    tables = ("read", "items")

    def build(self, shape: Shape) -> nn.Module:
        """Everybody's vectors."""
        return Sheet(shape, self.config)

    def loss(self, batch: Batch) -> Tensor:
        """() of the next item at every event"""
        with torch.autocast(batch["history"].device.type, enabled=False):
            states = self.net(batch["history"], batch["ages"], batch["user"])
            known = batch["target"] > 0
            states, target, items = states[known], batch["target"][known], self.net.catalogue()
        # one number a row, which changes no loss; half precision tells the rest better apart
        items = torch.cat([items[:, :1] - 1.0, items[:, 1:]], dim=1)
        if self.config.loss == "softmax":
            return losses.softmax(states, items, target)
        negatives = batch["negatives"]
        if self.config.loss == "sampled":
            return losses.sampled_softmax(states, items, target, negatives)
        hit, miss = losses.drawn(states, items, target, negatives)
        wrong = F.relu(self.config.margin + miss - hit[:, None])
        return wrong.masked_fill(negatives == target[:, None], 0.0).mean()


class Sheet(nn.Module):
    """Vectors at the origin, and the points they lead to."""

    def __init__(self, shape: Shape, config: HyperbolicConfig) -> None:
        super().__init__()
        d, paces = config.d, config.paces
        self.length = config.length
        self.read, self.items = embedding(shape.n_items, d), embedding(shape.n_items, d)
        self.own = embedding(shape.n_users, d, std=1e-3) if config.own else None
        self.recency = Recency(config.length, paces)
        self.mix = nn.Linear(paces * d, d, bias=False)
        with torch.no_grad():
            self.mix.weight.copy_(torch.eye(d).repeat(1, paces) / paces)
        self.drop = Dropout(config.dropout)
        self.sharpness = nn.Parameter(torch.tensor(float(np.log(2.0))))  # its logarithm

    def forward(self, history: Tensor, ages: Tensor, user: Tensor) -> Tensor:
        """(B, n) right-padded with 0, (B, n), (B,) -> (B, n, D+1), one state an event"""
        past = F.embedding(history, point(self.read.weight))
        return self.states(centroid(self.recency.stretch(ages), past[:, None]), user)

    def states(self, means: Tensor, user: Tensor) -> Tensor:
        """p, flipped and sharp.  (B, H, n, D+1), (B,) -> (B, n, D+1)"""
        moved = self.mix(self.drop(tangent(means).transpose(1, 2).flatten(2)))
        if self.own is not None:
            moved = moved + (self.own(user) * (user > 0)[:, None])[:, None]
        return flipped(point(moved)) * self.sharpness.exp()

    def encode(self, batch: Batch) -> Tensor:
        """user (B,), history (B, L) left-padded with 0, ages (B, L) -> (B, D+1)"""
        history, ages = batch["history"][:, -self.length :], batch["ages"][:, -self.length :]
        past = point(self.read(history))[:, None]
        return self.states(centroid(self.recency.last(history, ages), past), batch["user"])[:, 0]

    def catalogue(self) -> Tensor:
        """(I, D+1)"""
        return point(self.items.weight)
