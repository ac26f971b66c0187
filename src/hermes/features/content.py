"""What an item is, as one row of numbers: what a model reads of an item nobody has touched yet.

Which categories, pairs of categories, tags and creators have a column, and what is dear in a
domain, is learned once from a catalogue and kept by name, so that an item that arrives later gets
its row by the same definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import msgspec
import numpy as np
from scipy.sparse import csr_array

from hermes.core.errors import ShapeError
from hermes.core.types import Array, Floats, Ints
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue

YEAR = 365.25  # days
ERAS = np.arange(1900, 2041, 4)  # centres, in years
SPREAD = 4.0  # years
PRICES = np.arange(-2.0, 2.1, 0.5)  # centres, in deviations from what is usual in the domain
NEAR = 0.6  # deviations
COHORTS = (1, 2)  # codes of the catalogue's
WEIGHTS = {
    "category": 1.0,
    "pair": 0.2,
    "creator": 0.2,  # small, as few items share one, so that the l2 of a model believes it less
    "tag": 1.0,
    "cohort": 1.0,
    "era": 1.0,
    "price": 1.0,
    "domain": 1.0,
}
NAMED = ("domains", "categories", "pairs", "creators", "tags")
MODALITY = 1.5  # weight of what an encoder says
SPLIT = "\x1f"  # between the names of a pair


class Card(msgspec.Struct):
    """What is read of a card."""

    tags: list[str] = []


@dataclass(frozen=True)
class Content:
    """Which facts have a column, by name."""

    domains: Vocabulary
    categories: Vocabulary
    pairs: Vocabulary  # two categories that an item has both
    creators: Vocabulary
    tags: Vocabulary
    prices: Floats  # (domains, 2) mean and deviation of the logarithm, 0 where nothing has a price
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
        tags: int = 500,
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
            tags=frequent([tag for own in tagged(catalogue) for tag in own], tags, least),
            prices=usual(catalogue),
            widths=tuple(widths),
        )

    @property
    def d(self) -> int:
        """Columns of a row."""
        named = sum(len(getattr(self, name)) - 1 for name in NAMED)
        return named + len(COHORTS) + len(ERAS) + len(PRICES) + sum(self.widths)

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
            WEIGHTS["tag"] * marked(tagged(catalogue), self.tags),
            WEIGHTS["cohort"] * (catalogue.cohort[:, None] == np.array(COHORTS)),
            WEIGHTS["price"] * self.dear(catalogue),
            WEIGHTS["era"] * eras(catalogue.published),
            *(MODALITY * v for v in vectors),
        ]
        out = np.concatenate(blocks, axis=1).astype(np.float32)
        out[0] = 0.0
        return out

    def dear(self, catalogue: Catalogue) -> Floats:
        """How near an item's price is to each of `PRICES`; zero where it is unknown.  -> (I, P)"""
        codes = self.domains.encode(catalogue.domains.names)
        mean, deviation = self.prices[codes[catalogue.domain]].T
        with np.errstate(invalid="ignore", divide="ignore"):
            far = (np.log(catalogue.price) - mean) / deviation
        return near(np.where(np.isfinite(far), far, np.nan), PRICES, NEAR)

    def arrays(self) -> dict[str, Array]:
        """For a bundle."""
        widths = np.array(self.widths, np.int64)
        out: dict[str, Array] = {"widths": widths, "prices": self.prices}
        for name in NAMED:
            out |= {f"{name}.{k}": v for k, v in getattr(self, name).arrays().items()}
        return out

    @classmethod
    def restore(cls, arrays: dict[str, Array]) -> Content:
        """The inverse of `arrays`."""
        known = {
            name: Vocabulary.restore({k: arrays[f"{name}.{k}"] for k in ("bytes", "ends")})
            for name in NAMED
        }
        return cls(**known, prices=arrays["prices"], widths=tuple(arrays["widths"].tolist()))


def rows(table: csr_array) -> list[list[int]]:
    """The codes of each row.  (I, V) -> I"""
    codes = table.indices.tolist()
    return [sorted(codes[a:b]) for a, b in pairwise(table.indptr.tolist())]


def tagged(catalogue: Catalogue) -> list[list[str]]:
    """The tags of each item.  -> I"""
    return [msgspec.json.decode(card, type=Card).tags for card in catalogue.cards]


def usual(catalogue: Catalogue) -> Floats:
    """Mean and deviation of the logarithm of each domain's prices.  -> (domains, 2)"""
    out = np.zeros((len(catalogue.domains), 2), np.float32)
    priced = catalogue.price > 0
    for domain in range(1, len(out)):
        logs = np.log(catalogue.price[priced & (catalogue.domain == domain)])
        out[domain] = (logs.mean(), logs.std()) if len(logs) else 0.0
    return out


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
    return near(published.astype(np.float64) / YEAR + 1970, ERAS, SPREAD)


def near(values: Array, centres: Array, spread: float) -> Floats:
    """How near each value is to each centre, from 0 to 1; 0 for NaN.  (I,), (C,) -> (I, C)

    >>> near(np.array([1.0, np.nan]), np.array([1.0, 3.0]), 2.0).round(2).tolist()
    [[1.0, 0.3700000047683716], [0.0, 0.0]]
    """
    far = (values[:, None] - centres) / spread
    return np.nan_to_num(np.exp(-(far**2))).astype(np.float32)


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
