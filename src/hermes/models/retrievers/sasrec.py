"""SASRec: a causal transformer over the history, scoring the next item.

Kang, McAuley. Self-attentive sequential recommendation. ICDM 2018. What differs: the loss is
a softmax over the whole catalogue unless told otherwise (Klenitskiy, Vasilev. Turning dross into
gold loss: is BERT4Rec really better than SASRec? RecSys 2023) or gBCE (Petrov, Macdonald. gSASRec:
reducing overconfidence in sequential recommendation trained with negative sampling. RecSys 2023);
blocks normalise before, not after; the feed-forward layer is wider than the input and uses GELU;
long histories are cut into stretches that are all learned from, not only the last one; places are
counted from the start of a stretch, so that a stretch needs no padding; item vectors start from
the spectrum of the transitions in the log (`learn/spectral`), which saves most of the epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from hermes.core.types import Shape
from hermes.learn.layers import CausalBlock
from hermes.models.sequential import CausalEncoder, SequentialConfig, SequentialEmbedder


@dataclass(frozen=True, kw_only=True)
class SASRecConfig(SequentialConfig):
    """Defaults suit a few thousand items and histories of some hundred events."""

    heads: int = 2
    wide: int = 2  # hidden units of the feed-forward layer, in multiples of d


class SASRec(SequentialEmbedder[SASRecConfig]):
    """The state after the last event, against the table of items it was fed with."""

    Config = SASRecConfig

    def build(self, shape: Shape) -> nn.Module:
        """A transformer."""
        return Transformer(shape, self.config)


class Transformer(CausalEncoder):
    """Items and places in, a state after every event out."""

    def __init__(self, shape: Shape, config: SASRecConfig) -> None:
        super().__init__(shape, config)
        self.blocks = nn.ModuleList(
            CausalBlock(config.d, config.heads, config.wide, config.dropout)
            for _ in range(config.blocks)
        )
        self.norm = nn.LayerNorm(config.d)

    def forward(self, history: Tensor) -> Tensor:
        """(B, n) right-padded with 0, n <= length -> (B, n, D)"""
        x = self.drop(self.start(history))
        for block in self.blocks:
            x = block(x)
        return torch.as_tensor(self.norm(x))

    def encode_one(self, history: Tensor) -> Tensor:
        """What `encode` gives for one history without padding, n > 0, for export.  (1, n) -> (1, D)

        The last block is computed at the last place only.
        """
        x = self.start(history[:, -self.length :])
        *blocks, final = self.blocks
        for block in blocks:
            x = block(x)
        return torch.as_tensor(self.norm(cast(CausalBlock, final).last(x))[:, 0])
