from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.errors import ShapeError
from hermes.core.protocols import Query
from hermes.core.types import Floats
from hermes.encoders.base import Vectors
from hermes.retrieval.index import VectorIndex
from hermes.retrieval.semantic import SemanticChannel, SemanticSearch

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Letters:
    """A text as how often it has each of a, b, c, d; an encoder that can be done by hand."""

    identity, d = "text:letters:1", 4

    def encode(self, things: Sequence[str]) -> Floats:
        rows = np.array([[t.count(c) for c in "abcd"] for t in things], np.float32)
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


def searching(passages: list[tuple[int, str]]) -> SemanticSearch:
    rows = Letters().encode([text for _, text in passages])
    owners = np.array([item for item, _ in passages])
    return SemanticSearch(Vectors(rows, Letters.identity), owners, Letters())


@pytest.fixture
def search() -> SemanticSearch:
    return searching([(1, "a"), (2, "b"), (2, "aab"), (3, "c"), (4, ""), (5, "dd")])


def test_an_item_is_as_near_as_its_nearest_passage(search: SemanticSearch) -> None:
    found = search.find("a", 3)
    assert found.items.tolist() == [1, 2, 3]
    assert found.columns["score"].tolist() == pytest.approx([1.0, 2 / 5**0.5, 0.0])


def test_what_is_passed_over_does_not_use_up_k(search: SemanticSearch) -> None:
    assert search.find("a", 1, np.array([1])).items.tolist() == [2]
    assert search.find("a", 9, np.array([1, 2])).items.tolist() == [3, 5]


def test_an_item_of_many_passages_does_not_crowd_out_the_others() -> None:
    crowd = searching([(1, "a")] * 100 + [(2, "ab"), (3, "abb")])
    assert crowd.find("a", 3).items.tolist() == [1, 2, 3]


def test_an_item_without_a_vector_is_never_found(search: SemanticSearch) -> None:
    assert 4 not in search.find("abcd", 9).items


@pytest.mark.parametrize("text", ["", "  ", "xyz", "مملكة", "千"])
def test_a_text_that_says_nothing_finds_nothing(search: SemanticSearch, text: str) -> None:
    assert len(search.find(text, 5)) == 0


def test_vectors_of_another_encoder_are_refused() -> None:
    vectors = Vectors(np.eye(4, dtype=np.float32), "text:numbers:1")
    with pytest.raises(ShapeError, match=r"text:numbers:1 cannot be compared .* text:letters:1"):
        SemanticSearch(vectors, np.arange(1, 5), Letters())


def test_owners_and_index_must_fit_the_vectors() -> None:
    vectors = Vectors(np.eye(4, dtype=np.float32), Letters.identity)
    with pytest.raises(ShapeError, match="3 owners, 4 vectors"):
        SemanticSearch(vectors, np.arange(1, 4), Letters())
    index = VectorIndex.build(np.eye(3, 4, dtype=np.float32))
    with pytest.raises(ShapeError, match="an index of 2 vectors for 4"):
        SemanticSearch(vectors, np.arange(1, 5), Letters(), index)


def test_likeness_agrees_with_what_is_found(search: SemanticSearch) -> None:
    found, vector = search.find("ab", 9), Letters().encode(["ab"])
    likeness = search.likeness(vector, np.append(found.items, [4, 99]))
    np.testing.assert_allclose(likeness[:-2], found.columns["score"], atol=1e-6)
    assert likeness[-2:].tolist() == [0, 0]


def test_a_table_of_items_is_searched_without_its_unknown() -> None:
    table = np.concatenate([np.zeros((1, 4)), np.eye(4)]).astype(np.float32)
    search = SemanticSearch.of_items(Vectors(table, Letters.identity), Letters())
    assert search.find("c", 1).items.tolist() == [3]


def test_the_channel_leaves_out_what_was_seen_and_the_anchor(search: SemanticSearch) -> None:
    query = Query(id="q", at=AT, text="a", history=np.array([1, 1]), anchor=3)
    assert SemanticChannel("meaning", search).retrieve(query, 9).items.tolist() == [2, 5]
    again = SemanticChannel("meaning", search, repeats=True)
    assert again.retrieve(query, 9).items.tolist() == [1, 2, 5]


def test_the_channel_is_silent_without_a_text(search: SemanticSearch) -> None:
    assert not len(SemanticChannel("meaning", search).retrieve(Query(id="q", at=AT), 9))
