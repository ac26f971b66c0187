from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from hermes.world import Truth
from hermes.world.behaviour import remember
from hermes.world.policy import MEMORY, Day, Shop
from hermes.world.scale import SLOTS


@pytest.fixture(scope="module")
def tiny() -> Truth:
    return Truth.of("tiny", 3)


@pytest.fixture(scope="module")
def day(tiny: Truth) -> Day:
    return Shop(tiny.items, tiny.people, tiny.seed, tiny.size.days).open(3)


def nothing(n: int) -> np.ndarray:
    """No item lately opened."""
    return np.full((n, MEMORY), -1)


@pytest.mark.parametrize("page", range(6))
def test_weights_of_a_page_sum_to_one(tiny: Truth, day: Day, page: int) -> None:
    users = np.arange(len(tiny.people))
    weights = day.whole(users, np.full(len(users), page))
    assert np.allclose(weights.sum(axis=1), 1.0)
    assert (weights[:, day.stock[page]] > 0).all()
    assert (weights > 0).sum() == len(users) * len(day.stock[page])


def test_places_are_filled_as_often_as_their_propensity_says(day: Day) -> None:
    n = 40_000
    users, pages = np.zeros(n, np.int64), np.zeros(n, np.int64)
    shown, chance = day.slates(users, pages, nothing(n), np.random.default_rng(1))
    weights = day.whole(users[:1], pages[:1])[0]
    assert np.allclose(chance[:, 0], weights[shown[:, 0]])
    stock = day.stock[0]
    counts = np.bincount(shown[:, 0], minlength=len(weights))[stock]
    assert stats.chisquare(counts, weights[stock] * n).pvalue > 1e-4
    second = 1 / chance[:, 1]  # its mean is the number of items that were left
    assert abs(second.mean() - (len(stock) - 1)) < 4.5 * second.std() / np.sqrt(n)


def test_a_propensity_is_conditional_on_the_places_above(day: Day) -> None:
    users, pages = np.arange(50), np.ones(50, np.int64)
    shown, chance = day.slates(users, pages, nothing(50), np.random.default_rng(2))
    weights = np.take_along_axis(day.whole(users, pages), shown, axis=1)
    left = 1 - np.concatenate([np.zeros((50, 1)), np.cumsum(weights, axis=1)[:, :-1]], axis=1)
    assert np.allclose(chance, weights / left)


def test_a_slate_repeats_nothing_and_shows_nothing_lately_opened(day: Day) -> None:
    n = 200
    opened = nothing(n)
    opened[:, :20] = day.stock[1][:20]
    users = np.arange(n) % 80
    shown, _ = day.slates(users, np.ones(n, np.int64), opened, np.random.default_rng(3))
    assert all(len(set(row)) == SLOTS for row in shown.tolist())
    assert not np.isin(shown, opened[0, :20]).any()


def test_inverse_propensities_recover_the_value_of_another_policy(tiny: Truth, day: Day) -> None:
    n = 30_000
    rng = np.random.default_rng(4)
    users, pages = rng.integers(0, len(tiny.people), n), np.zeros(n, np.int64)
    shown, chance = day.slates(users, pages, nothing(n), rng)
    place, device, when = np.zeros(n, np.int64), np.zeros(n, np.int64), np.full(n, 3.5)
    clicked = rng.random(n) < tiny.click(users, shown[:, 0], when, place, device)
    stock = day.stock[0]
    weighted = clicked / len(stock) / chance[:, 0]
    everyone = np.repeat(np.arange(len(tiny.people)), len(stock))
    items = np.tile(stock, len(tiny.people))
    zero = np.zeros(len(items), np.int64)
    uniform = tiny.click(everyone, items, np.full(len(items), 3.5), zero, zero).mean()
    error = weighted.std() / np.sqrt(n)
    assert abs(weighted.mean() - uniform) < 4.5 * error
    assert error < 0.05 * uniform
    assert clicked.mean() > 1.03 * uniform  # the shop's own policy is better than chance


def test_the_log_holds_exact_propensities_of_the_first_day(truth: Truth, written: Any) -> None:
    shop = Shop(truth.items, truth.people, truth.seed, truth.size.days)
    first = written.events.filter(
        (pl.col("kind") == "impression") & (pl.col("position") == 0)
    ).filter(pl.col("occurred_at") < pl.col("occurred_at").min() + pl.duration(hours=12))
    page = first["context"].str.json_path_match("$.page").replace_strict(
        ["home", "films", "music", "books", "products", "news"], range(6), return_dtype=pl.Int64
    )  # fmt: skip
    users, items = truth.user_codes(first["user_id"]), truth.item_codes(first["asset_id"])
    weights = shop.open(0).whole(users, page.to_numpy())
    assert len(first) > 30
    assert np.allclose(first["propensity"].to_numpy(), weights[np.arange(len(users)), items])


def test_every_propensity_of_a_log_is_a_probability(written: Any) -> None:
    chance = written.events["propensity"]
    assert chance.min() > 0
    assert chance.max() <= 1


def test_an_item_opened_twice_is_remembered_once() -> None:
    opened = nothing(2)
    remember(opened, np.array([1, 1, 0, 1]), np.array([5, 5, 7, 6]))
    assert opened[0, -2:].tolist() == [-1, 7]
    assert opened[1, -3:].tolist() == [-1, 5, 6]


def test_a_page_with_too_little_left_is_answered_by_home(day: Day) -> None:
    assert len(day.stock[5]) < 2 * SLOTS < len(day.stock[1])
    assert day.served(np.array([5, 1]), nothing(2)).tolist() == [0, 1]
    opened = nothing(1)
    opened[0] = day.stock[1][:MEMORY]
    left = len(day.stock[1]) - MEMORY
    assert day.served(np.array([1]), opened).tolist() == [1 if left >= 2 * SLOTS else 0]


def test_the_shop_shows_the_mainstream_more_than_it_stocks_it(written: Any) -> None:
    stocked = (written.assets["cohort"] == "mainstream").mean()
    shown = written.events.filter(pl.col("kind") == "impression").join(
        written.assets, on="asset_id"
    )
    assert 0.45 < stocked < 0.75
    assert (shown["cohort"] == "mainstream").mean() > stocked + 0.03
