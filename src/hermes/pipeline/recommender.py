"""A request, from the question to the slate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from hermes.core.errors import Unavailable
from hermes.core.protocols import Explainer, Policy, Query, Reason, Scorer
from hermes.core.types import Candidates, strongest
from hermes.explain.attribution import Attribution
from hermes.policy.rules import Rules
from hermes.ranking.gate import Gate
from hermes.ranking.intent import Intent

from . import lead
from .asked import Reader
from .attributed import Attributor, Sharing
from .blend import Blend
from .breaker import Breaker, attempt
from .sources import Sources
from .trace import Slate, Trace

EVERYTHING = 1 << 31  # more items than any catalogue has
ROOM = 2.5  # candidates a place that the policy chooses from, 50 for 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A ranker, how many it leaves, and the breaker that skips it while it keeps failing."""

    scorer: Scorer
    keep: int
    breaker: Breaker = field(default_factory=Breaker)
    shared: Sharing | None = None  # how its score is taken apart; None: it cannot be


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommender:
    """Everything a request needs; without stages the blend alone orders (tier 3)."""

    sources: Sources
    blend: Blend
    rules: Rules
    policy: Policy
    stages: Sequence[Stage] = ()  # pre-rank, fine-rank; each column is named after its scorer
    gate: Gate | None = None  # hands a strange request to others than those
    intent: Intent | None = None  # moves up what a short history says plainly
    reader: Reader | None = None  # of the query's text; without one it is searched for as it is
    attributor: Attributor | None = None  # takes scores apart where a query asks for it
    explainer: Explainer | None = None
    retrieve: int = 1000  # candidates that leave retrieval
    seats: Mapping[str, int] = field(default_factory=dict)  # of those, for a channel's first

    def __call__(self, query: Query) -> Slate:
        """The slate, with reasons when the query asks for them, and the trace of how it came about.

        Raises `ConfigError` for a filter nobody knows; whatever else fails is named in the trace.
        """
        trace = Trace.start()
        query = lead.read(self.reader, query, trace)
        trace.leaning = lead.meant(self.intent, query)
        asked = self.rules.widened(query, self.retrieve)
        brought = self.sources.fetch(query, asked, trace)
        trace.stage("retrieval")
        pool = self.blended(brought, trace)
        trace.stage("blend", pool)
        pool = self.admitted(query, pool, trace)
        if len(pool) < query.size and not lead.taken(query, pool, trace.explicit):
            pool = self.filled(query, trace)
        trace.stage("rules", pool)
        lead.told(query, pool, trace)
        pool, stages = self.gated(query, pool, trace)
        for stage in stages:
            pool = self.ranked(query, pool, stage, trace)
            trace.stage(stage.scorer.name, pool)
        choice = self.policy.choose(query, pool, query.size)
        items = pool.take(choice.order).with_column("propensity", choice.propensity)
        trace.stage("policy", items)
        items, attribution = self.attributed(query, items, trace)
        reasons = self.explained(query, items, trace)
        trace.stage("reasons")
        return Slate(query, items, reasons, trace, attribution)

    def blended(self, brought: Mapping[str, Candidates], trace: Trace) -> Candidates:
        """One pool; the more explicit a text is, the less behaviour counts."""
        return self.blend(brought, lead.weights(brought, self.blend.weights, trace))

    def admitted(self, query: Query, pool: Candidates, trace: Trace) -> Candidates:
        """What the rules let through, the best `retrieve` of it by blend."""
        trace.kept = self.rules.keep(query, pool)
        allowed = np.ones(len(pool), bool)
        for kept in trace.kept.values():
            allowed &= kept
        allowed = lead.narrowed(query, pool, allowed, trace.explicit)
        left = allowed.nonzero()[0]
        blend = lead.swayed(trace, pool.take(left), pool.columns["blend"][left])
        best = strongest(blend, max(self.retrieve, query.size))
        best = lead.seated(pool.take(left), best, self.seats)
        return pool.take(left[best]).with_column("score", blend[best])

    def filled(self, query: Query, trace: Trace) -> Candidates:
        """The same once more with all that the fallback has, since the slate would stay short."""
        last = self.sources.fallback
        more = attempt(partial(last.retrieve, query, EVERYTHING), f"channel.{last.name}", trace)
        trace.brought |= {} if more is None else {last.name: more}
        pool = self.blended(trace.brought, trace)
        trace.stage("blend", pool)
        return self.admitted(query, pool, trace)

    def gated(
        self, query: Query, pool: Candidates, trace: Trace
    ) -> tuple[Candidates, Sequence[Stage]]:
        """The pool and who may rank it: nobody where the gate opens."""
        keep = max(query.size, self.stages[-1].keep) if self.stages else len(pool)
        if trace.read is not None and lead.taken(query, pool, trace.explicit):
            return pool.take(np.arange(min(keep, len(pool)))), ()
        if self.gate is None or query.anchor or lead.taken(query, pool, trace.explicit):
            return pool, self.stages
        cause = attempt(partial(self.gate.cause, query, trace.brought), "gate", trace)
        if not cause:
            return pool, self.stages
        trace.degrade("gate", cause)
        return self.gate.handed(pool).take(np.arange(min(keep, len(pool)))), ()

    def ranked(self, query: Query, pool: Candidates, stage: Stage, trace: Trace) -> Candidates:
        """The best by the stage's scorer; the order before it where it fails."""
        last = stage is self.stages[-1]
        keep, name = max(stage.keep, int((ROOM if last else 1) * query.size)), stage.scorer.name
        if not len(pool) or not stage.breaker.admits(name, trace):
            return pool.take(np.arange(min(keep, len(pool))))
        scored = attempt(partial(self.scored, query, pool, stage, trace), name, trace)
        stage.breaker.note(scored is not None)
        return scored.top("score", keep) if scored else pool.take(np.arange(min(keep, len(pool))))

    def scored(self, query: Query, pool: Candidates, stage: Stage, trace: Trace) -> Candidates:
        """The pool with a column named after the scorer; moved by moods it is `score` from now."""
        score = stage.scorer.score(query, pool)
        if not np.isfinite(score).any():
            raise Unavailable(f"{stage.scorer.name}: no finite score for {len(pool)} candidates")
        told = pool.with_column(stage.scorer.name, score)
        return told.with_column("score", lead.swayed(trace, pool, score))

    def attributed(
        self, query: Query, items: Candidates, trace: Trace
    ) -> tuple[Candidates, Attribution | None]:
        """The items with the parts of their scores, where the query asks for them."""
        if not query.attribute or self.attributor is None:
            return items, None
        apart = partial(self.attributor, self, query, items, trace)
        found = attempt(apart, "attribution", trace)
        trace.stage("attribution")
        return found or (items, None)

    def explained(self, query: Query, items: Candidates, trace: Trace) -> list[Reason]:
        """One reason an item, or none at all."""
        if not query.explain or self.explainer is None:
            return []
        return attempt(partial(self.explainer.explain, query, items), "reasons", trace) or []
