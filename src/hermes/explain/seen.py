"""What channels may say of a slate's items, when that is worth a claim, and what was found."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from hermes.core.protocols import Query, Reason
from hermes.core.types import Array, Bools, Floats, Ints, Odds

from .holdings import strongest_deeds

SECONDS = 86400.0  # a day


@runtime_checkable
class Witness(Protocol):
    """A channel that can name the item of the history behind each candidate."""

    def evidence(self, query: Query, items: Ints) -> Ints:
        """(n,) -> (n,) codes of what the query is about, 0 where nothing speaks for the item."""


@runtime_checkable
class Crowd(Protocol):
    """A channel with one order for everybody, and the words for what it counted."""

    phrase: str


@runtime_checkable
class Matcher(Protocol):
    """A channel that can name the words of the query's text that each candidate holds."""

    def matched(self, query: Query, items: Ints) -> list[str]:
        """(n,) -> n, empty where the item holds none."""


@runtime_checkable
class Tracer(Protocol):
    """A channel that can tell how each candidate hangs together with what the query is about."""

    def traced(self, query: Query, items: Ints) -> list[tuple[str, tuple[int, ...]]]:
        """(n,) -> n: a sentence without its subject, and the items it speaks of; or nothing."""


@runtime_checkable
class Weigher(Protocol):
    """A channel that can tell everybody's wish for each candidate from a person's own."""

    name: str

    def odds(self, query: Query, items: Ints) -> Odds:
        """Of n items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a claim is worth making."""

    named: int = 3  # times one item of the history is named while something else can be said
    popular: int = 100  # first places of a popular channel
    known: float = 0.2  # of the catalogue, first places of one that is weighed beside another
    recent: int = 50  # events of the history that make a taste
    often: int = 3  # of those in a category, at least
    share: float = 0.1  # of those in a category, at least
    lift: float = 1.25  # times the category's share of the catalogue
    new: float = 30.0  # days
    sure: float = 0.85  # chance of being the largest from which on a cause is named alone


class Behind(NamedTuple):
    """An item of the history, and who says that it speaks for a candidate."""

    item: int
    rank: float  # that channel's, of the candidate
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What holds of the k items of a slate."""

    query: Query
    items: list[int]
    ranks: Mapping[str, Array]  # by channel
    behind: list[list[Behind]]
    deeds: Mapping[int, int]  # what was done with those, see data/deeds
    place: list[float]  # the best in a popular channel
    crowd: list[str]  # and in which
    taste: list[int]  # a category, or 0
    new: list[bool]
    words: list[str]  # of the text
    matcher: str
    related: list[tuple[float, Reason] | None]
    odds: Odds | None  # what speaks for each, where a channel can tell
    liked: list[bool]  # surely taken more often than the average item, where it is looked at


def crowded(
    ranks: Mapping[str, Array], crowds: Container[str], n: int
) -> tuple[list[float], list[str]]:
    """The best place of each item in a popular channel, and in which."""
    place, crowd = [np.inf] * n, [""] * n
    for name in (name for name in ranks if name in crowds):
        for i, rank in enumerate(ranks[name].tolist()):
            if rank < place[i]:
                place[i], crowd[i] = rank, name
    return place, crowd


def matched(query: Query, items: Ints, matchers: Mapping[str, Matcher]) -> tuple[list[str], str]:
    """The words of the text that each item holds, and the channel that says so."""
    if query.text:
        for name, matcher in matchers.items():
            return matcher.matched(query, items), name
    return [""] * len(items), ""


def fresh(query: Query, published: Floats, newest: float, most: float) -> list[bool]:
    """Published, and at most so many days before the query.  (n,) days, `newest` of all items"""
    now = query.at.timestamp() / SECONDS
    if not newest >= now - most:  # nothing in the catalogue is
        return [False] * len(published)
    age = now - published
    return [bool(x) for x in (age >= 0) & (age <= most)]


def done(query: Query, behind: list[list[Behind]]) -> dict[int, int]:
    """What was done with each item that is named, the strongest; nothing where nobody knows."""
    if len(query.deeds) != len(query.history) or not len(query.history):
        return {}
    codes = list({one.item for past in behind for one in past})
    deeds = strongest_deeds(query.history, query.deeds, np.array(codes, np.int64))
    return dict(zip(codes, deeds.tolist(), strict=True))


def started(text: str) -> str:
    """A sentence without its subject as a line of its own.

    >>> started("is in the same series as Alien"), started("shares the director of Alien")
    ('Same series as Alien', 'Shares the director of Alien')
    """
    bare = text.removeprefix("is in the ").removeprefix("is ")
    return bare[:1].upper() + bare[1:]


class Halves:
    """A query with only what its history holds of one domain, made when it is first asked for."""

    def __init__(self, query: Query, domain: Ints) -> None:
        self.query, self.domain = query, domain  # (I,) of every item
        self.past = domain[query.history]
        self.made = dict[int, Query | None]()

    def of(self, one: int) -> Query | None:
        """None where the history holds nothing of it."""
        if one not in self.made:
            rows = self.past == one
            columns = {name: getattr(self.query, name) for name in ("history", "ages", "deeds")}
            kept = {name: column[rows] for name, column in columns.items() if len(column)}
            self.made[one] = replace(self.query, **kept) if rows.any() else None
        return self.made[one]

    def nearer(self, channel: Witness, items: Ints, found: Ints, near: Bools) -> Ints:
        """What speaks for each item; where that is far from it, of its domain what does so too.

        items, found, near (n,) -> (n,)
        """
        far = (found > 0) & ~near
        if not far.any():
            return found
        out, domains = found.copy(), self.domain[items]
        for one in set(domains[far].tolist()):
            rows, own = np.flatnonzero(far & (domains == one)), self.of(one)
            if own is not None:
                again = channel.evidence(own, items[rows])
                out[rows] = np.where(again > 0, again, found[rows])
        return out
