from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from time import perf_counter

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.policy.diversity import MMR, unit
from hermes.policy.exploration import PlackettLuce
from hermes.policy.exposure import Parity, discounts, gain, price, shares
from hermes.policy.quota import Quota
from hermes.policy.slatewise import Slatewise

AT = datetime(2026, 1, 1, tzinfo=UTC)
TAIL = np.r_[0, np.ones(20, int), np.full(20, 2)]  # the independent come after the mainstream
RELEVANCE = np.r_[np.linspace(1, 0.6, 20), np.linspace(0.59, 0, 20)]


def pool(relevance: np.ndarray = RELEVANCE) -> Candidates:
    scores = np.asarray(relevance, np.float32)
    return Candidates(np.arange(1, len(scores) + 1), {"score": scores})


def ask(fairness: bool | None = True, name: str = "r", diversity: float | None = None) -> Query:
    return Query(id=name, at=AT, fairness=fairness, diversity=diversity)


def ratio(order: np.ndarray, cohorts: np.ndarray, relevance: np.ndarray) -> float:
    """The formula, word for word: the difference of E / Rel over its mean."""
    codes, seen = cohorts[1:], discounts(len(order))
    each = [seen[codes[order] == c].sum() / relevance[codes == c].sum() for c in (1, 2)]
    return float(abs(each[0] - each[1]) / (seen.sum() / relevance[codes > 0].sum()))


def test_parity_lifts_the_cohort_that_is_seen_too_little() -> None:
    policy = Slatewise(parity=Parity(cohorts=TAIL))
    without = policy.choose(ask(False), pool(), 10).order
    with_it = policy.choose(ask(), pool(), 10).order
    assert (TAIL[1:][without] == 1).all()
    assert ratio(without, TAIL, RELEVANCE) > 0.5
    assert ratio(with_it, TAIL, RELEVANCE) <= 0.1 + 1e-6


def test_the_order_within_a_cohort_stays() -> None:
    order = Slatewise(parity=Parity(cohorts=TAIL)).choose(ask(), pool(), 10).order
    for cohort in (1, 2):
        own = order[TAIL[1:][order] == cohort]
        assert (np.diff(own) > 0).all()


def test_what_it_costs_is_the_ndcg_it_gives_up() -> None:
    division = Parity(cohorts=TAIL).places(pool().items, RELEVANCE, 10)
    lost = 1 - gain(RELEVANCE[division.order]) / gain(RELEVANCE[:10])
    assert division.cost == pytest.approx(lost)
    assert 0 < division.cost < 0.2
    assert division.multiplier > 0


def test_a_slate_that_is_balanced_stays_as_it_is_and_costs_nothing() -> None:
    cohorts = np.r_[0, np.tile([1, 2, 2, 1], 10)]
    division = Parity(cohorts=cohorts, tolerance=0.2).places(pool().items, RELEVANCE, 20)
    assert division.order.tolist() == list(range(20))
    assert (division.cost, division.multiplier, division.holds) == (0.0, 0.0, True)


def test_what_is_of_no_known_cohort_keeps_its_place() -> None:
    cohorts = TAIL.copy()
    cohorts[[2, 5]] = 0
    order = Slatewise(parity=Parity(cohorts=cohorts)).choose(ask(), pool(), 10).order
    assert (order[1], order[4]) == (1, 4)
    assert 2 in cohorts[1:][order]


def test_where_one_cohort_has_too_few_items_it_is_proved_infeasible() -> None:
    relevance = np.r_[1.0, np.linspace(0.2, 0, 39)]
    cohorts = np.r_[0, 2, np.ones(39, int)]
    relevance[0] = 20.0  # merit enough for every place, and only one item to take it
    division = Parity(cohorts=cohorts).places(pool().items, relevance, 10)
    assert not division.holds
    assert division.proved
    assert division.order[0] == 0


@pytest.mark.parametrize("seed", range(30))
def test_infeasible_means_that_no_order_whatever_holds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cohorts = np.r_[0, rng.integers(1, 3, 6)]
    relevance = np.sort(rng.random(6))[::-1]
    parity = Parity(cohorts=cohorts, tolerance=0.05)
    division = parity.places(np.arange(1, 7), relevance, 4)
    possible = any(
        parity.holds(np.arange(1, 7), relevance, np.array(order))
        for order in permutations(range(6), 4)
    )
    assert division.holds == possible
    assert division.proved == (not possible)


def test_a_pool_of_one_cohort_has_parity() -> None:
    parity = Parity(cohorts=np.r_[0, np.ones(40, int)])
    assert parity.places(pool().items, RELEVANCE, 10).order.tolist() == list(range(10))


def test_the_recipe_decides_where_the_query_does_not() -> None:
    for always in (False, True):
        parity = Parity(cohorts=TAIL, always=always)
        assert [parity.asked(ask(f)) for f in (None, False, True)] == [always, False, True]


@pytest.mark.parametrize("draw", [None, PlackettLuce(temperature=0.3)])
def test_parity_holds_beside_diversity_and_chance(draw: PlackettLuce | None) -> None:
    vectors = unit(np.random.default_rng(1).normal(size=(41, 4)))
    policy = Slatewise(parity=Parity(cohorts=TAIL), diversity=MMR(vectors=vectors), draw=draw)
    for name in "abcdef":
        order = policy.choose(ask(name=name, diversity=0.5), pool(), 10).order
        assert ratio(order, TAIL, RELEVANCE) <= 0.1 + 1e-6


def test_quotas_go_before_parity() -> None:
    kinds = np.r_[0, np.full(40, 1)]
    kinds[TAIL == 2] = 2
    policy = Slatewise(parity=Parity(cohorts=TAIL), quotas=(Quota(kinds, count=2),))
    order = policy.choose(ask(), pool(), 4).order
    assert sorted(TAIL[1:][order]) == [1, 1, 2, 2]


def test_fifty_to_twenty_takes_less_than_a_third_of_a_millisecond() -> None:
    rng = np.random.default_rng(0)
    parity = Parity(cohorts=np.r_[0, rng.integers(1, 3, 50)])
    relevance = np.sort(rng.random(50))[::-1]
    times = []
    for _ in range(200):
        began = perf_counter()
        parity.places(np.arange(1, 51), relevance, 20)
        times.append(perf_counter() - began)
    assert min(times) < 0.3e-3  # the least: what else runs on the machine is no part of it


def test_shares_and_prices_of_nothing_are_nothing() -> None:
    assert shares(np.zeros(3, int), np.ones(3)) == {}
    assert price(np.zeros(3), np.array([2, 1])) == 0


@pytest.mark.parametrize("wrong", [0.0, -1.0, 2.5, float("nan")])
def test_a_tolerance_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(ConfigError, match="tolerance"):
        Parity(cohorts=TAIL, tolerance=wrong)
