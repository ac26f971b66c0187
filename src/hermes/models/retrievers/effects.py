"""What a person wants more than everybody, learned from what pages showed and what was passed over.

Every item has an effect that is the same for all people, every person one of their own over what
items are (`learn/mixed`). Both are log odds, so that they can be compared: how much of a wish is
everybody's, and how much is one's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import brentq

from hermes.core.errors import DataError
from hermes.core.types import Array, Floats, Ints, Odds, Queries
from hermes.data.interactions import Interactions
from hermes.data.shown import Shown
from hermes.features.content import coded
from hermes.learn.mixed import Belief, Effects, Reading, Turns, belief
from hermes.learn.places import Rows, appeal, examined
from hermes.learn.run import Run
from hermes.models.base import Closed, Embedder

JUDGES = 0.33  # share of the people who judge what is learned from the others
FLAT = 1e-9  # of the largest variance: nothing differs in such a direction
SAMPLE = 20_000  # items that tell in which directions items differ
MOST, WIDE = 0.99, 1e6  # that histories may tell of own effects, and what an item may add to it


@dataclass(frozen=True, kw_only=True)
class MixedEffectsConfig:
    """Sizes, and how long it learns."""

    d: int = 48  # directions in which items differ, the largest
    rounds: int = 12  # over people and items by turns
    users: int = 5000  # people who tell how people differ; items are learned from all
    length: int = 200  # last events of a history that are read


class MixedEffects(Closed, Embedder[MixedEffectsConfig]):
    """A main effect of each item, and an own effect of each person by what items are."""

    Config = MixedEffectsConfig
    learned = ("items", "main", "doubt", "pull", "push", "fall", "gain", "appeal")
    items: Floats  # (I, D)
    main: Floats  # (I,) log odds over the average item's
    doubt: Floats  # (I,) its variance
    pull: Floats  # (1,) and push (D,): what an item of a history adds
    push: Floats
    fall: Floats  # (D,) how much less each counts, the more there are
    gain: Floats  # (1,) how much of own effects an item of a history tells
    appeal: Floats  # (I,) as `learn/places` finds it; 0 of what was never shown

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """Needs pages and what items are; raises `DataError` without either."""
        from threadpoolctl import threadpool_limits

        self.shape, config = data.shape, self.config
        known = data.content if len(data.content) else coded(data.item_fields)
        if not known.any():
            raise DataError("MixedEffects: nothing is known of any item; give categories or texts")
        if data.shown is None:
            raise DataError("MixedEffects: it learns from what pages showed; set data.shown")
        if not len(data.shown):
            raise DataError("MixedEffects: no page is older than its user's last event; give pages")
        pages = data.shown.take(np.argsort(data.shown.users, kind="stable"))
        rates = examined(pages.items, pages.places, pages.taken)
        rng = np.random.default_rng(run.seed)
        content = located(known, *directions(known, config.d, rng))
        people = rng.permutation(np.unique(pages.users))[: config.users]
        fewer = pages.take(np.isin(pages.users, people))
        with threadpool_limits(1):  # a person's matrices are small: threads would only wait
            how = self.judged(fewer, people[: max(int(JUDGES * len(people)), 1)], rates, content)
            more = len(fewer) < len(pages)
            tell = self.telling(run, config.rounds + more)
            turns, rows = Turns(content, self.nobody(content), tell), Rows.of(fewer, rates)
            found = turns.learn(rows, config.rounds)
            if more:
                found = turns.turn(Rows.of(pages, rates), found)
                tell(config.rounds + 1)
        self.settle(content, found, Reading.of(rows, content, found).believed(how))
        self.gain = np.array([self.gained(data)], np.float32)
        self.appeal = appeal(pages.items, pages.places, pages.taken, rates, len(content))
        return self

    def gained(self, data: Interactions) -> float:
        """By the law of total variance: what histories of n items tell, n g / (1 + n g), is what
        their own effects vary by, as a share of what items make possible.
        """
        offsets = data.offsets()
        some = np.flatnonzero(np.diff(offsets))[: self.config.users]
        pairs = [self.read(data.items[offsets[u] : offsets[u + 1]]) for u in some.tolist()]
        own, many = np.array([w for w, _ in pairs]), np.array([n for _, n in pairs], np.float64)
        square = self.items[1:].T @ self.items[1:]  # (D, D)
        most = float(np.trace(square))
        told = float(((own @ square) * own).sum(axis=1).mean()) / most if most > 0 else 0.0
        told = min(told, MOST)
        if not told > 0:
            return 0.0
        return float(brentq(lambda g: np.mean(many * g / (1 + many * g)) - told, 0.0, WIDE))

    def judged(self, pages: Shown, judges: Ints, rates: Array, content: Array) -> Belief:
        """How far to believe histories, by people of whom nothing is learned here; (n,) judges."""
        apart = np.isin(pages.users, judges)
        learned, asked = pages.take(~apart), pages.take(apart)
        rows, other = Rows.of(learned, rates), Rows.of(asked, rates)
        if not rows.taken.any() or not other.taken.any():
            raise DataError("MixedEffects: too few people took anything of a page; give it more")
        found = Turns(content, self.nobody(content)).learn(rows, self.config.rounds)
        read = Reading.of(rows, content, found)
        return belief(read, other, asked, found, content, self.shape.n_users)

    def nobody(self, content: Array) -> Array:
        """No person's own effect.  -> (U, D)"""
        return np.zeros((self.shape.n_users, content.shape[1]))

    def telling(self, run: Run, rounds: int) -> Callable[[int], None]:
        """Told how many rounds are done."""

        def tell(done: int) -> None:
            if run.report:
                run.report("MixedEffects", done, rounds, {})

        return tell

    def settle(self, content: Array, found: Effects, read: Reading) -> None:
        """What was learned, in the directions in which histories are read."""
        self.items = np.asarray(content @ read.basis, np.float32)
        self.main = (found.main - found.main[1:].mean()).astype(np.float32)
        self.main[0] = 0.0
        self.doubt = found.doubt.astype(np.float32)
        self.pull = np.array([read.pull], np.float32)
        self.push, self.fall = read.push.astype(np.float32), read.fall.astype(np.float32)

    def own(self, queries: Queries) -> Floats:
        """What each wants more than everybody, by direction.  (B,) -> (B, D)"""
        return np.stack([self.read(history)[0] for history in queries.history])

    def read(self, history: Ints) -> tuple[Floats, int]:
        """The same of one history, and how many items it has.  (H,) -> (D,)"""
        past = distinct(history[-self.config.length :])
        many = len(past)
        added = self.pull * self.items[past].sum(axis=0) + many * self.push
        return np.asarray(added / (1 + many * self.fall), np.float32), many

    def embed(self, queries: Queries) -> Floats:
        """Own effects, and 1 for the main one.  (B,) -> (B, D+1)"""
        return np.pad(self.own(queries), ((0, 0), (0, 1)), constant_values=1.0)

    def catalogue(self) -> Floats:
        """(I, D+1)"""
        return np.column_stack([self.items, self.main])

    def odds(self, history: Ints, items: Ints) -> Odds:
        """The own and the main effect of each item.  (H,), (n,)"""
        own, many = self.read(history)
        places = self.items[items]
        left = np.einsum("nd,nd->n", places, places) / (1 + many * self.gain[0])
        return Odds(places @ own, self.main[items], left, self.doubt[items], self.appeal[items])

    def evidence(self, history: Ints, items: Ints) -> Ints:
        """The item of the history that adds most to each own effect, or 0.  (H,), (n,) -> (n,)"""
        past = distinct(history[-self.config.length :])
        if not len(past):
            return np.zeros(len(items), np.int64)
        adds = (self.items[past] * self.pull + self.push) / (1 + len(past) * self.fall)  # (H, D)
        each = self.items[items] @ adds.T
        best = each.argmax(axis=1)
        return np.where(each[np.arange(len(items)), best] > 0, past[best], 0)


def distinct(history: Ints) -> Ints:
    """The items of one history, each once.  (H,) -> (n,)

    >>> distinct(np.array([0, 0, 7, 3, 7])).tolist()
    [3, 7]
    """
    past = np.unique(history)
    return past[past > 0]


def located(content: Floats, centre: Array, axes: Array) -> Array:
    """Where items lie; what nothing is known of lies in the middle.  (I, Dc) -> (I, d)"""
    some = content.any(axis=1, keepdims=True)
    return np.asarray((content - centre) @ axes * some)


def directions(content: Floats, d: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Where the middle of all items is, and in which directions they differ most.

    (I, Dc), row 0 the unknown's -> (Dc,), (Dc, at most d)
    """
    rows = content[1:][rng.permutation(len(content) - 1)[:SAMPLE]].astype(np.float64)
    centre = rows.mean(axis=0)
    apart = rows - centre
    wide = apart.shape[1]
    largest = (max(wide - d, 0), wide - 1)
    size, axes = eigh(apart.T @ apart, subset_by_index=largest)
    kept = axes[:, size > size[-1] * FLAT][:, ::-1]
    return centre, kept
