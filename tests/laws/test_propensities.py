"""Propensities: they are probabilities, exact, and a slate can be replayed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes.core.protocols import Query
from hermes.core.types import Array, Candidates
from hermes.policy.diversity import MMR, unit
from hermes.policy.exploration import Draw, EpsilonGreedy, PlackettLuce
from hermes.policy.quota import Quota
from hermes.policy.slatewise import Slatewise, spread

AT = datetime(2026, 1, 1, tzinfo=UTC)
DRAWS = (EpsilonGreedy(epsilon=0.4), PlackettLuce(temperature=0.5))
KINDS = np.array([0, 1, 1, 2, 2])  # of items 1 to 4
VECTORS = unit(np.array([[0, 0], [1, 0.1], [1, 0], [0.3, 1], [0, 1]]))


def pool(*scores: float) -> Candidates:
    return Candidates(np.arange(1, len(scores) + 1), {"score": np.array(scores, np.float32)})


def ask(name: str, diversity: float | None = None) -> Query:
    return Query(id=name, at=AT, diversity=diversity)


@given(
    st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=12),
    st.integers(1, 12),
    st.sampled_from([None, *DRAWS]),
    st.text(max_size=8),
)
def test_a_slate_is_distinct_and_its_propensities_are_probabilities(
    scores: list[float], size: int, draw: Draw | None, name: str
) -> None:
    choice = Slatewise(draw=draw).choose(ask(name), pool(*scores), size)
    assert len(set(choice.order.tolist())) == len(choice.order) == min(size, len(scores))
    assert np.all((choice.propensity > 0) & (choice.propensity <= 1 + 1e-6))


@given(st.lists(st.floats(-5, 5, width=32), min_size=1, max_size=12), st.integers(1, 12))
def test_without_exploration_the_order_stands_with_probability_one(
    scores: list[float], size: int
) -> None:
    choice = Slatewise().choose(ask("r"), pool(*scores), size)
    assert choice.order.tolist() == list(range(min(size, len(scores))))
    assert np.all(choice.propensity == 1)


@pytest.mark.parametrize("draw", DRAWS)
@given(allowed=st.lists(st.booleans(), min_size=4, max_size=4).filter(any))
def test_a_draw_picks_each_allowed_item_as_often_as_it_says(
    draw: Draw, allowed: list[bool]
) -> None:
    utility = np.where(allowed, [0.0, 0.2, 0.9, 1.0], -np.inf)
    picks = [draw.pick(utility, chance) for chance in np.linspace(0, 1, 4000, endpoint=False)]
    said = dict(picks)
    assert len(set(picks)) == len(said)  # one probability an item
    assert sorted(said) == np.flatnonzero(allowed).tolist()
    assert sum(said.values()) == pytest.approx(1)
    counts = Counter(i for i, _ in picks)
    assert all(abs(counts[i] / 4000 - p) < 2 / 4000 for i, p in said.items())


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("diversity", [None, 0.5])
@pytest.mark.parametrize("quotas", [(), (Quota(KINDS, count=1),)])
def test_propensities_are_the_frequencies_of_whole_slates(
    draw: Draw, diversity: float | None, quotas: tuple[Quota, ...]
) -> None:
    policy = Slatewise(draw=draw, quotas=quotas, diversity=MMR(vectors=VECTORS))
    candidates, n = pool(3.0, 2.5, 2.0, 0.5), 6000
    seen: Counter[tuple[int, ...]] = Counter()
    stated: dict[tuple[int, ...], float] = {}
    for i in range(n):
        choice = policy.choose(ask(f"r{i}", diversity), candidates, 2)
        order = tuple(choice.order.tolist())
        seen[order] += 1
        joint = float(np.prod(choice.propensity))
        assert stated.setdefault(order, joint) == joint  # a law of the slate, not of the dice
    possible = [
        o for o in permutations(range(4), 2) if not quotas or KINDS[o[0] + 1] != KINDS[o[1] + 1]
    ]
    assert set(seen) == set(possible)
    assert sum(stated.values()) == pytest.approx(1, abs=1e-5)
    for order, p in stated.items():
        assert abs(seen[order] / n - p) < 4.5 * np.sqrt(p * (1 - p) / n)


def test_plackett_luce_is_the_formula() -> None:
    scores = np.array([2.0, 1.0, 0.0])
    policy = Slatewise(draw=PlackettLuce(temperature=0.5))
    choice = policy.choose(ask("a request"), pool(*scores), 3)
    worth = np.exp(spread(scores) / 0.5)[choice.order]
    by_hand = [worth[i] / worth[i:].sum() for i in range(3)]
    np.testing.assert_allclose(choice.propensity, by_hand, rtol=1e-6)


@given(st.text(max_size=20))
def test_a_request_replays_bit_for_bit(name: str) -> None:
    def slate() -> tuple[Array, Array]:
        policy = Slatewise(draw=PlackettLuce(temperature=1.0))
        choice = policy.choose(ask(name), pool(*np.linspace(1, 0, 30)), 20)
        return choice.order, choice.propensity

    (one, p), (two, q) = slate(), slate()
    assert one.tobytes() == two.tobytes()
    assert p.tobytes() == q.tobytes()


def test_two_requests_explore_differently() -> None:
    policy = Slatewise(draw=PlackettLuce(temperature=1.0))
    candidates = pool(*np.linspace(1, 0, 30))
    slates = {tuple(policy.choose(ask(f"r{i}"), candidates, 20).order) for i in range(5)}
    assert len(slates) == 5
