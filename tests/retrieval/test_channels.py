from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.errors import ShapeError
from hermes.core.protocols import Query
from hermes.core.types import Floats, Ints, Queries, Shape
from hermes.data.interactions import Interactions
from hermes.models.retrievers.transition import Transition, TransitionConfig
from hermes.retrieval.channels import NeighbourChannel, TrendingChannel
from hermes.retrieval.embedding import EmbeddingChannel
from hermes.retrieval.index import VectorIndex


def ask(*history: int, anchor: int = 0) -> Query:
    ages = np.arange(len(history), 0, -1, dtype=np.float32)
    return Query(
        id="r",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        history=np.array(history, np.int64),
        ages=ages,
        anchor=anchor,
    )


@pytest.fixture(scope="module")
def transition() -> Transition:
    """Twelve users, each walking through items 1 to 9 from another place."""
    walks = [np.roll(np.arange(1, 10), shift)[:6] for shift in range(12)]
    users, items = np.repeat(np.arange(1, 13), 6), np.concatenate(walks)
    times, weights = np.tile(np.arange(6.0), 12), np.ones(72, np.float32)
    log = Interactions.sort(users, items, times, weights, Shape(13, 10))
    return Transition(TransitionConfig(window=3)).fit(log)


def test_a_neighbour_channel_brings_the_models_best_unseen(transition: Transition) -> None:
    query = ask(2, 4)
    found = NeighbourChannel("t", transition, above=0).retrieve(query, 3)
    scores = transition.sparse_score(query.history, query.ages)
    scores[[0, 2, 4]] = -1
    assert found.items.tolist() == np.argsort(-scores, kind="stable")[:3].tolist()
    np.testing.assert_array_equal(found.columns["score"], scores[found.items])


def test_what_was_seen_does_not_use_up_k(transition: Transition) -> None:
    found = NeighbourChannel("t", transition).retrieve(ask(1, 2, 3, 4, 5), 4)
    assert sorted(found.items.tolist()) == [6, 7, 8, 9]


def test_items_without_evidence_are_not_brought(transition: Transition) -> None:
    channel = NeighbourChannel("t", transition, above=0)
    scores = transition.sparse_score(np.array([1]), np.zeros(1, np.float32))
    assert 0 < len(channel.retrieve(ask(1), 9)) == int((scores > 0).sum()) < 8


def test_where_items_come_back_the_seen_are_brought(transition: Transition) -> None:
    found = NeighbourChannel("t", transition, repeats=True).retrieve(ask(1, 2, 3), 9)
    assert sorted(found.items.tolist()) == list(range(1, 10))


def test_an_anchor_stands_in_for_the_history(transition: Transition) -> None:
    channel = NeighbourChannel("t", transition, above=0)
    like = channel.retrieve(ask(7, 8, 9, anchor=2), 1)
    assert like.items.tolist() == channel.retrieve(ask(2), 1).items.tolist()


def test_a_neighbour_channel_has_nothing_for_a_stranger(transition: Transition) -> None:
    assert len(NeighbourChannel("t", transition).retrieve(ask(), 5)) == 0


def test_evidence_is_the_event_that_adds_most(transition: Transition) -> None:
    query = ask(9, 2, 5)
    channel = NeighbourChannel("t", transition)
    items = np.array([1, 3, 4, 6, 7, 8])
    alone = np.zeros((3, 10))
    weight = transition.recency(query.ages)
    for row, item in enumerate(query.history):
        alone[row] = weight[row] * transition.sparse_score(
            np.array([item]), np.zeros(1, np.float32)
        )
    strongest = query.history[alone[:, items].argmax(axis=0)]
    expected = np.where(alone[:, items].max(axis=0) > 0, strongest, 0)
    assert channel.evidence(query, items).tolist() == expected.tolist()
    assert np.any(expected > 0)


def test_trending_brings_the_most_counted_unseen() -> None:
    channel = TrendingChannel("hot", np.array([99.0, 1, 5, 0, 3, 4]))
    assert channel.retrieve(ask(), 9).items.tolist() == [2, 5, 4, 1]  # 3 was never counted
    assert channel.retrieve(ask(5, 5, 3), 2).items.tolist() == [2, 4]


def test_trending_counts_anew_after_an_update() -> None:
    channel = TrendingChannel("hot", np.array([0.0, 1, 5]))
    channel.update(np.array([0.0, 7, 5]))
    assert channel.retrieve(ask(), 1).items.tolist() == [1]


def test_trending_does_not_say_what_is_like_an_anchor() -> None:
    assert len(TrendingChannel("hot", np.array([0.0, 1, 5])).retrieve(ask(anchor=1), 5)) == 0


VECTORS = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)


def encode(queries: Queries) -> Floats:
    """The newest item's own vector."""
    return VECTORS[queries.history[:, -1]]


def nearest(item: int, without: list[int], k: int) -> list[int]:
    score = VECTORS @ VECTORS[item]
    score[[0, *without]] = -np.inf
    return np.argsort(-score, kind="stable")[:k].tolist()


def test_an_embedding_channel_brings_the_nearest_unseen() -> None:
    channel = EmbeddingChannel("e", encode, VectorIndex.build(VECTORS), length=5)
    seen = [4, 250, *nearest(17, [], 30), 17]
    found = channel.retrieve(ask(*seen), 20)
    assert found.items.tolist() == nearest(17, seen, 20)
    assert np.all(np.diff(found.columns["score"]) <= 0)


def test_an_embedding_channel_brings_all_there_is_when_asked_for_more() -> None:
    channel = EmbeddingChannel("e", encode, VectorIndex.build(VECTORS))
    assert len(channel.retrieve(ask(3), 1000)) == 298


def test_an_embedding_channel_reads_the_anchor_and_leaves_it_out() -> None:
    channel = EmbeddingChannel("e", encode, VectorIndex.build(VECTORS), repeats=True)
    assert channel.retrieve(ask(1, 2, anchor=9), 10).items.tolist() == nearest(9, [9], 10)


def test_an_encoder_of_the_wrong_shape_is_named() -> None:
    channel = EmbeddingChannel("e", lambda q: VECTORS[0], VectorIndex.build(VECTORS))
    with pytest.raises(ShapeError, match="channel e"):
        channel.retrieve(ask(1), 3)


def test_no_channel_changes_the_scores_of_its_model() -> None:
    class Fixed:
        counts = np.array([9.0, 1, 2, 3], np.float32)

        def sparse_score(self, history: Ints, ages: Floats) -> Floats:
            return self.counts

        def evidence(self, history: Ints, ages: Floats, items: Ints) -> Ints:
            return np.zeros_like(items)

    NeighbourChannel("f", Fixed()).retrieve(ask(3), 2)
    assert Fixed.counts.tolist() == [9, 1, 2, 3]
