"""The log as a model reads it: columns of codes, each user's events in the order they happened."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array

from hermes.core.errors import ShapeError
from hermes.core.types import Array, Bools, Floats, Ints, Queries, Shape

from . import context
from .shown import Shown


def no_fields() -> Ints:
    """No attributes."""
    return np.zeros((0, 0), np.int64)


def no_deeds() -> Ints:
    """Nobody knows what was done."""
    return np.zeros(0, np.int64)


def no_content() -> Floats:
    """Nothing is known of what items are."""
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True)
class Holdout:
    """What came next for B queries; read by early stopping and evaluation, never learned from."""

    queries: Queries  # (B,)
    targets: Ints  # (B,) the one item that came next

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, index: Array) -> Holdout:
        """The chosen rows."""
        return Holdout(self.queries.take(index), self.targets[index])


@dataclass(frozen=True, slots=True)
class Interactions:
    """N events, sorted by user, then by time."""

    users: Ints  # (N,)
    items: Ints  # (N,)
    times: Floats  # (N,) float64 days since the epoch
    weights: Floats  # (N,) what the kind of event is worth; negative for dislikes
    shape: Shape
    item_fields: Ints = field(default_factory=no_fields)  # (I, F) attribute codes
    user_fields: Ints = field(default_factory=no_fields)  # (U, G) attribute codes
    valid: Holdout | None = None  # for early stopping
    contexts: Ints = field(default_factory=no_fields)  # (N, 3) see `context`; (0, 0): unknown
    content: Floats = field(default_factory=no_content)  # (I, D) what items are; (0, 0): unknown
    deeds: Ints = field(default_factory=no_deeds)  # (N,) codes of `deeds`; (0,): unknown
    shown: Shown | None = None  # what pages showed until each user's last event here

    def __post_init__(self) -> None:
        """Refuse columns of different lengths and an unsorted log."""
        if not len(self.users) == len(self.items) == len(self.times) == len(self.weights):
            raise ShapeError("interactions: users, items, times and weights differ in length")
        if np.any(np.diff(self.users) < 0):
            raise ShapeError("interactions: not sorted by user; use Interactions.sort")

    @classmethod
    def sort(
        cls, users: Ints, items: Ints, times: Array, weights: Floats, shape: Shape
    ) -> Interactions:
        """From columns in any order; events of one moment keep their order."""
        order = np.lexsort((np.arange(len(users)), times, users))
        return cls(users[order], items[order], times[order], weights[order], shape)

    def __len__(self) -> int:
        return len(self.users)

    def offsets(self) -> Ints:
        """User u's events are rows offsets[u] to offsets[u+1].  -> (U+1,)"""
        return np.searchsorted(self.users, np.arange(self.shape.n_users + 1))

    def matrix(self) -> csr_array:
        """Users by items, positive weights summed.  -> (U, I)"""
        liked = self.weights > 0
        size = (self.shape.n_users, self.shape.n_items)
        cells = (self.users[liked], self.items[liked])
        return csr_array((self.weights[liked].astype(np.float32), cells), shape=size)

    def take(self, mask: Bools) -> Interactions:
        """The same world with fewer events, and nothing of a page that they do not know of."""
        kept = replace(
            self,
            users=self.users[mask],
            items=self.items[mask],
            times=self.times[mask],
            weights=self.weights[mask],
            contexts=self.contexts[mask] if len(self.contexts) else self.contexts,
            deeds=self.deeds[mask] if len(self.deeds) else self.deeds,
        )
        return kept if self.shown is None else replace(kept, shown=kept.pages(self.shown))

    def latest(self) -> Array:
        """The day of each user's last event, before all days where there is none.  -> (U,)"""
        offsets = self.offsets()
        out = np.full(len(offsets) - 1, -np.inf)
        some = np.diff(offsets) > 0
        out[some] = self.times[offsets[1:][some] - 1]
        return out

    def pages(self, shown: Shown) -> Shown:
        """Pages up to each user's last event here, and what had followed of them by then."""
        latest = self.latest()
        pages = shown.take(shown.times <= latest[shown.users])
        return pages.until(latest[pages.users])

    def rank_from_end(self) -> Ints:
        """0 for each user's last event, 1 for the one before it, and so on.  -> (N,)"""
        return self.offsets()[self.users + 1] - 1 - np.arange(len(self.users))

    def occasions(self) -> Ints:
        """The circumstances in which each event came.  -> (N, 6)"""
        return context.of_events(self.contexts, self.users, self.times)

    def queries(
        self,
        users: Ints,
        length: int,
        now: Array | None = None,
        occasion: Ints | None = None,
    ) -> Queries:
        """Each user as they stand after their last event here.

        users (B,), now (B,) days, occasion (B, 6) -> history (B, length); without `now` a user's
        clock stands at their own last event.
        """
        offsets = self.offsets()
        starts, ends = offsets[users], offsets[users + 1]
        place = ends[:, None] - np.arange(length, 0, -1)[None, :]  # (B, L)
        known = place >= starts[:, None]
        place = np.where(known, place, 0)
        if not len(self.items):
            blank = np.zeros((len(users), length))
            return Queries(users, blank.astype(np.int64), blank.astype(np.float32), occasion)
        clock = self.times[np.maximum(ends - 1, 0)] if now is None else now
        history = np.where(known, self.items[place], 0)
        ages = np.where(known, clock[:, None] - self.times[place], 0.0)
        return Queries(users, history, ages.astype(np.float32), occasion)
