"""Items by one vector of their text, picture and sound, each weighed as the query asks for it.

The fused vector of an item differs from query to query, yet none is ever made: the product with the
query is the weighted sum of the modalities' products, and its length comes from their Gram matrix,
which is there before anybody asks. See `encoders.fusion`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from hermes.core.protocols import none
from hermes.core.types import Bools, Candidates, Floats, Ints, strongest
from hermes.encoders.base import Encoder, Vectors
from hermes.encoders.fusion import TINY, Fusion, Projected, affine, typed, unit

from .channels import membership, nothing
from .index import VectorIndex

EXACT = 50_000  # items, below which each is compared
WIDE = 4  # items that each modality brings above that, in multiples of those wanted
WEIGHT = "weight."  # before a modality, in the name of a column


class FusedSearch:
    """What was learned, the items it sees, and what turns a query into a vector.

    items: a row an item by code, row 0 the unknown. Raises `ShapeError` when fusion was learned on
    queries of another encoder. Safe to search from many threads.
    """

    def __init__(
        self, fusion: Fusion, items: Projected, encoder: Encoder[str], exact: int = EXACT
    ) -> None:
        Vectors(np.zeros((0, encoder.d), np.float32), encoder.identity).expect(fusion.asker)
        self.fusion, self.encoder = fusion, encoder
        there: Bools = np.any(items.present, axis=1)
        there[:1] = False
        self.codes = np.flatnonzero(there)  # (n,)
        keys, self.present = items.keys[self.codes], items.present[self.codes].T  # (M, n)
        self.keys = np.ascontiguousarray(keys.transpose(1, 0, 2), np.float32)  # (M, n, d)
        self.gram = np.einsum("mid,nid->mni", self.keys, self.keys)  # (M, M, n)
        self.typical = typical(self.keys, self.present)  # (M, d)
        self.indexes = [] if len(self.codes) < exact else self.indexed()

    def indexed(self) -> list[VectorIndex]:
        """One of each modality's keys."""
        blank = np.zeros((1, self.fusion.d), np.float32)
        own = [unit(rows) for rows in self.keys]
        return [VectorIndex.build(np.concatenate([blank, rows])) for rows in own]

    def find(self, text: str, k: int, without: Ints = none()) -> Candidates:
        """At most k items, nearest first by cosine, with a column `weight.NAME` a modality."""
        return self.near(self.encoder.encode([text]), k, without)

    def near(self, vector: Floats, k: int, without: Ints = none()) -> Candidates:
        """The same for a vector of the same encoder.  (1, D)

        In a large catalogue those are compared that one of their modalities brings near.
        """
        if k < 1 or not len(self.codes) or not vector.any():
            return nothing()
        rows = self.around(vector, WIDE * (k + len(without))) if self.indexes else None
        return self.best(self.compared(vector, rows), k, without)

    def near_and_score(
        self, vector: Floats, k: int, without: Ints
    ) -> tuple[Candidates, Callable[[Ints], Candidates]]:
        """`near`, and `score` for any items; what is compared with all is compared once.  (1, D)"""
        if self.indexes or k < 1 or not len(self.codes) or not vector.any():
            return self.near(vector, k, without), partial(self.score, vector)
        every = self.compared(vector)
        return self.best(every, k, without), partial(self.score, vector, every=every)

    def best(self, found: Candidates, k: int, without: Ints) -> Candidates:
        """The nearest of what was compared, those `without` passed over."""
        hidden = membership(without, int(self.codes[-1]))
        left = np.flatnonzero(~hidden[found.items])
        return found.take(left[strongest(found.columns["score"][left], k)])

    def around(self, vector: Floats, k: int) -> Ints:
        """Rows that some modality brings near.  -> (n,)"""
        asked = unit(vector @ self.fusion.tower).astype(np.float32)
        found = [index.search(asked, min(k, len(self.codes)))[1][0] for index in self.indexes]
        places = np.unique(np.concatenate(found))
        return places[places > 0] - 1

    def score(self, vector: Floats, items: Ints, every: Candidates | None = None) -> Candidates:
        """Of these items, those that have nothing with a score and weights of 0.  (1, D), (n,)

        every: what `compared` says of all, where it is known.
        """
        place = np.minimum(np.searchsorted(self.codes, items), len(self.codes) - 1)
        there = self.codes[place] == items if len(self.codes) else np.zeros(len(items), bool)
        if not there.any() or not vector.any():
            names = ("score", *(WEIGHT + name for name in self.fusion.names))
            return Candidates(items, {name: np.zeros(len(items), np.float32) for name in names})
        found = self.compared(vector, place) if every is None else every.take(place)
        return Candidates(items, {k: np.where(there, v, 0.0) for k, v in found.columns.items()})

    def compared(self, vector: Floats, rows: Ints | None = None) -> Candidates:
        """Cosine and weights of some rows, or of all.  (1, D)"""
        keys, present, gram, codes = self.keys, self.present, self.gram, self.codes
        if rows is not None:
            keys, present = keys[:, rows], present[:, rows]
            gram, codes = gram[:, :, rows], codes[rows]
        flat = keys.reshape(-1, self.fusion.d)
        alpha = softmax((flat @ self.asked(vector)).reshape(present.shape), present)
        dots = (flat @ unit(vector @ self.fusion.tower)[0]).reshape(present.shape)
        near, squared = (alpha * dots).sum(0), np.zeros(len(codes), np.float32)
        for m, n in np.ndindex(gram.shape[:2]):
            squared += alpha[m] * alpha[n] * gram[m, n]
        columns = {WEIGHT + name: alpha[m] for m, name in enumerate(self.fusion.names)}
        return Candidates(codes, {"score": near / np.sqrt(np.maximum(squared, TINY)), **columns})

    def asked(self, vector: Floats) -> Floats:
        """What a key is multiplied with for its logit.  (1, D) -> (d,)"""
        out = affine(typed(vector), self.fusion.ask)[0] / np.sqrt(self.fusion.d)
        return np.asarray(out, np.float32)

    def weights(self, vector: Floats) -> dict[str, float]:
        """What each modality counts for this query in an item that has all and is like the mean.

        What no item has counts nothing. Empty where the query says nothing.  (1, D)
        """
        if not len(self.codes) or not vector.any():
            return {}
        logits = self.typical @ self.asked(vector)
        had: Bools = np.any(self.present, axis=1, keepdims=True)
        alpha = softmax(logits[:, None], had)[:, 0]
        return dict(zip(self.fusion.names, alpha.tolist(), strict=True))


