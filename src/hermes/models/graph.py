"""What networks on the graph of users and items share: its edges, and to be served without it.

The graph is needed to learn. Afterwards a person's vector is one of their own plus a sum over the
distinct items of their history,

    own_u + scale(n) * sum over those n items of part_i,

which for the history that was learned from is to be the very vector that was learned, for a longer
one follows what was done since, and for somebody unknown, whose own vector is zero, is what their
items say. How a model's vectors fall into these parts stands in its file. Where a history has an
order, the items may count j^-decay, j from the end, in place of 1 each, and own_u, which knows no
order, may be left out; both are ours.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Self, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from scipy.sparse import csr_array
from torch import Tensor, nn

from hermes.core.types import Ints, Shape
from hermes.data.interactions import Interactions
from hermes.learn.batches import chunks, tensors
from hermes.learn.layers import embedding
from hermes.learn.loop import Batch
from hermes.learn.run import Run

from .filters import normalised
from .neural import NeuralEmbedder

C = TypeVar("C")
MANY = 1 << 20  # places, more than any history has


class Folding(nn.Module, ABC):
    """Vectors to learn, and what is served of them once `freeze` has put them together."""

    own: Tensor  # (U, D) of each user, zero for the unknown
    parts: Tensor  # (I, D) what an item adds to the vectors of those who chose it
    found: Tensor  # (I, D) the vectors that are searched among

    def __init__(
        self, shape: Shape, d: int, length: int, std: float, decay: float = 0.0, own: bool = True
    ) -> None:
        super().__init__()
        self.length, self.decay, self.known = length, decay, own
        self.users = embedding(shape.n_users, d, std)
        self.items = embedding(shape.n_items, d, std)
        for name, rows in (("own", shape.n_users), ("parts", shape.n_items)):
            self.register_buffer(name, torch.zeros(rows, d))
        self.register_buffer("found", torch.zeros(shape.n_items, d))

    @abstractmethod
    def freeze(self) -> None:
        """Fill `own`, `parts` and `found` from what has been learned so far."""

    @abstractmethod
    def scale(self, count: Tensor) -> Tensor:
        """The factor of the sum over `count` items, at least one.  (B,) -> (B,)"""

    def encode(self, batch: Batch) -> Tensor:
        """user (B,), history (B, L) -> (B, D)"""
        items, places = distinct(batch["history"][:, -self.length :])
        weights = torch.where(places > 0, places.clamp(min=1.0) ** -self.decay, 0.0)
        count, total = (places > 0).sum(1).clamp(min=1).float(), weights.sum(1).clamp(min=1e-12)
        said = (F.embedding(items, self.parts) * weights.unsqueeze(-1)).sum(1)
        said = (self.scale(count) * count / total).unsqueeze(-1) * said
        return F.embedding(batch["user"], self.own) + said if self.known else said

    def catalogue(self) -> Tensor:
        """(I, D)"""
        return self.found


class GraphEmbedder(NeuralEmbedder[C]):
    """Learns with a graph in its network, and takes it out at the end."""

    @abstractmethod
    def connect(self, data: Interactions) -> None:
        """Give the network the graph of the log."""

    def begin(self, data: Interactions) -> None:
        """Where the vectors start from, where a model knows better than by chance."""

    def prepare(self, data: Interactions) -> None:
        """The graph, and vectors to start from."""
        self.connect(data)
        self.begin(data)

    @abstractmethod
    def release(self) -> None:
        """Take from the network what only learning needed."""

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """Minimise, freeze."""
        super().fit(data, run)
        return self.frozen()

    def refresh(self, data: Interactions, run: Run = Run()) -> Self:
        """Learn on, on the graph of a log that has grown."""
        self.connect(data)
        super().refresh(data, run)
        return self.frozen()

    def frozen(self) -> Self:
        """As it is served and kept."""
        with torch.no_grad():
            self.net.freeze()
        self.release()
        return self

    def validate(self, data: Interactions) -> float | None:
        """NDCG@10 of what came next, seen items left out."""
        with torch.no_grad():
            self.net.freeze()
        return super().validate(data)


class Graph:
    """A, which is symmetric, so that the gradient goes back the way the vectors came.

    On a processor scipy multiplies: it takes a tenth of the time that torch's sparse product does.
    """

    def __init__(self, chosen: csr_array) -> None:
        half = normalised(chosen).tocoo()
        users, items = half.coords[0], half.coords[1] + chosen.shape[0]
        ends = (np.concatenate([users, items]), np.concatenate([items, users]))
        size = sum(chosen.shape)
        self.matrix = csr_array((np.tile(half.data, 2), ends), shape=(size, size))
        self.moved: Tensor | None = None  # the same on a GPU

    def __call__(self, x: Tensor) -> Tensor:
        """A x.  (U+I, D) -> (U+I, D)"""
        out: Tensor = Convolution.apply(x, self)  # type: ignore[no-untyped-call]
        return out

    def times(self, x: Tensor) -> Tensor:
        """A x, of which no gradient is kept."""
        if x.device.type == "cpu":
            return torch.from_numpy(self.matrix @ x.detach().numpy())
        if self.moved is None:
            cells = self.matrix.tocoo()
            place = torch.from_numpy(np.stack(cells.coords).astype(np.int64))
            made = torch.sparse_coo_tensor(place, torch.from_numpy(cells.data), cells.shape)
            self.moved = made.coalesce().to(x.device)
        with torch.autocast(x.device.type, enabled=False):
            return torch.sparse.mm(self.moved, x.float())


class Convolution(torch.autograd.Function):
    """One product with a graph."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, graph: Graph) -> Tensor:
        """(U+I, D) -> (U+I, D)"""
        ctx.graph = graph
        return graph.times(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        """(U+I, D) -> (U+I, D)"""
        return ctx.graph.times(grads[0].contiguous()), None


def distinct(history: Tensor) -> tuple[Tensor, Tensor]:
    """Each row's items in rising order, and the place from the end, 1 for the last, of each once.

    An item that comes more than once counts where it came last; there and at the 0 all other places
    are 0.  (B, L) -> (B, L), (B, L)
    """
    places = torch.arange(history.shape[1], 0, -1, device=history.device)
    keys = (history * MANY + places).sort(dim=1).values
    items, places = keys // MANY, keys % MANY
    before = F.pad(items[:, :-1], (1, 0), value=0)
    return items, torch.where(items != before, places, 0).to(torch.float32)


def pairs(chosen: csr_array, size: int, rng: np.random.Generator) -> Iterable[Batch]:
    """Every edge once, and an item beside it that its user did not choose.

    user (B,), item (B,), negative (B,)
    """
    users = np.repeat(np.arange(chosen.shape[0]), np.diff(chosen.indptr))
    items = chosen.indices.astype(np.int64)
    negatives = unchosen(users, items, chosen.shape[1], rng)
    for index in chunks(len(items), size, rng):
        yield tensors(user=users[index], item=items[index], negative=negatives[index])


def unchosen(
    users: Ints, items: Ints, n_items: int, rng: np.random.Generator, tries: int = 10
) -> Ints:
    """For each edge an item, drawn again up to `tries` times while it is one of the user's.

    Edges (N,), (N,) sorted by user and item, no item 0 -> (N,)
    """
    known = users * n_items + items
    drawn, left = rng.integers(1, n_items, len(users)), np.arange(len(users))
    for _ in range(tries):
        keys = users[left] * n_items + drawn[left]
        place = np.minimum(np.searchsorted(known, keys), max(len(known) - 1, 0))
        left = left[known[place] == keys]
        drawn[left] = rng.integers(1, n_items, len(left))
    return drawn
