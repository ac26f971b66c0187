"""The verbs: what each stage of a request may do and, by its return type, may not do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np

from .types import Bools, Candidates, Floats, Ints, Queries


def none() -> Ints:
    """No items."""
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Everything known at the moment a page asks."""

    id: str
    at: datetime  # UTC
    user: int = 0  # 0: a stranger
    history: Ints = field(default_factory=none)  # (H,) all of it, oldest first, known before `at`
    ages: Floats = field(default_factory=lambda: np.zeros(0, np.float32))  # (H,) days before `at`
    deeds: Ints = field(default_factory=none)  # (H,) what was done, see data/deeds; (0,): unknown
    domains: tuple[str, ...] = ()  # empty: every domain
    surface: str = "home"
    context: Ints = field(default_factory=none)  # (3,) page, device and referrer; (0,): unknown
    anchor: int = 0  # "more like this item"
    text: str = ""
    plain: tuple[str, ...] = ()  # what was understood of the text and is taken back
    exclude: Ints = field(default_factory=none)  # never to be shown
    again: Ints = field(default_factory=none)  # asked for by name: may come though seen
    filters: Mapping[str, object] = field(default_factory=dict)  # see policy/rules
    diversity: float | None = None  # MMR's 1 - lambda; None: the bundle's own
    fairness: bool | None = None  # exposure parity across cohorts; None: the bundle's own
    size: int = 20
    explain: bool = True
    attribute: bool = False  # take the scores apart
    language: str = "en"  # of the reasons

    @property
    def seen(self) -> Ints:
        """The history without repeats, and without what is asked for by name.  -> (n,) ascending

        >>> Query(id="q", at=datetime.now(), history=np.array([7, 3, 7]), again=np.array([3])).seen
        array([7])
        """
        return np.setdiff1d(self.history, self.again)

    def columns(self, length: int) -> Queries:
        """This query as one row of `Queries`.  -> (1,), (1, length)"""
        history, ages = np.zeros((1, length), np.int64), np.zeros((1, length), np.float32)
        n = min(length, len(self.history))
        if n:
            history[0, -n:], ages[0, -n:] = self.history[-n:], self.ages[-n:]
        return Queries(np.array([self.user]), history, ages)


@dataclass(frozen=True, slots=True)
class Choice:
    """k distinct positions in a pool, and the probability with which each was put where it is."""

    order: Ints  # (k,)
    propensity: Floats  # (k,)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one item is on the slate; `evidence` names the items and channels that can be checked."""

    code: str
    text: str
    evidence: tuple[int, ...] = ()  # item codes, mostly of the user's own history
    channels: tuple[str, ...] = ()
    more: tuple[Reason, ...] = ()  # what else can be said, the strongest first
    chance: float | None = None  # that no other cause is larger, of the first; None: nobody can say


class Channel(Protocol):
    """A source of candidates."""

    @property
    def name(self) -> str:
        """In traces, columns and messages."""

    def retrieve(self, query: Query, k: int) -> Candidates:
        """At most k items with a column `score`, best first.  The only verb that adds."""


class Filter(Protocol):
    """A rule."""

    @property
    def name(self) -> str:
        """In traces, columns and messages."""

    def keep(self, query: Query, pool: Candidates) -> Bools:
        """(n,)  The only verb that drops; a mask cannot reorder."""


class Scorer(Protocol):
    """A ranker as a stage."""

    @property
    def name(self) -> str:
        """In traces, columns and messages."""

    def score(self, query: Query, pool: Candidates) -> Floats:
        """(n,)  Can neither drop nor reorder."""


class Policy(Protocol):
    """What orders the slate."""

    @property
    def name(self) -> str:
        """In traces, columns and messages."""

    def choose(self, query: Query, pool: Candidates, size: int) -> Choice:
        """The only verb that orders; positions cannot invent items."""


class Explainer(Protocol):
    """What says why."""

    def explain(self, query: Query, slate: Candidates) -> list[Reason]:
        """One reason per item of the slate."""
