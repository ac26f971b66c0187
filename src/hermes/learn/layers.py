"""Layers used by more than one model. A layer that defines a model lives in that model's file."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


def mlp(*sizes: int, dropout: float = 0.0) -> nn.Sequential:
    """Linear-ReLU-Dropout for each hidden size; the last layer stays linear."""
    layers: list[nn.Module] = []
    for a, b in pairwise(sizes[:-1]):
        layers += [nn.Linear(a, b), nn.ReLU(), Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def embedding(n: int, d: int, std: float | None = None) -> nn.Embedding:
    """A table whose row 0, the unknown, starts at zero."""
    table = nn.Embedding(n, d)
    nn.init.normal_(table.weight, std=d**-0.5 if std is None else std)
    with torch.no_grad():
        table.weight[0].zero_()
    return table


def rows(table: Tensor, query: Tensor) -> Tensor:
    """The row of each candidate's query.  (Q, L, D), (N,) -> (N, L, D)

    Of a single query the one row itself, (1, L, D): it broadcasts, and serving copies nothing.
    """
    if len(table) == 1:
        return table
    return F.embedding(query, table.flatten(1)).view(len(query), *table.shape[1:])


class Dropout(nn.Module):
    """Inverted dropout whose probability is rounded to a 256th.

    On a processor torch draws one number after another; bytes of a faster generator, seeded by
    torch's, take a tenth of the time, which is a fifth of a small transformer's training.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.cut = round(p * 256)

    def forward(self, x: Tensor) -> Tensor:
        """(...) -> (...)"""
        if not self.training or not self.cut:
            return x
        if x.device.type != "cpu":
            return F.dropout(x, self.cut / 256)
        seed = int(torch.randint(1 << 62, ()).item())
        drawn = np.random.Generator(np.random.SFC64(seed)).bytes(x.numel())
        kept = torch.from_numpy(np.frombuffer(drawn, np.uint8) >= self.cut).view(x.shape)
        return x * kept * (256 / (256 - self.cut))


class CausalBlock(nn.Module):
    """Attention to the past, then a feed-forward layer, each normalised before and added after.

    Vaswani et al. Attention is all you need. NeurIPS 2017; normalisation before, after Xiong et al.
    On layer normalization in the transformer architecture. ICML 2020.
    """

    def __init__(self, d: int, heads: int, wide: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, wide * d), nn.Linear(wide * d, d)
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(B, n, D) -> (B, n, D)"""
        b, n, d = x.shape
        parts = self.qkv(self.before(x)).view(b, n, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = parts.unbind(0)  # (B, heads, n, D / heads)
        past = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.drop(self.out(past.transpose(1, 2).reshape(b, n, d)))
        return torch.as_tensor(x + self.drop(self.down(F.gelu(self.up(self.between(x))))))

    def last(self, x: Tensor) -> Tensor:
        """What `forward` makes of the last place, and only that.  (B, n, D) -> (B, 1, D)"""
        b, n, d = x.shape
        seen = self.before(x)
        q = F.linear(seen[:, -1:], self.qkv.weight[:d], self.qkv.bias[:d])
        kv = F.linear(seen, self.qkv.weight[d:], self.qkv.bias[d:])
        k, v = kv.view(b, n, 2, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        q = q.view(b, 1, self.heads, -1).transpose(1, 2)
        past = F.scaled_dot_product_attention(q, k, v)  # (B, heads, 1, D / heads)
        x = x[:, -1:] + self.out(past.transpose(1, 2).reshape(b, 1, d))
        return torch.as_tensor(x + self.down(F.gelu(self.up(self.between(x)))))
