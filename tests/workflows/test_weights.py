from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from hermes.core.errors import DataError
from hermes.core.types import Array, Ints
from hermes.evaluation.ope import Rounds, crossed, ratio, terms
from hermes.workflows import weights
from hermes.workflows.weights import (
    DISCOUNT,
    Logged,
    Pools,
    choose,
    credit,
    gain,
    logged_by_blend,
    pruned,
    searched,
    slates,
    true,
    without,
)
from hermes.world import Truth
from hermes.world.policy import MEMORY, Day, Shop

QUERIES, SIZE = 300, 40


def market(seed: int = 0) -> tuple[Pools, Ints]:
    """Two members know a different half of what the blend does not, the third knows nothing."""
    rng = np.random.default_rng(seed)
    blend, one, two = rng.normal(size=(3, QUERIES, SIZE))
    noise = rng.normal(size=(QUERIES, SIZE))
    odds = np.exp(1.5 * (blend + one + two))
    target = np.array([rng.choice(SIZE, p=row / row.sum()) for row in odds])
    blend[:10, -5:] = -np.inf  # some pools are smaller
    target[:10] = np.where(target[:10] >= SIZE - 5, -1, target[:10])
    return Pools(blend, np.stack([one, two, noise], axis=2), np.full(3, 2**0.5)), target


@pytest.fixture(scope="module")
def chosen() -> weights.Verdict:
    rng = np.random.default_rng(1)
    pools, target = market()
    return choose(pools, logged_by_blend(pools, target, rng), ["one", "two", "noise"], rng)


def test_weights_are_on_the_simplex_and_a_member_without_a_gain_gets_zero_and_is_named(
    chosen: weights.Verdict,
) -> None:
    assert chosen.weights.sum() == pytest.approx(1)
    assert chosen.weights[2] == 0
    assert chosen.weights[:2].min() > 0.25
    assert chosen.said["weights"]["noise"] == 0
    assert chosen.said["zero"] == ["noise"]
    assert set(chosen.said["gains"]) == {"one", "two"}
    assert all(g["low"] > 0 for g in chosen.said["gains"].values())


def test_what_is_chosen_is_worth_more_than_its_best_member_and_the_estimate_holds_the_truth(
    chosen: weights.Verdict,
) -> None:
    values, alone = chosen.said["values"], chosen.said["alone"]
    assert values["chosen"]["true"] > max(v["true"] for v in alone.values())
    assert values["chosen"]["mean"] > max(v["mean"] for v in alone.values())
    assert values["held out"]["low"] < values["chosen"]["true"] < values["held out"]["high"]


def test_the_value_of_slates_is_their_ndcg() -> None:
    pools, target = market()
    policy = slates(pools.blend)
    by_hand = []
    for scores, place in zip(pools.blend, target.tolist(), strict=True):
        rank = 1 + int((scores > scores[place]).sum()) if place >= 0 else 99
        by_hand.append(1 / np.log2(rank + 1) if rank <= 10 else 0.0)
    assert true(target, policy) == pytest.approx(np.mean(by_hand))


def test_over_logs_of_the_blend_the_estimate_is_the_ndcg_of_another_order() -> None:
    pools, target = market()
    policy = slates(pools.order(np.array([1.0, 0.0, 0.0])))
    each = [
        (policy * credit(logged_by_blend(pools, target, np.random.default_rng(n)), policy.shape))
        for n in range(30)
    ]
    each = [table.sum(axis=1).mean() for table in each]
    assert abs(np.mean(each) - true(target, policy)) < 4 * np.std(each) / np.sqrt(30)


def test_the_credit_of_candidates_adds_up_to_the_estimate_of_the_log() -> None:
    pools, target = market()
    log = logged_by_blend(pools, target, np.random.default_rng(0))
    policy = slates(pools.order(np.full(3, 1 / 3)))
    dr = ratio(*terms("dr", log.rounds, policy, log.model))
    assert (policy * credit(log, policy.shape)).sum(1).mean() == pytest.approx(DISCOUNT.sum() * dr)


def test_every_candidate_may_be_drawn_and_no_padding_ever_is() -> None:
    pools, target = market()
    log = logged_by_blend(pools, target, np.random.default_rng(0))
    assert np.isfinite(log.rounds.of(pools.blend)).all()
    assert log.rounds.propensities.min() >= weights.EXPLORED / SIZE - 1e-12
    hits = log.rounds.actions == target[log.rounds.contexts]
    np.testing.assert_array_equal(log.rounds.rewards, hits)


