"""What the recommender that serves says to a test query, taken apart into systems and stages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Ints
from hermes.pipeline.breaker import Breaker
from hermes.pipeline.recommender import Recommender
from hermes.pipeline.sources import Sources
from hermes.pipeline.trace import Slate

from .offline import Answer, Ranking

PATIENCE = 60.0  # seconds


def patient(recommender: Recommender) -> Recommender:
    """The same, waiting for every channel, so that no figure depends on how busy the machine is."""
    each = [
        replace(s, deadline=PATIENCE, cost="inline", breaker=Breaker())
        for s in recommender.sources.sources
    ]
    return replace(recommender, sources=Sources(each, recommender.sources.fallback))


class Cascade:
    """One request answers for all systems: `cascade`, `fusion`, and `channel.<name>` each alone."""

    def __init__(self, recommender: Recommender) -> None:
        self.recommender = patient(recommender)
        self.channels = {s.channel.name for s in recommender.sources.sources}

    def __call__(self, query: Query) -> Answer:
        """Each channel as it scored, the blend by its own score, and the whole order."""
        slate = self.recommender(query)
        trace = slate.trace
        blend = trace.pools["blend"].top("blend", len(trace.pools["blend"]))
        systems = {
            "cascade": Ranking(order(slate)),
            "fusion": Ranking(blend.items, blend.columns["blend"]),
        }
        for name, pool in trace.brought.items():
            if name in self.channels:
                systems[f"channel.{name}"] = Ranking(pool.items, pool.columns["score"])
        brought = [pool.items for pool in trace.brought.values()]
        stages = {"channels": np.concatenate(brought) if brought else np.zeros(0, np.int64)}
        stages |= {name: pool.items for name, pool in trace.pools.items() if name != "blend"}
        return Answer(systems, stages, tuple(part.stage for part in trace.degraded))


def order(slate: Slate) -> Ints:
    """The slate, then what each stage had let through before it, best first.  -> (n,) distinct

    A user who asks for more than a slate is given the rest of the fine-ranked, then of the
    pre-ranked, then of the blend.
    """
    pools = [pool for name, pool in slate.trace.pools.items() if name != "blend"]
    items = np.concatenate([slate.items.items, *(pool.items for pool in reversed(pools))])
    first = np.unique(items, return_index=True)[1]
    return np.asarray(items[np.sort(first)])
