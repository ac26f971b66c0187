from __future__ import annotations

import numpy as np
import pytest

from hermes.core.errors import ShapeError
from hermes.core.types import Candidates, Queries, expect, strongest


def test_expect_takes_none_for_any_length() -> None:
    expect(np.zeros((3, 2)), (None, 2), "table")


@pytest.mark.parametrize("shape", [(3,), (2, 2), (None, 3), (3, 2, 1)])
def test_expect_names_the_array_and_both_shapes(shape: tuple[int | None, ...]) -> None:
    with pytest.raises(ShapeError, match=r"table: expected .* got \(3, 2\)"):
        expect(np.zeros((3, 2)), shape, "table")


def test_a_column_of_another_length_is_refused_by_name() -> None:
    with pytest.raises(ShapeError, match="'rank': 2 values for 3 items"):
        Candidates(np.arange(1, 4)).with_column("rank", np.zeros(2))


def test_a_new_column_leaves_the_old_candidates_alone() -> None:
    pool = Candidates(np.arange(1, 4), {"a": np.zeros(3)})
    more = pool.with_column("b", np.ones(3))
    assert set(pool.columns) == {"a"}
    assert set(more.columns) == {"a", "b"}


def test_columns_follow_their_items() -> None:
    pool = Candidates(np.array([7, 8, 9]), {"s": np.array([1.0, 3.0, 2.0])})
    best = pool.top("s", 2)
    assert best.items.tolist() == [8, 9]
    assert best.columns["s"].tolist() == [3.0, 2.0]


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_sinks(odd: float) -> None:
    assert strongest(np.array([odd, -5.0, 2.0]), 3).tolist() == [2, 1, 0]


@pytest.mark.parametrize("k", [0, -1])
def test_none_are_strongest_of_none(k: int) -> None:
    assert strongest(np.array([1.0, 2.0]), k).tolist() == []


def test_ties_keep_their_order_wherever_the_cut_is() -> None:
    scores = np.array([1.0, 2.0, 1.0, 2.0, 1.0])
    for k in range(6):
        assert strongest(scores, k).tolist() == [1, 3, 0, 2, 4][:k]


def test_rows_of_queries_stay_together() -> None:
    rows = Queries(np.arange(3), np.arange(6).reshape(3, 2), np.ones((3, 2), np.float32))
    part = rows.take(np.array([2, 0]))
    assert part.users.tolist() == [2, 0]
    assert part.history.tolist() == [[4, 5], [0, 1]]
    assert len(part) == 2
