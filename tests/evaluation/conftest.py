"""A small log in which order says something, and a real recommender over it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.core.types import Candidates, Floats, Shape
from hermes.data.interactions import Interactions
from hermes.evaluation.splits import Split, leave_one_out
from hermes.models.retrievers.popularity import Popularity
from hermes.models.retrievers.transition import Transition
from hermes.pipeline.blend import Blend
from hermes.pipeline.recommender import Recommender, Stage
from hermes.pipeline.sources import Source, Sources
from hermes.policy.rules import Rules, Seen
from hermes.policy.slatewise import Slatewise
from hermes.retrieval.channels import NeighbourChannel, TrendingChannel

USERS, ITEMS = 60, 60


@pytest.fixture(scope="session")
def split() -> Split:
    """Each user walks the circle of items in steps of two."""
    rng = np.random.default_rng(0)
    starts, counts = rng.integers(ITEMS, size=USERS), rng.integers(4, 20, USERS)
    users = np.repeat(np.arange(1, USERS + 1), counts)
    steps = np.concatenate([np.arange(n) for n in counts])
    items = 1 + (np.repeat(starts, counts) + 2 * steps) % ITEMS
    log = Interactions.sort(
        users,
        items,
        steps + 100.0 * users,
        np.ones(len(users), np.float32),
        Shape(USERS + 1, ITEMS + 1),
    )
    return leave_one_out(log)


class Backwards:
    """A scorer that turns the order it is given around."""

    def __init__(self, name: str) -> None:
        self.name = name

    def score(self, query: Query, pool: Candidates) -> Floats:
        return np.arange(len(pool), dtype=np.float32)


Make = Callable[..., Recommender]


@pytest.fixture(scope="session")
def make(split: Split) -> Make:
    """A recommender of two channels, with the stages given."""
    counts = Popularity().fit(split.train).counts
    transition = NeighbourChannel("transition", Transition().fit(split.train), above=0)

    def build(*stages: Stage, channels: tuple[Source, ...] = ()) -> Recommender:
        both = (Source(channel=transition), Source(channel=TrendingChannel("popular", counts)))
        return Recommender(
            sources=Sources(channels or both, TrendingChannel("last", counts)),
            blend=Blend(weights={"transition": 2.0}),
            rules=Rules((Seen(ITEMS + 1),)),
            policy=Slatewise(),
            stages=stages,
        )

    return build


@pytest.fixture(scope="session")
def backwards() -> Callable[[str, int], Stage]:
    """A stage that turns the order around and keeps so many."""
    return lambda name, keep: Stage(scorer=Backwards(name), keep=keep)
