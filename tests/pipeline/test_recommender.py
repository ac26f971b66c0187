from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.core.protocols import Query, Reason
from hermes.core.types import Candidates, Floats
from hermes.data.catalogue import Catalogue
from hermes.explain.reasons import Reasons
from hermes.pipeline.blend import Blend
from hermes.pipeline.breaker import Breaker
from hermes.pipeline.recommender import Recommender, Stage
from hermes.pipeline.sources import Source, Sources
from hermes.policy.exploration import PlackettLuce
from hermes.policy.rules import Rules
from hermes.policy.slatewise import Slatewise
from hermes.ranking.intent import Intent
from hermes.ranking.scorer import RankerScorer
from hermes.retrieval.channels import TrendingChannel

AT = datetime(2026, 1, 1, tzinfo=UTC)


def ask(**given: object) -> Query:
    return Query(**{"id": "r", "at": AT, "size": 5, **given})  # type: ignore[arg-type]


def falling(*first: int) -> Floats:
    """Scores under which these items come first, in this order, and then 1 to 40."""
    order = [*first, *(i for i in range(1, 41) if i not in first)]
    scores = np.zeros(41, np.float32)
    scores[order] = np.arange(40, 0, -1)
    return scores


def scorer(name: str, by: Callable[[Candidates], Floats]) -> RankerScorer:
    """A ranker that sees the pool as its features and the item as its sparse column."""
    return RankerScorer(
        name,
        lambda query, pool: (pool.columns["blend"][:, None], pool.items[:, None], query.history),
        lambda dense, sparse, history: by(Candidates(sparse[:, 0], {"blend": dense[:, 0]})),
    )


def larger(pool: Candidates) -> Floats:
    return pool.items.astype(np.float32)


def failing(pool: Candidates) -> Floats:
    raise RuntimeError("the session is gone")


@pytest.fixture
def plain(shop: Catalogue) -> Recommender:
    """Two popular channels, no ranker."""
    one, two = TrendingChannel("one", falling(9, 8, 7)), TrendingChannel("two", falling(9, 7, 8))
    return Recommender(
        sources=Sources([Source(channel=one), Source(channel=two)], one),
        blend=Blend(),
        rules=Rules.of(shop),
        policy=Slatewise(),
        explainer=Reasons(shop, {"one": one, "two": two}),
    )


def test_without_rankers_the_blend_orders(plain: Recommender) -> None:
    slate = plain(ask())
    assert slate.items.items[0] == 9
    assert np.all(np.diff(slate.items.columns["score"]) <= 0)
    np.testing.assert_array_equal(slate.items.columns["score"], slate.items.columns["blend"])


def test_a_slate_knows_ranks_scores_propensities_reasons_and_times(plain: Recommender) -> None:
    slate = plain(ask())
    assert set(slate.items.columns) == {
        *("blend", "score", "propensity"),
        *(f"{fact}.{c}" for fact in ("retrieval", "rank") for c in ("one", "two")),
    }
    assert [r.code for r in slate.reasons] == ["popular"] * 5
    stages = ["retrieval", "blend", "rules", "policy", "reasons"]
    assert list(slate.trace.milliseconds) == stages
    assert min(slate.trace.milliseconds.values()) >= 0
    assert slate.trace.degraded == []


def test_seen_and_unavailable_items_never_stand_on_a_slate(plain: Recommender) -> None:
    slate = plain(ask(history=np.array([9, 7]), exclude=np.array([8]), size=40))
    assert sorted(slate.items.items.tolist()) == [i for i in range(1, 40) if i not in (7, 8, 9)]


def test_the_trace_says_what_each_rule_dropped(plain: Recommender) -> None:
    query = ask(exclude=np.array([8]), filters={"categories": ["horror"]})
    dropped = plain(query).trace.dropped()
    assert {rule: items.tolist() for rule, items in dropped.items()} == {
        "seen": [],
        "excluded": [8],
        "available": [40],
        "matching": [i for i in range(1, 40) if i % 4 != 1 and i != 8],
    }


def test_rankers_cut_the_pool_stage_by_stage(plain: Recommender) -> None:
    stages = (
        Stage(scorer=scorer("prerank", larger), keep=12),
        Stage(scorer=scorer("rank", lambda pool: -larger(pool)), keep=8),
    )
    slate = replace(plain, stages=stages, retrieve=30)(ask(size=3))
    sizes = slate.trace.sizes()
    cut = {name: sizes[name] for name in ("rules", "prerank", "rank", "policy")}
    assert cut == {"rules": 30, "prerank": 12, "rank": 8, "policy": 3}
    assert sizes["channel.one"] == 30
    kept = np.sort(slate.trace.pools["rules"].items)[-12:]
    assert slate.items.items.tolist() == kept[:3].tolist()
    np.testing.assert_array_equal(slate.items.columns["score"], slate.items.columns["rank"])


def test_no_stage_cuts_below_what_the_query_asks_for(plain: Recommender) -> None:
    small = replace(plain, stages=(Stage(scorer=scorer("rank", larger), keep=3),), retrieve=4)
    assert len(small(ask(size=20)).items) == 20


