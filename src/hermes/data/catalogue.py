"""What is on offer, as arrays by item code: read by rules, features and answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from hermes.core.types import Array, Bools, Floats, Ints
from hermes.core.vocab import Vocabulary


@dataclass(frozen=True)
class Catalogue:
    """I items; row 0 is the unknown, which is never available."""

    items: Vocabulary  # asset ids
    domains: Vocabulary
    categories: Vocabulary  # every category and genre, of all domains together
    creators: Vocabulary
    domain: Ints  # (I,) codes
    category: csr_array  # (I, categories) 1 where the item is of the category
    creator: csr_array  # (I, creators)
    cohort: Ints  # (I,) 0 unknown, 1 mainstream, 2 independent
    price: Floats  # (I,) NaN where unknown
    published: Floats  # (I,) days since the epoch, NaN where unknown
    available: Bools  # (I,)
    titles: tuple[str, ...]  # (I,)
    cards: tuple[bytes, ...]  # (I,) the item as a JSON object, ready to be put into an answer

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def fields(self) -> Ints:
        """(I, 4) attribute codes for models: domain, first category, first creator, half-decade."""
        year = np.nan_to_num(self.published, nan=-1e9) / 365.25 + 1970
        decade = np.where(year > 0, np.clip((year - 1900) // 5 + 1, 1, 30), 0)
        columns = [self.domain, first(self.category), first(self.creator), decade]
        return np.stack(columns, axis=1).astype(np.int64)

    @cached_property
    def cardinalities(self) -> tuple[int, ...]:
        """Of `fields`."""
        return len(self.domains), len(self.categories), len(self.creators), 32

    def arrays(self) -> dict[str, Array]:
        """All but the cards, for a bundle."""
        out: dict[str, Array] = {}
        for name in ("items", "domains", "categories", "creators"):
            out |= {f"{name}.{k}": v for k, v in getattr(self, name).arrays().items()}
        for name in ("category", "creator"):
            table = getattr(self, name)
            out |= {f"{name}.indptr": table.indptr, f"{name}.indices": table.indices}
        for name in ("domain", "cohort", "price", "published", "available"):
            out[name] = getattr(self, name)
        return (
            out
            | {f"titles.{k}": v for k, v in pack(self.titles).items()}
            | {f"cards.{k}": v for k, v in pack(self.cards).items()}
        )

    @classmethod
    def restore(cls, arrays: dict[str, Array]) -> Catalogue:
        """The inverse of `arrays`."""
        vocabularies: dict[str, Any] = {
            name: Vocabulary.restore({k: arrays[f"{name}.{k}"] for k in ("bytes", "ends")})
            for name in ("items", "domains", "categories", "creators")
        }
        tables: dict[str, Any] = {}
        for name, width in (("category", "categories"), ("creator", "creators")):
            indptr, indices = arrays[f"{name}.indptr"], arrays[f"{name}.indices"]
            size = (len(indptr) - 1, len(vocabularies[width]))
            tables[name] = csr_array((np.ones(len(indices), np.float32), indices, indptr), size)
        plain: dict[str, Any] = {
            n: arrays[n] for n in ("domain", "cohort", "price", "published", "available")
        }
        titles = unpack({k: arrays[f"titles.{k}"] for k in ("bytes", "ends")})
        cards = unpack({k: arrays[f"cards.{k}"] for k in ("bytes", "ends")})
        return cls(
            **vocabularies,
            **tables,
            **plain,
            titles=tuple(t.decode("utf-8", "surrogatepass") for t in titles),
            cards=tuple(cards),
        )


def first(table: csr_array) -> Ints:
    """The first code of each row, 0 where there is none.  -> (I,)"""
    counts = np.diff(table.indptr)
    out = np.zeros(len(counts), np.int64)
    out[counts > 0] = table.indices[table.indptr[:-1][counts > 0]]
    return out


def padded(catalogue: Catalogue) -> Ints:
    """The categories of each item side by side, 0 where there are fewer.  -> (I, W), W > 0"""
    table = catalogue.category
    counts = np.diff(table.indptr)
    out = np.zeros((len(counts), max(int(counts.max(initial=0)), 1)), np.int64)
    row = np.repeat(np.arange(len(counts)), counts)
    out[row, np.arange(len(row)) - np.repeat(table.indptr[:-1], counts)] = table.indices
    return out


def pack(texts: tuple[str, ...] | tuple[bytes, ...]) -> dict[str, Array]:
    """Texts as two arrays: all bytes, and where each text ends."""
    raw = [t.encode("utf-8", "surrogatepass") if isinstance(t, str) else t for t in texts]
    ends = np.cumsum([len(r) for r in raw], dtype=np.int64)
    return {"bytes": np.frombuffer(b"".join(raw), np.uint8).copy(), "ends": ends}


def unpack(arrays: dict[str, Array]) -> list[bytes]:
    """The inverse of `pack`."""
    blob, ends = arrays["bytes"].tobytes(), [0, *arrays["ends"].tolist()]
    return [blob[a:b] for a, b in pairwise(ends)]
