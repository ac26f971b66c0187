from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.stats import binom

from hermes.core.protocols import Query
from hermes.data.catalogue import Catalogue
from hermes.ranking.intent import FEW, MANY, RARE, Intent

HORROR = [1, 5, 9, 13, 17, 21]  # i mod 4 == 1
HORROR_CODE = 2


@pytest.fixture(scope="module")
def intent(shop: Catalogue) -> Intent:
    return Intent.of(shop, np.arange(1, 40), strength=3.0)


def ask(history: list[int]) -> Query:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ages = np.zeros(len(history), np.float32)
    return Query(id="q", at=now, history=np.array(history, np.int64), ages=ages)


def test_shares_are_those_of_the_events(intent: Intent) -> None:
    assert intent.usual[HORROR_CODE] == pytest.approx(10 / 39)


def test_five_of_one_category_move_all_of_it_by_the_strength(intent: Intent) -> None:
    leaning = intent.leaning(ask(HORROR[:5]))
    assert leaning is not None
    assert intent.moved(leaning, np.array([25, 29, 2, 4])).tolist() == [3.0, 3.0, 0.0, 0.0]


@pytest.mark.parametrize(("k", "n"), [(2, 2), (3, 3), (4, 4), (3, 5), (4, 5), (5, 6), (6, 12)])
def test_a_category_is_plain_where_chance_would_hardly_bring_so_many(
    intent: Intent, k: int, n: int
) -> None:
    others = [i for i in range(4, 40, 4)] + [i for i in range(2, 40, 4)]  # noqa: C416
    found = intent.plain(np.array(HORROR[:k] + others[: n - k]))
    expected = binom.sf(k - 1, n, 10 / 39) < RARE
    assert bool(found[HORROR_CODE] > 0) == expected


def test_an_event_that_comes_again_counts_once(intent: Intent) -> None:
    assert intent.leaning(ask([1, 1, 1, 1, 1])) is None


def test_a_mixed_history_says_nothing(intent: Intent) -> None:
    assert intent.leaning(ask([1, 2, 4, 6, 8, 10])) is None


def test_the_longer_the_history_the_less_it_moves(intent: Intent) -> None:
    few = intent.plain(np.array([*HORROR[:FEW]]))[HORROR_CODE]
    more = intent.plain(np.arange(1, 40, 4))[HORROR_CODE]  # ten, all horror
    assert few == 1
    assert more == pytest.approx((MANY - 10) / (MANY - FEW))
    rare = replace(intent, usual=np.full(len(intent.usual), 1e-6))
    assert not rare.plain(np.arange(1, MANY + 1)).any()


def test_a_stranger_a_text_and_an_anchor_are_left_alone(intent: Intent) -> None:
    assert intent.leaning(ask([])) is None
    assert intent.leaning(replace(ask(HORROR), text="comedies")) is None
    assert intent.leaning(replace(ask(HORROR), anchor=3)) is None
