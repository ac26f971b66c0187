from __future__ import annotations

import numpy as np
import pytest

from hermes.evaluation import metrics


def test_equal_scores_count_against_the_model() -> None:
    scores = np.zeros((1, 5), np.float32)
    rank = metrics.score_ranks(
        scores, np.array([3]), np.array([0, 1]), np.array([1]), np.array([0])
    )
    assert rank.tolist() == [3]  # items 2, 3 and 4 are level, 1 was seen, 0 is nobody


def test_a_constant_model_gets_nothing() -> None:
    n, items = 50, 200
    scores = np.ones((n, items), np.float32)
    none = np.zeros(0, np.int64)
    ranks = metrics.score_ranks(scores, np.arange(1, n + 1), np.arange(n + 1), none, none)
    assert metrics.hit_rate(ranks, np.arange(n + 1), 10).sum() == 0


def test_a_score_that_is_not_a_number_has_no_rank() -> None:
    scores = np.array([[0, np.nan, 1]], np.float32)
    none = np.zeros(0, np.int64)
    assert metrics.score_ranks(scores, np.array([1]), np.array([0, 1]), none, none) == [0]


def test_several_targets_of_several_users_are_ranked_in_their_own_rows() -> None:
    scores = np.array([[0, 1, 2, 3], [0, 3, 2, 1], [0, 1, 3, 2]], np.float32)
    none = np.zeros(0, np.int64)
    ranks = metrics.score_ranks(
        scores, np.array([1, 3, 1, 2, 3]), np.array([0, 2, 3, 5]), none, none
    )
    assert ranks.tolist() == [3, 1, 1, 1, 2]


def test_scores_are_not_changed_by_ranking_them() -> None:
    scores = np.array([[5, 1, 2]], np.float32)
    metrics.score_ranks(scores, np.array([1]), np.array([0, 1]), np.array([2]), np.array([0]))
    assert scores.tolist() == [[5, 1, 2]]


def test_an_empty_list_finds_nothing() -> None:
    empty = np.zeros(0, np.int64)
    assert metrics.list_ranks(empty, np.array([1, 2]), empty).tolist() == [0, 0]


def test_the_table_holds_every_metric_at_every_k() -> None:
    out = metrics.table(np.array([1, 3]), np.array([0, 1, 2]), (1, 10))
    assert len(out) == 2 * len(metrics.METRICS)
    assert out["hr@1"].tolist() == [1, 0]


@pytest.mark.parametrize("rank", [1, 2, 7, 10, 11, 200])
def test_with_one_target_ndcg_is_the_discount_of_its_rank(rank: int) -> None:
    value = metrics.ndcg(np.array([rank]), np.array([0, 1]), 10)[0]
    assert value == pytest.approx(1 / np.log2(rank + 1) if rank <= 10 else 0)
