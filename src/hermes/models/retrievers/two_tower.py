"""Two towers: one reads the person, one the item, and what fits points the same way.

Yi et al. Sampling-bias-corrected neural modeling for large corpus item recommendations. RecSys
2019: in-batch softmax over cosine / temperature, each logit less the log probability of the item
being in the batch. Ours: that probability is the item's share of the training events instead of
being estimated from a stream; processes that learn together share their items; the person is the
last events, weighted by a learned weight a place (Covington, Adams, Sargin, Deep neural networks
for YouTube recommendations, RecSys 2016, average them), the very last one, and attributes; both
towers add a residual to what they read, so that item vectors are shared between history and
candidate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.types import Shape, expect
from hermes.data.interactions import Interactions
from hermes.learn import batches, losses
from hermes.learn.layers import embedding, mlp
from hermes.learn.loop import Batch, Schedule
from hermes.learn.parallel import gathered
from hermes.learn.sharded import ShardedEmbedding
from hermes.models.neural import NeuralEmbedder


@dataclass(frozen=True, kw_only=True)
class TwoTowerConfig:
    """Sizes, temperature and schedule."""

    d: int = 64
    length: int = 50  # last events that are read
    hidden: int = 128
    temperature: float = 0.1
    dropout: float = 0.1
    sharded: bool = False  # whether processes that learn together share out the item vectors
    schedule: Schedule = Schedule(epochs=20, batch=1024, lr=2e-3, weight_decay=1e-2, patience=3)


class TwoTower(NeuralEmbedder[TwoTowerConfig]):
    """Vectors of length temperature^-1/2, so that inner products are logits."""

    Config = TwoTowerConfig
    log_q: Tensor  # (I,) log share of each item in the log

    def build(self, shape: Shape) -> nn.Module:
        """The towers."""
        return Towers(shape, self.config)

    def prepare(self, data: Interactions) -> None:
        """Attributes of items and users, and how often each item comes in a batch."""
        shape = data.shape
        for name, table, cards, n in (
            ("item", data.item_fields, shape.item_fields, shape.n_items),
            ("user", data.user_fields, shape.user_fields, shape.n_users),
        ):
            if cards:
                expect(table, (n, len(cards)), f"{name}_fields")
                getattr(self.net, name).codes.copy_(torch.from_numpy(table))
        liked = data.items[data.weights > 0]
        share = np.bincount(liked, minlength=shape.n_items) / max(len(liked), 1)
        self.log_q = torch.from_numpy(np.log(np.maximum(share, 1e-12)).astype(np.float32))

    def batches(self, data: Interactions, rng: np.random.Generator) -> Iterable[Batch]:
        """Events, each with what came before."""
        for batch in batches.steps(data, self.config.schedule.batch, rng, self.config.length):
            batch["log_q"] = self.log_q[batch["item"]]
            yield batch

    def loss(self, batch: Batch) -> Tensor:
        """The corrected softmax over the items of the batch.  -> ()"""
        states, item = self.net.encode(batch), batch["item"]
        (items, every, log_q), first = gathered(self.net.vectors(item), item, batch["log_q"])
        return losses.in_batch_softmax(states, items, every, log_q, first)


class Attributes(nn.Module):
    """The sum of one vector an attribute; the attributes of every row are known beforehand."""

    codes: Tensor  # (R, F)

    def __init__(self, rows: int, cards: tuple[int, ...], d: int) -> None:
        super().__init__()
        self.register_buffer("codes", torch.zeros(rows, len(cards), dtype=torch.long))
        self.tables = nn.ModuleList(embedding(n, d) for n in cards)

    def forward(self, rows: Tensor) -> Tensor | float:
        """(...) -> (..., D), or 0 where there are no attributes"""
        codes = self.codes[rows]
        return sum((table(codes[..., i]) for i, table in enumerate(self.tables)), 0.0)


class Towers(nn.Module):
    """`encode` is the person's, `vectors` the item's."""

    def __init__(self, shape: Shape, config: TwoTowerConfig) -> None:
        super().__init__()
        d = config.d
        self.length, self.scale = config.length, config.temperature**-0.5
        self.items = (ShardedEmbedding if config.sharded else embedding)(shape.n_items, d)
        self.item = Attributes(shape.n_items, shape.item_fields, d)
        self.user = Attributes(shape.n_users, shape.user_fields, d)
        self.places = nn.Parameter(torch.zeros(config.length))  # the last is the newest event
        self.left = mlp(3 * d, config.hidden, d, dropout=config.dropout)
        self.right = mlp(d, config.hidden, d, dropout=config.dropout)

    def read(self, items: Tensor) -> Tensor:
        """What is known of items before their tower.  (...) -> (..., D)"""
        return torch.as_tensor(self.items(items) + self.item(items))

    def encode(self, batch: Batch) -> Tensor:
        """user (B,), history (B, L) -> (B, D)"""
        history = batch["history"][:, -self.length :]
        places = self.places[self.length - history.shape[1] :]
        past, known = self.read(history), (history > 0).float()
        weight = places.exp() * known  # (B, L)
        weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-9)
        pooled = (weight[:, None] @ past).squeeze(1)
        last = past[:, -1] * known[:, -1, None]
        person = self.user(batch["user"]) + torch.zeros_like(pooled)
        state = pooled + self.left(torch.cat([pooled, last, person], dim=1))
        return F.normalize(state, dim=1) * self.scale

    def vectors(self, items: Tensor) -> Tensor:
        """(B,) -> (B, D)"""
        read = self.read(items)
        return F.normalize(read + self.right(read), dim=1) * self.scale

    def catalogue(self) -> Tensor:
        """(I, D)"""
        return self.vectors(torch.arange(len(self.items.weight), device=self.items.weight.device))
