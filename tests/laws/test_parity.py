"""Parity: it orders and nothing else, it holds or says so, and what it costs is never negative."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.policy.account import account
from hermes.policy.diversity import MMR, unit
from hermes.policy.exploration import EpsilonGreedy
from hermes.policy.exposure import Parity, discounts
from hermes.policy.slatewise import Slatewise, spread

AT = datetime(2026, 1, 1, tzinfo=UTC)
ITEMS = st.lists(
    st.tuples(st.floats(-5, 5, width=32), st.sampled_from([0, 1, 1, 2])), min_size=1, max_size=40
)


def made(rows: list[tuple[float, int]]) -> tuple[Candidates, np.ndarray]:
    """A pool best first, and the cohorts of its items."""
    rows = sorted(rows, key=lambda row: -row[0])
    scores = np.array([score for score, _ in rows], np.float32)
    cohorts = np.array([0, *(cohort for _, cohort in rows)])
    return Candidates(np.arange(1, len(rows) + 1), {"score": scores}), cohorts


@given(ITEMS, st.integers(1, 25), st.sampled_from([0.05, 0.1, 0.5]))
def test_it_never_invents_or_repeats_an_item_and_fills_the_slate(
    rows: list[tuple[float, int]], size: int, tolerance: float
) -> None:
    pool, cohorts = made(rows)
    policy = Slatewise(parity=Parity(cohorts=cohorts, tolerance=tolerance))
    choice = policy.choose(Query(id="q", at=AT, fairness=True), pool, size)
    order = choice.order.tolist()
    assert len(set(order)) == len(order) == min(size, len(pool))
    assert set(order) <= set(range(len(pool)))
    assert np.all(choice.propensity == 1)


@given(ITEMS, st.integers(1, 20), st.sampled_from([0.05, 0.1, 0.5]))
def test_it_holds_within_the_tolerance_or_is_proved_infeasible(
    rows: list[tuple[float, int]], size: int, tolerance: float
) -> None:
    pool, cohorts = made(rows)
    size, relevance = min(size, len(pool)), spread(pool.columns["score"])
    division = Parity(cohorts=cohorts, tolerance=tolerance).places(pool.items, relevance, size)
    assert division.cost >= 0
    assert division.holds != division.proved
    codes = cohorts[1:]
    merit = [relevance[codes == c].sum() for c in (1, 2)]
    seen = [discounts(size)[codes[division.order] == c].sum() for c in (1, 2)]
    if division.holds and min(merit) > 0 and sum(seen) > 0:
        each = [e / m for e, m in zip(seen, merit, strict=True)]
        assert abs(each[0] - each[1]) <= (tolerance + 1e-6) * sum(seen) / sum(merit)


@given(ITEMS, st.integers(1, 20), st.booleans(), st.sampled_from([None, 0.0, 0.5, 1.0]))
def test_the_account_of_a_slate_adds_up(
    rows: list[tuple[float, int]], size: int, fairness: bool, diversity: float | None
) -> None:
    pool, cohorts = made(rows)
    vectors = unit(np.random.default_rng(0).normal(size=(len(cohorts), 3)))
    policy = Slatewise(
        parity=Parity(cohorts=cohorts),
        diversity=MMR(vectors=vectors, threshold=1.0),
        draw=EpsilonGreedy(epsilon=0.3),
    )
    query = Query(id="q", at=AT, fairness=fairness, diversity=diversity)
    order = policy.choose(query, pool, size).order
    said = account(policy, query, pool, order)
    assert len(said.effects) == len(order)
    assert said.fairness.cost >= 0
    assert said.diversity.cost >= 0
    first = np.argsort(-pool.columns["score"], kind="stable").tolist()
    for place, (i, effects) in enumerate(zip(order.tolist(), said.effects, strict=True)):
        moves = [(e.before, e.after) for e in effects]
        assert [a for a, _ in moves[1:]] == [b for _, b in moves[:-1]]  # each from where it was
        whole = [first.index(i), *(b for _, b in moves)]
        assert whole[-1] == place


def test_propensities_stay_the_frequencies_of_whole_slates_under_parity() -> None:
    cohorts = np.array([0, 1, 1, 1, 2])
    pool = Candidates(np.arange(1, 5), {"score": np.array([3.0, 2.5, 2.0, 1.5], np.float32)})
    policy = Slatewise(parity=Parity(cohorts=cohorts), draw=EpsilonGreedy(epsilon=0.4))
    seen: Counter[tuple[int, ...]] = Counter()
    stated: dict[tuple[int, ...], float] = {}
    for i in range(4000):
        choice = policy.choose(Query(id=f"r{i}", at=AT, fairness=True), pool, 3)
        order = tuple(choice.order.tolist())
        seen[order] += 1
        stated[order] = float(np.prod(choice.propensity))
    assert sum(stated.values()) == pytest.approx(1, abs=1e-5)
    for order, p in stated.items():
        assert abs(seen[order] / 4000 - p) < 4.5 * np.sqrt(p * (1 - p) / 4000)
