"""Session transformer: what comes next, given the history, its pauses, and how one asks now.

Moreira, Rabhi, Lee, Ak, Oldridge. Transformers4Rec: bridging the gap between NLP and sequential /
session-based recommendation. RecSys 2021. A causal transformer reads items with the pause before
each; its state is joined with the circumstances of the request that is being answered (page,
device, referrer, hour, place in the session, pause; see `data/context`) in one hidden layer. What
differs: circumstances are those of the next request and not of past events, since they are known
when it is made and the log's own are not kept in a bundle; while learning a share of requests is
blank, so that one that says nothing of itself is understood; start, stretches and loss are as in
`sasrec`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.types import Ints, Shape
from hermes.data import context
from hermes.data.interactions import Interactions
from hermes.learn.layers import CausalBlock, Dropout, embedding
from hermes.learn.loop import Batch
from hermes.models.sequential import CausalEncoder, SequentialConfig, SequentialEmbedder, shifted


@dataclass(frozen=True, kw_only=True)
class SessionConfig(SequentialConfig):
    """Defaults suit a few thousand items and histories of some hundred events."""

    heads: int = 2
    wide: int = 2  # hidden units of the feed-forward layers, in multiples of d
    blank: float = 0.2  # share of requests whose circumstances are hidden while learning


class Session(SequentialEmbedder[SessionConfig]):
    """The state after the last event, turned by the request, against the table of items."""

    Config = SessionConfig

    def build(self, shape: Shape) -> nn.Module:
        """A transformer that is told how one asks."""
        return Asked(shape, self.config)

    def occasions(self, data: Interactions) -> Ints:
        """Page, device, referrer, hour, place and pause.  -> (N, 6)"""
        return data.occasions()


class Asked(CausalEncoder):
    """Items, their ages and the circumstances of what comes next in, a state out."""

    inputs = ("history", "ages", "context")

    def __init__(self, shape: Shape, config: SessionConfig) -> None:
        super().__init__(shape, config)
        d, self.blank = config.d, config.blank
        self.pauses = embedding(context.PAUSES, d, std=0.02)
        self.blocks = nn.ModuleList(
            CausalBlock(d, config.heads, config.wide, config.dropout) for _ in range(config.blocks)
        )
        self.norm = nn.LayerNorm(d)
        sizes = shape.context or context.sizes(())
        self.facts = nn.ModuleList(embedding(size, d, std=0.02) for size in sizes)
        self.up, self.down = nn.Linear(2 * d, config.wide * d), nn.Linear(config.wide * d, d)
        self.fade = Dropout(config.dropout)

    def forward(self, history: Tensor, ages: Tensor, asked: Tensor) -> Tensor:
        """(B, n), (B, n) days, right-padded with 0, (B, n, 6) -> (B, n, D)"""
        return self.turned(self.states(history, ages), asked)

    def states(self, history: Tensor, ages: Tensor) -> Tensor:
        """After every event.  (B, n), (B, n) -> (B, n, D)"""
        x = self.drop(self.start(history) + self.pauses(pauses(ages)))
        for block in self.blocks:
            x = block(x)
        return torch.as_tensor(self.norm(x))

    def turned(self, states: Tensor, asked: Tensor) -> Tensor:
        """What the request makes of a state.  (..., D), (..., 6) -> (..., D)"""
        if self.training and self.blank:
            told = torch.rand(asked.shape[:-1], device=asked.device) >= self.blank
            asked = asked * told.unsqueeze(-1)
        known = sum((table(asked[..., i]) for i, table in enumerate(self.facts)), 0.0)
        hidden = F.gelu(self.up(torch.cat([states, torch.as_tensor(known)], dim=-1)))
        return torch.as_tensor(states + self.down(self.fade(hidden)))

    def encode(self, batch: Batch) -> Tensor:
        """history and ages (B, L) left-padded with 0, context (B, 6) -> (B, D)"""
        columns = [batch[name][:, -self.length :] for name in ("history", "ages")]
        moved, last = shifted(columns)
        states = self.states(*moved)[torch.arange(len(last), device=last.device), last]
        return self.turned(states, batch["context"])

    def encode_one(self, history: Tensor, ages: Tensor, asked: Tensor) -> Tensor:
        """What `encode` gives for one history without padding, n > 0, for export.

        (1, n), (1, n) days, (1, 6) -> (1, D)
        """
        history, ages = history[:, -self.length :], ages[:, -self.length :]
        x = self.start(history) + self.pauses(pauses(ages))
        *blocks, final = self.blocks
        for block in blocks:
            x = block(x)
        return self.turned(self.norm(cast(CausalBlock, final).last(x))[:, 0], asked)


def pauses(ages: Tensor) -> Tensor:
    """The pause before each event, in doublings of a second; 0 before the first.

    (B, n) days -> (B, n)
    """
    seconds = F.pad(ages[:, :-1] - ages[:, 1:], (1, 0)).clamp(min=0.0) * 86_400.0
    doublings = seconds.clamp(1.0, 2.0 ** (context.PAUSES - 2)).log2().floor().long() + 1
    first = torch.arange(ages.shape[1], device=ages.device) == 0
    return torch.where(first, 0, doublings)
