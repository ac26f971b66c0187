"""LightGCN: vectors of users and items, smoothed over the graph they form and by nothing else.

He, Deng, Wang, Li, Zhang, Wang. LightGCN: simplifying and powering graph convolution network for
recommendation. SIGIR 2020. With A the normalised graph of users and items (A[u, i] = 1 / sqrt(d_u
d_i) where u chose i) and E0 what is learned,

    E(k+1) = A E(k),   E = (E(0) + ... + E(K)) / (K + 1),   score = E_u . E_i,
    loss = -log s(E_u . E_i - E_u . E_j) + l2 / 2 (|E0_u|^2 + |E0_i|^2 + |E0_j|^2)

by pairs, j an item that u did not choose. Of E_u only E0_u is the user's own; the rest is

    1 / sqrt(d_u) * sum over the items i of u of (E_i(0) + ... + E_i(K-1)) / sqrt(d_i),  / (K + 1)

so the smoothed vectors are frozen when learning ends and people are folded in by what they chose:
exactly E_u for the history of the log, that formula with E0_u for a newer one (the items' vectors
stay as they are), and without it for somebody unknown. Ours: an epoch goes through every edge once
instead of drawing users; `loss = "softmax"` takes cosines over a temperature against shared drawn
items instead of pairs (Wu et al. On the effectiveness of sampled softmax loss for item
recommendation. TOIS 2024), which needs far fewer epochs. `symmetric` also lets users, drawn as
often as they chose, compete for an item, and counts both halves alike, as is done with pairs of
pictures and texts. Item vectors are then served with their length to a `power`: at length one
they could not say that many want an item.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.errors import ArtifactError
from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.learn.drawn import drawn_softmax
from hermes.learn.loop import Batch, Schedule
from hermes.models.filters import degrees, edges, normalised, spectrum
from hermes.models.graph import Folding, Graph, GraphEmbedder, pairs


@dataclass(frozen=True, kw_only=True)
class LightGCNConfig:
    """Defaults are the paper's for gowalla, but for when to stop."""

    d: int = 64
    layers: int = 3  # convolutions; 0: plain factors
    l2: float = 1e-4  # of the vectors of a batch before they are smoothed
    std: float = 0.1  # of the vectors to start from
    start: Literal["random", "spectrum"] = "random"  # which way they point
    loss: Literal["bpr", "softmax"] = "bpr"
    negatives: int = 1024  # drawn for each batch when the loss is softmax
    temperature: float = 0.1  # of the softmax
    symmetric: bool = True  # softmax over users as well, as many drawn as negatives
    power: float = 0.5  # of an item vector's length, as served after the softmax; 0: cosines
    length: int = 1000  # last items of a history that are read
    decay: float = 0.0  # the j-th item from the end counts j^-decay; 0: all the same, as published
    own: bool = True  # a known user's own vector is served; it knows no order
    schedule: Schedule = Schedule(epochs=400, batch=2048, lr=1e-3, patience=10, every=5)


