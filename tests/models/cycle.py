"""A log in which everybody goes around, and questions about it: what sequence models must learn."""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np
import torch
from torch import nn

from hermes.core.types import Floats, Queries, Shape
from hermes.data.interactions import Interactions

ITEMS, LENGTH = 30, 12
Net = TypeVar("Net", bound=nn.Module)


class Model(Protocol):
    """What can be asked."""

    def score(self, queries: Queries) -> Floats:
        """(B,) -> (B, I)"""


def cycle(users: int = 40, events: int = 20) -> Interactions:
    """Everybody goes around 1, 2, ... 29, 1."""
    who, step = np.repeat(np.arange(1, users + 1), events), np.tile(np.arange(events), users)
    items = 1 + (5 * who + step) % (ITEMS - 1)
    ones = np.ones(len(who), np.float32)
    return Interactions(who, items, step.astype(float), ones, Shape(users + 1, ITEMS))


def asked(*histories: list[int], user: int = 0, length: int = LENGTH) -> Queries:
    """One event a day."""
    rows = np.zeros((len(histories), length), np.int64)
    for row, history in zip(rows, histories, strict=True):
        row[length - len(history) :] = history
    ages = np.where(rows > 0, np.arange(length, 0, -1), 0).astype(np.float32)
    return Queries(np.full(len(rows), user), rows, ages)


def followed(model: Model) -> float:
    """How often what comes next is among the first three."""
    scores = model.score(asked(*([i, i + 1, i + 2] for i in range(1, 25))))
    scores[:, 0] = -np.inf
    found = np.argsort(-scores, axis=1)[:, :3]
    return float(
        np.mean([i + 3 in row for i, row in zip(range(1, 25), found.tolist(), strict=True)])
    )


def shaken(net: Net) -> Net:
    """With weights moved at random, so that no part of it is silent."""
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.2)
    return net.eval()