def shared(found: Candidates) -> list[dict[str, float] | None]:
    """The weights of each item that was found by name, None of one that has nothing.  -> n

    >>> columns = {"weight.text": np.array([0.25, 0.0]), "score": np.zeros(2)}
    >>> shared(Candidates(np.array([7, 8]), columns))
    [{'text': 0.25}, None]
    """
    names = [name for name in found.columns if name.startswith(WEIGHT)]
    rows = zip(*(found.columns[name].tolist() for name in names), strict=True)
    plain = [name.removeprefix(WEIGHT) for name in names]
    told = [dict(zip(plain, row, strict=True)) if any(row) else None for row in rows]
    return told or [None] * len(found)


def softmax(logits: Floats, present: Bools) -> Floats:
    """`encoders.fusion.attention` with a row a modality; each item has one.  (M, n) -> (M, n)

    >>> softmax(np.zeros((2, 2)), np.array([[True, True], [True, False]])).tolist()
    [[0.5, 1.0], [0.5, 0.0]]
    """
    kept = np.where(present, logits, -np.inf)
    mass = np.exp(kept - kept.max(0))
    out: Floats = mass / mass.sum(0)
    return out


def typical(keys: Floats, present: Bools) -> Floats:
    """Mean key of each modality: of items that have all, else of those that have it.

    (M, n, d), (M, n) -> (M, d)

    >>> keys = np.array([[[1.0], [3.0]], [[2.0], [0.0]]])
    >>> typical(keys, np.array([[True, True], [True, False]])).ravel().tolist()
    [1.0, 2.0]
    """
    whole: Bools = np.all(present, axis=0)
    counted = present & whole if whole.any() else present
    sums = (keys * counted[..., None]).sum(1)
    out: Floats = sums / np.maximum(counted.sum(1), 1)[:, None]
    return out
