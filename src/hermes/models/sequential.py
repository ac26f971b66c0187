"""What networks that read a history in its order share: start, batches, loss and padding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from hermes.core.types import Ints, Shape
from hermes.data.interactions import Interactions
from hermes.learn import batches, losses
from hermes.learn.layers import Dropout, embedding
from hermes.learn.loop import Batch, Schedule
from hermes.learn.spectral import transition_vectors

from .neural import NeuralEmbedder


@dataclass(frozen=True, kw_only=True)
class HistoryConfig:
    """What is read and drawn; defaults suit a few thousand items and some hundred events."""

    d: int = 64
    length: int = 200  # events of the history it reads
    start: Literal["spectral", "random"] = "spectral"  # of the item vectors
    loss: str = "softmax"  # which a model knows it says itself
    negatives: int = 256  # drawn for each batch when the loss samples
    schedule: Schedule = Schedule(
        epochs=40, batch=32, lr=2e-3, warmup=200, decay=True, average=0.998, patience=6
    )


@dataclass(frozen=True, kw_only=True)
class SequentialConfig(HistoryConfig):
    """A stack of blocks over the history."""

    blocks: int = 2
    dropout: float = 0.25
    loss: Literal["softmax", "sampled", "gbce"] = "softmax"
    calibration: float = 0.75  # t of gBCE: 0 is plain BCE, 1 is wholly calibrated
    schedule: Schedule = Schedule(epochs=40, lr=2e-3, batch=32, warmup=200, decay=True, patience=6)


H = TypeVar("H", bound=HistoryConfig)
C = TypeVar("C", bound=SequentialConfig)


class HistoryEmbedder(NeuralEmbedder[H]):
    """Learns what came next at every event of every history.

    Item vectors start from the spectrum of the transitions in the log (`learn/spectral`), which
    saves most of the epochs; long histories are cut into stretches that are all learned from, not
    only the last one.
    """

    tables: ClassVar[tuple[str, ...]] = ("items",)  # of the network, of one vector an item

    def prepare(self, data: Interactions) -> None:
        """Start the item vectors where the log's transitions put them."""
        table = transition_vectors(data, self.config.d) if self.config.start == "spectral" else None
        if table is not None:
            with torch.no_grad():
                for name in self.tables:
                    getattr(self.net, name).weight.copy_(torch.from_numpy(table))

    def occasions(self, data: Interactions) -> Ints | None:
        """What is known of the request before each event, where the network reads it.  -> (N, C)"""
        return None

    def batches(self, data: Interactions, rng: np.random.Generator) -> Iterable[Batch]:
        """Stretches of events; with a sampling loss, each with its negatives."""
        config, asked = self.config, self.occasions(data)
        for batch in batches.sequences(data, config.schedule.batch, rng, config.length, asked):
            if config.loss != "softmax":
                drawn = rng.integers(1, data.shape.n_items, config.negatives)
                batch["negatives"] = torch.from_numpy(drawn)
            yield batch


class SequentialEmbedder(HistoryEmbedder[C]):
    """The state after the last event, against the table of items it was fed with."""

    def loss(self, batch: Batch) -> Tensor:
        """Of the next item at every event."""
        device, known = batch["history"].device, batch["target"] > 0
        half = torch.autocast(device.type, torch.bfloat16, enabled=losses.has_bfloat16(device))
        with half:
            states = self.net(*(batch[name] for name in self.net.inputs))
        states, target, items = states[known], batch["target"][known], self.net.catalogue()
        if self.config.loss == "softmax":
            return losses.softmax(states, items, target)
        if self.config.loss == "sampled":
            return losses.sampled_softmax(states, items, target, batch["negatives"])
        return losses.gbce(states, items, target, batch["negatives"], self.config.calibration)


class CausalEncoder(nn.Module):
    """Items and places in, a state after every event out.

    Places are counted from the start of a stretch, so that a stretch needs no padding. Of the
    `inputs`, `forward` makes (B, n) each, right-padded with 0, n <= length -> (B, n, D), and
    `encode_one` (1, n) each, n > 0 -> (1, D): what `encode` gives for one history, for export.
    """

    forward: Callable[..., Tensor]
    encode_one: Callable[..., Tensor]
    inputs: tuple[str, ...] = ("history",)  # of `forward` and of `encode_one`, in their order

    def __init__(self, shape: Shape, config: SequentialConfig) -> None:
        super().__init__()
        self.length = config.length
        self.items = embedding(shape.n_items, config.d)
        self.places = embedding(config.length, config.d, std=0.02)
        self.drop = Dropout(config.dropout)

    def start(self, history: Tensor) -> Tensor:
        """Items and places.  (B, n) -> (B, n, D)"""
        return self.items(history) + self.places.weight[: history.shape[1]]

    def encode(self, batch: Batch) -> Tensor:
        """The inputs, (B, L) each and left-padded with 0 -> (B, D)"""
        moved, last = shifted([batch[name][:, -self.length :] for name in self.inputs])
        return torch.as_tensor(self(*moved)[torch.arange(len(last), device=last.device), last])

    def catalogue(self) -> Tensor:
        """(I, D)"""
        return self.items.weight


def shifted(columns: list[Tensor]) -> tuple[list[Tensor], Tensor]:
    """The padding from the left to the right, and the place of the last event.

    (B, L) each, the first of them items -> (B, n) each, (B,)
    """
    width, count = columns[0].shape[1], (columns[0] > 0).sum(1)
    place = torch.arange(width, device=count.device) + (width - count)[:, None]
    longest, index = max(int(count.max()), 1), place.clamp(max=width - 1)
    moved = [torch.where(place < width, c.gather(1, index), 0)[:, :longest] for c in columns]
    return moved, (count - 1).clamp(min=0)
