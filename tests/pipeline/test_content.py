from __future__ import annotations

from threading import Lock

import numpy as np
import pytest

from hermes.data.catalogue import Catalogue
from hermes.pipeline.asked import Reader
from hermes.pipeline.content import Finder
from hermes.retrieval.query import Understanding
from hermes.retrieval.text_search import TextSearch


@pytest.fixture(scope="module")
def finder(shop: Catalogue) -> Finder:
    """Of a bundle that holds no encoder of texts; item 40 is what everybody chooses."""
    search, popularity = TextSearch(shop), np.arange(len(shop), dtype=np.float32)
    reader = Reader(Understanding(shop), search)
    return Finder(shop, search, reader, None, None, popularity, Lock())


def test_like_a_title_is_answered_by_the_graph_where_no_texts_are_read(
    finder: Finder, shop: Catalogue
) -> None:
    found, read, mode = finder.find("like title 13", 5)
    assert read.anchors == (13,)
    assert mode == "lexical"
    assert 13 not in found.items
    assert len(found) == 5
    assert np.all(np.diff(found.columns["score"]) <= 0)
    alike = (shop.category[found.items] @ shop.category[[13]].T).toarray().ravel() > 0
    same = (shop.creator[found.items] @ shop.creator[[13]].T).toarray().ravel() > 0
    assert np.all(alike | same)


def test_what_is_like_a_title_keeps_to_the_filters(finder: Finder, shop: Catalogue) -> None:
    found, read, _ = finder.find("books like title 13", 30)
    assert read.domains == ("books",)
    assert len(found)
    assert np.all(shop.domain[found.items] == 1)
    assert 40 not in found.items  # not available
