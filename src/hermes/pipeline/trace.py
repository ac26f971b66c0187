"""What happened to one request: where its time went, what each stage let through, what failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from hermes.core.protocols import Query, Reason
from hermes.core.types import Bools, Candidates, Floats, Ints
from hermes.explain.attribution import Attribution
from hermes.retrieval.understood import Understood


@dataclass(frozen=True, slots=True)
class Degraded:
    """A stage that did not do its part, and why."""

    stage: str  # channel.sasrec, prerank, rank, explain ...
    cause: str


@dataclass(slots=True)
class Trace:
    """Filled on the way; holds references only, so that counts cost nothing until somebody asks."""

    milliseconds: dict[str, float] = field(default_factory=dict)  # by stage, wall clock
    spent: dict[str, float] = field(default_factory=dict)  # milliseconds, by channel
    brought: dict[str, Candidates] = field(default_factory=dict)  # by channel
    pools: dict[str, Candidates] = field(default_factory=dict)  # what each stage let through
    kept: dict[str, Bools] = field(default_factory=dict)  # by rule, over pools["blend"]
    degraded: list[Degraded] = field(default_factory=list)
    read: Understood | None = None  # what was understood of the query's text
    liking: Callable[[Ints], Floats] | None = None  # how much of its moods each item has
    leaning: Callable[[Ints], Floats] | None = None  # deviations by which the history moves items
    explicit: float = 1.0  # how much the text names what is wanted; 1 where nobody judged it
    clock: Callable[[], float] = perf_counter
    last: float = 0.0  # seconds, when the last stage ended

    @classmethod
    def start(cls, clock: Callable[[], float] = perf_counter) -> Trace:
        """An empty trace whose time runs."""
        return cls(clock=clock, last=clock())

    def stage(self, name: str, pool: Candidates | None = None) -> None:
        """`name` ends here, leaving `pool`."""
        now = self.clock()
        self.milliseconds[name] = self.milliseconds.get(name, 0.0) + (now - self.last) * 1e3
        self.last = now
        if pool is not None:
            self.pools[name] = pool

    def degrade(self, stage: str, cause: str) -> None:
        """Say that a stage failed; the answer still comes."""
        self.degraded.append(Degraded(stage, cause))

    def sizes(self) -> dict[str, int]:
        """The funnel: items by channel, then items left after each stage."""
        channels = {f"channel.{name}": len(pool) for name, pool in self.brought.items()}
        return channels | {name: len(pool) for name, pool in self.pools.items()}

    def dropped(self) -> dict[str, Ints]:
        """Items each rule dropped that no rule before it had; by rule, in their order."""
        if not self.kept:
            return {}
        items = self.pools["blend"].items
        left, out = np.ones(len(items), bool), {}
        for rule, kept in self.kept.items():
            out[rule] = items[left & ~kept]
            left &= kept
        return out


@dataclass(frozen=True, slots=True)
class Slate:
    """The answer: items best first with all that is known of them, why, and how it came about."""

    query: Query
    items: Candidates  # (k,) columns score, propensity, blend, retrieval.*, rank.* ...
    reasons: list[Reason]  # (k,) or empty when nobody asked
    trace: Trace
    attribution: Attribution | None = None  # of the scores, when it was asked for