class LightGCN(GraphEmbedder[LightGCNConfig]):
    """Smoothed vectors, served by an index."""

    Config = LightGCNConfig

    def build(self, shape: Shape) -> nn.Module:
        """Vectors without a graph."""
        return Smoothed(shape, self.config)

    def connect(self, data: Interactions) -> None:
        """The normalised graph."""
        chosen = edges(data)
        self.net.graph = Graph(chosen)
        self.net.degree.copy_(torch.from_numpy(degrees(chosen, 0)))
        self.net.idle.copy_(torch.from_numpy(degrees(chosen, 1) == 0))

    @torch.no_grad()
    def begin(self, data: Interactions) -> None:
        """By chance, or along the singular vectors of the normalised graph."""
        if self.config.start == "spectrum":
            size = self.config.std * self.config.d**0.5
            both = spectrum(normalised(edges(data)), self.config.d)
            for table, rows in zip((self.net.users, self.net.items), both, strict=True):
                table.weight[:, : rows.shape[1]] = size * F.normalize(torch.from_numpy(rows), dim=1)

    def release(self) -> None:
        """The graph goes."""
        self.net.graph = None

    def batches(self, data: Interactions, rng: np.random.Generator) -> Iterable[Batch]:
        """Every edge once, with what its loss sets against it."""
        chosen, count = edges(data), self.config.negatives
        owners = np.repeat(np.arange(chosen.shape[0]), np.diff(chosen.indptr))
        for batch in pairs(chosen, self.config.schedule.batch, rng):
            if self.config.loss == "softmax":
                batch["negatives"] = torch.from_numpy(rng.integers(1, data.shape.n_items, count))
                rivals = owners[rng.integers(0, len(owners), count)]
                batch["rivals"] = torch.from_numpy(rivals)
            yield batch

    def loss(self, batch: Batch) -> Tensor:
        """() of the config's kind, with the penalty"""
        net, config = self.net, self.config
        users, items = net.smoothed()
        user, item, other = batch["user"], batch["item"], batch["negative"]
        chosen = [F.embedding(user, net.users.weight), F.embedding(item, net.items.weight)]
        if config.loss == "softmax":
            value = self.competing(users, items, batch)
        else:
            state = F.embedding(user, users)
            ahead = F.embedding(item, items) - F.embedding(other, items)
            value = F.softplus(-(state * ahead).sum(1)).mean()
            chosen.append(F.embedding(other, net.items.weight))
        penalty = torch.stack([vectors.square().sum() for vectors in chosen]).sum()
        return value + config.l2 / 2 * penalty / len(user)

    def competing(self, users: Tensor, items: Tensor, batch: Batch) -> Tensor:
        """Softmax of cosines against drawn items, and drawn users too.  (U, D), (I, D) -> ()"""
        drawn, rivals = batch["negatives"], batch["rivals"]
        state, mine, others = (
            F.normalize(F.embedding(codes, table), dim=1)
            for codes, table in ((batch["user"], users), (batch["item"], items), (drawn, items))
        )
        heat = self.config.temperature
        value = drawn_softmax(state / heat, mine, others, drawn == batch["item"][:, None])
        if not self.config.symmetric:
            return value
        others = F.normalize(F.embedding(rivals, users), dim=1)
        back = drawn_softmax(mine / heat, state, others, rivals == batch["user"][:, None])
        return (value + back) / 2


class Smoothed(Folding):
    """`smoothed` while there is a graph; afterwards what it froze."""

    degree: Tensor  # (I,) users of each item
    idle: Tensor  # (U,) true for users without an edge

    def __init__(self, shape: Shape, config: LightGCNConfig) -> None:
        super().__init__(shape, config.d, config.length, config.std, config.decay, config.own)
        self.layers = config.layers
        self.power = config.power if config.loss == "softmax" else 1.0
        self.graph: Graph | None = None
        self.register_buffer("degree", torch.zeros(shape.n_items), persistent=False)
        idle = torch.zeros(shape.n_users, dtype=torch.bool)
        self.register_buffer("idle", idle, persistent=False)

    def summed(self, top: int) -> Tensor:
        """E(0) + ... + E(top), users before items, by Horner's rule; 0 for -1.  -> (U+I, D)"""
        if self.graph is None:
            raise ArtifactError("LightGCN: no graph is kept; fit it, or refresh it on a log")
        start = torch.cat([self.users.weight, self.items.weight])
        out = start if top >= 0 else torch.zeros_like(start)
        for _ in range(top):
            out = start + self.graph(out)
        return out

    def smoothed(self) -> tuple[Tensor, Tensor]:
        """E of users and of items.  -> (U, D), (I, D)"""
        mean = self.summed(self.layers) / (self.layers + 1)
        return mean[: len(self.own)], mean[len(self.own) :]

    def freeze(self) -> None:
        """E of the items, and E of the users in parts."""
        users = len(self.own)
        items, below = self.smoothed()[1], self.summed(self.layers - 1)
        share = self.degree.clamp(min=1.0).rsqrt().unsqueeze(1) / (self.layers + 1)
        self.parts.copy_(below[users:] * share)
        self.own.copy_(self.users.weight / (self.layers + 1) * ~self.idle.unsqueeze(1))
        size = items.norm(dim=1, keepdim=True).clamp(min=1e-12)
        self.found.copy_(items * size ** (self.power - 1))

    def scale(self, count: Tensor) -> Tensor:
        """1 / sqrt(d_u).  (B,) -> (B,)"""
        return count.rsqrt()
