"""A conditional logit over what items are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from hermes.core.types import Floats
from hermes.learn.choice import Asked, Facts, Schedule, Weights, gradient, halves, learn

RNG = np.random.default_rng(0)


def small() -> tuple[Weights, Floats, Asked]:
    """Three users, five items."""
    weights = Weights.random(4, 3, np.random.default_rng(1))
    read = RNG.normal(size=(3, 4))
    known = csr_array(np.eye(3, 5))
    chosen = csr_array(np.array([[0, 1, 0, 0, 1], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]], float))
    content = RNG.normal(size=(5, 4))
    content[1:, 2] = 0.0  # a column of few
    return weights, read, Asked(Facts.of(content), known, chosen)


def test_the_loss_is_minus_the_logarithm_of_the_chance_among_what_is_not_known() -> None:
    weights, read, asked = small()
    odds = weights.users(read) @ asked.content.times(weights.map).T
    odds[np.arange(3), np.arange(3)] = -np.inf
    chance = np.exp(odds) / np.exp(odds).sum(1, keepdims=True)
    wanted = -np.log([chance[0, 1], chance[0, 4], chance[1, 2]]).mean()
    assert gradient(weights, read, asked, 0.0)[0] == pytest.approx(wanted)


@pytest.mark.parametrize("which", range(3))
def test_slopes_are_those_of_the_loss(which: int) -> None:
    weights, read, asked = small()
    weights = Weights(*(w.astype(np.float64) for w in weights.arrays()))
    l2, step = 0.01, 1e-6

    def loss() -> float:
        squares = sum(float(np.square(w).sum()) for w in weights.arrays()[:2])
        return gradient(weights, read, asked, l2)[0] + l2 * squares

    slope, array = gradient(weights, read, asked, l2)[1].arrays()[which], weights.arrays()[which]
    for place in np.ndindex(array.shape):
        before = array[place]
        array[place] = before + step
        more = loss()
        array[place] = before - step
        assert (more - loss()) / (2 * step) == pytest.approx(slope[place], abs=1e-6)
        array[place] = before


def test_an_event_is_told_or_asked_never_both() -> None:
    x = csr_array((np.random.default_rng(0).random((6, 40)) < 0.5).astype(np.float32))
    first, second = halves(x, np.random.default_rng(1))
    np.testing.assert_array_equal((first + second).toarray(), x.toarray())
    assert first.nnz and second.nnz and first.multiply(second).nnz == 0


@pytest.mark.parametrize("among", [60, 20])
def test_each_fact_gets_the_factor_it_was_drawn_with(among: int) -> None:
    """However few of the items a step sees."""
    rng = np.random.default_rng(0)
    facts = np.stack([np.arange(60) % 2, np.arange(60) // 30], axis=1).astype(np.float32)
    chance = np.exp(2.0 * facts[:, 0] + 1.0 * facts[:, 1])
    rows = np.stack([rng.multinomial(20, chance / chance.sum()) > 0 for _ in range(300)])
    weights = Weights.random(2, 4, rng)

    def read(x: csr_array) -> Floats:
        return np.asarray(x @ facts, np.float32) / 10

    schedule = Schedule(epochs=1, steps=400, l2=0.0, batch=100, among=among)
    x = csr_array(rows.astype(np.float32))
    learn(x, facts, read, weights, schedule, rng, lambda *_: None)
    users = weights.users(read(csr_array(x[:50])))
    lifts = (users @ weights.map.T).mean(0)
    assert lifts[0] == pytest.approx(2.0, abs=0.35)
    assert lifts[1] == pytest.approx(1.0, abs=0.35)


def learned(seed: int) -> Floats:
    """A map from noise."""
    rng = np.random.default_rng(seed)
    x = csr_array((rng.random((40, 12)) < 0.4).astype(np.float32))
    facts = rng.normal(size=(12, 3)).astype(np.float32)
    weights = Weights.random(3, 2, rng)

    def read(half: csr_array) -> Floats:
        return np.asarray(half @ facts)

    schedule = Schedule(epochs=2, steps=1, batch=40)
    learn(x, facts, read, weights, schedule, rng, lambda *_: None)
    return weights.map


def test_the_same_generator_learns_the_same() -> None:
    np.testing.assert_array_equal(learned(3), learned(3))
    assert not np.array_equal(learned(3), learned(4))
