"""What an item is, as one row of numbers: what a model reads of an item nobody has touched yet.

Which categories, pairs of categories and creators have a column is learned once from a catalogue
and kept by name, so that an item that arrives later gets its row by the same definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from scipy.sparse import csr_array

from hermes.core.errors import ShapeError
from hermes.core.types import Array, Floats, Ints
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue

YEAR = 365.25  # days
ERAS = np.arange(1900, 2041, 4)  # centres, in years
SPREAD = 4.0  # years
WEIGHTS = {"category": 1.0, "pair": 0.5, "creator": 0.5, "era": 1.0, "domain": 1.0}
MODALITY = 1.5  # weight of what an encoder says
SPLIT = "\x1f"  # between the names of a pair


@dataclass(frozen=True)
class Content:
    """Which facts have a column, by name."""

    domains: Vocabulary
    categories: Vocabulary
    pairs: Vocabulary  # two categories that an item has both
    creators: Vocabulary
    widths: tuple[int, ...] = ()  # of each encoder's vectors

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        widths: Sequence[int] = (),
        creators: int = 2000,
        least: int = 2,
        categories: int = 300,
        pairs: int = 200,
    ) -> Content:
        """The most frequent of each kind; a creator or pair needs `least` items."""
        names, sets = catalogue.categories.names, rows(catalogue.category)
        both = [SPLIT.join(sorted((names[a], names[b]))) for s in sets for a, b in couples(s)]
        kinds = [names[c] for s in sets for c in s]
        makers = [catalogue.creators.names[c] for s in rows(catalogue.creator) for c in s]
        return cls(
            domains=catalogue.domains,
            categories=frequent(kinds, categories, 1),
            pairs=frequent(both, pairs, max(least, 5)),
            creators=frequent(makers, creators, least),
            widths=tuple(widths),
        )

    @property
    def d(self) -> int:
        """Columns of a row."""
        known = (self.domains, self.categories, self.pairs, self.creators)
        return sum(len(v) - 1 for v in known) + len(ERAS) + sum(self.widths)

    def table(self, catalogue: Catalogue, *vectors: Floats) -> Floats:
        """One row an item; the unknown's is zero.  (I, D_m) each -> (I, D)

        Vectors are unit rows of the encoders named when this was made, zero where there is none;
        raises `ShapeError` for others.
        """
        if tuple(v.shape for v in vectors) != tuple((len(catalogue), w) for w in self.widths):
            raise ShapeError(f"content: expected vectors of widths {self.widths}, one an item")
        names, kinds = catalogue.categories.names, rows(catalogue.category)
        couple = [[SPLIT.join(sorted((names[a], names[b]))) for a, b in couples(s)] for s in kinds]
        makers = [[catalogue.creators.names[c] for c in s] for s in rows(catalogue.creator)]
        own = [[catalogue.domains.names[d]] for d in catalogue.domain.tolist()]
        blocks = [
            WEIGHTS["domain"] * marked(own, self.domains),
            WEIGHTS["category"] * marked([[names[c] for c in s] for s in kinds], self.categories),
            WEIGHTS["pair"] * marked(couple, self.pairs),
            WEIGHTS["creator"] * marked(makers, self.creators),
            WEIGHTS["era"] * eras(catalogue.published),
            *(MODALITY * v for v in vectors),
        ]
        out = np.concatenate(blocks, axis=1).astype(np.float32)
        out[0] = 0.0
        return out

    def arrays(self) -> dict[str, Array]:
        """For a bundle."""
        out: dict[str, Array] = {"widths": np.array(self.widths, np.int64)}
        for name in ("domains", "categories", "pairs", "creators"):
            out |= {f"{name}.{k}": v for k, v in getattr(self, name).arrays().items()}
        return out

    @classmethod
    def restore(cls, arrays: dict[str, Array]) -> Content:
        """The inverse of `arrays`."""
        known = {
            name: Vocabulary.restore({k: arrays[f"{name}.{k}"] for k in ("bytes", "ends")})
            for name in ("domains", "categories", "pairs", "creators")
        }
        return cls(**known, widths=tuple(arrays["widths"].tolist()))


def rows(table: csr_array) -> list[list[int]]:
    """The codes of each row.  (I, V) -> I"""
    codes = table.indices.tolist()
    return [sorted(codes[a:b]) for a, b in pairwise(table.indptr.tolist())]


def couples(codes: Sequence[int]) -> list[tuple[int, int]]:
    """Every two of the first ten."""
    return list(combinations(codes[:10], 2))


def frequent(names: Sequence[str], most: int, least: int) -> Vocabulary:
    """The `most` frequent of at least `least` occurrences, equal ones by the alphabet."""
    known, counts = np.unique(np.array([n for n in names if n], dtype=np.str_), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return Vocabulary.of([str(known[i]) for i in order[:most] if counts[i] >= least])


def marked(names: Sequence[Sequence[str]], known: Vocabulary) -> Floats:
    """1 in the column of each name of a row.  I -> (I, known)"""
    out = np.zeros((len(names), len(known)), np.float32)
    for row, own in enumerate(names):
        for name in own:
            out[row, known.code(name)] = 1.0
    return out[:, 1:]


def eras(published: Floats) -> Floats:
    """How near an item's year is to each of `ERAS`; zero where it is unknown.  (I,) -> (I, E)"""
    years = published.astype(np.float64) / YEAR + 1970
    near = np.exp(-(((years[:, None] - ERAS) / SPREAD) ** 2))
    return np.nan_to_num(near).astype(np.float32)


def coded(item_fields: Ints) -> Floats:
    """Attribute codes as content, where nothing more is known: a column a value.  (I, F) -> (I, D)

    >>> coded(np.array([[0], [1], [2], [1]])).tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    """
    none = np.zeros((len(item_fields), 0), np.float32)
    sizes = item_fields.max(axis=0, initial=0) + 1
    blocks = [
        np.eye(size, dtype=np.float32)[column][:, 1:]
        for size, column in zip(sizes.tolist(), item_fields.T, strict=True)
    ]
    return np.concatenate([none, *blocks], axis=1)
