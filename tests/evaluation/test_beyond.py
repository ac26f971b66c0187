from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from hermes.evaluation import beyond


def test_similarity_is_the_mean_cosine_over_pairs() -> None:
    rng = np.random.default_rng(0)
    attributes = rng.random((8, 3))
    attributes[0] = attributes[5] = 0  # one item of which nothing is known
    row = np.array([[1, 4, 5, 7]])
    length = np.linalg.norm(attributes, axis=1, keepdims=True)
    unit = np.divide(attributes, length, out=np.zeros_like(attributes), where=length > 0)
    cosines = [unit[a] @ unit[b] for a in row[0] for b in row[0] if a < b]
    assert beyond.similarity(row, csr_array(attributes))[0] == pytest.approx(np.mean(cosines))


def test_gini_is_the_mean_difference_over_twice_the_mean() -> None:
    x = np.random.default_rng(1).random(30)
    difference = np.abs(x[:, None] - x[None, :]).mean()
    assert beyond.gini(x) == pytest.approx(difference / (2 * x.mean()))


def test_nothing_shown_is_not_unequal() -> None:
    assert beyond.gini(np.zeros(4)) == 0


def test_the_padding_is_no_item() -> None:
    assert beyond.exposure(np.array([[1, 0], [1, 2]]), 4).tolist() == [0, 2, 1, 0]


def test_the_lorenz_curve_encloses_the_gini_index() -> None:
    x = np.random.default_rng(2).random(200)
    share, held = beyond.lorenz(x, 2001)
    area = np.trapezoid(held, share)
    assert 1 - 2 * area == pytest.approx(beyond.gini(x), abs=1e-3)


def test_items_without_attributes_are_like_nothing_in_single_precision_too() -> None:
    attributes = csr_array(np.array([[0, 0], [0, 0], [1, 0]], np.float32))
    assert beyond.similarity(np.array([[1, 2]]), attributes).tolist() == [0]
