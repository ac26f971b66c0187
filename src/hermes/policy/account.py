"""What the policy did to one slate and what that cost, told afterwards to whoever asks.

The slate is made once more with one part of the policy after the other: quotas, diversity, parity,
exploration. Who stands elsewhere than a step before was moved by that part. A cost is what a part
gives up by itself, as a share of the NDCG that relevance alone would have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Array, Candidates, Ints

from .diversity import likeness
from .exposure import NAMES, Parity, discounts, price, shares
from .slatewise import Slatewise, spread


@dataclass(frozen=True, slots=True)
class Effect:
    """One item moved by one part of the policy; places count from 0."""

    code: str  # boost, rule, diversity, fairness or exploration
    text: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Spread:
    """How alike the items of a slate are, without and with diversity."""

    asked: float  # 1 - lambda that was used
    before: float  # mean pairwise cosine
    after: float
    cost: float


@dataclass(frozen=True, slots=True)
class Balance:
    """Exposure and merit by cohort, as shares of what the known cohorts have."""

    on: bool
    before: dict[str, float]
    after: dict[str, float]
    merit: dict[str, float]
    cost: float
    holds: bool
    note: str  # why it does not hold


@dataclass(frozen=True, slots=True)
class Account:
    """All of it."""

    effects: list[list[Effect]]  # by place of the slate
    diversity: Spread
    fairness: Balance


def account(policy: Slatewise, query: Query, pool: Candidates, order: Ints) -> Account:
    """Of the `order` that the policy chose from the pool for this query."""
    relevance = spread(pool.columns[policy.column])
    ruled = replace(policy, draw=None, diversity=None)
    plain, size = replace(query, fairness=False), len(order)
    best = np.argsort(-relevance, kind="stable")[:size]
    bound = ruled.choose(plain, pool, size).order
    spaced = replace(policy, draw=None).choose(plain, pool, size).order
    fair = replace(policy, draw=None).choose(query, pool, size).order
    steps = (
        ("rule", best, bound, ruled_out),
        ("diversity", bound, spaced, alike),
        ("fairness", spaced, fair, told_cohort(policy.parity, pool)),
        ("exploration", fair, order, drawn),
    )
    effects: dict[int, list[Effect]] = {i: [] for i in order.tolist()}
    for code, old, new, why in steps:
        for i, effect in moves(code, extended(old, len(pool)), extended(new, len(pool)), why):
            if i in effects:
                effects[i].append(effect)
    return Account(
        list(effects.values()),
        leaning(policy, query, pool, (best, order), relevance),
        balance(policy.parity, query, pool, (spaced, order), relevance),
    )


Why = Callable[[int, bool, bool], str]  # (position in the pool, up, took from below) -> words


def extended(order: Ints, n: int) -> Ints:
    """A slate, and behind it the rest of the pool as it came.  (k,) -> (n,)

    >>> extended(np.array([2, 0]), 4).tolist()
    [2, 0, 1, 3]
    """
    return np.concatenate([order, np.setdiff1d(np.arange(n), order)])


def moves(code: str, old: Ints, new: Ints, why: Why) -> Iterator[tuple[int, Effect]]:
    """Who moved between two orders of the whole pool.  (n,), (n,)"""
    was = np.argsort(old, kind="stable")  # place by position
    for place in np.flatnonzero(old != new).tolist():
        i = int(new[place])
        before = int(was[i])
        up = place < before
        rose = bool(was[new[before]] > before)  # who stands there now came from below
        far = abs(place - before)
        text = f"moved {'up' if up else 'down'} {far}: {why(i, up, rose)}"
        yield i, Effect(code, text, before, place)


def ruled_out(_: int, up: bool, rose: bool) -> str:
    """Of a quota."""
    if up:
        return "a kind above it had its share of the slate"
    return "its kind had its share of the slate" if rose else "others were moved before it"


def alike(_: int, up: bool, rose: bool) -> str:
    """Of diversity."""
    if up:
        return "unlike what stands above"
    return "much like what stands above" if rose else "others were moved before it"


def drawn(_: int, up: bool, rose: bool) -> str:
    """Of exploration."""
    if up:
        return "drawn to find out whether it is liked"
    return "another was drawn" if rose else "others were moved before it"


def told_cohort(parity: Parity | None, pool: Candidates) -> Why:
    """Of parity, by the item's cohort."""

    def why(i: int, up: bool, rose: bool) -> str:
        name = "" if parity is None else NAMES[parity.cohorts[pool.items[i]]]
        if not name:
            return "others were moved before it"
        if up:
            return f"{name} items were seen less than they are relevant"
        return f"{name} items were seen more than they are relevant"

    return why


def leaning(
    policy: Slatewise, query: Query, pool: Candidates, orders: tuple[Ints, Ints], relevance: Array
) -> Spread:
    """What diversity did, by itself; orders by relevance alone and as chosen."""
    rule = policy.diversity
    if rule is None or not len(pool):
        return Spread(0.0, 0.0, 0.0, 0.0)
    before, after = (likeness(rule.vectors[pool.items[order]]) for order in orders)
    asked, size = rule.strength(query, pool.items, len(orders[1])), len(orders[1])
    alone = replace(policy, draw=None, quotas=(), parity=None).choose(query, pool, size)
    return Spread(asked, before, after, price(relevance, alone.order))


def balance(
    parity: Parity | None,
    query: Query,
    pool: Candidates,
    orders: tuple[Ints, Ints],
    relevance: Array,
) -> Balance:
    """Who is seen how much; orders without parity and as chosen."""
    if parity is None or not len(pool):
        return Balance(False, {}, {}, {}, 0.0, True, "")
    codes, on = parity.cohorts[pool.items], parity.asked(query)
    before, after = (shares(codes[order], discounts(len(order))) for order in orders)
    merit, holds = shares(codes, relevance), parity.holds(pool.items, relevance, orders[1])
    asked = parity.places(pool.items, relevance, len(orders[1])) if on else None
    note = ""
    if asked is not None and not holds:
        note = "another rule stands in its way" if asked.holds else "nearest, not equal"
        note = "no slate of these candidates has it" if asked.proved else note
    return Balance(on, before, after, merit, asked.cost if asked else 0.0, holds, note)
