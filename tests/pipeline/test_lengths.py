"""Lengths in what is typed: one reading of them for search, slates and the agent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from time import perf_counter

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.data.catalogue import Catalogue
from hermes.pipeline.asked import Reader
from hermes.pipeline.content import Finder
from hermes.pipeline.lengths import stated
from hermes.retrieval.query import Understanding
from hermes.retrieval.text_search import TextSearch


def finder(shelf: Catalogue) -> Finder:
    search, popularity = TextSearch(shelf), np.arange(len(shelf), dtype=np.float32)
    return Finder(
        shelf, search, Reader(Understanding(shelf), search), None, None, popularity, Lock()
    )


@pytest.fixture(scope="module")
def sized(shop: Catalogue) -> Finder:
    """Item n takes 90 + n minutes and has 250 + n pages, but the first ten say nothing."""
    cards = [
        json.dumps({**json.loads(card), "minutes": 90 + n, "pages": 250 + n} if n > 10 else {})
        for n, card in enumerate(shop.cards)
    ]
    return finder(replace(shop, cards=tuple(card.encode() for card in cards)))


def shown(found: Finder, text: str, *plain: str) -> tuple[set[int], list[str]]:
    best, read, _ = found.find(text, 100, plain=plain)
    return set(best.items.tolist()), [one.id for one in read.constraints]


def offered(found: Finder, low: int, high: int) -> set[int]:
    return {n for n in range(low, high + 1) if found.catalogue.available[n]}


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("under two hours", 11, 29),
        ("at least 2 hours", 30, 60),
        ("kürzer als 300 Seiten", 11, 49),
        ("kuerzer als 300 Seiten", 11, 49),
        ("moins de 300 pages", 11, 49),
        ("no more than 280 pages, over 110 minutes", 21, 30),
    ],
)
def test_a_search_keeps_to_the_lengths_that_it_states(
    sized: Finder, text: str, low: int, high: int
) -> None:
    items, _ = shown(sized, text)
    assert items == offered(sized, low, min(high, len(sized.catalogue) - 1))


def test_a_length_filters_what_the_other_words_ask_for(sized: Finder) -> None:
    every, _ = shown(sized, "books")
    some, ids = shown(sized, "books under two hours")
    assert some == every & offered(sized, 11, 29)
    assert ids == ["domain:0-5", "minutes:6-21"]


def test_a_length_taken_back_is_plain_words_and_filters_nothing(sized: Finder) -> None:
    text = "title 13 under two hours"
    assert shown(sized, text)[1][-1] == "minutes:9-24"
    _, read, _ = sized.find(text, 100, plain=["minutes:9-24"])
    assert not [one for one in read.constraints if one.span[0] >= 9]
    assert "hours" in read.semantic
    assert "hours" not in sized.find(text, 100)[1].semantic


def test_a_slate_is_led_by_lengths_as_a_search_is(sized: Finder) -> None:
    query = Query(
        id="r", at=datetime.now(UTC), text="books under two hours", exclude=np.array([12])
    )
    asked, read, _ = sized.reader(query)
    assert [one.reading for one in read.constraints][-1] == "under 120 minutes"
    kept = set(range(len(sized.catalogue))) - set(asked.exclude.tolist())
    assert kept == set(range(11, 30)) - {12}


def test_where_no_item_has_a_length_it_filters_nothing_and_says_so(shop: Catalogue) -> None:
    silent = finder(shop)
    best, read, _ = silent.find("books under two hours", 100)
    assert [(one.reading, one.hard) for one in read.constraints][-1] == ("under 120 minutes", False)
    assert set(best.items.tolist()) == shown(silent, "books")[0]


def test_no_price_is_read_of_a_length(sized: Finder) -> None:
    assert shown(sized, "under 120 minutes")[1] == ["minutes:0-17"]


@pytest.mark.parametrize("text", ["under " * 400, "no " * 700, "at most 1 " * 200, "1" * 2000])
def test_the_longest_text_is_read_at_once(text: str) -> None:
    began = perf_counter()
    assert stated(text) == (text, [])
    assert perf_counter() - began < 0.1
