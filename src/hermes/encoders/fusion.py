"""One vector from an item's text, picture and sound, as the query weighs them.

Task-conditional cross-attention: what is asked decides which of an item's modalities is listened
to. For a query q and an item's vectors m, one of each modality it has,

    alpha = softmax over m of (t Wq) . (m Wm) / sqrt(d)     one softmax over all of them together
    Z     = sum over m of alpha_m (m Wm)

and the item is as near as Z lies to the query in the same space, cos(q U, Z). Here t is q beside
its absolute values: what kind of question it is lies in which directions it says anything along,
whatever it says there, which no table of q alone can tell. What an item lacks
takes no part: it has weight 0 and the others share the whole. Every W but U ends in an offset,
since encoders take out what all vectors have in common: without it no modality could be preferred
for the query's sake alone. Learned by `learn.fusion`; here is only what serving needs.
Vaswani et al. Attention is all you need. NeurIPS 2017.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from hermes.core.errors import ArtifactError, ConfigError, ShapeError, nearest
from hermes.core.types import Array, Bools, Candidates, Floats

from .base import Vectors

TINY = 1e-9
MADE = "made"  # before the name of the encoder of a table, in a bundle


@dataclass(frozen=True, slots=True)
class Projected:
    """Items' vectors of all modalities in one space, ready to be weighed."""

    keys: Floats  # (I, M, d) m Wm, zero where absent
    present: Bools  # (I, M)


@dataclass(frozen=True)
class Fusion:
    """What was learned, and the encoders whose vectors it was learned on."""

    asker: str  # identity of the encoder of queries
    encoders: Mapping[str, str]  # of each modality, by its name
    ask: Floats  # (2 D + 1, d) Wq and its offset
    tower: Floats  # (D, d) U
    tables: Mapping[str, Floats]  # each (Dm + 1, d), Wm and its offset

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together."""
        shapes = [table.shape[1:] for table in (self.ask, self.tower, *self.tables.values())]
        whole = len(set(shapes)) == 1 and len(self.ask) == 2 * len(self.tower) + 1
        if not self.tables or set(self.tables) != set(self.encoders) or not whole:
            raise ShapeError(f"fusion: tables of {list(self.tables)} of shapes {shapes} do not fit")

    @property
    def names(self) -> tuple[str, ...]:
        """Modalities, in the order of the columns of weights."""
        return tuple(self.tables)

    @property
    def d(self) -> int:
        """Length of a fused vector."""
        return int(self.tower.shape[1])

    @property
    def identity(self) -> str:
        """`fusion:attention:` and a hash of all arrays and of the encoders below."""
        total = hashlib.sha256()
        for name, array in sorted(self.arrays().items()):
            total.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
        return f"fusion:attention:{total.hexdigest()[:16]}"

    def project(self, modalities: Mapping[str, Vectors]) -> Projected:
        """Once for a catalogue; a modality that is not given is absent everywhere.

        Raises `ConfigError` for a modality nobody learned, `ShapeError` for vectors of another
        encoder or of another number of items.
        """
        self.admit(modalities)
        size = len(next(iter(modalities.values())).rows)
        keys = np.zeros((size, len(self.names), self.d), np.float32)
        present = np.zeros(keys.shape[:2], bool)
        for place, name in enumerate(self.names):
            if name in modalities:
                there = modalities[name].present
                keys[there, place] = affine(modalities[name].rows[there], self.tables[name])
                present[:, place] = there
        return Projected(keys, present)

    def admit(self, modalities: Mapping[str, Vectors]) -> None:
        """Raise for what cannot be projected."""
        if not modalities:
            raise ConfigError("fusion: no modality is given; give at least one's vectors")
        for name, vectors in modalities.items():
            if name not in self.encoders:
                raise ConfigError(f"fusion knows no {name!r}{nearest(name, self.names)}")
            vectors.expect(self.encoders[name])
        sizes = {name: len(vectors.rows) for name, vectors in modalities.items()}
        if len(set(sizes.values())) != 1:
            raise ShapeError(f"fusion: items by modality {sizes}; give one row an item for each")

    def weights(self, query: Vectors, items: Projected) -> Floats:
        """What each modality counts; a row sums to 1, or to 0 where there is nothing.  -> (I, M)"""
        asked = affine(typed(self.asked(query)), self.ask)[0]
        return attention(items.keys @ asked / np.sqrt(self.d), items.present)

    def fuse(self, query: Vectors, items: Projected) -> Floats:
        """Z, zero where an item has nothing.  -> (I, d)"""
        return blended(self.weights(query, items), items)

    def score(self, query: Vectors, items: Projected) -> Floats:
        """Cosine of query and item; -inf where an item has nothing.  -> (I,)"""
        return self.cosine(query, self.fuse(query, items), items)

    def find(self, query: Vectors, items: Projected, k: int) -> Candidates:
        """The k nearest rows of the catalogue, each with `score` and a column for each weight.

        A query of which its encoder has nothing to say finds nothing.
        """
        if not query.present.all():
            return Candidates(np.zeros(0, np.int64))
        weights = self.weights(query, items)
        score = self.cosine(query, blended(weights, items), items)
        columns = {f"weight.{name}": weights[:, i] for i, name in enumerate(self.names)}
        found = Candidates(np.arange(len(score)), {"score": score, **columns})
        return found.take(np.isfinite(score)).top("score", k)

    def cosine(self, query: Vectors, fused: Floats, items: Projected) -> Floats:
        """The same for vectors that are fused already.  (I, d) -> (I,)"""
        near = unit(fused) @ unit(self.asked(query) @ self.tower)[0]
        out: Floats = np.where(items.present.any(1), near, -np.inf).astype(np.float32)
        return out

    def asked(self, query: Vectors) -> Floats:
        """The one row of a query; `ShapeError` for several, or another encoder's.  -> (1, D)"""
        query.expect(self.asker)
        if query.rows.shape != (1, len(self.tower)):
            raise ShapeError(
                f"fusion: one query of {len(self.tower)} values, got {query.rows.shape}"
            )
        return query.rows

    def arrays(self) -> dict[str, Array]:
        """For a bundle."""
        names = {"asker": self.asker} | {f"{MADE}.{k}": v for k, v in self.encoders.items()}
        said = {k: np.frombuffer(v.encode(), np.uint8) for k, v in names.items()}
        tables = {f"table.{name}": table for name, table in self.tables.items()}
        return {"ask": self.ask, "tower": self.tower} | tables | said

    @classmethod
    def restore(cls, arrays: Mapping[str, Array]) -> Self:
        """The inverse of `arrays`; raises `ArtifactError`."""
        names = [key.partition(".")[2] for key in arrays if key.startswith("table.")]
        try:
            encoders = {name: arrays[f"{MADE}.{name}"].tobytes().decode() for name in names}
            tables = {name: arrays[f"table.{name}"] for name in names}
            asker = arrays["asker"].tobytes().decode()
            return cls(asker, encoders, arrays["ask"], arrays["tower"], tables)
        except KeyError as error:
            raise ArtifactError(f"fusion: the bundle lacks array {error}") from error
        except ShapeError as error:
            raise ArtifactError(f"{error}; learn it again") from error


