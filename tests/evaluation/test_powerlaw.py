from __future__ import annotations

import numpy as np
import pytest
from scipy.special import zeta

from hermes.core.errors import DataError
from hermes.evaluation.powerlaw import Tail, chosen, fit, lognormal, slope


def test_a_power_law_is_found_where_there_is_one() -> None:
    rng = np.random.default_rng(0)
    found = fit(rng.zipf(2.5, 4000), rng)
    assert found.low < 2.5 < found.high
    assert found.high - found.low < 0.2
    assert found.least <= 3


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    found = [fit(rng.zipf(2.2, 600), rng, draws=50) for _ in range(12)]
    assert sum(one.low < 2.2 < one.high for one in found) >= 9


def test_a_log_normal_is_not_taken_for_a_power_law() -> None:
    rng = np.random.default_rng(0)
    counts = np.round(rng.lognormal(3, 0.5, 4000)).astype(int)
    tail = Tail.of(counts)
    assert slope(tail) > 1
    found = fit(counts, rng, draws=1)
    assert found.least > 20  # the body bends; only the far end is nearly straight


def test_the_likelihood_is_highest_where_the_mean_logarithm_is_the_law_s() -> None:
    tail = Tail.of(np.random.default_rng(2).zipf(3.0, 500)).above(2)
    alpha, step = slope(tail), 1e-5
    by_law = -(np.log(zeta(alpha + step, 2)) - np.log(zeta(alpha - step, 2))) / (2 * step)
    assert by_law == pytest.approx(np.average(np.log(tail.values), weights=tail.often), rel=1e-3)


def test_shares_of_a_log_normal_tail_add_up_to_one() -> None:
    values = np.arange(5, 100_000)
    told = lognormal(Tail(values, np.ones_like(values)), 2.0, 0.0)
    assert np.exp(told).sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("counts", [[], [0, 0, 3], [5] * 200])
def test_counts_without_a_tail_are_refused(counts: list[int]) -> None:
    with pytest.raises(DataError, match="no tail"):
        chosen(Tail.of(np.array(counts, int)))
