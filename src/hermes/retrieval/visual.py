"""What looks alike: the nearest pictures by the cosine of their vectors.

An item without a picture is not in it: it is never found, and nothing is found from it. All
vectors are of one encoder; those of another are refused.
"""

from __future__ import annotations

import numpy as np

from hermes.core.protocols import Query, none
from hermes.core.types import Bools, Candidates, Floats, Ints, expect
from hermes.encoders.base import Vectors

from .channels import interest, membership, nothing
from .index import VectorIndex

FADE = 0.75  # of each event against the next later one


class Visual:
    """Neighbours of pictures; safe to search from many threads.

    vectors: (I, D) a row an item by code, unit length, zero where it has no picture; encoder: the
    identity that is expected of them, where the caller knows it.
    """

    def __init__(self, vectors: Vectors, encoder: str = "", exact_below: int = 50_000) -> None:
        vectors.expect(encoder or vectors.encoder)
        self.vectors = vectors
        self.seen: Bools = vectors.present.copy()  # (I,) items with a picture
        self.seen[:1] = False  # the unknown
        self.codes = np.flatnonzero(self.seen)  # (n,)
        rows = np.concatenate([vectors.rows[:1] * 0, vectors.rows[self.codes]])
        self.index = VectorIndex.build(np.ascontiguousarray(rows, np.float32), exact_below)

    def find(self, item: int, k: int) -> Candidates:
        """At most k others that look like an item, by cosine; none where it has no picture."""
        if not (0 < item < len(self.seen) and self.seen[item]):
            return nothing()
        return self.near(self.vectors.rows[item], k, np.array([item]))

    def find_alike(self, pictures: Vectors, k: int) -> Candidates:
        """At most k items that look like pictures that are no item's, for example uploaded ones.

        Raises `ShapeError` for vectors of another encoder.
        """
        self.vectors.expect(pictures.encoder)
        return self.near(pictures.rows[pictures.present].sum(axis=0), k)

    def near(self, vector: Floats, k: int, without: Ints = none()) -> Candidates:
        """At most k items by cosine with a vector of any length, without some.  (D,)"""
        expect(vector, self.vectors.rows.shape[1:], "the vector of a picture")
        length = float(np.linalg.norm(vector))
        if not (length > 0 and len(self.codes) and k > 0):
            return nothing()
        ask = min(k + len(without), len(self.codes))
        scores, places = self.index.search(np.asarray(vector / length, np.float32)[None], ask)
        found = places[0] > 0
        items = self.codes[places[0][found] - 1]
        known = membership(without, int(items.max(initial=0)))
        fresh = np.flatnonzero(~known[items])[:k]
        return Candidates(items[fresh], {"score": scores[0][found][fresh]})


class VisualChannel:
    """What looks like the anchor, or like the last of the history; not what was seen.

    length: events of the history that are looked at.
    """

    def __init__(
        self, name: str, visual: Visual, *, length: int = 5, repeats: bool = False
    ) -> None:
        self.name, self.visual, self.length, self.repeats = name, visual, length, repeats

    def retrieve(self, query: Query, k: int) -> Candidates:
        """At most k items; none where nothing that is asked for has a picture."""
        items, weights = self.looked_at(query)
        if not len(items):
            return nothing()
        vector = weights @ self.visual.vectors.rows[items]
        known = query.history[:0] if self.repeats else np.unique(query.history)
        return self.visual.near(vector, k, np.append(known, query.anchor))

    def looked_at(self, query: Query) -> tuple[Ints, Floats]:
        """Items with a picture that the query is about, and how much each counts.  (n,), (n,)"""
        items, _ = interest(query, self.length)
        weights = (FADE ** np.arange(len(items))[::-1]).astype(np.float32)
        held = self.visual.seen[items] if len(items) else np.zeros(0, bool)
        return items[held], weights[held]

    def evidence(self, query: Query, items: Ints) -> Ints:
        """What the query is about that looks most like each item, 0 without pictures.  -> (n,)"""
        about, weights = self.looked_at(query)
        if not len(about):
            return np.zeros(len(items), np.int64)
        rows = self.visual.vectors.rows
        added = (rows[items] @ rows[about].T) * weights  # (n, about)
        best = np.where(added.max(axis=1) > 0, about[added.argmax(axis=1)], 0)
        out: Ints = np.where(self.visual.seen[items], best, 0)
        return out
