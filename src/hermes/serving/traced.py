"""How a slate came about, as it goes over the wire; made only for a request that asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from hermes.core.protocols import Policy as Chooser
from hermes.pipeline.told import Left, dropped, explained, funnel, places
from hermes.pipeline.trace import Slate
from hermes.policy.account import Account


class Passed(msgspec.Struct, gc=False):
    """What one stage let through."""

    stage: str  # channel.sasrec ..., blend, rules, prerank, rank, slate
    items: int
    milliseconds: float


class Effect(msgspec.Struct, gc=False):
    """One item moved by one part of the policy; places count from 0."""

    code: str  # boost, rule, diversity, fairness or exploration
    text: str
    before: int = msgspec.field(name="from")
    after: int = msgspec.field(name="to")


class Diversity(msgspec.Struct, gc=False):
    """How alike the items are: the mean cosine of all pairs."""

    asked: float  # the slider's place, or what the recipe chose
    similarity_before: float
    similarity: float
    cost: float  # share of NDCG given up for it


class Fairness(msgspec.Struct, gc=False):
    """Who is seen how much, as shares of what the known cohorts have."""

    on: bool
    exposure_before: dict[str, float]  # by cohort, without parity
    exposure: dict[str, float]
    merit: dict[str, float]  # what each deserves: its relevance among the candidates
    cost: float  # share of NDCG given up for it
    holds: bool
    note: str  # why it does not hold


class Policy(msgspec.Struct, gc=False):
    """What the policy did to the whole slate."""

    diversity: Diversity
    fairness: Fairness


@dataclass(frozen=True, slots=True)
class Told:
    """All that a traced answer holds more."""

    funnel: list[Passed]
    dropped: dict[str, int]
    places: list[dict[str, int]]  # by item
    effects: list[list[Effect]]  # by item
    policy: Policy | None


def traced(policy: Chooser, slate: Slate) -> Told:
    """Of a slate and the policy that ordered it."""
    said = explained(policy, slate)
    moved = said.effects if said else [[] for _ in range(len(slate.items))]
    return Told(
        wired(funnel(slate.trace)),
        dropped(slate.trace),
        places(slate),
        [[Effect(e.code, e.text, e.before, e.after) for e in each] for each in moved],
        None if said is None else judged(said),
    )


def wired(funnel: Iterable[Left]) -> list[Passed]:
    """A funnel, ready for the wire."""
    return [Passed(one.stage, one.items, one.milliseconds) for one in funnel]


def judged(said: Account) -> Policy:
    """What the policy gained, and for how much."""
    spread, balance = said.diversity, said.fairness
    return Policy(
        Diversity(spread.asked, spread.before, spread.after, spread.cost),
        Fairness(
            balance.on,
            balance.before,
            balance.after,
            balance.merit,
            balance.cost,
            balance.holds,
            balance.note,
        ),
    )
