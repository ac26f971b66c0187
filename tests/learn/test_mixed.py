"""Worlds of which the law is known: what is learned from their pages must be it."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import expit

from hermes.core.types import Array
from hermes.data.shown import NEVER, Shown
from hermes.learn.mixed import (
    Belief,
    Effects,
    Reading,
    Turns,
    before,
    belief,
    person,
    products,
    scaled,
    slopes,
)
from hermes.learn.places import Rows

USERS, ITEMS, PAGES, SLOTS = 120, 60, 40, 8
RATES = 1 / np.sqrt(1 + np.arange(SLOTS))


@dataclass(frozen=True)
class World:
    """Pages drawn evenly, looked at and taken as the law has it."""

    content: Array
    main: Array
    own: Array  # (U, K)
    pages: Shown

    @classmethod
    def made(cls, seed: int, spread: float = 1.0, common: float = 0.0) -> World:
        rng = np.random.default_rng(seed)
        content = rng.normal(size=(ITEMS, 3))
        content[0] = 0.0
        main = -0.5 + 0.6 * content[:, 0] + rng.normal(0, 0.3, ITEMS)
        own = spread * rng.normal(size=(USERS, 3)) * np.array([0.0, 1.0, 0.5])
        own[0] = 0.0
        own[1:, 1] += common
        users = np.repeat(np.arange(1, USERS), PAGES)
        items = np.stack([rng.permutation(ITEMS - 1)[:SLOTS] + 1 for _ in users])
        z = main[items] + np.einsum("rk,rsk->rs", own[users], content[items])
        taken = rng.random(z.shape) < RATES * expit(z)
        times = np.tile(np.arange(PAGES, dtype=float), USERS - 1)
        when = np.where(taken, times[:, None] + 0.5, NEVER)
        places = np.tile(np.arange(SLOTS), len(users))
        offsets = np.arange(len(users) + 1) * SLOTS
        pages = Shown(users, times, offsets, items.ravel(), places, when.ravel())
        return cls(content, main, own, pages)

    def learned(self) -> tuple[Effects, Turns, Rows]:
        rows, turns = Rows.of(self.pages, RATES), Turns(self.content, np.zeros((USERS, 3)))
        return turns.learn(rows, 10), turns, rows


@pytest.fixture(scope="module")
def world() -> World:
    return World.made(0)


def test_slopes_are_those_of_the_likelihood() -> None:
    z, looked, taken = np.array([0.3, -1.0]), np.array([0.5, 1.0]), np.array([1.0, 0.0])

    def likely(at: Array) -> Array:
        p = looked * expit(at)
        return np.where(taken > 0, np.log(p), np.log(1 - p))

    found = (likely(z + 1e-6) - likely(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(slopes(z, looked, taken)[0], found, atol=1e-6)


def test_one_person_is_found_where_the_likelihood_and_the_prior_meet() -> None:
    rng = np.random.default_rng(0)
    x, looked = rng.normal(size=(300, 2)), np.full(300, 0.7)
    taken = (rng.random(300) < looked * expit(x @ [1.0, -1.0])).astype(float)
    inside, mean = np.diag([2.0, 3.0]), np.array([0.2, 0.1])
    w, precision = person(x, np.zeros(300), looked, taken, mean, inside, np.zeros(2), steps=50)
    pull = slopes(x @ w, looked, taken)[0]
    np.testing.assert_allclose(x.T @ pull, inside @ (w - mean), atol=1e-2)
    assert np.linalg.eigvalsh(precision - inside).min() > 0


def test_main_effects_and_how_people_differ_are_found(world: World) -> None:
    found, turns, _ = world.learned()
    assert np.corrcoef(found.main[1:], world.main[1:])[0, 1] > 0.95
    assert np.corrcoef(turns.w[1:, 1], world.own[1:, 1])[0, 1] > 0.8
    spread = np.diag(found.covariance)
    assert spread[1] == pytest.approx(1.0, rel=0.35) and spread[2] == pytest.approx(0.25, rel=0.5)
    assert spread[0] < 0.1  # in which nobody differs
    assert found.mean[0] == pytest.approx(0.6, abs=0.2)


def test_what_all_have_in_common_is_no_persons_own_after_few_rounds() -> None:
    crowd = World.made(2, common=2.0)
    found, turns, _ = crowd.learned()
    np.testing.assert_allclose(turns.w[1:].mean(axis=0), 0.0, atol=1e-2)
    assert found.mean[1] == pytest.approx(2.0, abs=0.4)
    assert found.covariance[1, 1] == pytest.approx(1.0, rel=0.35)  # about that, not about 0


def test_what_nobody_looked_at_is_as_its_content_says(world: World) -> None:
    rows = Rows.of(world.pages, RATES)
    fewer = rows.take(rows.items != 7)
    found = Turns(world.content, np.zeros((USERS, 3))).learn(fewer, 5)
    assert found.main[7] == pytest.approx(found.level + world.content[7] @ found.mean)
    assert found.doubt[7] == found.spread > found.doubt[8]


def test_a_long_log_is_not_laid_side_by_side() -> None:
    rng, n = np.random.default_rng(0), 400_000
    left, right = rng.normal(size=(50, 64)), rng.normal(size=(40, 64))
    mine, theirs = rng.integers(0, 50, n), rng.integers(0, 40, n)
    tracemalloc.start()
    found = products(left, mine, right, theirs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(found, (left @ right.T)[mine, theirs])
    assert peak < 0.5 * n * 64 * 8  # bytes; both sides whole would be twice that


def test_histories_know_only_what_came_before_a_page() -> None:
    when = np.array([1.5, NEVER, 2.5, 1.6, NEVER, NEVER])
    pages = Shown(
        np.array([1, 1, 1]), np.array([1.0, 2.0, 3.0]), np.array([0, 2, 4, 6]),
        np.array([3, 4, 5, 3, 1, 2]), np.zeros(6, np.int64), when,
    )  # fmt: skip
    total, many = before(pages, np.arange(6.0)[:, None], 3)
    assert many.tolist() == [0, 1, 2]  # item 3, though taken twice, once
    assert total[:, 0].tolist() == [0.0, 3.0, 8.0]


def test_a_history_tells_what_its_person_wants(world: World) -> None:
    found, _, rows = world.learned()
    read = Reading.of(rows, world.content, found)
    other = World.made(0)  # the same people, judged by the pages they had
    how = belief(read, Rows.of(other.pages, RATES), other.pages, found, world.content, USERS)
    assert 0.2 < how.own < 3
    places = world.content @ read.basis
    total, many = before(world.pages, places, USERS)
    last = np.arange(PAGES - 1, len(world.pages), PAGES)
    own = read.believed(how).own(total[last], many[last]) @ places.T
    true = world.own[1:] @ world.content.T
    each = [np.corrcoef(a[1:], b[1:])[0, 1] for a, b in zip(own, true, strict=True)]
    assert np.mean(each) > 0.6
    slope = float((own * true).sum() / (own**2).sum())
    assert slope == pytest.approx(1.0, abs=0.35)  # neither boasts nor hides


def test_where_nobody_differs_histories_are_not_believed() -> None:
    plain = World.made(1, spread=0.0)
    found, _, rows = plain.learned()
    read = Reading.of(rows, plain.content, found)
    how = belief(read, rows, plain.pages, found, plain.content, USERS)
    places = plain.content @ read.basis
    total, many = before(plain.pages, places, USERS)
    assert np.std(read.believed(how).own(total, many) @ places.T) < 0.15


def test_belief_scales_what_an_item_adds() -> None:
    read = Reading(np.eye(2), 1.0, np.array([0.5, 0.0]), np.array([0.1, 0.2]))
    half = read.believed(Belief(2.0, 0.5))
    np.testing.assert_allclose(
        half.own(np.array([[2.0, 4.0]]), np.array([2.0])), [[1.5 / 1.4, 2.0 / 1.8]]
    )


def test_one_judge_who_took_little_does_not_carry_belief_away() -> None:
    rows = Rows(np.ones(3, int), np.array([1, 2, 3]), np.ones(3), np.array([1.0, 0.0, 0.0]))
    scale = scaled(np.array([0.1, -0.1, -0.2]), np.zeros(3), rows)[1]
    assert scale == pytest.approx(0.5, abs=0.3)  # the likelihood alone would go on without end
