"""Clicks made for the study of delays follow the law they are drawn from."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats

from hermes.world import Truth
from hermes.world.catalogue import NEWS
from hermes.world.clicks import clicks
from hermes.world.clicks import pace as pace_of

ALARM = 4.5  # standard errors
COUNT = 20_000


@pytest.fixture(scope="module")
def drawn(truth: Truth) -> pl.DataFrame:
    return clicks(truth, COUNT, 5.0)


def test_there_are_as_many_as_were_asked_for_in_order_of_time(
    truth: Truth, drawn: pl.DataFrame
) -> None:
    assert len(drawn) == COUNT
    assert drawn["clicked_at"].is_sorted()
    assert drawn["clicked_at"].min() >= truth.size.days - 5.0  # type: ignore[operator]
    assert drawn.equals(clicks(truth, COUNT, 5.0))


def test_probability_and_hazard_are_those_of_the_truth(truth: Truth, drawn: pl.DataFrame) -> None:
    users, items = truth.user_codes(drawn["user_id"]), truth.item_codes(drawn["item_id"])
    days = drawn["clicked_at"].to_numpy()
    assert np.allclose(drawn["conversion"], truth.conversion(users, items, days))
    assert np.allclose(drawn["hazard"], truth.hazard(users, items, days))
    assert not (truth.items.domain[items] == NEWS).any()
    assert (truth.items.published[items] <= days).all()


def test_purchases_are_as_frequent_and_as_late_as_they_should_be(drawn: pl.DataFrame) -> None:
    chance, hazard = drawn["conversion"].to_numpy(), drawn["hazard"].to_numpy()
    delay = (drawn["converted_at"] - drawn["clicked_at"]).to_numpy()
    bought = np.isfinite(delay)
    surprise = abs((bought - chance).sum()) / np.sqrt((chance * (1 - chance)).sum())
    assert surprise < ALARM
    assert stats.kstest(1 - np.exp(-hazard * delay)[bought], "uniform").pvalue > 1e-4


def test_what_is_wanted_is_clicked_more_often(truth: Truth, drawn: pl.DataFrame) -> None:
    users, items = truth.user_codes(drawn["user_id"]), truth.item_codes(drawn["item_id"])
    days = drawn["clicked_at"].to_numpy()
    others = np.random.default_rng(0).permutation(items)
    assert truth.appeal(users, items, days).mean() > truth.appeal(users, others, days).mean() + 0.05


def test_a_pace_of_each_genre_changes_when_things_are_bought_but_not_whether(
    truth: Truth, drawn: pl.DataFrame
) -> None:
    paced = clicks(truth, COUNT, 5.0, spread=1.0)
    assert paced["conversion"].equals(drawn["conversion"])
    assert paced["converted_at"].is_nan().equals(drawn["converted_at"].is_nan())
    times = (paced["hazard"] / drawn["hazard"]).log().to_numpy()
    genre = paced["genre"].to_numpy()
    for one in np.unique(genre):
        assert np.ptp(times[genre == one]) < 1e-9
    pace = np.log(pace_of(truth, 1.0))
    assert np.allclose(pace_of(truth, 0.0), 1.0)
    assert 0.5 < np.std(np.unique(pace)) < 1.5
