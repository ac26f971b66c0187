from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.core.types import Shape
from hermes.models.retrievers.effects import MixedEffects, MixedEffectsConfig
from hermes.retrieval.channels import Bounded
from hermes.retrieval.effects import EffectsChannel, odds_of
from hermes.retrieval.index import VectorIndex

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def channel() -> EffectsChannel:
    """Items 1 to 6 in one direction; every item of a history adds what it is."""
    model = MixedEffects(MixedEffectsConfig())
    one, none = np.ones(1, np.float32), np.zeros(1, np.float32)
    model.restore(
        Shape(n_items=7),
        {
            "items": np.array([[0], [1], [2], [-1], [-2], [0.5], [0]], np.float32),
            "main": np.array([0, 0, 0, 0, 0, 0, 3], np.float32),
            "doubt": np.ones(7, np.float32), "pull": one, "push": none, "fall": none, "gain": one,
            "appeal": np.arange(7, dtype=np.float32),
        },
    )  # fmt: skip
    return EffectsChannel("effects", model, VectorIndex.build(model.catalogue()))


def ask(*history: int, anchor: int = 0) -> Query:
    past = np.array(history, np.int64)
    ages = np.ones(len(past), np.float32)
    return Query(id="q", at=AT, history=past, ages=ages, anchor=anchor)


def test_candidates_are_wanted_by_all_or_by_this_person(channel: EffectsChannel) -> None:
    found = channel.retrieve(ask(1), 3)
    assert found.items.tolist() == [6, 2, 5]
    np.testing.assert_allclose(found.columns["score"], [3.0, 2.0, 0.5])


def test_odds_tell_the_two_apart_and_an_items_page_asks_for_what_is_like_it(
    channel: EffectsChannel,
) -> None:
    odds = channel.odds(ask(1), np.array([6, 2]))
    assert odds.own.tolist() == [0.0, 2.0] and odds.main.tolist() == [3.0, 0.0]
    assert odds.appeal.tolist() == [6.0, 2.0]
    assert odds.own_doubt.tolist() == [0.0, 2.0] and odds.main_doubt.tolist() == [1.0, 1.0]
    assert channel.odds(ask(1, anchor=3), np.array([2])).own.tolist() == [-2.0]
    assert channel.evidence(ask(1, 3), np.array([2, 4])).tolist() == [1, 3]


def test_items_that_came_later_are_nothing_that_it_knows(channel: EffectsChannel) -> None:
    odds = channel.odds(ask(1, 99), np.array([2, 99]))
    assert odds.own.tolist() == [2.0, 0.0] and odds.main.tolist() == [0.0, 0.0]
    assert channel.evidence(ask(99), np.array([2])).tolist() == [0]


def test_who_can_tell_wishes_apart_is_found_behind_what_bounds_it(channel: EffectsChannel) -> None:
    name, found = odds_of({"a": object(), "b": Bounded(channel, 3)})
    assert (name, found) == ("b", channel)
    assert odds_of({"a": object()}) == ("", None)
