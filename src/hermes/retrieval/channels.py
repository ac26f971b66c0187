"""Channels that hold a score for every item, and take the best of what the user has not seen.

A channel with dense scores masks the user's history before it cuts, so that what was seen does not
use up its k; set `repeats` where people come back to the same item.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.protocols import Channel, Query
from hermes.core.types import Array, Candidates, Floats, Ints, strongest


class SparseScorer(Protocol):
    """A closed-form model that answers one query without a batch."""

    def sparse_score(self, history: Ints, ages: Floats) -> Floats:
        """Higher is better.  (H,) oldest first, (H,) days -> (I,)"""

    def evidence(self, history: Ints, ages: Floats, items: Ints) -> Ints:
        """The item of the history that adds most to each score, or 0.  (H,), (H,), (n,) -> (n,)"""


def interest(query: Query, length: int) -> tuple[Ints, Floats]:
    """What the slate should be like: the anchor if there is one, else the last of the history."""
    if query.anchor:
        return np.array([query.anchor]), np.zeros(1, np.float32)
    return query.history[-length:], query.ages[-length:]


def best(
    scores: Floats, query: Query, k: int, repeats: bool = False, above: float = -np.inf
) -> Candidates:
    """The k highest scores (I,), without the unknown, the seen and what is not above `above`."""
    nobody = query.history[:0]
    items = left(scores, nobody if repeats else query.history, query.anchor, above)
    found = scores.take(items)
    top = strongest(found, k)
    return Candidates(items.take(top), {"score": found.take(top)})


@compiled
def left(scores: Floats, seen: Ints, anchor: int, above: float) -> Ints:
    """Items that score above `above`, without the unknown, the seen and the anchor.  -> (n,)"""
    gone = np.zeros(len(scores), np.bool_)
    gone[0] = gone[anchor] = True
    for item in seen:
        gone[item] = True
    out, n = np.empty(len(scores), np.int64), 0
    for item in range(len(scores)):
        out[n] = item
        n += not gone[item] and scores[item] > above
    return out[:n]


class NeighbourChannel:
    """Scores from a closed-form model over the recent history: neighbours, transitions, EASE.

    length: events of the history that are read; above: what a score must exceed to count as
    evidence (0 for models whose zero means "never seen together").
    """

    def __init__(
        self,
        name: str,
        model: SparseScorer,
        *,
        length: int = 200,
        above: float = -np.inf,
        repeats: bool = False,
    ) -> None:
        self.name, self.model = name, model
        self.length, self.above, self.repeats = length, above, repeats

    def retrieve(self, query: Query, k: int) -> Candidates:
        """At most k items; none for a stranger."""
        history, ages = interest(query, self.length)
        if not len(history):
            return nothing()
        scores = self.model.sparse_score(history, ages)
        return best(scores, query, k, self.repeats, self.above)

    def evidence(self, query: Query, items: Ints) -> Ints:
        """What the query is about that adds most to each item's score, 0: nothing.  (n,) -> (n,)"""
        history, ages = interest(query, self.length)
        if not len(history):
            return np.zeros(len(items), np.int64)
        return self.model.evidence(history, ages, items)


class Bounded:
    """A channel that knows the first `n` items and is asked about no others.

    For models of a catalogue that has grown since they learned.
    """

    def __init__(self, inner: Channel, n: int) -> None:
        self.inner, self.n, self.name = inner, n, inner.name

    def within(self, query: Query) -> Query:
        """The query as it was before the others came."""
        known = query.history < self.n
        if known.all():
            return query
        return replace(query, history=query.history[known], ages=query.ages[known])

    def retrieve(self, query: Query, k: int) -> Candidates:
        """What the channel brings; nothing that is like an item it does not know."""
        if query.anchor >= self.n:
            return nothing()
        return self.inner.retrieve(self.within(query), k)

    def evidence(self, query: Query, items: Ints) -> Ints:
        """As the channel says, 0 for what it does not know.  (n,) -> (n,)"""
        say = getattr(self.inner, "evidence", None)
        out = np.zeros(len(items), np.int64)
        known = items < self.n
        if say is not None and query.anchor < self.n:
            out[known] = say(self.within(query), items[known])
        return out


class TrendingChannel:
    """One order for everybody: events counted over a window, or any other score an item has.

    phrase: what a person is told of an item that stands high in it; it must say what was counted.
    """

    def __init__(
        self, name: str, scores: Array, *, phrase: str = "Popular", repeats: bool = False
    ) -> None:
        self.name, self.phrase, self.repeats = name, phrase, repeats
        self.update(scores)

    def update(self, scores: Array) -> None:
        """Put new scores (I,) in place, at once for every later request; zero means no event."""
        count = int((scores[1:] > 0).sum())
        order = strongest(scores[1:], count) + 1
        self.order: tuple[Ints, Array] = (order, scores[order])

    def retrieve(self, query: Query, k: int) -> Candidates:
        """The k first that the user has not seen; none when asked for what is like an anchor."""
        if query.anchor:
            return nothing()
        items, scores = self.order
        if not len(items):
            return nothing()
        if not self.repeats and len(query.history):
            first = unseen(items, query.history, k)
            return Candidates(items.take(first), {"score": scores.take(first)})
        return Candidates(items[:k], {"score": scores[:k]})


@compiled
def unseen(order: Ints, seen: Ints, k: int) -> Ints:
    """Places of the k first of `order` that are not among `seen`.  -> (at most k,)"""
    gone = np.zeros(max(order.max(), seen.max()) + 1, np.bool_)
    for item in seen:
        gone[item] = True
    out, n = np.empty(min(k, len(order)), np.int64), 0
    for place in range(len(order)):
        if n == len(out):
            break
        if not gone[order[place]]:
            out[n] = place
            n += 1
    return out[:n]


def membership(codes: Ints, largest: int) -> Array:
    """True at each code given.  -> (max(codes, largest) + 1,)"""
    flags = np.zeros(max(largest, int(codes.max(initial=0))) + 1, bool)
    flags[codes] = True
    return flags


def nothing() -> Candidates:
    """No candidates."""
    return Candidates(np.zeros(0, np.int64), {"score": np.zeros(0, np.float32)})
