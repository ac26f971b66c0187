"""A trace in plain values, for whoever asks how a slate came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hermes.core.protocols import Policy
from hermes.core.types import Array, Candidates, Ints
from hermes.policy.account import Account, Effect, account
from hermes.policy.slatewise import Slatewise

from .trace import Slate, Trace

LAST = "policy"  # the stage whose pool is the slate


@dataclass(frozen=True, slots=True)
class Left:
    """What a stage let through."""

    stage: str
    items: int
    milliseconds: float


def funnel(trace: Trace) -> list[Left]:
    """Channels, then the stages in their order; the last is the slate."""
    return passed(trace.sizes(), trace.spent | trace.milliseconds)


def passed(sizes: Mapping[str, int], times: Mapping[str, float]) -> list[Left]:
    """The same from what a trace has counted."""
    return [
        Left("slate" if name == LAST else name, items, times.get(name, 0.0))
        for name, items in sizes.items()
    ]


def dropped(trace: Trace) -> dict[str, int]:
    """Items that each rule dropped and no rule before it had."""
    return {rule: len(items) for rule, items in trace.dropped().items()}


def places(slate: Slate) -> list[dict[str, int]]:
    """Where each item of the slate stood, from 0, at each stage that had it."""
    items = slate.items.items
    out: list[dict[str, int]] = [{} for _ in range(len(items))]
    for name, order in orders(slate.trace):
        stood, who = np.nonzero(order[:, None] == items)
        for place, i in zip(stood.tolist(), who.tolist(), strict=True):
            out[i][name] = place
    return out


def orders(trace: Trace) -> Iterator[tuple[str, Ints]]:
    """Items of each channel and stage, best first."""
    for name, pool in trace.brought.items():
        yield f"channel.{name}", pool.items
    for name, pool in trace.pools.items():
        yield (
            "slate" if name == LAST else name,
            pool.items[falling(pool.columns["blend"])] if name == "blend" else pool.items,
        )


def falling(scores: Array) -> Ints:
    """Positions by falling score; what is not finite last.  (n,)"""
    return np.argsort(np.where(np.isfinite(scores), -scores, np.inf), kind="stable")


def explained(policy: Policy, slate: Slate) -> Account | None:
    """What the policy did to it; None where the policy cannot say, or there was nothing to order.

    A mood of the text moves items before the policy, and is told among the effects.
    """
    trace = slate.trace
    before = [pool for name, pool in trace.pools.items() if name != LAST]
    if not isinstance(policy, Slatewise) or not before or not len(slate.items):
        return None
    pool = before[-1]
    order = np.nonzero(slate.items.items[:, None] == pool.items)[1]
    said = account(policy, slate.query, pool, order)
    for effects, i in zip(said.effects, order.tolist(), strict=True):
        effects[:0] = boosts(trace, pool, i)
    return said


def boosts(trace: Trace, pool: Candidates, i: int) -> list[Effect]:
    """How far the moods of the text moved an item of the pool that the policy got."""
    names = [name for name in trace.pools if name in pool.columns]
    if trace.liking is None or not names:
        return []
    own = int(np.flatnonzero(falling(pool.columns[names[-1]]) == i)[0])
    now = int(np.flatnonzero(falling(pool.columns["score"]) == i)[0])
    if own == now:
        return []
    up = now < own
    cause = "it has the mood of the text" if up else "others have more of the mood of the text"
    return [Effect("boost", f"moved {'up' if up else 'down'} {abs(own - now)}: {cause}", own, now)]
