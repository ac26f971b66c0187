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

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import torch
from torch import Tensor, nn

from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.learn import batches, losses
from hermes.learn.layers import CausalBlock, Dropout, embedding
from hermes.learn.loop import Batch, Schedule
from hermes.learn.spectral import transition_vectors
from hermes.models.neural import NeuralEmbedder


@dataclass(frozen=True, kw_only=True)
class SASRecConfig:
    """Defaults suit a few thousand items and histories of some hundred events."""

    d: int = 64
    length: int = 200  # events of the history it reads
    blocks: int = 2
    heads: int = 2
    wide: int = 2  # hidden units of the feed-forward layer, in multiples of d
    dropout: float = 0.25
    start: Literal["spectral", "random"] = "spectral"  # of the item vectors
    loss: Literal["softmax", "sampled", "gbce"] = "softmax"
    negatives: int = 256  # drawn for each batch when the loss samples
    calibration: float = 0.75  # t of gBCE: 0 is plain BCE, 1 is wholly calibrated
    schedule: Schedule = Schedule(epochs=40, lr=2e-3, batch=32, warmup=200, decay=True, patience=6)


class SASRec(NeuralEmbedder[SASRecConfig]):
    """The state after the last event, against the table of items it was fed with."""

    Config = SASRecConfig

    def build(self, shape: Shape) -> nn.Module:
        """A transformer."""
        return Transformer(shape, self.config)

    def prepare(self, data: Interactions) -> None:
        """Start the item vectors where the log's transitions put them."""
        table = transition_vectors(data, self.config.d) if self.config.start == "spectral" else None
        if table is not None:
            with torch.no_grad():
                self.net.items.weight.copy_(torch.from_numpy(table))

    def batches(self, data: Interactions, rng: np.random.Generator) -> Iterable[Batch]:
        """Stretches of events; with a sampling loss, each with its negatives."""
        config = self.config
        for batch in batches.sequences(data, config.schedule.batch, rng, config.length):
            if config.loss != "softmax":
                drawn = rng.integers(1, data.shape.n_items, config.negatives)
                batch["negatives"] = torch.from_numpy(drawn)
            yield batch

    def loss(self, batch: Batch) -> Tensor:
        """Of the next item at every event."""
        device, known = batch["history"].device, batch["target"] > 0
        half = torch.autocast(device.type, torch.bfloat16, enabled=losses.has_bfloat16(device))
        with half:
            states = self.net(batch["history"])
        states, target, items = states[known], batch["target"][known], self.net.catalogue()
        if self.config.loss == "softmax":
            return losses.softmax(states, items, target)
        if self.config.loss == "sampled":
            return losses.sampled_softmax(states, items, target, batch["negatives"])
        return losses.gbce(states, items, target, batch["negatives"], self.config.calibration)


class Transformer(nn.Module):
    """Items and places in, a state after every event out."""

    def __init__(self, shape: Shape, config: SASRecConfig) -> None:
        super().__init__()
        self.length = config.length
        self.items = embedding(shape.n_items, config.d)
        self.places = embedding(config.length, config.d, std=0.02)
        self.drop = Dropout(config.dropout)
        self.blocks = nn.ModuleList(
            CausalBlock(config.d, config.heads, config.wide, config.dropout)
            for _ in range(config.blocks)
        )
        self.norm = nn.LayerNorm(config.d)

    def forward(self, history: Tensor) -> Tensor:
        """(B, n) right-padded with 0, n <= length -> (B, n, D)"""
        x = self.items(history) + self.places.weight[: history.shape[1]]
        x = self.drop(x)
        for block in self.blocks:
            x = block(x)
        return torch.as_tensor(self.norm(x))

    def encode(self, batch: Batch) -> Tensor:
        """history (B, L) left-padded with 0 -> (B, D)"""
        history = batch["history"][:, -self.length :]
        width, count = history.shape[1], (history > 0).sum(1)
        place = torch.arange(width, device=history.device) + (width - count)[:, None]
        moved = history.gather(1, place.clamp(max=width - 1))
        moved = torch.where(place < width, moved, 0)[:, : max(int(count.max()), 1)]
        rows = torch.arange(len(moved), device=history.device)
        return torch.as_tensor(self(moved)[rows, (count - 1).clamp(min=0)])

    def encode_one(self, history: Tensor) -> Tensor:
        """What `encode` gives for one history without padding, n > 0, for export.  (1, n) -> (1, D)

        The last block is computed at the last place only.
        """
        history = history[:, -self.length :]
        x = self.items(history) + self.places.weight[: history.shape[1]]
        *blocks, final = self.blocks
        for block in blocks:
            x = block(x)
        return torch.as_tensor(self.norm(cast(CausalBlock, final).last(x))[:, 0])

    def catalogue(self) -> Tensor:
        """(I, D)"""
        return self.items.weight
