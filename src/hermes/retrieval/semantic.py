"""Items that mean what a text says: the nearest by the vector of the text.

An item may have several vectors, one a passage of what is written about it, and is as near as the
nearest of them: one vector of a whole text lies near what all texts have in common.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from hermes.core.errors import ShapeError
from hermes.core.protocols import Query, none
from hermes.core.types import Candidates, Floats, Ints, strongest
from hermes.encoders.base import Encoder, Vectors

from .channels import nothing
from .index import VectorIndex

AROUND = 4  # passages asked for at first, in multiples of the items wanted


class SemanticSearch:
    """The passages' vectors, the item each is of, and what turns a query into a vector.

    owner: the item code of each passage, (P,); a passage whose vector is zero is never found.
    Raises `ShapeError` when another encoder made the vectors than queries are asked with, or when
    the index is not of these vectors.
    """

    def __init__(
        self,
        vectors: Vectors,
        owner: Ints,
        encoder: Encoder[str],
        index: VectorIndex | None = None,
    ) -> None:
        vectors.expect(encoder.identity)
        if len(owner) != len(vectors.rows):
            raise ShapeError(f"semantic search: {len(owner)} owners, {len(vectors.rows)} vectors")
        there = np.flatnonzero(vectors.present)
        there = there[np.argsort(owner[there], kind="stable")]  # an item's passages side by side
        self.vectors, self.owner, self.encoder = vectors.rows[there], owner[there], encoder
        self.items, self.starts = np.unique(self.owner, return_index=True)
        self.index = index or indexed(self.vectors)
        if self.index.index.ntotal != len(self.owner):
            raise ShapeError(
                f"semantic search: an index of {self.index.index.ntotal} vectors for "
                f"{len(self.owner)} that are there; build it again"
            )

    @classmethod
    def of_items(cls, vectors: Vectors, encoder: Encoder[str]) -> SemanticSearch:
        """Where each item has one vector, row 0 being the unknown.  (I, D)"""
        rows = Vectors(vectors.rows[1:], vectors.encoder)
        return cls(rows, np.arange(1, len(vectors.rows)), encoder)

    def find(self, text: str, k: int, without: Ints = none()) -> Candidates:
        """At most k items, nearest first by cosine; those `without` are passed over."""
        return self.near(self.vector(text), k, without)

    def vector(self, text: str) -> Floats:
        """Of a query; zero where there is nothing to look for.  -> (1, D)"""
        return self.encoder.encode([text])

    def near(self, vector: Floats, k: int, without: Ints = none()) -> Candidates:
        """The same for a vector of the same encoder.  (1, D)"""
        if k < 1 or not len(self.owner) or not vector.any():
            return nothing()
        if self.index.rows is not None:  # every passage is compared anyway
            nearest = np.maximum.reduceat(self.index.rows @ vector[0], self.starts)
            left = np.flatnonzero(~np.isin(self.items, without))
            top = left[strongest(nearest[left], k)]
            return Candidates(self.items[top], {"score": nearest[top]})
        ask = AROUND * (k + len(without))
        while True:
            scores, places = self.index.search(vector, min(ask, len(self.owner)))
            found = places[0] > 0
            owners, scores = self.owner[places[0][found] - 1], scores[0][found]
            _, first = np.unique(owners, return_index=True)
            first.sort()  # best first, as the passages are
            kept = first[~np.isin(owners[first], without)][:k]
            if len(kept) == k or ask >= len(self.owner):
                return Candidates(owners[kept], {"score": scores[kept]})
            ask *= AROUND

    def likeness(self, vector: Floats, items: Ints) -> Floats:
        """How near each item is, 0 where it has no vector.  (1, D), (n,) -> (n,)"""
        begin = np.searchsorted(self.owner, items)
        sizes = np.searchsorted(self.owner, items, "right") - begin
        out, there = np.zeros(len(items), np.float32), np.flatnonzero(sizes)
        if not len(there):
            return out
        starts = np.append(0, np.cumsum(sizes[there])[:-1])
        places = np.repeat(begin[there] - starts, sizes[there]) + np.arange(sizes[there].sum())
        out[there] = np.maximum.reduceat(self.vectors[places] @ vector[0], starts)
        return out


class Search(Protocol):
    """Items for a text."""

    def find(self, text: str, k: int, without: Ints = none()) -> Candidates:
        """At most k items with a column `score`, best first."""


class SemanticChannel:
    """What a search finds for the query's text; nothing when it has none."""

    def __init__(self, name: str, search: Search, *, repeats: bool = False) -> None:
        self.name, self.search, self.repeats = name, search, repeats

    def retrieve(self, query: Query, k: int) -> Candidates:
        """At most k items that the user has not seen, or asks for by name."""
        if not query.text:
            return nothing()
        seen = none() if self.repeats else query.seen
        return self.search.find(query.text, k, np.append(seen, query.anchor))


def indexed(rows: Floats) -> VectorIndex:
    """An index whose item i + 1 is row i.  (P, D)"""
    blank = np.zeros((1, rows.shape[1]), np.float32)
    return VectorIndex.build(np.concatenate([blank, rows.astype(np.float32)]))
