"""A channel whose encoder turns a query into a vector and whose index finds what lies near."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from hermes.core.errors import ShapeError
from hermes.core.protocols import Query
from hermes.core.types import Array, Candidates, Floats, Ints, Queries
from hermes.data.context import of_request

from .channels import interest, membership, nothing

Encoder = Callable[[Queries], Floats]  # (B,) -> (B, D): an ONNX session, or a model's `embed`


class Index(Protocol):
    """Nearest items by inner product."""

    def search(self, vectors: Floats, k: int) -> tuple[Floats, Ints]:
        """(B, D) -> scores (B, k) best first, item codes (B, k), both <= 0 codes mean nothing."""


def unpadded(query: Queries) -> dict[str, Array]:
    """One query as the inputs of an encoder's graph."""
    n = int(np.count_nonzero(query.history)) or 1
    history, ages = query.history[:, -n:], query.ages[:, -n:]
    known = {} if query.context is None else {"context": query.context}
    return {"user": query.users, "history": history, "ages": ages, **known}


class Remembered:
    """Keeps `size` of an encoder's vectors under a hash of the very input they were made from.

    A user who has done nothing new is not encoded again. Only for encoders that do not read ages,
    which are others at every request.
    """

    def __init__(self, encoder: Encoder, size: int = 40_000) -> None:
        self.encoder, self.size = encoder, size
        self.kept: dict[int, Floats] = {}  # (1, D) each, the one kept longest first

    def __call__(self, queries: Queries) -> Floats:
        """(1,) -> (1, D); more than one query at once goes straight to the encoder."""
        if len(queries) != 1:
            return self.encoder(queries)
        key = hash((int(queries.users[0]), queries.history.tobytes()))
        vector = self.kept.get(key)
        if vector is None:
            vector = self.encoder(queries)
            self.keep(key, vector)
        return vector

    def keep(self, key: int, vector: Floats) -> None:
        """For later; what was kept longest gives way."""
        while len(self.kept) >= self.size:
            self.kept.pop(next(iter(self.kept)), None)
        self.kept[key] = vector

    def learn(self, queries: Queries, vectors: Floats) -> None:
        """Take vectors that the same encoder gave before.  (B,), (B, D)"""
        for user, row, vector in zip(queries.users, queries.history, vectors, strict=True):
            self.keep(hash((int(user), row.tobytes())), vector[None])


class EmbeddingChannel:
    """Asks the index for k plus as many as the user has seen, and leaves those out.

    length: events of the history the encoder reads; most: what is asked for at most, since a
    history may be longer than an index is good for; asked: the encoder reads the circumstances of
    the request too.
    """

    def __init__(
        self,
        name: str,
        encoder: Encoder,
        index: Index,
        *,
        length: int = 200,
        most: int = 5000,
        strangers: bool = False,
        repeats: bool = False,
        asked: bool = False,
    ) -> None:
        self.name, self.encoder, self.index = name, encoder, index
        self.length, self.most = length, most
        self.strangers, self.repeats, self.asked = strangers, repeats, asked

    def encode(self, query: Query) -> Floats:
        """(1, D); raises `ShapeError` when the encoder gives anything else."""
        vector = np.asarray(self.encoder(self.view(query)), np.float32)
        if vector.ndim != 2 or len(vector) != 1:
            raise ShapeError(f"channel {self.name}: the encoder gave {vector.shape} for one query")
        return vector

    def view(self, query: Query) -> Queries:
        """The interest as one row.  -> (1,), (1, length)"""
        history, ages = interest(query, self.length)
        row, days = np.zeros((1, self.length), np.int64), np.zeros((1, self.length), np.float32)
        if len(history):
            row[0, -len(history) :], days[0, -len(history) :] = history, ages
        if not self.asked:
            return Queries(np.array([query.user]), row, days)
        known = of_request(query.context, query.at.timestamp() / 86_400, query.ages)
        return Queries(np.array([query.user]), row, days, known[None])

    def retrieve(self, query: Query, k: int) -> Candidates:
        """At most k items; none for a stranger unless the encoder was made for `strangers`."""
        if not (len(query.history) or query.anchor or self.strangers):
            return nothing()
        ask = k + (0 if self.repeats else len(query.history)) + bool(query.anchor)
        scores, items = self.index.search(self.encode(query), min(ask, max(self.most, k)))
        scores, items = scores[0], items[0]
        known = membership(query.history, int(items.max(initial=0)))
        if self.repeats:
            known[:] = False
        known[0] = known[query.anchor] = True
        fresh = np.flatnonzero((items > 0) & ~known[items])[:k]
        return Candidates(items[fresh], {"score": scores[fresh]})
