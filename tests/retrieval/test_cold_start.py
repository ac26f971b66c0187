"""New items, placed by what they are."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.errors import ShapeError
from hermes.core.protocols import Query
from hermes.core.types import Floats, Queries
from hermes.retrieval.cold_start import ColdStart

AT = datetime(2024, 10, 4, tzinfo=UTC)
NEW = np.array([5, 7, 9])
PLACES = np.eye(3, dtype=np.float32)
DATES = np.array([100.0, np.nan, 300.0], np.float32)


def encode(queries: Queries) -> Floats:
    """Who has done item 1 wants the second new item most, then the third."""
    return np.array([[0.1, 0.9, 0.5]], np.float32).repeat(len(queries), 0)


def channel() -> ColdStart:
    return ColdStart("cold_start", encode, NEW, PLACES, DATES)


def asked(history: list[int], anchor: int = 0) -> Query:
    past = np.array(history, np.int64)
    return Query(id="q", at=AT, history=past, ages=np.zeros(len(past), np.float32), anchor=anchor)


def test_a_user_gets_the_new_items_that_fit_best() -> None:
    found = channel().retrieve(asked([1]), 2)
    assert found.items.tolist() == [7, 9]
    assert found.columns["score"].tolist() == pytest.approx([0.9, 0.5])


def test_what_the_user_has_had_is_not_new_any_more() -> None:
    assert channel().retrieve(asked([7, 1]), 5).items.tolist() == [9, 5]


def test_a_stranger_gets_the_newest_and_what_has_no_date_last() -> None:
    assert channel().retrieve(asked([]), 5).items.tolist() == [9, 5, 7]


def test_an_anchor_is_not_like_itself() -> None:
    assert 7 not in channel().retrieve(asked([], anchor=7), 5).items


def test_without_new_items_there_is_nothing() -> None:
    none = ColdStart("c", encode, NEW[:0], PLACES[:0], DATES[:0])
    assert len(none.retrieve(asked([1]), 5)) == 0


def test_places_of_other_items_are_refused() -> None:
    with pytest.raises(ShapeError, match="3 items, 2 places"):
        ColdStart("c", encode, NEW, PLACES[:2], DATES)
