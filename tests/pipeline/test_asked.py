from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.data.catalogue import Catalogue
from hermes.pipeline.asked import asked, holding
from hermes.retrieval.query import Understanding
from hermes.retrieval.text_search import TextSearch

AT = datetime(2024, 10, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def written(shop: Catalogue) -> Catalogue:
    """`shop`, where items 5 and 6 are about vampires and item 7 about one vampire hunter."""
    texts = {5: "old vampires", 6: "Vampires at sea", 7: "a vampire hunter"}
    cards = [json.dumps({"text_content": texts.get(i, "")}).encode() for i in range(len(shop))]
    return replace(shop, cards=tuple(cards))


@pytest.fixture(scope="module")
def reader(written: Catalogue) -> Understanding:
    return Understanding(written)


def test_what_was_understood_is_what_is_asked(reader: Understanding) -> None:
    read = reader("horror films about a lost ship before 2024")
    query = asked(Query(id="r", at=AT), read)
    assert query.text == "lost ship"
    assert query.domains == ("films",)
    assert query.filters == {
        "categories": ["horror"], "published_before": "2023-12-31T23:59:59+00:00"
    }  # fmt: skip


def test_what_the_query_says_itself_stands(reader: Understanding) -> None:
    own = Query(id="r", at=AT, filters={"categories": ["war"]}, domains=("books",), anchor=3)
    query = asked(own, reader("horror films like title 9"))
    assert (query.filters, query.domains, query.anchor) == (own.filters, own.domains, 3)


def test_an_item_to_be_like_is_the_anchor(reader: Understanding) -> None:
    assert asked(Query(id="r", at=AT), reader("something like title 9")).anchor == 9


def test_words_that_must_be_absent_exclude_what_holds_them(
    written: Catalogue, reader: Understanding
) -> None:
    search = TextSearch(written)
    query = Query(id="r", at=AT, exclude=np.array([2]))
    assert asked(query, reader("drama without vampires"), search).exclude.tolist() == [2, 5, 6, 7]
    assert asked(query, reader("drama without vampires")).exclude.tolist() == [2]
    assert sorted(holding(search, "vampire hunter").tolist()) == [7]
    assert holding(search, "...").tolist() == []