def test_a_long_slate_still_leaves_the_policy_a_choice(plain: Recommender) -> None:
    stages = (
        Stage(scorer=scorer("prerank", larger), keep=30),
        Stage(scorer=scorer("rank", larger), keep=5),
    )
    cascade = replace(plain, stages=stages)
    assert cascade(ask(size=10)).trace.sizes()["rank"] == 25
    assert cascade(ask(size=20)).trace.sizes()["rank"] == 30  # all that was scored


@pytest.mark.parametrize(
    "by",
    [
        failing,
        lambda pool: np.full(len(pool), np.nan, np.float32),
        lambda pool: np.zeros(2, np.float32),
    ],
)
def test_a_failing_ranker_leaves_the_order_before_it(
    plain: Recommender, by: Callable[[Candidates], Floats]
) -> None:
    slate = replace(plain, stages=(Stage(scorer=scorer("rank", by), keep=10),))(ask())
    assert slate.items.items.tolist() == plain(ask()).items.items.tolist()
    assert [d.stage for d in slate.trace.degraded] == ["rank"]


def test_a_ranker_that_keeps_failing_is_skipped(plain: Recommender) -> None:
    stage = Stage(scorer=scorer("rank", failing), keep=10, breaker=Breaker(failures=2, cooldown=60))
    recommender = replace(plain, stages=(stage,))
    causes = [recommender(ask()).trace.degraded[0].cause for _ in range(3)]
    assert causes[0].startswith("RuntimeError")
    assert causes[2].startswith("breaker open")


def test_a_score_that_is_not_finite_sinks(plain: Recommender) -> None:
    def half(pool: Candidates) -> Floats:
        return np.where(pool.items > 20, np.nan, pool.items).astype(np.float32)

    slate = replace(plain, stages=(Stage(scorer=scorer("rank", half), keep=10),))(ask())
    assert slate.items.items.tolist() == [20, 19, 18, 17, 16]


def test_strict_filters_still_fill_the_slate(plain: Recommender) -> None:
    few = replace(plain, retrieve=5)
    slate = few(ask(filters={"categories": ["comedy"]}, size=9))
    assert len(slate.items) == 9
    assert np.all(slate.items.items % 4 == 2)


def test_a_short_pool_is_filled_from_the_fallback(plain: Recommender, shop: Catalogue) -> None:
    narrow = TrendingChannel("narrow", np.eye(41)[3])
    popular = TrendingChannel("popularity", falling())
    sources = Sources([Source(channel=narrow)], popular)
    slate = replace(plain, sources=sources)(ask(size=10))
    assert len(slate.items) == 10
    assert slate.items.items[0] == 3
    assert "channel.popularity" in slate.trace.sizes()


def test_everything_forbidden_is_an_empty_slate(plain: Recommender) -> None:
    slate = plain(ask(exclude=np.arange(1, 41)))
    assert len(slate.items) == 0
    assert slate.reasons == []


def test_a_wrong_filter_is_the_callers_error(plain: Recommender) -> None:
    with pytest.raises(ConfigError, match="did you mean 'categories'"):
        plain(ask(filters={"categorie": ["war"]}))


def test_a_failing_explainer_costs_the_reasons_only(plain: Recommender) -> None:
    class Mute:
        def explain(self, query: Query, slate: Candidates) -> list[Reason]:
            raise KeyError("title")

    slate = replace(plain, explainer=Mute())(ask())
    assert len(slate.items) == 5
    assert slate.reasons == []
    assert [d.stage for d in slate.trace.degraded] == ["reasons"]


def test_nobody_explains_unasked(plain: Recommender) -> None:
    assert plain(ask(explain=False)).reasons == []


def test_a_request_replays_with_its_propensities(plain: Recommender) -> None:
    curious = replace(plain, policy=Slatewise(draw=PlackettLuce(temperature=0.5)))
    one, two, other = curious(ask()), curious(ask()), curious(ask(id="another"))
    assert one.items.items.tolist() == two.items.items.tolist()
    np.testing.assert_array_equal(one.items.columns["propensity"], two.items.columns["propensity"])
    assert one.items.items.tolist() != other.items.items.tolist()
    assert np.all(one.items.columns["propensity"] < 1)


def keen(plain: Recommender, shop: Catalogue, *stages: Stage) -> Recommender:
    intent = Intent.of(shop, np.arange(1, 40), strength=6.0)
    return replace(plain, intent=intent, stages=stages)


def test_five_of_one_kind_bring_more_of_it_past_the_rankers_too(
    plain: Recommender, shop: Catalogue
) -> None:
    horror = np.array([1, 5, 13, 17, 21])
    query = ask(history=horror, ages=np.zeros(5, np.float32), size=4)
    rank = Stage(scorer=scorer("rank", larger), keep=20)
    for recommender in (keen(plain, shop), keen(plain, shop, rank)):
        assert sorted((recommender(query).items.items % 4).tolist()) == [1, 1, 1, 1]
    assert (plain(query).items.items % 4 != 1).any()


def test_a_long_history_is_answered_to_the_bit_as_without_intent(
    plain: Recommender, shop: Catalogue
) -> None:
    query = ask(history=np.arange(1, 22), ages=np.zeros(21, np.float32), size=10)
    with_it, without = keen(plain, shop)(query).items, plain(query).items
    np.testing.assert_array_equal(with_it.items, without.items)
    np.testing.assert_array_equal(with_it.columns["score"], without.columns["score"])
