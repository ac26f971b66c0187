"""What every channel, filter, scorer and policy owes, for all that a walk of the packages finds."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

import hermes.policy
import hermes.ranking
import hermes.retrieval
from hermes.core.protocols import Query
from hermes.core.types import Candidates, Floats, Ints, Queries, Shape
from hermes.data.catalogue import Catalogue
from hermes.encoders.base import Vectors
from hermes.encoders.ngrams import NGrams
from hermes.models.retrievers.effects import MixedEffects
from hermes.policy.diversity import MMR, unit
from hermes.policy.exploration import PlackettLuce
from hermes.policy.exposure import Parity
from hermes.policy.quota import Quota
from hermes.policy.rules import Available, Excluded, Fresh, Matching, Seen
from hermes.policy.slatewise import Slatewise
from hermes.ranking.scorer import RankerScorer
from hermes.retrieval.channels import Bounded, NeighbourChannel, TrendingChannel
from hermes.retrieval.cold_start import ColdStart
from hermes.retrieval.effects import EffectsChannel
from hermes.retrieval.embedding import EmbeddingChannel
from hermes.retrieval.graph import Graph
from hermes.retrieval.hybrid import HybridChannel, HybridSearch
from hermes.retrieval.index import VectorIndex
from hermes.retrieval.knowledge import GraphChannel
from hermes.retrieval.semantic import SemanticChannel, SemanticSearch
from hermes.retrieval.text_search import TextChannel, TextSearch
from hermes.retrieval.visual import Visual, VisualChannel

AT = datetime(2024, 10, 4, tzinfo=UTC)
VECTORS = np.random.default_rng(0).normal(size=(41, 6)).astype(np.float32)
QUERIES = {
    "stranger": Query(id="a", at=AT),
    "regular": Query(
        id="b", at=AT, user=3, history=np.array([5, 9, 5]), ages=np.array([3, 2, 1], np.float32)
    ),
    "anchored": Query(id="c", at=AT, anchor=12, history=np.array([5]), ages=np.ones(1, np.float32)),
    "choosy": Query(id="d", at=AT, domains=("films",), exclude=np.array([7])),
    "sated": Query(
        id="e", at=AT, history=np.arange(1, 41), ages=np.arange(40, 0, -1).astype(np.float32)
    ),
    "wordy": Query(
        id="f", at=AT, history=np.array([5]), ages=np.ones(1, np.float32), text="war title"
    ),
}


class Alike:
    """Scores by likeness to the last item."""

    def sparse_score(self, history: Ints, ages: Floats) -> Floats:
        return np.asarray(VECTORS @ VECTORS[history[-1]])

    def evidence(self, history: Ints, ages: Floats, items: Ints) -> Ints:
        return np.full(len(items), history[-1])


def encode(queries: Queries) -> Floats:
    return VECTORS[queries.history[:, -1]]


def wishes() -> EffectsChannel:
    """Every item of a history adds what it is."""
    one, none, ones = np.ones(1, np.float32), np.zeros(6, np.float32), np.ones(41, np.float32)
    given = {"items": VECTORS, "main": ones, "doubt": ones, "appeal": ones}
    given |= {"pull": one, "gain": one, "push": none, "fall": none}
    model = MixedEffects().restore(Shape(n_items=41), given)
    return EffectsChannel("c", model, VectorIndex.build(model.catalogue()))


def semantic(shop: Catalogue) -> SemanticSearch:
    encoder = NGrams.fit(shop.titles[1:], np.random.default_rng(0))
    rows = np.concatenate([np.zeros((1, encoder.d), np.float32), encoder.encode(shop.titles[1:])])
    return SemanticSearch.of_items(Vectors(rows, encoder.identity), encoder)


CHANNELS: dict[type, Callable[[Catalogue], Any]] = {
    NeighbourChannel: lambda shop: NeighbourChannel("c", Alike()),
    TrendingChannel: lambda shop: TrendingChannel("c", np.arange(41.0)),
    EmbeddingChannel: lambda shop: EmbeddingChannel("c", encode, VectorIndex.build(VECTORS)),
    EffectsChannel: lambda shop: wishes(),
    TextChannel: lambda shop: TextChannel("c", TextSearch(shop)),
    VisualChannel: lambda shop: VisualChannel("c", Visual(Vectors(VECTORS, "vision:test:1"))),
    GraphChannel: lambda shop: GraphChannel("c", Graph.of(shop)),
    ColdStart: lambda shop: ColdStart(
        "c", encode, np.arange(20, 41), VECTORS[20:], shop.published[20:]
    ),
    SemanticChannel: lambda shop: SemanticChannel("c", semantic(shop)),
    HybridChannel: lambda shop: HybridChannel("c", HybridSearch(TextSearch(shop), semantic(shop))),
    Bounded: lambda shop: Bounded(NeighbourChannel("c", Alike()), len(shop)),
}
FILTERS: dict[type, Callable[[Catalogue], Any]] = {
    Seen: lambda shop: Seen(len(shop)),
    Excluded: lambda shop: Excluded(len(shop)),
    Available: Available,
    Matching: Matching,
    Fresh: lambda shop: Fresh(catalogue=shop, max_age=20),
}
SCORERS: dict[type, Callable[[], Any]] = {
    RankerScorer: lambda: RankerScorer(
        "s",
        lambda query, pool: (VECTORS[pool.items], pool.items[:, None], query.history),
        lambda dense, sparse, history: dense[:, 0],
    )
}
POLICIES: dict[type, Callable[[], Any]] = {
    Slatewise: lambda: Slatewise(
        diversity=MMR(vectors=unit(VECTORS), threshold=0.0),
        quotas=(Quota(np.arange(41) % 4, share=0.3),),
        parity=Parity(cohorts=np.arange(41) % 3, always=True),
        draw=PlackettLuce(),
    )
}
VERBS = {"retrieve": CHANNELS, "keep": FILTERS, "score": SCORERS, "choose": POLICIES}


def walked() -> Iterator[tuple[str, type]]:
    """(verb, class) of every class of the stage packages that has a stage's verb."""
    for package in (hermes.retrieval, hermes.ranking, hermes.policy):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for _, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                named = isinstance(getattr(cls, "__annotations__", {}).get("name"), str)
                concrete = not getattr(cls, "_is_protocol", False) and cls.__module__ == module.name
                for verb in VERBS:
                    if concrete and hasattr(cls, verb) and (named or verb == "retrieve"):
                        yield verb, cls


