"""DIN: the history is read in the light of the candidate.

Zhou et al. Deep interest network for click-through rate prediction. KDD 2018: interest(a) = sum_j
MLP([e_j, a, e_j - a, e_j * a]) e_j, weights not normalised. Ours: the first layer of that MLP is
applied by parts, W [e, a, e - a, e * a] = (W1 + W3) e + (W2 - W3) a + W4 (e * a), so that what
depends on one side only is computed once; each place of the history adds a learned vector there,
since the paper's sum forgets the order; ReLU instead of Dice; trained on groups by a ranking loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.errors import ConfigError
from hermes.core.types import Floats, Ints, Shape
from hermes.learn import losses
from hermes.learn.layers import mlp, rows
from hermes.learn.loop import Schedule
from hermes.learn.tabular import Codes, Numbers
from hermes.models.neural import GROUPWISE, NeuralRanker


@dataclass(frozen=True, kw_only=True)
class DINConfig:
    """Sizes, loss and schedule."""

    d: int = 16
    pooling: Literal["attention", "sum"] = "attention"  # of the history; a sum weighs all alike
    attention: int = 16  # hidden units of the activation unit
    hidden: tuple[int, ...] = (64, 32)
    dropout: float = 0.1
    l2: float = 0.0  # of the vectors of codes, added to the loss
    loss: losses.RANKING = "listmle"
    schedule: Schedule = GROUPWISE


class DIN(NeuralRanker[DINConfig]):
    """Sparse feature 0 is the candidate item; its table also reads the history."""

    Config = DINConfig

    def build(self, shape: Shape) -> nn.Module:
        """The network."""
        return Network(shape, self.config)

    @torch.no_grad()
    def attention(self, items: Ints, history: Ints) -> Floats:
        """What each event weighs in the interest shown in each candidate; NaN where none is.

        items (n,), history (L,) left-padded with 0 -> (n, L). Raises `ConfigError` for a sum.
        """
        unit, table = self.net.interest, self.net.codes.table
        if not isinstance(unit, Interest):
            raise ConfigError("DIN: pooling = 'sum' weighs all events alike; use 'attention'")
        device = table.weight.device
        item, past = (table(torch.from_numpy(a).to(device)) for a in (items, history[None]))
        known = torch.from_numpy(history > 0).to(device)
        query = torch.zeros(len(items), dtype=torch.int64, device=device)
        weight = unit.weights(past, past * known[None, :, None], item, query)[:, 0]
        return np.where(history > 0, weight.cpu().numpy(), np.nan).astype(np.float32)


class Network(nn.Module):
    """Features, and the interest that the history shows in the candidate."""

    def __init__(self, shape: Shape, config: DINConfig) -> None:
        super().__init__()
        self.numbers, self.codes = Numbers(shape.n_dense), Codes(shape, config.d)
        attentive = config.pooling == "attention"
        self.interest = (
            Interest(config.d, config.attention, shape.history) if attentive else Total()
        )
        wide = self.numbers.width + self.codes.width + 2 * config.d
        self.deep = mlp(wide, *config.hidden, 1, dropout=config.dropout)

    def forward(self, dense: Tensor, sparse: Tensor, history: Tensor, query: Tensor) -> Tensor:
        """(N, Fd), (N, Fs), (Q, L), (N,) -> (N,)"""
        v = self.codes(sparse)  # (N, Fs D)
        past = self.codes.table(history)  # (Q, L, D)
        item = v[:, : past.shape[2]]  # (N, D)
        interest = self.interest(past, item, query, history > 0)
        parts = [self.numbers(dense), v, interest, interest * item]
        score: Tensor = self.deep(torch.cat(parts, dim=1)).squeeze(1)
        return score


class Total(nn.Module):
    """The plain sum over the history, the same for every candidate."""

    def forward(self, past: Tensor, item: Tensor, query: Tensor, known: Tensor) -> Tensor:
        """(Q, L, D), (N, D), (N,), (Q, L) -> (N, D)"""
        return rows((past * known[:, :, None]).sum(1, keepdim=True), query)[:, 0].expand_as(item)


class Interest(nn.Module):
    """A weighted sum over the history, weighted by an activation unit."""

    def __init__(self, d: int, hidden: int, length: int) -> None:
        super().__init__()
        self.past = nn.Linear(d, hidden)  # W1 + W3
        self.item = nn.Linear(d, hidden, bias=False)  # W2 - W3
        self.both = nn.Parameter(torch.randn(hidden, d) * d**-0.5)  # W4
        self.places = nn.Parameter(torch.zeros(length, hidden))
        self.out = nn.Linear(hidden, 1)

    def forward(self, past: Tensor, item: Tensor, query: Tensor, known: Tensor) -> Tensor:
        """(Q, L, D), (N, D), (N,), (Q, L) -> (N, D)"""
        events = rows(past * known[:, :, None], query)  # (N, L, D); padding is 0 and adds nothing
        return (self.weights(past, events, item, query) @ events).squeeze(1)

    def weights(self, past: Tensor, events: Tensor, item: Tensor, query: Tensor) -> Tensor:
        """(Q, L, D), (N, L, D), (N, D), (N,) -> (N, 1, L)"""
        own = rows(self.past(past) + self.places, query)  # (N, L, A), computed once a query
        both = (item[:, None] * self.both) @ events.transpose(1, 2)  # (N, A, L): W4 (e * a)
        hidden = F.relu(both + own.transpose(1, 2) + self.item(item)[:, :, None])
        weight: Tensor = self.out.weight @ hidden + self.out.bias
        return weight
