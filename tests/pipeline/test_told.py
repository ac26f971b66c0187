from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.data.catalogue import Catalogue
from hermes.pipeline.blend import Blend
from hermes.pipeline.recommender import Recommender, Stage
from hermes.pipeline.sources import Source, Sources
from hermes.pipeline.told import dropped, explained, funnel, places
from hermes.pipeline.trace import Slate
from hermes.policy.diversity import MMR, unit
from hermes.policy.exposure import Parity
from hermes.policy.rules import Rules
from hermes.policy.slatewise import Slatewise
from hermes.ranking.scorer import RankerScorer
from hermes.retrieval.channels import TrendingChannel

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def recommender(shop: Catalogue) -> Recommender:
    """Two channels; a ranker that turns the order round; every second item is independent."""
    up, down = np.arange(41.0, dtype=np.float32), np.arange(41, 0, -1).astype(np.float32)
    down[0] = 0
    one, two = TrendingChannel("one", up), TrendingChannel("two", down)
    rank = RankerScorer(
        "rank",
        lambda query, pool: (pool.items[:, None].astype(np.float32), pool.items, query.history),
        lambda dense, sparse, history: dense[:, 0],
    )
    vectors = unit(np.random.default_rng(0).normal(size=(41, 3)))
    return Recommender(
        sources=Sources([Source(channel=one), Source(channel=two, cost="thread")], one),
        blend=Blend(),
        rules=Rules.of(shop),
        policy=Slatewise(
            diversity=MMR(vectors=vectors, threshold=1.0), parity=Parity(cohorts=shop.cohort)
        ),
        stages=[Stage(scorer=rank, keep=20)],
        retrieve=30,
    )


def ask(**given: object) -> Query:
    return Query(**{"id": "r", "at": AT, "size": 5, **given})  # type: ignore[arg-type]


def test_the_funnel_goes_from_the_channels_to_the_slate(recommender: Recommender) -> None:
    slate = recommender(ask(history=np.array([3, 4])))
    told = {one.stage: one.items for one in funnel(slate.trace)}
    assert list(told) == ["channel.one", "channel.two", "blend", "rules", "rank", "slate"]
    assert told["slate"] == 5
    assert told["rank"] == 20
    assert all(one.milliseconds > 0 for one in funnel(slate.trace))


def test_each_rule_tells_what_it_dropped(recommender: Recommender) -> None:
    slate = recommender(ask(exclude=np.array([9, 10, 39])))
    assert dropped(slate.trace)["excluded"] == 3


def test_a_place_is_where_the_item_stood(recommender: Recommender) -> None:
    slate = recommender(ask())
    trace = slate.trace
    for found, item in zip(places(slate), slate.items.items.tolist(), strict=True):
        assert trace.pools["rank"].items[found["rank"]] == item
        assert trace.pools["rules"].items[found["rules"]] == item
        assert slate.items.items[found["slate"]] == item
        above = trace.pools["blend"].columns["blend"]
        mine = above[trace.pools["blend"].items == item]
        assert found["blend"] >= int((above > mine).sum())
        for name in ("one", "two"):
            if f"channel.{name}" in found:
                assert trace.brought[name].items[found[f"channel.{name}"]] == item


def test_effects_lead_from_the_rank_to_the_slate(recommender: Recommender) -> None:
    slate = recommender(ask(diversity=0.9, fairness=True))
    said = explained(recommender.policy, slate)
    assert said is not None
    moved = 0
    for found, effects in zip(places(slate), said.effects, strict=True):
        if effects:
            assert effects[0].before == found["rank"]
            assert effects[-1].after == found["slate"]
            moved += 1
        else:
            assert found["rank"] == found["slate"]
    assert moved
    assert said.diversity.after < said.diversity.before
    assert said.diversity.cost > 0


def test_a_mood_of_the_text_is_told_as_a_boost(recommender: Recommender) -> None:
    slate = recommender(ask())
    last = slate.trace.pools["rank"]
    score = last.columns["score"].copy()
    score[3] += 100  # as a mood would
    order = np.argsort(-score, kind="stable")
    slate.trace.pools["rank"] = last.with_column("score", score).take(order)
    slate.trace.liking = lambda items: np.ones(len(items), np.float32)
    lifted = Slate(slate.query, slate.trace.pools["rank"].take(np.arange(5)), [], slate.trace)
    said = explained(Slatewise(), lifted)
    assert said is not None
    (boost,) = said.effects[0]
    assert (boost.code, boost.before, boost.after) == ("boost", 3, 0)
    assert boost.text == "moved up 3: it has the mood of the text"


def test_nothing_to_order_is_nothing_to_tell(recommender: Recommender) -> None:
    slate = recommender(ask(domains=("books",), exclude=np.arange(1, 41)))
    assert len(slate.items) == 0
    assert explained(recommender.policy, slate) is None
    assert places(slate) == []


def test_a_policy_of_another_kind_says_nothing(recommender: Recommender) -> None:
    class Other:
        name = "other"

        def choose(self, query: Query, pool: Candidates, size: int) -> object:
            raise AssertionError

    assert explained(Other(), recommender(ask())) is None  # type: ignore[arg-type]
