"""Bridge: one graph of several domains, whose messages cross over the users that they share.

A user's items of each domain j send the user one message, smoothed over the graph of all domains,
and what is recommended in domain k listens to each of them through a gate that knows how much the
user has said in k itself. With N_j = D_u^-1/2 R_j D_i^-1/2 of the users and items of domain j
alone, so that a domain in which much is done does not drown the others, V the d first right
singular vectors of (N_1 ... N_J) side by side and W those of the item's own N_j, d_i the users of
item i, n_k the user's items in k, and h a response for each direction, learned from 1,

    m_j, w_j  = sums over the user's items i of j of V_i and of W_i, each / sqrt(n_j d_i)
    g_kj, f_k = softplus(a + b (log(1 + n_k) - 1.5)), a and b learned for every pair and every k
    x_i       = d_i^(power / 2)
    score of i in k = x_i (sum over j of g_kj (m_j * h_k) . V_i + f_k (w_k * h_k) . W_i)
                      + c_k log(d_i + 1/2)

V and W are graph networks whose layers are past counting, as in Shen et al. How powerful is graph
convolution for recommendation? CIKM 2021. That each domain keeps vectors of its own beside those it
shares, and weighs what crosses by how much is known of the user, is after Liu, Li, Li, Pan. Cross
domain recommendation via bi-directional transfer graph collaborative filtering networks. CIKM 2020.
Learned by gradients are only a, b, c and h, from a softmax against drawn items of all domains.
Ours: an event is unsaid before it is predicted, and an item with one user is not predicted at all,
or the gates would learn to trust what they are shown; no user has vectors, so that whoever brings a
history is served, and an event in one domain changes the next answer in another. The domain of an
item is its first attribute; without attributes all is one domain, and W is left out, being V.
Vectors have 2 J d + 1 places, since every domain listens differently.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from scipy.sparse import csr_array
from torch import Tensor, nn

from hermes.core.types import Floats, Ints, Shape
from hermes.data.interactions import Interactions
from hermes.learn.batches import chunks, tensors
from hermes.learn.drawn import drawn_softmax
from hermes.learn.loop import Batch, Schedule
from hermes.learn.run import Run
from hermes.models.filters import degrees, edges, normalised, smooth_vectors
from hermes.models.graph import distinct
from hermes.models.neural import NeuralEmbedder

MIDDLE = 1.5  # of log(1 + n): some three items


@dataclass(frozen=True, kw_only=True)
class BridgeConfig:
    """The spectrum of the graph, and how its gates are learned."""

    d: int = 256  # singular vectors, shared and of each domain; fewer where the rank is lower
    power: float = 2.5  # of the degrees' roots in item vectors: the higher, the more the popular
    within: float = 1.0  # gates of a domain to itself to start from, before their softplus
    across: float = 0.5  # gates between two domains
    l2: float = 1e-3  # of what the response is away from one
    negatives: int = 128  # drawn for each batch, from all domains
    length: int = 1000  # last items of a history that are read
    schedule: Schedule = Schedule(epochs=3, batch=4096, lr=2e-2, decay=True)


class Bridge(NeuralEmbedder[BridgeConfig]):
    """Gated messages of all domains, served by an index."""

    Config = BridgeConfig

    def build(self, shape: Shape) -> nn.Module:
        """Gates without a graph."""
        return Gated(shape, self.config)

    def prepare(self, data: Interactions) -> None:
        """The spectrum, and what each user's items say."""
        net, chosen = self.net, edges(data)
        net.place(data.item_fields)
        domain = net.domain.numpy()
        parts = [csr_array(chosen * (domain == j)) for j in range(net.domains)]
        for part in parts:
            part.eliminate_zeros()
        sent: csr_array = reduce(add, map(normalised, parts))
        count = degrees(chosen, 0)
        spectra = [smooth_vectors(sent, self.config.d, np.random.default_rng(0))]
        if net.domains > 1:
            spectra.append(alone(parts, self.config.d))
        for place, vectors in enumerate(spectra):
            net.draw(place, vectors, count, sent)
        said = np.stack([part @ net.said.numpy() for part in parts], axis=1)  # (U, J, w)
        self.said = torch.from_numpy(said.astype(np.float32))
        self.counts = torch.from_numpy(np.stack([degrees(part, 1) for part in parts], axis=1))
        users = np.repeat(np.arange(chosen.shape[0]), np.diff(chosen.indptr))
        heard = count[chosen.indices] > 1
        self.pairs = users[heard], chosen.indices[heard].astype(np.int64)
        self.stock = np.flatnonzero(count > 0)

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """The spectrum in closed form, then the gates."""
        return super().fit(data, run).released()

    def refresh(self, data: Interactions, run: Run = Run()) -> Self:
        """A new spectrum, of a log that has grown, and the gates learned on."""
        self.prepare(data)
        return super().refresh(data, run).released()

    def released(self) -> Self:
        """Without what only learning needed."""
        del self.said, self.counts, self.pairs, self.stock
        return self

    def batches(self, data: Interactions, rng: np.random.Generator) -> Iterable[Batch]:
        """Every event whose item others chose too, with what all of its user's items say.

        item (B,), said (B, J, w), counts (B, J), negatives (K,)
        """
        users, items = self.pairs
        for index in chunks(len(users), self.config.schedule.batch, rng):
            drawn = rng.choice(self.stock, self.config.negatives)
            user = torch.from_numpy(users[index])
            batch = tensors(item=items[index], negatives=drawn)
            yield batch | {"said": self.said[user], "counts": self.counts[user]}

    def loss(self, batch: Batch) -> Tensor:
        """Softmax against drawn items of all domains, each event unsaid before it is predicted."""
        net, item, drawn = self.net, batch["item"], batch["negatives"]
        own = net.belongs(item)  # (B, J)
        said = batch["said"] - own[:, :, None] * F.embedding(item, net.said)[:, None, :]
        state = net.state(said, batch["counts"] - own)
        hit, miss = net.rows(item, 1.0), net.rows(drawn, 0.0)
        away: Tensor = (net.response - 1).square().sum()
        same = drawn == item[:, None]
        return drawn_softmax(state, hit, miss, same) + self.config.l2 / 2 * away


