from __future__ import annotations

import numpy as np
import pytest

from hermes.core.errors import DataError
from hermes.evaluation.offline import retriever_ranks
from hermes.evaluation.sampled import drawn_ranks, expected, negatives, sampled_ranks
from hermes.evaluation.splits import Split
from hermes.models.retrievers.popularity import Popularity
from hermes.models.retrievers.transition import Transition


def test_a_user_is_set_against_distinct_items_they_never_had(split: Split) -> None:
    drawn = negatives(split.test, 30, np.random.default_rng(0))
    log = split.test.known
    for row, owner in enumerate(split.test.owners()):
        had = set(log.items[log.users == split.test.users[owner]].tolist())
        mine = set(drawn[row].tolist())
        assert len(mine) == 30
        assert not mine & (had | {0, int(split.test.targets[row])})


def test_the_same_seed_draws_the_same_items(split: Split) -> None:
    one, two = (negatives(split.test, 20, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_every_unseen_item_is_drawn_as_often(split: Split) -> None:
    rng = np.random.default_rng(1)
    first = split.test.take(np.zeros(1, np.int64))
    times = sum(
        np.bincount(negatives(first, 5, rng)[0], minlength=split.train.shape.n_items)
        for _ in range(2000)
    )
    free = times[times > 0]
    assert free.min() > 0.75 * free.mean()
    assert free.max() < 1.25 * free.mean()


def test_too_few_unseen_items_are_named(split: Split) -> None:
    with pytest.raises(DataError, match="fewer than 60"):
        negatives(split.test, 60, np.random.default_rng(0))


def test_equal_scores_count_against_the_target() -> None:
    level = np.zeros((1, 6), np.float32)
    assert drawn_ranks(level, np.array([1]), np.array([0]), np.array([[2, 3, 4]])) == [4]


def test_a_target_without_a_finite_score_has_no_rank() -> None:
    scores = np.array([[0, np.nan, 1, 2]], np.float32)
    assert drawn_ranks(scores, np.array([1]), np.array([0]), np.array([[2, 3]])) == [0]


@pytest.mark.parametrize("model", [Popularity(), Transition()], ids=["popularity", "transition"])
def test_against_everything_unseen_the_rank_is_that_of_the_full_catalogue(
    model: Popularity | Transition, split: Split
) -> None:
    fitted, log = model.fit(split.train), split.test.known
    for case in range(0, len(split.test), 7):
        one = split.test.take(np.array([case]))
        free = np.ones(log.shape.n_items, bool)
        free[0] = free[one.targets] = False
        free[log.items[log.users == one.users[0]]] = False
        whole = np.flatnonzero(free)[None]
        np.testing.assert_array_equal(
            sampled_ranks(fitted, one, 50, whole), retriever_ranks(fitted, one, 50)
        )


def test_a_rank_among_few_is_never_worse_than_among_all(split: Split) -> None:
    model = Popularity().fit(split.train)
    drawn = negatives(split.test, 10, np.random.default_rng(0))
    few = sampled_ranks(model, split.test, 50, drawn, batch=7)
    assert (few <= retriever_ranks(model, split.test, 50)).all()


def test_the_expectation_is_the_mean_over_many_draws() -> None:
    rng, ranks, others = np.random.default_rng(0), np.array([1, 4, 30, 0]), np.full(4, 59)
    drawn = np.stack([rng.permutation(59)[:20] for _ in range(20_000)])
    hits, gains = expected(ranks, others, 20, 3)
    for row, rank in enumerate(ranks):
        place = (drawn < rank - 1).sum(1)
        listed = (place < 3) & (rank > 0)
        assert hits[row] == pytest.approx(listed.mean(), abs=0.015)
        assert gains[row] == pytest.approx((listed / np.log2(place + 2)).mean(), abs=0.015)
