"""What was known about the items at one moment; training and serving differ in nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import numpy as np

from hermes.core.types import Array, Floats, Ints
from hermes.data.catalogue import Catalogue
from hermes.data.interactions import Interactions

WINDOW = 30.0  # days that count as recent


def unknown() -> Floats:
    """Nobody knows what pages showed."""
    return np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Facts by item code, made only of events before the moment."""

    popularity: Floats  # (I,) log(1 + events)
    recent: Floats  # (I,) log(1 + events in the last WINDOW days)
    first_seen: Floats  # (I,) days from the first event to the moment, NaN without events
    year: Floats  # (I,) of publication, NaN where unknown
    price: Floats  # (I,) log(1 + price), NaN where unknown
    category: Floats  # (I, G) unit rows over the categories, zero where there are none
    vectors: Floats  # (I, D) unit rows of a retriever's item vectors; D may be 0
    item_fields: Ints  # (I, F) attribute codes
    user_fields: Ints  # (U, G) attribute codes
    appeal: Floats = field(default_factory=unknown)  # (I,) see `learn/places`; (0,): unknown

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        log: Interactions,
        vectors: Floats,
        appeal: Floats | None = None,
        width: int = 64,
    ) -> Snapshot:
        """From a log that holds nothing later than the moment; the `width` largest categories."""
        n = len(catalogue)
        now = float(log.times.max(initial=0.0))
        first = np.full(n, np.inf)
        np.minimum.at(first, log.items, log.times)
        late = log.items[log.times > now - WINDOW]
        kept = np.argsort(-np.asarray(catalogue.category.sum(axis=0)), kind="stable")[:width]
        return cls(
            popularity=np.log1p(np.bincount(log.items, minlength=n)).astype(np.float32),
            recent=np.log1p(np.bincount(late, minlength=n)).astype(np.float32),
            first_seen=np.where(np.isfinite(first), now - first, np.nan).astype(np.float32),
            year=(catalogue.published / 365.25 + 1970).astype(np.float32),
            price=np.log1p(np.maximum(catalogue.price, 0)).astype(np.float32),
            category=unit(catalogue.category[:, kept].toarray()),
            vectors=unit(vectors),
            item_fields=catalogue.fields,
            user_fields=log.user_fields,
            appeal=unknown() if appeal is None else appeal,
        )

    def grown(self, catalogue: Catalogue) -> Snapshot:
        """With the items that a catalogue has more: nothing is known of them but what they are.

        Attributes that models have not learned are unknown to them: their codes are 0.
        """
        n, old = len(catalogue), len(self.popularity)
        none, late = np.zeros(n - old, np.float32), slice(old, n)
        blank = np.full(n - old, np.nan, np.float32)
        fields = catalogue.fields[late, : self.item_fields.shape[1]]
        limits = self.item_fields.max(axis=0, initial=0)
        kinds = np.zeros((n - old, self.category.shape[1]), np.float32)
        return replace(
            self,
            popularity=np.concatenate([self.popularity, none]),
            recent=np.concatenate([self.recent, none]),
            appeal=np.concatenate([self.appeal, none]) if len(self.appeal) else self.appeal,
            first_seen=np.concatenate([self.first_seen, blank]),
            year=(catalogue.published / 365.25 + 1970).astype(np.float32),
            price=np.log1p(np.maximum(catalogue.price, 0)).astype(np.float32),
            category=np.concatenate([self.category, kinds]),
            vectors=np.concatenate(
                [self.vectors, np.zeros((n - old, self.vectors.shape[1]), np.float32)]
            ),
            item_fields=np.concatenate(
                [self.item_fields, np.where(fields <= limits, fields, 0)]
            ).astype(np.int64),
        )

    def arrays(self) -> dict[str, Array]:
        """For a bundle."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def restore(cls, arrays: dict[str, Array]) -> Snapshot:
        """The inverse of `arrays`."""
        whole = [f.name for f in fields(cls) if f.name != "appeal" or "appeal" in arrays]
        return cls(**{name: arrays[name] for name in whole})


def unit(rows: Array) -> Floats:
    """Rows of length one; a zero row stays.  (n, D) -> (n, D)"""
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    out: Floats = (rows / np.where(norm > 0, norm, 1)).astype(np.float32)
    return out
