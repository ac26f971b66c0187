"""BST: the candidate takes its place at the end of the history, and reads it as a transformer does.

Chen, Zhao, Li, Huang, Ou. Behavior sequence transformer for e-commerce recommendation in Alibaba.
DLP-KDD 2019: S = LN(E + dropout(MH(E))), F = LN(S + dropout(W2 LeakyReLU(W1 S + b1) + b2)) over the
items of the history and the candidate, one block, whose output at the candidate goes into an MLP
with the other features. Of one block only that output is computed: the keys and values of a history
once a query, whatever the number of its candidates. Ours: an item is its vector plus a learned
vector of its place, counted back from the candidate, in place of its vector beside one of the
time that has passed; ReLU in the MLP; trained on groups by a ranking loss.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.learn import losses
from hermes.learn.layers import Dropout, mlp, rows
from hermes.learn.loop import Schedule
from hermes.learn.tabular import Codes, Numbers
from hermes.models.neural import GROUPWISE, NeuralRanker

UNSEEN = -1e30  # the logit of padding: finite, so that no gradient becomes NaN


@dataclass(frozen=True, kw_only=True)
class BSTConfig:
    """Sizes, loss and schedule."""

    d: int = 16
    heads: int = 2  # a divisor of d
    wide: int = 2  # hidden units of the feed-forward layer, in multiples of d
    hidden: tuple[int, ...] = (64, 32)
    dropout: float = 0.1
    l2: float = 0.0  # of the vectors of codes, added to the loss
    loss: losses.RANKING = "listmle"
    schedule: Schedule = GROUPWISE


class BST(NeuralRanker[BSTConfig]):
    """Sparse feature 0 is the candidate item; its table also reads the history."""

    Config = BSTConfig

    def build(self, shape: Shape) -> nn.Module:
        """The network; raises `ConfigError` when the heads cannot share d."""
        if self.config.d % self.config.heads:
            raise ConfigError(f"BST: d {self.config.d} is no multiple of {self.config.heads} heads")
        return Network(shape, self.config)


class Network(nn.Module):
    """Features, and the candidate as it stands after its history."""

    def __init__(self, shape: Shape, config: BSTConfig) -> None:
        super().__init__()
        self.numbers, self.codes = Numbers(shape.n_dense), Codes(shape, config.d)
        self.places = nn.Parameter(torch.randn(shape.history + 1, config.d) * 0.02)
        self.block = Block(config.d, config.heads, config.wide, config.dropout)
        wide = self.numbers.width + self.codes.width + config.d
        self.deep = mlp(wide, *config.hidden, 1, dropout=config.dropout)

    def forward(self, dense: Tensor, sparse: Tensor, history: Tensor, query: Tensor) -> Tensor:
        """(N, Fd), (N, Fs), (Q, L), (N,) -> (N,)"""
        v = self.codes(sparse)  # (N, Fs D)
        past = self.codes.table(history) + self.places[:-1]  # (Q, L, D)
        item = v[:, : past.shape[2]] + self.places[-1]  # (N, D)
        read = self.block(past, item, query, history > 0)
        score: Tensor = self.deep(torch.cat([self.numbers(dense), v, read], dim=1)).squeeze(1)
        return score


class Block(nn.Module):
    """The last place of a transformer block, normalised after each part as in the paper."""

    def __init__(self, d: int, heads: int, wide: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key_value, self.out = (nn.Linear(d, m) for m in (d, 2 * d, d))
        self.up, self.down = nn.Linear(d, wide * d), nn.Linear(wide * d, d)
        self.between, self.after = nn.LayerNorm(d), nn.LayerNorm(d)
        self.drop = Dropout(dropout)

    def forward(self, past: Tensor, item: Tensor, query: Tensor, known: Tensor) -> Tensor:
        """(Q, L, D), (N, D), (N,), (Q, L) -> (N, D)"""
        x = self.between(item + self.drop(self.out(self.attend(past, item, query, known))))
        return torch.as_tensor(self.after(x + self.drop(self.down(F.leaky_relu(self.up(x))))))

    def attend(self, past: Tensor, item: Tensor, query: Tensor, known: Tensor) -> Tensor:
        """What each candidate takes from the known events and from itself; shapes as above."""
        n, d = item.shape
        size = (self.heads, d // self.heads)
        events = rows(self.key_value(past), query)  # (N or 1, L, 2D)
        parts = events.view(*events.shape[:2], 2, *size).permute(2, 0, 3, 1, 4)
        key, value = parts.unbind(0)  # (N or 1, heads, L, D / heads)
        own_key, own_value = self.key_value(item).view(n, 2, *size).unbind(1)
        asked = self.query(item).view(n, *size) * size[1] ** -0.5
        unseen = torch.zeros_like(past[:, :, :1]).masked_fill(~known[:, :, None], UNSEEN)
        logit = (key @ asked[:, :, :, None] + rows(unseen, query)[:, None]).squeeze(3)
        own = (asked * own_key).sum(2, keepdim=True)  # (N, heads, 1): an empty history leaves it
        weight = torch.cat([logit, own], dim=2).softmax(2)[:, :, None]  # (N, heads, 1, L + 1)
        taken = (weight[..., :-1] @ value).squeeze(2) + weight[..., -1] * own_value
        return taken.flatten(1)