def test_the_search_comes_near_the_best_of_a_fine_grid() -> None:
    peak = np.array([0.6, 0.4, 0.0])
    value = lambda w: np.full(4, 1 - ((w - peak) ** 2).sum()) + np.array([0, 1e-9, 0, -1e-9])
    grid = [np.array(p) / 20 for p in product(range(21), repeat=3) if sum(p) == 20]
    best = max(value(w).mean() for w in grid)
    assert value(searched(value, 3, np.random.default_rng(0))).mean() > best - 0.005


def test_a_member_whose_gain_is_within_its_error_leaves() -> None:
    noise = np.random.default_rng(0).normal(size=500)
    value = lambda w: w[0] + w[1] * (0.99 + 5 * noise)
    assert pruned(value, np.array([0.5, 0.5])).tolist() == [1.0, 0.0]
    assert gain(value, np.array([0.5, 0.5]), 0).shape == (500,)


def test_who_leaves_hands_its_weight_to_the_others() -> None:
    assert without(np.array([0.5, 0.3, 0.2]), 0).tolist() == [0, 0.6, 0.4]
    assert without(np.array([1.0, 0.0]), 0).tolist() == [0.0, 0.0]
    pools, _ = market()
    assert pools.order(np.zeros(3)) is pools.blend


def test_a_slate_shorter_than_ten_is_drawn_from_what_there_is() -> None:
    scores = np.array([[3.0, 1.0, -np.inf, 2.0]])
    expected = np.array([[DISCOUNT[0], DISCOUNT[2], 0, DISCOUNT[1]]]) / DISCOUNT[:3].sum()
    np.testing.assert_allclose(slates(scores), expected)


def test_a_log_that_never_showed_what_the_ensemble_would_is_refused() -> None:
    pools, target = market()
    log = logged_by_blend(pools, target, np.random.default_rng(0))
    rounds = log.rounds
    few = Rounds(
        *(c[:5] for c in (rounds.contexts, rounds.actions, rounds.rewards, rounds.propensities))
    )
    with pytest.raises(DataError, match="does not support"):
        choose(pools, Logged(few, log.model, "few"), ["a", "b", "c"], np.random.default_rng(0))


@pytest.fixture(scope="module")
def shop() -> tuple[Truth, Day]:
    truth = Truth.of("tiny", 3)
    return truth, Shop(truth.items, truth.people, truth.seed, truth.size.days).open(3)


def appeal(truth: Truth, day: Day, users: Ints) -> Array:
    """P(click) of users (Q,) on everything in stock.  -> (Q, n)"""
    stock = day.stock[0]
    who, what = np.repeat(users, len(stock)), np.tile(stock, len(users))
    zero = np.zeros(len(who), np.int64)
    return truth.click(who, what, np.full(len(who), 3.5), zero, zero).reshape(len(users), -1)


def test_on_the_propensities_of_a_shop_the_member_that_knows_people_wins(
    shop: tuple[Truth, Day],
) -> None:
    truth, day = shop
    rng, n, people = np.random.default_rng(4), 8000, np.arange(len(shop[0].people))
    users, home, nothing = rng.choice(people, n), np.zeros(n, np.int64), np.full((n, MEMORY), -1)
    shown, chance = day.slates(users, home, nothing, rng)
    clicks = appeal(truth, day, people)
    actions = np.searchsorted(day.stock[0], shown[:, 0])
    rewards = (rng.random(n) < clicks[users, actions]).astype(float)
    blend = np.log(day.whole(people, np.zeros_like(people))[:, day.stock[0]])
    wise = np.log(clicks) + rng.normal(0, 0.5, clicks.shape)
    parts = np.stack([wise, rng.normal(size=clicks.shape)], axis=2)
    rounds = Rounds(users, actions, rewards, chance[:, 0])
    pools = Pools(blend, parts, np.ones(2))
    log = Logged(rounds, crossed(blend[:, :, None], rounds, rng), "the shop's own")
    found = choose(pools, log, ["wise", "noise"], rng)
    assert found.weights.tolist() == [1.0, 0.0]
    worth = float(DISCOUNT.sum() * (slates(pools.order(found.weights)) * clicks).sum(1).mean())
    said = found.said["values"]["chosen"]
    assert said["low"] < worth < said["high"]
    assert "true" not in said
