from __future__ import annotations

import numpy as np
import pytest

from hermes.core.types import Ints, Shape
from hermes.data.interactions import Interactions
from hermes.learn.spectral import follow_counts, transition_vectors


def log(histories: list[list[int]], n_items: int) -> Interactions:
    users: Ints = np.repeat(np.arange(1, len(histories) + 1), [len(h) for h in histories])
    items = np.concatenate([np.array(h, np.int64) for h in histories])
    ones = np.ones(len(items), np.float32)
    shape = Shape(len(histories) + 1, n_items)
    return Interactions(users, items, np.arange(len(items), dtype=float), ones, shape)


@pytest.fixture(scope="module")
def camps() -> Interactions:
    """Two camps of ten items that never meet in one history."""
    rng = np.random.default_rng(0)
    rows = [(rng.permutation(10) + 1 + 10 * (u % 2)).tolist() for u in range(80)]
    return log(rows, 22)


def test_a_pair_counts_one_over_its_distance_both_ways() -> None:
    counts = follow_counts(log([[1, 2, 3], [3]], 4), window=2).toarray()
    assert counts[1, 2] == counts[2, 1] == counts[2, 3] == counts[3, 2] == 1.0
    assert counts[1, 3] == counts[3, 1] == 0.5
    assert counts.sum() == 5.0


def test_histories_of_two_users_do_not_touch() -> None:
    assert follow_counts(log([[1, 2], [3, 4]], 5), window=3)[[2], [3]].sum() == 0


def test_items_of_a_camp_lie_closer_than_items_of_two(camps: Interactions) -> None:
    table = transition_vectors(camps, d=4)
    assert table is not None
    rows = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    near = rows @ rows.T
    assert near[1:11, 1:11].mean() > near[1:11, 11:21].mean() + 0.3


def test_the_table_has_the_promised_scale_and_an_empty_first_row(camps: Interactions) -> None:
    table = transition_vectors(camps, d=4)
    assert table is not None
    assert table.shape == (22, 4)
    assert table.dtype == np.float32
    assert not table[0].any()
    assert table[1:].std() == pytest.approx(0.5, rel=1e-4)


def test_the_same_log_gives_the_same_table(camps: Interactions) -> None:
    np.testing.assert_array_equal(transition_vectors(camps, 4), transition_vectors(camps, 4))


@pytest.mark.parametrize(
    ("histories", "n_items", "d"),
    [
        ([[1, 2, 3]], 4, 4),
        ([[1], [2], [3]], 30, 4),
        ([[1]], 2, 1),
        ([[1] * 50], 20, 4),
        ([[]], 20, 4),
    ],
)
def test_a_log_that_says_too_little_gives_none(
    histories: list[list[int]], n_items: int, d: int
) -> None:
    assert transition_vectors(log(histories, n_items), d) is None


def test_fewer_pairs_than_dimensions_give_numbers() -> None:
    table = transition_vectors(log([[1, 2], [1, 2], [3, 4]], 20), d=8)
    assert table is not None
    assert np.isfinite(table).all()
