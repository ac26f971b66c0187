"""What channels may say of a slate's items, when that is worth a claim, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from hermes.core.protocols import Query, Reason
from hermes.core.types import Array, Ints


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a claim is worth making."""

    named: int = 3  # times one item of the history is named while something else can be said
    popular: int = 100  # first places of a popular channel
    known: float = 0.2  # of the catalogue, first places of one that is named second
    recent: int = 50  # events of the history that make a taste
    often: int = 3  # of those in a category, at least
    share: float = 0.1  # of those in a category, at least
    lift: float = 1.25  # times the category's share of the catalogue
    new: float = 30.0  # days


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