def pool(n: int = 39) -> Candidates:
    items = np.random.default_rng(n).permutation(np.arange(1, 41))[:n]
    return Candidates(items, {"score": np.linspace(1, 0, n, dtype=np.float32)})


def test_every_stage_of_the_packages_is_held_to_its_contract() -> None:
    for verb, cls in walked():
        assert cls in VERBS[verb], f"{cls.__name__} has `{verb}` and no line in this file"
    assert {cls for _, cls in walked()} == {c for listed in VERBS.values() for c in listed}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
@pytest.mark.parametrize("make", CHANNELS.values(), ids=lambda m: "")
@pytest.mark.parametrize("k", [1, 10, 1000])
def test_a_channel_brings_at_most_k_distinct_known_items_best_first(
    make: Callable[[Catalogue], Any], query: Query, k: int, shop: Catalogue
) -> None:
    found = make(shop).retrieve(query, k)
    assert len(found) <= k
    assert len(np.unique(found.items)) == len(found)
    assert np.all((found.items > 0) & (found.items < 41))
    assert not np.isin(found.items, [*query.history, query.anchor]).any()
    assert np.isfinite(found.columns["score"]).all()
    assert np.all(np.diff(found.columns["score"]) <= 0)


@pytest.mark.parametrize("make", CHANNELS.values(), ids=lambda m: "")
def test_a_channel_answers_the_same_twice(
    make: Callable[[Catalogue], Any], shop: Catalogue
) -> None:
    channel = make(shop)
    one, two = (channel.retrieve(QUERIES["regular"], 9) for _ in range(2))
    assert one.items.tolist() == two.items.tolist()
    assert channel.name == "c"


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
@pytest.mark.parametrize("make", FILTERS.values(), ids=lambda m: "")
@pytest.mark.parametrize("n", [0, 1, 39])
def test_a_filter_judges_each_item_by_itself(
    make: Callable[[Catalogue], Any], query: Query, n: int, shop: Catalogue
) -> None:
    rule, candidates = make(shop), pool(n)
    mask = rule.keep(query, candidates)
    assert mask.dtype == bool
    assert mask.shape == (n,)
    singly = [rule.keep(query, candidates.take(np.array([i])))[0] for i in range(n)]
    assert mask.tolist() == singly


@pytest.mark.parametrize("make", SCORERS.values(), ids=lambda m: "")
@pytest.mark.parametrize("n", [0, 1, 39])
def test_a_scorer_gives_one_score_an_item_whatever_their_order(
    make: Callable[[], Any], n: int
) -> None:
    scorer, candidates = make(), pool(n)
    scores = scorer.score(QUERIES["regular"], candidates)
    assert scores.shape == (n,)
    backwards = scorer.score(QUERIES["regular"], candidates.take(np.arange(n)[::-1]))
    np.testing.assert_allclose(backwards[::-1], scores, rtol=1e-6)


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
@pytest.mark.parametrize("make", POLICIES.values(), ids=lambda m: "")
@pytest.mark.parametrize("size", [1, 20, 100])
def test_a_policy_chooses_distinct_positions_with_their_probability(
    make: Callable[[], Any], query: Query, size: int
) -> None:
    choice = make().choose(query, pool(), size)
    assert len(set(choice.order.tolist())) == len(choice.order) == min(size, 39)
    assert np.all((choice.order >= 0) & (choice.order < 39))
    assert np.all((choice.propensity > 0) & (choice.propensity <= 1))


@pytest.mark.parametrize("make", POLICIES.values(), ids=lambda m: "")
def test_a_policy_has_nothing_to_say_of_an_empty_pool(make: Callable[[], Any]) -> None:
    assert len(make().choose(QUERIES["regular"], pool(0), 20).order) == 0
