"""Rules: what must not be shown.  Each is a mask over the pool and can do nothing but drop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from hermes.core.errors import ConfigError
from hermes.core.protocols import Filter, Query
from hermes.core.types import Bools, Candidates
from hermes.data.catalogue import Catalogue

from .constraints import Constraints, parse

EPOCH = 86400.0  # seconds a day
EVERY = np.ones(1 << 16, bool)
EVERY.flags.writeable = False


def days(at: datetime) -> float:
    """Days since the epoch, as the catalogue counts them."""
    return at.timestamp() / EPOCH


def everything(n: int) -> Bools:
    """A mask that drops nothing, not to be written to.  -> (n,)"""
    return EVERY[:n] if n <= len(EVERY) else np.ones(n, bool)


@dataclass(frozen=True, slots=True)
class Seen:
    """Drops the user's history, but for what is asked for by name.

    On an item's page (an anchor) all that was seen may come again.
    """

    n_items: int
    name: str = "seen"

    def keep(self, query: Query, pool: Candidates) -> Bools:
        """(n,)"""
        unseen = np.ones(self.n_items, bool)
        if not query.anchor:
            unseen[query.history] = False
            unseen[query.again] = True
        return unseen.take(pool.items)


@dataclass(frozen=True, slots=True)
class Excluded:
    """Drops what the query forbids: its exclude list and the anchor itself."""

    n_items: int
    name: str = "excluded"

    def keep(self, query: Query, pool: Candidates) -> Bools:
        """(n,)"""
        if not query.anchor and not len(query.exclude):
            return everything(len(pool))
        wanted = np.ones(self.n_items, bool)
        wanted[query.exclude] = False
        if query.anchor:
            wanted[query.anchor] = False
        return wanted.take(pool.items)


@dataclass(frozen=True, slots=True)
class Available:
    """Drops what is not on offer, and the unknown."""

    catalogue: Catalogue
    name: str = "available"

    def keep(self, query: Query, pool: Candidates) -> Bools:
        """(n,)"""
        return np.asarray(self.catalogue.available.take(pool.items))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """Drops what was published more than `max_age` days before the query; no date is not fresh."""

    catalogue: Catalogue
    max_age: float  # days
    domains: tuple[str, ...] = ()  # only these must be fresh; empty: all
    name: str = "fresh"

    def __post_init__(self) -> None:
        for name in self.domains:
            if not self.catalogue.domains.code(name):
                raise ConfigError(f"fresh: no domain {name!r} in the catalogue")

    def keep(self, query: Query, pool: Candidates) -> Bools:
        """(n,)"""
        fresh = self.catalogue.published[pool.items] >= days(query.at) - self.max_age
        if self.domains:
            codes = [self.catalogue.domains.code(d) for d in self.domains]
            fresh |= ~np.isin(self.catalogue.domain[pool.items], codes)
        return np.asarray(fresh)


@dataclass(frozen=True)
class Matching:
    """Drops what does not fit the query's domains and filters; see `policy/constraints`."""

    catalogue: Catalogue
    name: str = "matching"
    masks: dict[Constraints, Bools] = field(default_factory=dict, repr=False)  # the last ones
    most: int = 64  # masks remembered

    def keep(self, query: Query, pool: Candidates) -> Bools:
        """(n,); raises `ConfigError` for a filter nobody knows."""
        if not query.filters and not query.domains:
            return everything(len(pool))
        return self.mask(query)[pool.items]

    def mask(self, query: Query) -> Bools:
        """Over the whole catalogue.  -> (I,)"""
        wanted = parse(query, self.catalogue)
        known = self.masks.get(wanted)
        if known is None:
            known = wanted.mask(self.catalogue)
            if len(self.masks) >= self.most:
                self.masks.clear()
            self.masks[wanted] = known
        return known

    def share(self, query: Query) -> float:
        """Of the catalogue that fits; a channel is asked for so much more."""
        if not query.filters and not query.domains:
            return 1.0
        mask = self.mask(query)
        return max(int(np.count_nonzero(mask)), 1) / max(len(mask), 1)


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of a recipe, in the order in which drops are attributed."""

    filters: Sequence[Filter] = ()
    matching: Matching | None = None

    @classmethod
    def of(cls, catalogue: Catalogue, *more: Filter, repeats: bool = False) -> Rules:
        """The usual ones: seen (unless `repeats`), excluded, available, matching, and `more`."""
        n, matching = len(catalogue), Matching(catalogue)
        first: tuple[Filter, ...] = () if repeats else (Seen(n),)
        return cls((*first, Excluded(n), Available(catalogue), matching, *more), matching)

    def keep(self, query: Query, pool: Candidates) -> dict[str, Bools]:
        """What each rule would keep.  -> name: (n,)"""
        return {rule.name: rule.keep(query, pool) for rule in self.filters}

    def widened(self, query: Query, k: int) -> int:
        """How many to ask a channel for, so that about k fit the query's filters."""
        return k if self.matching is None else int(np.ceil(k / self.matching.share(query)))
