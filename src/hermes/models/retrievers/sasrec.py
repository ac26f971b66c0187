"""SASRec: a causal transformer over the history, scoring the next item.

Kang, McAuley. Self-attentive sequential recommendation. ICDM 2018.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.learn import batches, losses
from hermes.learn.layers import embedding
from hermes.learn.loop import Batch, Schedule
from hermes.models.neural import NeuralEmbedder


@dataclass(frozen=True, kw_only=True)
class SASRecConfig:
    d: int = 64
    length: int = 200
    blocks: int = 2
    heads: int = 2
    wide: int = 2  # hidden units of the feed-forward layer, in multiples of d
    dropout: float = 0.2
    loss: str = "softmax"
    schedule: Schedule = Schedule(epochs=100, lr=1e-3, batch=64, patience=5)


class SASRec(NeuralEmbedder[SASRecConfig]):
    Config = SASRecConfig

    def build(self, shape: Shape) -> nn.Module:
        return Transformer(shape, self.config)

    def batches(self, data: Interactions, rng: np.random.Generator) -> Iterable[Batch]:
        return batches.sequences(data, self.config.schedule.batch, rng, self.config.length)

    def loss(self, batch: Batch) -> Tensor:
        states = self.net(batch["history"])
        known = batch["target"] > 0
        return losses.softmax(states[known], self.net.catalogue(), batch["target"][known])


class Transformer(nn.Module):
    def __init__(self, shape: Shape, config: SASRecConfig) -> None:
        super().__init__()
        self.length = config.length
        self.items = embedding(shape.n_items, config.d)
        self.places = embedding(config.length, config.d, std=0.02)
        self.drop = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.d)

    def forward(self, history: Tensor) -> Tensor:
        """(B, L) right-padded -> (B, L, D)"""
        x = self.items(history) + self.places.weight[: history.shape[1]]
        x = self.drop(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def encode(self, batch: Batch) -> Tensor:
        """(B, L) left-padded -> (B, D)"""
        history = batch["history"][:, -self.length :]
        count = (history > 0).sum(1)
        n = max(int(count.max()), 1)
        place = torch.arange(n)[None, :] + (history.shape[1] - count)[:, None]
        history = torch.where(
            place < history.shape[1], history.gather(1, place.clamp(max=history.shape[1] - 1)), 0
        )
        return self(history)[torch.arange(len(history)), (count - 1).clamp(min=0)]

    def catalogue(self) -> Tensor:
        return self.items.weight


class Block(nn.Module):
    def __init__(self, config: SASRecConfig) -> None:
        super().__init__()
        d = config.d
        self.heads, self.dropout = config.heads, config.dropout
        self.before, self.between = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, config.wide * d), nn.Linear(config.wide * d, d)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        q, k, v = (
            t.view(b, n, self.heads, -1).transpose(1, 2)
            for t in self.qkv(self.before(x)).chunk(3, -1)
        )
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.drop(self.out(a.transpose(1, 2).reshape(b, n, d)))
        return x + self.drop(self.down(F.gelu(self.up(self.between(x)))))