class Gated(nn.Module):
    """The spectra as they were found; learned are gates, responses and what popularity counts.

    w is d for one domain and 2 d for more.
    """

    domain: Tensor  # (I,) from 0
    said: Tensor  # (I, w) what an item adds to its domain's message
    vectors: Tensor  # (I, w) before popularity
    count: Tensor  # (I,) users

    def __init__(self, shape: Shape, config: BridgeConfig) -> None:
        super().__init__()
        self.domains = max(shape.item_fields[0] - 1, 1) if shape.item_fields else 1
        self.length, self.power = config.length, config.power
        self.register_buffer("domain", torch.zeros(shape.n_items, dtype=torch.long))
        self.d, width = config.d, config.d * (1 + (self.domains > 1))
        for name in ("said", "vectors"):
            self.register_buffer(name, torch.zeros(shape.n_items, width))
        self.register_buffer("count", torch.zeros(shape.n_items))
        gate = torch.full((self.domains, self.domains), config.across)
        self.gate = nn.Parameter(gate.fill_diagonal_(config.within))  # (K, J) into k from j
        self.slope = nn.Parameter(torch.zeros(self.domains, self.domains))
        self.trust = nn.Parameter(torch.full((self.domains,), config.within))
        self.incline = nn.Parameter(torch.zeros(self.domains))
        self.response = nn.Parameter(torch.ones(self.domains, width))
        self.popular = nn.Parameter(torch.full((self.domains,), 0.5))

    def place(self, fields: Ints) -> None:
        """Every item into its domain.  (I, F)"""
        if fields.shape[1]:
            self.domain.copy_(torch.from_numpy(fields[:, 0]).clamp(min=1) - 1)

    def draw(self, place: int, vectors: Floats, count: Floats, sent: csr_array) -> None:
        """Take the spectrum, scaled so that a message and an item have length one on average."""
        messages = np.linalg.norm(sent @ vectors, axis=1)
        degree = np.maximum(count, 1.0)[:, None]
        size = np.linalg.norm(vectors * degree ** (self.power / 2), axis=1)
        columns = slice(place * self.d, place * self.d + vectors.shape[1])
        said = vectors / np.sqrt(degree) / mean(messages)
        self.said[:, columns] = torch.from_numpy(said.astype(np.float32))
        self.vectors[:, columns] = torch.from_numpy((vectors / mean(size)).astype(np.float32))
        self.count.copy_(torch.from_numpy(count))

    def belongs(self, items: Tensor) -> Tensor:
        """Which domain each item is of.  (...,) -> (..., J) of 0 and 1"""
        every = torch.arange(self.domains, device=items.device)
        return (self.domain[items].unsqueeze(-1) == every).float()

    def state(self, said: Tensor, counts: Tensor) -> Tensor:
        """What each domain is asked with, and a one.  (B, J, w), (B, J) -> (B, J w + 1)"""
        messages = said * counts.clamp(min=1.0).rsqrt().unsqueeze(-1)
        known = (torch.log1p(counts) - MIDDLE).unsqueeze(-1)  # (B, K, 1)
        gates = F.softplus(self.gate + self.slope * known)  # (B, K, J)
        heard = gates @ messages[:, :, : self.d]  # (B, K, d)
        if self.domains > 1:
            trust = F.softplus(self.trust.unsqueeze(1) + self.incline.unsqueeze(1) * known)
            heard = torch.cat([heard, trust * messages[:, :, self.d :]], dim=2)  # (B, K, 2 d)
        heard = heard * self.response
        return torch.cat([heard.flatten(1), torch.ones_like(counts[:, :1])], dim=1)

    def rows(self, items: Tensor, less: float) -> Tensor:
        """Vectors of items as if they had `less` users fewer.  (n,) -> (n, J w + 1)"""
        own, count = self.belongs(items), (self.count[items] - less).clamp(min=0.0)
        vectors = F.embedding(items, self.vectors) * (count ** (self.power / 2)).unsqueeze(1)
        blocks = own.unsqueeze(-1) * vectors.unsqueeze(1)  # (n, J, w)
        common = (own @ self.popular) * torch.log(count + 0.5)
        return torch.cat([blocks.flatten(1), common.unsqueeze(1)], dim=1)

    def encode(self, batch: Batch) -> Tensor:
        """history (B, L) -> (B, J w + 1)"""
        items, places = distinct(batch["history"][:, -self.length :])
        own = self.belongs(items) * (places > 0).unsqueeze(-1)  # (B, L, J)
        said = own.transpose(1, 2) @ F.embedding(items, self.said)
        return self.state(said, own.sum(1))

    def catalogue(self) -> Tensor:
        """(I, J w + 1)"""
        return self.rows(torch.arange(len(self.count), device=self.count.device), 0.0)


def alone(parts: list[csr_array], d: int) -> Floats:
    """The spectrum of each domain by itself, every item in that of its own.  -> (I, d)"""
    vectors = np.zeros((parts[0].shape[1], d), np.float32)
    for part in parts:
        if part.nnz:
            found = smooth_vectors(normalised(part), d, np.random.default_rng(0))
            vectors[:, : found.shape[1]] += found
    return vectors


def mean(sizes: Floats) -> float:
    """Of those that are not zero, one where all are."""
    known = sizes[sizes > 0]
    return float(known.mean()) if len(known) else 1.0
