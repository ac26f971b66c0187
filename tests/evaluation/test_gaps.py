"""Shares of a gap, and how often their intervals hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hermes.core.errors import ShapeError
from hermes.evaluation import gaps
from hermes.evaluation.probabilities import METRICS


def test_a_ratio_to_ones_is_the_mean_with_the_interval_of_student() -> None:
    values = np.random.default_rng(0).normal(3, 2, 7)
    found = gaps.ratio(values, np.ones(7))
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_a_ratio_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    held = []
    for _ in range(2000):
        gap = rng.normal(1.0, 0.2, 8)
        found = gaps.ratio(0.7 * gap + rng.normal(0, 0.1, 8), gap)
        held.append(found.low <= 0.7 <= found.high)
    assert 0.93 <= np.mean(held) <= 0.97


def test_a_ratio_may_have_a_negative_gap_below() -> None:
    gap = -np.array([1.0, 2.0, 3.0])
    found = gaps.ratio(gap * [0.4, 0.5, 0.6], gap)
    assert found.low < found.mean < found.high
    assert found.mean == pytest.approx(3.2 / 6)


def test_one_world_has_no_interval() -> None:
    with pytest.raises(ShapeError, match="two worlds"):
        gaps.ratio(np.ones(1), np.ones(1))


def test_over_worlds_the_worst_is_at_0_the_best_at_1_and_half_way_at_a_half() -> None:
    rng = np.random.default_rng(2)
    worst = rng.normal(0.6, 0.02, (6, len(METRICS)))
    best = worst + rng.normal(0.05, 0.005, worst.shape)
    tables = np.stack([worst, (worst + best) / 2, best], axis=1)
    means, shares = gaps.over_worlds(tables, 0, 2)
    assert shares[..., 0] == pytest.approx(np.array([[0.0], [0.5], [1.0]]).repeat(4, 1))
    assert means[..., 0] == pytest.approx(tables.mean(0))
    assert (means[..., 1] < means[..., 0]).all()


def test_no_share_is_claimed_of_a_gap_that_is_not_there() -> None:
    rng = np.random.default_rng(0)
    chance = rng.uniform(0.1, 0.9, 400)
    noise = np.stack([chance + rng.normal(0, 0.001, 400) for _ in range(3)])
    means, shares = gaps.over_users(noise[None], chance, np.arange(400), 0, 2, rng, 50)
    assert np.isnan(shares[1, 0]).all()  # of the AUC
    assert not np.isnan(means).any()
    worlds = rng.normal(0.7, 0.01, (6, 3, len(METRICS)))
    worlds[:, 2] = worlds[:, 0] + 0.01 * np.array([1, -1, 1, -1, 1, -1])[:, None]
    assert np.isnan(gaps.over_worlds(worlds, 0, 2)[1]).all()


def test_over_users_a_learner_that_knows_more_is_nearer_to_the_best() -> None:
    rng = np.random.default_rng(3)
    chance = rng.uniform(0.05, 0.6, 2000)
    said = np.stack([np.clip(chance + rng.normal(0, s, 2000), 0.01, 0.99) for s in (0.3, 0.1, 0)])
    users = rng.integers(0, 300, 2000)
    shares = gaps.over_users(said[None], chance, users, 0, 2, rng, 50)[1]
    assert shares[0, 0] == pytest.approx(0.0)
    assert 0.5 < shares[1, 0, 1] < shares[1, 0, 0] < shares[1, 0, 2] < 1
