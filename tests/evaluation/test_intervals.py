from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hermes.core.errors import ShapeError
from hermes.evaluation.intervals import bootstrap, flip_test, paired


def test_intervals_agree_with_scipy() -> None:
    values = np.random.default_rng(1).random(400) ** 3
    mine = bootstrap(values, np.random.default_rng(0), draws=4000)[0]
    other = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=4000, rng=np.random.default_rng(2)
    ).confidence_interval
    assert mine.mean == pytest.approx(values.mean())
    assert (mine.low, mine.high) == pytest.approx((other.low, other.high), abs=0.003)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    drawn = rng.random((300, 200)) < 0.3  # (users, worlds)
    held = [b.low <= 0.3 <= b.high for b in bootstrap(drawn, rng, draws=500)]
    assert 0.88 <= np.mean(held) <= 0.99


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(1).random(50)
    assert bootstrap(values, np.random.default_rng(5)) == bootstrap(
        values, np.random.default_rng(5)
    )


def test_the_sign_flip_test_agrees_with_scipy() -> None:
    rng = np.random.default_rng(4)
    a = rng.random(60)
    b = a + rng.normal(0.05, 0.2, 60)
    other = stats.permutation_test(
        (a, b),
        lambda x, y, axis: (x - y).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9999,
        rng=np.random.default_rng(0),
    ).pvalue
    assert flip_test(a - b, np.random.default_rng(1)) == pytest.approx(other, abs=0.02)


def test_no_difference_is_never_significant() -> None:
    result = paired(np.ones(9), np.ones(9), np.random.default_rng(0))
    assert (result.mean, result.p) == (0.0, 1.0)


def test_under_no_difference_p_is_even() -> None:
    rng = np.random.default_rng(6)
    ps = [flip_test(rng.normal(size=80), rng, draws=400) for _ in range(300)]
    assert np.mean(np.array(ps) < 0.1) == pytest.approx(0.1, abs=0.05)


def test_pairs_of_different_users_are_refused() -> None:
    with pytest.raises(ShapeError, match="users"):
        paired(np.ones(3), np.ones(4), np.random.default_rng(0))


def test_nobody_has_no_interval() -> None:
    with pytest.raises(ShapeError, match="no users"):
        bootstrap(np.zeros(0), np.random.default_rng(0))
