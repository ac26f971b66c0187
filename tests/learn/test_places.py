from __future__ import annotations

import numpy as np
import pytest

from hermes.core.errors import DataError
from hermes.learn.places import appeal, examined


def pages(rng: np.random.Generator, better_first: bool) -> tuple[np.ndarray, ...]:  # type: ignore[type-arg]
    """Items of two worths at five places that are looked at less and less."""
    items = rng.integers(0, 40, 60_000)
    places = rng.integers(0, 5, len(items))
    if better_first:  # the good items, above 20, stand at the first places mostly
        items = np.where((places < 2) & (rng.random(len(items)) < 0.8), items % 20 + 20, items)
    worth = np.where(items < 20, 0.1, 0.4)
    looked = (1.0 + places) ** -0.7
    return items, places, rng.random(len(items)) < worth * looked


@pytest.mark.parametrize("better_first", [False, True])
def test_a_place_is_not_thought_good_because_good_items_stand_there(better_first: bool) -> None:
    items, places, taken = pages(np.random.default_rng(0), better_first)
    np.testing.assert_allclose(
        examined(items, places, taken), (1.0 + np.arange(5)) ** -0.7, rtol=0.06
    )
    if better_first:  # clicks by place alone would say otherwise
        plain = np.array([taken[places == k].mean() for k in range(5)])
        assert plain[2] / plain[0] < 0.8 * 3**-0.7


def test_appeal_is_the_worth_of_an_item_that_is_looked_at() -> None:
    items, places, taken = pages(np.random.default_rng(1), better_first=True)
    found = appeal(items, places, taken, examined(items, places, taken), 42)
    good, bad = found[20:40].mean(), found[:20].mean()
    assert np.exp(good - bad) == pytest.approx(4, rel=0.15)
    assert found[40:].tolist() == [0, 0]  # never shown


def test_few_looks_say_little() -> None:
    once = np.zeros(1, np.int64)
    many = np.zeros(2000, np.int64)
    items = np.concatenate([once, many + 1, many + 2])
    taken = np.concatenate([[True], np.arange(2000) % 10 == 0, np.arange(2000) % 2 == 0])
    found = appeal(items, np.zeros(len(items), np.int64), taken, np.ones(1), 3)
    assert found[2] > found[0] > 0  # taken once of once is less than taken half of the time


def test_a_log_in_which_nothing_was_taken_is_refused() -> None:
    with pytest.raises(DataError, match="ever taken"):
        examined(np.array([1, 2]), np.array([0, 1]), np.zeros(2, bool))