def typed(queries: Floats) -> Floats:
    """Queries beside their absolute values.  (n, D) -> (n, 2 D)

    >>> typed(np.array([[1.0, -2.0]])).tolist()
    [[1.0, -2.0, 1.0, 2.0]]
    """
    return np.concatenate([queries, np.abs(queries)], axis=1)


def attention(logits: Array, present: Bools) -> Floats:
    """One softmax over what is present in each row; what is absent has exactly 0.

    >>> attention(np.zeros((2, 3)), np.array([[True, False, True], [False] * 3])).tolist()
    [[0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]
    """
    kept = np.where(present, logits, -np.inf)
    most = kept.max(1, keepdims=True)
    mass = np.exp(kept - np.where(np.isfinite(most), most, 0.0))
    total = mass.sum(1, keepdims=True)
    return np.divide(mass, total, out=np.zeros(kept.shape), where=total > 0).astype(np.float32)


def blended(weights: Floats, items: Projected) -> Floats:
    """Sum of the keys by their weights.  (I, M) -> (I, d)"""
    return np.einsum("im,imd->id", weights, items.keys)


def affine(rows: Floats, table: Floats) -> Floats:
    """Rows times a table whose last row is the offset.  (n, D), (D + 1, d) -> (n, d)"""
    if rows.shape[1] != len(table) - 1:
        raise ShapeError(f"fusion: vectors of {rows.shape[1]} values, learned on {len(table) - 1}")
    return rows @ table[:-1] + table[-1]


def unit(rows: Floats) -> Floats:
    """Rows of length one; zero stays zero."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(length, TINY)
