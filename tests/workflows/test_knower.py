from __future__ import annotations

import numpy as np
import pytest

from hermes.data.shown import NEVER, Shown
from hermes.workflows.causes import Law
from hermes.workflows.knower import Knower
from hermes.world.truth import Truth


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth.of("tiny", 5)


def pages(truth: Truth, user: int, n: int) -> Shown:
    """So many pages of ten for one person, drawn evenly, looked at and taken as the law has it."""
    rng = np.random.default_rng(0)
    items = np.concatenate([rng.permutation(len(truth.items))[:10] for _ in range(n)])
    places, users = np.tile(np.arange(10), n), np.full(10 * n, user)
    times = np.sort(rng.uniform(10, 30, n))
    days = np.repeat(times, 10)
    chance = truth.click(users, items, days, places, np.zeros(10 * n, np.int64))
    taken = rng.random(10 * n) < chance
    when = np.where(taken, days, NEVER)
    return Shown(users[:n], times, np.arange(n + 1) * 10, items, places, when)


def test_the_more_was_shown_the_better_a_taste_is_known(truth: Truth) -> None:
    user, day = 11, np.array([20.0])
    real = truth.people.tastes(np.array([user]), day)[0] @ truth.items.vectors.T
    rates = truth.examined(np.arange(10), np.zeros(10, np.int64))
    like = [
        np.corrcoef(
            Knower(truth, pages(truth, user, n), rates).taste(user) @ truth.items.vectors.T, real
        )[0, 1]
        for n in (10, 3000)
    ]
    assert like[1] > 0.98 > like[0]


def test_who_was_shown_nothing_has_the_usual_taste(truth: Truth) -> None:
    knower = Knower(truth, pages(truth, 3, 2), np.ones(10))
    np.testing.assert_array_equal(knower.taste(4), truth.people.start.mean(axis=0))


def test_only_the_taste_is_guessed(truth: Truth) -> None:
    wanted = Law(truth, 30.0).wanted(3)
    knower = Knower(truth, pages(truth, 3, 5), np.ones(10))
    moved = knower.guessed(wanted, 3) - wanted
    own = truth.people.tastes(np.array([3]), np.array([30.0]))[0]
    taste = 4.5 * truth.items.vectors
    np.testing.assert_allclose(moved, taste @ knower.taste(3) - taste @ own)
    assert not np.allclose(moved, 0.0)
