"""Figures of predicted probabilities against pairs, places and draws counted one by one."""

from __future__ import annotations

import numpy as np
import pytest

from hermes.core.errors import DataError
from hermes.evaluation.probabilities import METRICS, auc, calibration_error, nll, pr_auc


@pytest.fixture
def case() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    predicted = rng.random(60).round(1)  # with ties
    return predicted, (rng.random(60) < predicted).astype(np.float64)


def test_auc_is_the_share_of_pairs_in_order(case: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, labels = case
    high, low = predicted[labels == 1][:, None], predicted[labels == 0][None]
    assert auc(predicted, labels) == pytest.approx(((high > low) + (high == low) / 2).mean())


def test_pr_auc_is_the_mean_precision_at_the_places_of_positives() -> None:
    rng = np.random.default_rng(3)
    predicted, labels = rng.permutation(40) / 40, rng.integers(0, 2, 40)
    falling = labels[np.argsort(-predicted)]
    places = np.flatnonzero(falling)
    precision = [falling[: place + 1].mean() for place in places]
    assert pr_auc(predicted, labels) == pytest.approx(np.mean(precision))


@pytest.mark.parametrize("name", METRICS)
def test_a_weight_of_two_is_a_row_twice(name: str, case: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, labels = case
    if name == "calibration_error":  # a copy moves the bounds of bins
        predicted = np.repeat(np.linspace(0.1, 0.9, 20), 3)
    weights = np.full(60, 2.0)
    twice = METRICS[name](np.repeat(predicted, 2), np.repeat(labels, 2), None)
    assert METRICS[name](predicted, labels, weights) == pytest.approx(twice)


@pytest.mark.parametrize("name", METRICS)
def test_a_probability_as_label_is_the_mean_over_draws(name: str) -> None:
    rng = np.random.default_rng(4)
    chance = rng.uniform(0.1, 0.9, 20_000)
    predicted = np.clip(chance + rng.normal(0, 0.1, len(chance)), 0.01, 0.99)
    drawn = [
        METRICS[name](predicted, (rng.random(len(chance)) < chance).astype(float), None)
        for _ in range(5)
    ]
    assert METRICS[name](predicted, chance, None) == pytest.approx(np.mean(drawn), abs=0.01)


def test_the_truth_is_calibrated_and_twice_the_truth_is_not() -> None:
    chance = np.random.default_rng(5).uniform(0.05, 0.45, 5000)
    assert calibration_error(chance, chance) == pytest.approx(0.0, abs=1e-12)
    assert calibration_error(2 * chance, chance) == pytest.approx(chance.mean())


def test_a_certain_mistake_costs_much_but_not_everything() -> None:
    assert 10 < nll(np.array([0.0, 1.0]), np.array([1, 0])) < 20


@pytest.mark.parametrize("name", METRICS)
def test_labels_that_are_all_equal_are_refused(name: str) -> None:
    with pytest.raises(DataError, match="all equal"):
        METRICS[name](np.array([0.1, 0.2]), np.zeros(2), None)
