"""Histories of rows without time, which must not tell a row its own label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.core.types import Bools, Shape
from hermes.features.examples import Examples
from hermes.features.pasts import pasts, with_pasts

SHAPE = Shape(n_items=6, sparse=(6, 4))


def rows(items: list[int], users: list[int], taken: list[int]) -> Examples:
    n = len(items)
    return Examples(
        np.zeros((n, 0), np.float32), np.stack([items, users], axis=1), np.arange(n),
        np.zeros((n, 0), np.int64), np.array(taken, np.float32), np.ones(n, np.float32), SHAPE,
    )  # fmt: skip


def drawn(n: int = 400) -> Examples:
    rng = np.random.default_rng(0)
    return rows(*(rng.integers(low, high, n).tolist() for low, high in ((1, 6), (1, 4), (0, 2))))


def everything(x: Examples) -> Bools:
    return np.ones(len(x), bool)


def test_the_most_frequent_item_comes_last_and_each_once() -> None:
    x = rows([2, 5, 5, 3, 5, 3], [1] * 6, [1] * 6)
    assert pasts(x, everything(x), 1, 4)[1].tolist() == [0, 2, 3, 5]
    assert pasts(x, everything(x), 1, 2)[1].tolist() == [3, 5]


def test_nobody_knows_the_past_of_the_unknown_user_nor_the_unknown_item() -> None:
    x = rows([2, 0, 3], [0, 1, 1], [1, 1, 1])
    assert pasts(x, everything(x), 1, 2).tolist() == [[0, 0], [0, 3], [0, 0], [0, 0]]


def test_the_label_of_a_row_changes_nothing_in_its_own_history() -> None:
    x = drawn()
    for row in range(0, 400, 37):
        other = replace(x, labels=x.labels.copy())
        other.labels[row] = 1 - other.labels[row]
        known, changed = (
            with_pasts(data, drawn(1), 1, 5, 4, np.random.default_rng(1))[0] for data in (x, other)
        )
        np.testing.assert_array_equal(known.history[row], changed.history[row])


def test_rows_that_are_not_learned_read_all_that_are_and_never_each_other() -> None:
    learn = replace(rows([1, 2, 3], [1, 1, 2], [1, 0, 1]), valid=rows([4, 5], [1, 2], [1, 1]))
    asked = rows([2, 4, 5], [1, 2, 3], [1, 1, 1])
    known, seen = with_pasts(learn, asked, 1, 2, 3, np.random.default_rng(0))
    assert known.valid is not None
    assert known.valid.history.tolist() == [[0, 1], [0, 3]]
    assert seen.history.tolist() == [[0, 1], [0, 3], [0, 0]]
    assert known.shape.history == known.valid.shape.history == seen.shape.history == 2


def test_one_fold_is_refused() -> None:
    with pytest.raises(ConfigError, match="two"):
        with_pasts(drawn(), drawn(), 1, 2, 1, np.random.default_rng(0))
