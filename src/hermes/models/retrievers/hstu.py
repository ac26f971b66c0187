"""HSTU: a causal sequence of gated sums over the past, weighted pointwise and not by a softmax.

Zhai et al. Actions speak louder than words: trillion-parameter sequential transducers for
generative recommendations. ICML 2024. A block is U, V, Q, K = SiLU(W1 norm(X)), the past
A = SiLU(Q K' + bias) / n over the n events so far, and X + W2 (norm(A V) * U), with a bias for how
many events and, with `times`, how much time lies between what is read and the moment that is asked
about; there is no feed-forward layer. What differs: states are normalised and scored by inner
products with a softmax over the whole catalogue, not by cosines over a temperature against a few
negatives; each head learns its own bias; an event is its item alone, without what was done to it;
start, stretches and places are those of `sasrec`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.types import Shape
from hermes.learn.layers import Dropout
from hermes.models.sequential import CausalEncoder, SequentialConfig, SequentialEmbedder

SECONDS = 86_400.0  # in a day
BUCKETS = 64  # of gaps, each a third longer than the one before; the last begins at 6 years
RATIO = 0.301  # natural logarithm of that third
FUTURE = -1e4  # SiLU of it is zero, and so is its gradient


@dataclass(frozen=True, kw_only=True)
class HSTUConfig(SequentialConfig):
    """Defaults suit a few thousand items and histories of some hundred events."""

    blocks: int = 4
    heads: int = 2
    times: bool = False  # whether the time between events is read too


class HSTU(SequentialEmbedder[HSTUConfig]):
    """The state after the last event, against the table of items it was fed with."""

    Config = HSTUConfig

    def build(self, shape: Shape) -> nn.Module:
        """A transducer."""
        return Transducer(shape, self.config)


class Transducer(CausalEncoder):
    """Items, places and with `times` their ages in, a state after every event out."""

    def __init__(self, shape: Shape, config: HSTUConfig) -> None:
        super().__init__(shape, config)
        self.inputs = ("history", "ages") if config.times else ("history",)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.d)

    def forward(self, history: Tensor, ages: Tensor | None = None) -> Tensor:
        """(B, n), (B, n) days, right-padded with 0, n <= length -> (B, n, D)"""
        x, gaps = self.drop(self.start(history)), None if ages is None else buckets(ages)
        for block in self.blocks:
            x = block(x, gaps)
        return torch.as_tensor(self.norm(x))

    def encode_one(self, history: Tensor, ages: Tensor | None = None) -> Tensor:
        """What `encode` gives for one history without padding, n > 0, for export.

        (1, n), (1, n) days -> (1, D). The last block is computed at the last place only.
        """
        x = self.start(history[:, -self.length :])
        gaps = None if ages is None else buckets(ages[:, -self.length :])
        *blocks, final = self.blocks
        for block in blocks:
            x = block(x, gaps)
        return torch.as_tensor(self.norm(cast(Block, final).last(x, gaps))[:, 0])


class Block(nn.Module):
    """One gated, pointwise weighted sum over the past, added to what came in."""

    def __init__(self, config: HSTUConfig) -> None:
        super().__init__()
        d, self.heads = config.d, config.heads
        self.before, self.within = nn.LayerNorm(d), nn.LayerNorm(d)
        self.parts, self.out = nn.Linear(d, 4 * d, bias=False), nn.Linear(d, d)
        nn.init.normal_(self.parts.weight, std=0.02)
        nn.init.xavier_uniform_(self.out.weight)
        self.steps = nn.Parameter(torch.randn(config.heads, config.length) * 0.02)
        if config.times:
            self.gaps = nn.Parameter(torch.randn(config.heads, BUCKETS) * 0.02)
        self.drop = Dropout(config.dropout)

    def forward(self, x: Tensor, gaps: Tensor | None = None) -> Tensor:
        """(B, n, D), buckets (B, n, n) -> (B, n, D)"""
        b, n, d = x.shape
        parts = F.silu(self.parts(self.before(x)))
        u, v, q, k = parts.view(b, n, 4, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        logit = q @ k.transpose(2, 3)  # (B, heads, n, n)
        weight = F.silu(logit + self.bias(n, gaps).to(logit.dtype))
        counts = torch.arange(1, n + 1, device=x.device)[:, None]
        past = (weight @ v / counts).transpose(1, 2).reshape(b, n, d)
        u = u.transpose(1, 2).reshape(b, n, d)
        return torch.as_tensor(x + self.out(self.drop(self.within(past) * u)))

    def bias(self, n: int, gaps: Tensor | None) -> Tensor:
        """Of each place for all others; what lies ahead weighs nothing.  -> (B, heads, n, n)

        A row of 2n that is read again and again, each time one place short, moves on by one.
        """
        steps = self.steps[:, :n]  # (heads, n)
        row = torch.cat([steps[:, :1], torch.full_like(steps, FUTURE), steps[:, 1:].flip(1)], 1)
        rows = row[:, None].expand(-1, n, -1).reshape(self.heads, 2 * n * n)[:, : (2 * n - 1) * n]
        bias = rows.reshape(1, self.heads, n, 2 * n - 1)[..., :n]
        return bias if gaps is None else bias + self.gaps[:, gaps].transpose(0, 1)

    def last(self, x: Tensor, gaps: Tensor | None = None) -> Tensor:
        """What `forward` makes of the last place, and only that.  (B, n, D) -> (B, 1, D)"""
        b, n, d = x.shape
        seen = self.before(x)
        w_u, w_v, w_q, w_k = self.parts.weight.chunk(4)
        u, q = (F.silu(F.linear(seen[:, -1:], w)) for w in (w_u, w_q))  # (B, 1, D)
        v, k = (F.silu(F.linear(seen, w)).view(b, n, self.heads, -1) for w in (w_v, w_k))
        bias = self.steps[:, :n].flip(1)  # (heads, n)
        if gaps is not None:
            bias = bias + self.gaps[:, gaps[:, -1]].transpose(0, 1)  # (B, heads, n)
        q = q.view(b, 1, self.heads, -1).transpose(1, 2)
        weight = F.silu(q @ k.permute(0, 2, 3, 1) + bias.unsqueeze(-2))  # (B, heads, 1, n)
        past = (weight @ v.transpose(1, 2) / n).transpose(1, 2).reshape(b, 1, d)
        return torch.as_tensor(x[:, -1:] + self.out(self.within(past) * u))


def buckets(ages: Tensor) -> Tensor:
    """Of the time from each event to the moment another place is asked about.

    ages (B, n) days before the last such moment, of whatever lies behind it 0 -> (B, n, n). A place
    is asked what comes next when it comes: at the age of the event after it.
    """
    asked = F.pad(ages[:, 1:], (0, 1))  # (B, n)
    seconds = (ages[:, None] - asked[:, :, None]) * SECONDS
    return (seconds.clamp(min=1).log() / RATIO).long().clamp(max=BUCKETS - 1)
