from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes.core.errors import DataError, ShapeError
from hermes.core.types import Array
from hermes.evaluation.ope import (
    Kind,
    Rounds,
    crossed,
    effective,
    estimate,
    importance,
    logistic,
    ratio,
    terms,
)

KINDS: tuple[Kind, ...] = ("ips", "snips", "dm", "dr")
LOGGING = np.array([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
POLICY = np.array([[0.7, 0.3, 0.0], [0.1, 0.1, 0.8]])
MEANS = np.array([[0.9, 0.2, 0.4], [0.3, 0.8, 0.5]])  # of binary rewards
WRONG = np.array([[0.1, 0.9, 0.3], [0.7, 0.2, 0.2]])
TRUE = float((POLICY * MEANS).sum(axis=1).mean())


def expected(kind: Kind, model: Array, stated: Array = LOGGING) -> float:
    """The estimate of every log of one round a context that could have been, by its probability."""
    total = 0.0
    for shown in product(range(3), repeat=2):
        for rewards in product((0.0, 1.0), repeat=2):
            rows, actions, r = np.arange(2), np.array(shown), np.array(rewards)
            log = Rounds(rows, actions, r, stated[rows, actions])
            mean = MEANS[rows, actions]
            chance = LOGGING[rows, actions] * np.where(r > 0, mean, 1 - mean)
            total += float(chance.prod()) * ratio(*terms(kind, log, POLICY, model))
    return total


@pytest.mark.parametrize("kind", ["ips", "dr"])
@pytest.mark.parametrize("model", [MEANS, WRONG, np.zeros((2, 3))], ids=["right", "wrong", "none"])
def test_over_all_logs_there_could_be_the_estimate_is_the_value(kind: Kind, model: Array) -> None:
    assert expected(kind, model) == pytest.approx(TRUE, abs=1e-12)


def test_a_right_model_saves_dr_from_wrong_propensities_and_nothing_saves_ips() -> None:
    stated = np.full((2, 3), 1 / 3)
    assert expected("dr", MEANS, stated) == pytest.approx(TRUE, abs=1e-12)
    assert abs(expected("ips", MEANS, stated) - TRUE) > 0.05
    assert abs(expected("dm", WRONG) - TRUE) > 0.05


def drawn(seed: int, n: int = 400, queries: int = 50) -> tuple[Rounds, Array, Array]:
    """A log, a policy near the one that wrote it, and a model."""
    rng = np.random.default_rng(seed)
    logging = rng.dirichlet(np.ones(4), queries)
    policy = 0.5 * logging + 0.5 * rng.dirichlet(np.ones(4), queries)
    contexts = rng.integers(0, queries, n)
    actions = np.array([rng.choice(4, p=logging[c]) for c in contexts])
    rewards = (rng.random(n) < 0.3 + 0.1 * actions).astype(float)
    return Rounds(contexts, actions, rewards, logging[contexts, actions]), policy, logging


@given(st.integers(0, 50))
def test_without_a_model_dr_is_ips(seed: int) -> None:
    log, policy, _ = drawn(seed, 60)
    none = np.zeros(policy.shape)
    ips, dr = (ratio(*terms(kind, log, policy, none)) for kind in ("ips", "dr"))
    assert dr == pytest.approx(ips)


@given(st.integers(0, 50))
def test_the_policy_that_wrote_the_log_is_worth_its_mean_reward(seed: int) -> None:
    log, _, logging = drawn(seed, 60)
    for kind in ("ips", "snips"):
        assert ratio(*terms(kind, log, logging, logging)) == pytest.approx(log.rewards.mean())
    assert effective(importance(log, logging)) == pytest.approx(60)


@given(st.integers(0, 50), st.floats(-3, 3))
def test_what_is_added_to_every_reward_is_added_to_dr(seed: int, more: float) -> None:
    log, policy, model = drawn(seed, 60)
    raised = Rounds(log.contexts, log.actions, log.rewards + more, log.propensities)
    before = ratio(*terms("dr", log, policy, model))
    assert ratio(*terms("dr", raised, policy, model + more)) == pytest.approx(before + more)


@pytest.mark.parametrize("kind", KINDS)
def test_the_estimate_lies_within_its_interval(kind: Kind) -> None:
    log, policy, model = drawn(3)
    found = estimate(kind, log, policy, model, np.random.default_rng(0))
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(ratio(*terms(kind, log, policy, model)))
    assert 10 < found.effective < len(log)


def test_more_rounds_narrow_the_interval() -> None:
    widths = []
    for n in (400, 6400):
        log, policy, model = drawn(3, n, queries=n // 4)
        found = estimate("dr", log, policy, model, np.random.default_rng(0))
        widths.append(found.high - found.low)
    assert widths[1] < 0.5 * widths[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_that_shows_what_was_never_shown_is_refused(kind: Kind) -> None:
    log, _, model = drawn(3)
    rest = log.among(np.arange(50) > 45)
    never = np.zeros((50, 4))
    never[np.arange(50), [int(np.argmin(row)) for row in model]] = 1.0
    with pytest.raises(DataError, match="the log does not support it"):
        estimate(kind, rest, never, model, np.random.default_rng(0))


def test_what_is_no_policy_or_no_log_is_refused() -> None:
    log, policy, model = drawn(3)
    rng = np.random.default_rng(0)
    for wrong in (policy * 2, policy - 0.6, policy * np.nan):
        with pytest.raises(DataError, match="sum to 1"):
            estimate("dr", log, wrong, model, rng)
    with pytest.raises(ShapeError, match="must be alike"):
        estimate("dr", log, policy, model[:, :2], rng)
    with pytest.raises(DataError, match="no rounds"):
        estimate("dr", log.among(np.zeros(50, bool)), policy, model, rng)


@pytest.mark.parametrize("chance", [0.0, -0.1, 1.1, np.nan])
def test_a_propensity_that_is_none_is_refused(chance: float) -> None:
    with pytest.raises(DataError, match="propensities"):
        Rounds(np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1), np.array([chance]))


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"rounds\.rewards"):
        Rounds(np.zeros(2, np.int64), np.zeros(2, np.int64), np.ones(1), np.ones(2))


def test_no_context_is_predicted_by_a_model_that_saw_it() -> None:
    log, _, logging = drawn(5)
    features = np.log(logging)[:, :, None]
    before = crossed(features, log, np.random.default_rng(0))
    for context in (0, 17, 49):
        mine = log.contexts == context
        other = Rounds(
            log.contexts, log.actions, np.where(mine, 0.0, log.rewards), log.propensities
        )
        after = crossed(features, other, np.random.default_rng(0))
        np.testing.assert_array_equal(after[context], before[context])


def test_the_reward_model_recovers_the_odds_that_made_the_rewards() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(40_000, 2)), np.ones((40_000, 1))], axis=1)
    b = np.array([1.5, -0.5, -2.0])
    y = (rng.random(len(x)) < 1 / (1 + np.exp(-x @ b))).astype(float)
    np.testing.assert_allclose(logistic(x, y, 1e-6), b, atol=0.08)


def test_rewards_that_never_come_are_no_trouble() -> None:
    log, _, logging = drawn(5)
    none = Rounds(log.contexts, log.actions, np.zeros(len(log)), log.propensities)
    model = crossed(np.log(logging)[:, :, None], none, np.random.default_rng(0))
    assert np.isfinite(model).all()
    assert model.max() < 1e-3
