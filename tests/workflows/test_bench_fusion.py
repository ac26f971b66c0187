"""What the benchmark of fusion counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.workflows import bench_fusion
from hermes.workflows.bench import Place


def test_a_question_counts_one_over_the_rank_of_its_best_answer_and_nothing_below_the_tenth() -> (
    None
):
    scores = np.tile(np.arange(20.0, 0, -1), (3, 1))
    answers = np.zeros((3, 20), bool)
    answers[0, [2, 7]] = answers[1, 9] = answers[2, 10] = True
    found = bench_fusion.reciprocal(scores, answers)
    np.testing.assert_allclose(found, [1 / 3, 1 / 10, 0])


def test_what_can_not_be_found_counts_nothing() -> None:
    scores = np.array([[1.0, -np.inf]])
    assert bench_fusion.reciprocal(scores, np.array([[False, True]])).tolist() == [0.0]


def test_a_gain_that_may_be_chance_does_not_hold() -> None:
    ours, theirs = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.5, 0.5])
    assert not bench_fusion.gain("a", ours, theirs)["holds"]
    assert bench_fusion.gain("a", np.ones(40), np.zeros(40))["holds"]


def test_an_unknown_measurement_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="minilm"):
        bench_fusion.measure(Place(tmp_path, tmp_path, only=("minilmm",)))


def test_without_photographs_it_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="clothing"):
        bench_fusion.measure(Place(tmp_path, tmp_path, only=("catalogue",)))


def test_the_time_of_a_query_needs_no_data(tmp_path: Path) -> None:
    rows = bench_fusion.measure(Place(tmp_path, tmp_path, only=("speed",)))
    assert [row["unit"] for row in rows] == ["ms"]
    assert 0 < rows[0]["value"] < 1000
