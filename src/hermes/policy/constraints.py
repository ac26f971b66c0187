"""A query's `domains` and `filters`, checked and put into codes.

| filter | value | keeps |
|---|---|---|
| categories | names | items of at least one of them |
| not_categories | names | items of none of them |
| all_categories | names, or lists of names | items of each; of a list, of at least one |
| creators, not_creators, all_creators | likewise | items by such creators |
| price_min, price_max | number | items whose known price is within, both ends included |
| not_price | pairs of numbers | items whose price is within none of them |
| published_after, published_before | ISO date, or days since the epoch | items dated within |
| not_published | pairs of dates | items dated within none of them |
| max_age | days | items published at most so long before the query |
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from hermes.core.errors import ConfigError, nearest
from hermes.core.protocols import Query
from hermes.core.types import Array, Bools
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue

Codes = tuple[int, ...]
Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What an item must satisfy; empty tuples and infinite bounds ask for nothing."""

    domains: Codes = ()
    categories: Codes = ()
    not_categories: Codes = ()
    all_categories: tuple[Codes, ...] = ()
    creators: Codes = ()
    not_creators: Codes = ()
    all_creators: tuple[Codes, ...] = ()
    price_min: float = -math.inf
    price_max: float = math.inf
    published_after: float = -math.inf  # days since the epoch
    published_before: float = math.inf
    not_price: Spans = ()
    not_published: Spans = ()  # days since the epoch

    def mask(self, catalogue: Catalogue) -> Bools:
        """What of the catalogue fits.  -> (I,)"""
        fits = np.ones(len(catalogue), bool)
        if self.domains:
            fits &= np.isin(catalogue.domain, self.domains)
        for table, codes, wanted in (
            (catalogue.category, self.categories, True),
            (catalogue.category, self.not_categories, False),
            (catalogue.creator, self.creators, True),
            (catalogue.creator, self.not_creators, False),
            *((catalogue.category, codes, True) for codes in self.all_categories),
            *((catalogue.creator, codes, True) for codes in self.all_creators),
        ):
            if codes:
                fits &= touches(table, codes) == wanted
        for low, high in self.not_price:
            fits &= ~within(catalogue.price, low, high)
        fits &= within(catalogue.price, self.price_min, self.price_max)
        if not self.dated:
            return fits
        days = catalogue.published.astype(np.float64)  # else a second before midnight is midnight
        for low, high in self.not_published:
            fits &= ~within(days, low, high)
        return fits & within(days, self.published_after, self.published_before)

    @property
    def dated(self) -> bool:
        """Whether it matters when an item was published."""
        ends = (self.published_after, self.published_before)
        return bool(self.not_published) or ends != (-math.inf, math.inf)


def touches(table: csr_array, codes: Codes) -> Bools:
    """Rows with an entry in one of these columns.  (I, C) -> (I,)"""
    wanted = np.zeros(table.shape[1], bool)
    wanted[list(codes)] = True
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    out = np.zeros(table.shape[0], bool)
    out[rows[wanted[table.indices]]] = True
    return out


def within(values: Array, low: float, high: float) -> Bools:
    """Between the bounds; an unknown value only where there is no bound.  (I,) -> (I,)"""
    if low == -math.inf and high == math.inf:
        return np.ones(len(values), bool)
    return np.asarray((values >= low) & (values <= high))


def parse(query: Query, catalogue: Catalogue) -> Constraints:
    """Codes for names; raises `ConfigError` naming the nearest key, name or form."""
    out: dict[str, Any] = {}
    if query.domains:
        out["domains"] = coded("domains", query.domains, catalogue.domains)
    for key, value in query.filters.items():
        if key in READERS:
            out[key] = READERS[key](key, value, catalogue)
        elif key != "max_age":
            raise ConfigError(f"filters: unknown key {key!r}{nearest(key, [*READERS, 'max_age'])}")
    if "max_age" in query.filters:
        oldest = stamp(query.at) - number("max_age", query.filters["max_age"])
        out["published_after"] = max(oldest, out.get("published_after", oldest))
    return Constraints(**out)


def coded(key: str, value: object, names: Vocabulary) -> Codes:
    """One name or many as sorted codes."""
    listed = (value,) if isinstance(value, str) else value
    if not isinstance(listed, tuple | list | set | frozenset):
        raise ConfigError(f"{key}: {value!r} is not a name or a list of names")
    codes = set()
    for name in listed:
        if not isinstance(name, str) or not names.code(name):
            raise ConfigError(f"{key}: unknown name {name!r}{nearest(str(name), names.names[1:])}")
        codes.add(names.code(name))
    return tuple(sorted(codes))


def every(key: str, value: object, names: Vocabulary) -> tuple[Codes, ...]:
    """Names, or lists of alternative names, each as sorted codes."""
    if not isinstance(value, tuple | list):
        raise ConfigError(f"{key}: {value!r} is not a list of names or of lists of them")
    return tuple(sorted({coded(key, one, names) for one in value}))


def spans(key: str, value: object, read: Callable[[str, object], float]) -> Spans:
    """Pairs of ends, None for an end that is not there."""
    if not isinstance(value, tuple | list):
        raise ConfigError(f"filters.{key}: {value!r} is not a list of pairs")
    out = set()
    for pair in value:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ConfigError(f"filters.{key}: {pair!r} is not a pair [from, to]")
        low, high = pair
        out.add(
            (
                -math.inf if low is None else read(key, low),
                math.inf if high is None else read(key, high),
            )
        )
    return tuple(sorted(out))


def number(key: str, value: object) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"filters.{key}: {value!r} is not a number")
    return float(value)


def moment(key: str, value: object) -> float:
    """Days since the epoch of an ISO text, a date or a number of days."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise ConfigError(f"filters.{key}: {value!r} is not an ISO 8601 date") from error
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return stamp(datetime(value.year, value.month, value.day, tzinfo=UTC))
    return number(key, value)


def stamp(at: datetime) -> float:
    """Days since the epoch; without a zone it is UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() / 86400.0


READERS: Mapping[str, Callable[[str, object, Catalogue], object]] = {
    "categories": lambda key, value, c: coded(f"filters.{key}", value, c.categories),
    "not_categories": lambda key, value, c: coded(f"filters.{key}", value, c.categories),
    "all_categories": lambda key, value, c: every(f"filters.{key}", value, c.categories),
    "creators": lambda key, value, c: coded(f"filters.{key}", value, c.creators),
    "not_creators": lambda key, value, c: coded(f"filters.{key}", value, c.creators),
    "all_creators": lambda key, value, c: every(f"filters.{key}", value, c.creators),
    "price_min": lambda key, value, c: number(key, value),
    "price_max": lambda key, value, c: number(key, value),
    "not_price": lambda key, value, c: spans(key, value, number),
    "published_after": lambda key, value, c: moment(key, value),
    "published_before": lambda key, value, c: moment(key, value),
    "not_published": lambda key, value, c: spans(key, value, moment),
}
