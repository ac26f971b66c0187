"""The algebra of candidates and of choosing the strongest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hermes.core.errors import ShapeError
from hermes.core.types import Array, Candidates, strongest

scores = hnp.arrays(
    np.float32,
    st.integers(0, 60),
    elements=st.sampled_from([-np.inf, -2.0, -1.0, 0.0, 0.5, 1.0, 3.0, np.inf, np.nan]),
)


@given(scores, st.integers(0, 70))
def test_the_strongest_are_what_a_full_stable_sort_puts_first(score: Array, k: int) -> None:
    sunk = np.where(np.isfinite(score), score, -np.inf)
    full = sorted(range(len(score)), key=lambda i: -sunk[i])  # Python's sort is stable
    assert strongest(score, k).tolist() == full[:k]


@given(scores)
def test_taking_twice_is_taking_the_composition(score: Array) -> None:
    pool = Candidates(np.arange(1, len(score) + 1), {"score": score})
    first, second = np.arange(len(score))[::-1], np.arange(len(score))[::2]
    twice, once = pool.take(first).take(second), pool.take(first[second])
    np.testing.assert_array_equal(twice.items, once.items)
    np.testing.assert_array_equal(twice.columns["score"], once.columns["score"])


@given(scores, st.integers(0, 70), st.integers(0, 70))
def test_the_top_of_the_top_is_the_smaller_top(score: Array, a: int, b: int) -> None:
    pool = Candidates(np.arange(1, len(score) + 1), {"score": score})
    nested = pool.top("score", max(a, b)).top("score", min(a, b))
    np.testing.assert_array_equal(nested.items, pool.top("score", min(a, b)).items)


@given(scores)
def test_a_column_leaves_the_pool_it_was_added_to_alone(score: Array) -> None:
    pool = Candidates(np.arange(1, len(score) + 1))
    richer = pool.with_column("score", score)
    assert "score" not in pool.columns
    np.testing.assert_array_equal(richer.columns["score"], score)


def test_a_column_of_another_length_is_refused() -> None:
    with pytest.raises(ShapeError, match="2 values for 3 items"):
        Candidates(np.arange(1, 4)).with_column("score", np.zeros(2))
