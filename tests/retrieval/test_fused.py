"""The fast search beside the formula of `encoders.fusion`, and what it adds to hybrid search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hermes.core.errors import DataError, ShapeError
from hermes.core.types import Candidates, Floats
from hermes.data.catalogue import Catalogue
from hermes.encoders.base import Vectors
from hermes.encoders.fusion import Fusion, Projected
from hermes.retrieval.fused import FusedSearch, shared
from hermes.retrieval.hybrid import Fusion as Sums
from hermes.retrieval.hybrid import HybridSearch
from hermes.retrieval.semantic import SemanticSearch
from hermes.retrieval.text_search import TextSearch

ITEMS, WIDE, D = 41, 6, 5
TEXT = "text:planted:1"


class Planted:
    """A vector by the letters of a text; nothing of an empty one."""

    identity, d = TEXT, WIDE

    def encode(self, things: list[str]) -> Floats:
        out = np.zeros((len(things), WIDE), np.float32)
        for row, text in zip(out, things, strict=True):
            for letter in text:
                row[ord(letter) % WIDE] += 1
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


def learned(seed: int = 0) -> Fusion:
    rng = np.random.default_rng(seed)
    draw = lambda *shape: rng.normal(size=shape).astype(np.float32)
    tables = {"text": draw(WIDE + 1, D), "vision": draw(5, D)}
    encoders = {"text": TEXT, "vision": "vision:planted:1"}
    return Fusion(TEXT, encoders, draw(2 * WIDE + 1, D), draw(WIDE, D), tables)


def projected(fusion: Fusion) -> Projected:
    """Every third item has no picture; item 5 has nothing, nor has the unknown."""
    rng = np.random.default_rng(1)
    text, seen = rng.normal(size=(ITEMS, WIDE)), rng.normal(size=(ITEMS, 4))
    text[[0, 5]], seen[::3], seen[5] = 0, 0, 0
    table = {"text": (text, TEXT), "vision": (seen, "vision:planted:1")}
    return fusion.project({k: Vectors(v.astype(np.float32), e) for k, (v, e) in table.items()})


@pytest.fixture
def search() -> FusedSearch:
    fusion = learned()
    return FusedSearch(fusion, projected(fusion), Planted())


def test_it_finds_what_the_formula_finds(search: FusedSearch) -> None:
    fusion, query = search.fusion, Vectors(Planted().encode(["abca"]), TEXT)
    known = fusion.find(query, projected(fusion), 7)
    found = search.find("abca", 7)
    assert found.items.tolist() == known.items.tolist()
    for name in ("score", "weight.text", "weight.vision"):
        np.testing.assert_allclose(found.columns[name], known.columns[name], atol=1e-5)


def test_one_by_one_it_is_as_near_as_among_all(search: FusedSearch) -> None:
    every = search.find("abca", ITEMS)
    alone = search.score(Planted().encode(["abca"]), every.items[::-1])
    np.testing.assert_allclose(alone.columns["score"], every.columns["score"][::-1], atol=1e-6)


def test_what_has_nothing_is_never_found_and_counts_nothing(search: FusedSearch) -> None:
    found = search.find("abca", 100)
    assert not {0, 5} & set(found.items.tolist())
    assert len(found) == ITEMS - 2
    alone = search.score(Planted().encode(["abca"]), np.array([5]))
    assert shared(alone) == [None]
    assert alone.columns["score"].tolist() == [0.0]


def test_what_is_passed_over_is_not_found(search: FusedSearch) -> None:
    first = search.find("abca", 3).items
    assert not set(first.tolist()) & set(search.find("abca", 30, first).items.tolist())


def test_an_empty_query_finds_and_weighs_nothing(search: FusedSearch) -> None:
    assert len(search.find("", 5)) == 0
    assert search.weights(Planted().encode([""])) == {}
    assert not search.score(Planted().encode([""]), np.array([1, 2])).columns["score"].any()


def test_a_large_catalogue_is_searched_by_each_modality(search: FusedSearch) -> None:
    fusion = search.fusion
    large = FusedSearch(fusion, projected(fusion), Planted(), exact=10)
    assert large.indexes
    found, known = large.find("abca", 5), search.find("abca", 5)
    assert found.items[0] == known.items[0]
    assert len(set(found.items.tolist()) & set(known.items.tolist())) >= 4


def test_the_weights_of_a_query_are_those_of_an_item_at_the_mean(search: FusedSearch) -> None:
    fusion, query = search.fusion, Vectors(Planted().encode(["xyz"]), TEXT)
    items = projected(fusion)
    whole = items.present.all(1)
    mean = Projected(items.keys[whole].mean(0)[None], np.ones((1, 2), bool))
    expected = fusion.weights(query, mean)[0]
    told = search.weights(query.rows)
    np.testing.assert_allclose([told["text"], told["vision"]], expected, atol=1e-5)


@pytest.mark.parametrize("exact", [10, ITEMS])
def test_a_modality_that_no_item_has_counts_nothing(exact: int) -> None:
    fusion = learned()
    every = projected(fusion)
    keys, present = every.keys.copy(), every.present.copy()
    keys[:, 1], present[:, 1] = 0, False
    search = FusedSearch(fusion, Projected(keys, present), Planted(), exact)
    assert search.weights(Planted().encode(["abca"])) == {"text": 1.0, "vision": 0.0}
    assert set(search.find("abca", 3).columns["weight.vision"].tolist()) == {0.0}


def test_one_item_is_found_and_no_item_is_not() -> None:
    fusion = learned()
    every = projected(fusion)
    for size in (1, 2):  # the unknown is the first
        items = Projected(every.keys[:size], every.present[:size])
        search = FusedSearch(fusion, items, Planted())
        assert search.find("abca", 3).items.tolist() == list(range(1, size))
        assert len(search.score(Planted().encode(["abca"]), np.array([1, 9]))) == 2


def test_queries_of_another_encoder_are_refused() -> None:
    fusion = replace(learned(), asker="text:other:2")
    with pytest.raises(ShapeError, match="text:other:2"):
        FusedSearch(fusion, projected(fusion), Planted())


@pytest.fixture
def hybrid(shop: Catalogue, search: FusedSearch) -> HybridSearch:
    shelf = replace(shop, titles=("", *(f"abc {i}" for i in range(1, 41))), cards=(b"{}",) * 41)
    rows = Vectors(Planted().encode(list(shelf.titles)), TEXT)
    meaning = SemanticSearch.of_items(rows, Planted())
    return HybridSearch(TextSearch(shelf), meaning, Sums(1.0, 1.0, 5.0), search)


def test_what_only_fusion_finds_is_among_the_candidates(hybrid: HybridSearch) -> None:
    pool = hybrid.pool("zzz", 3)
    assert hybrid.fused is not None
    assert set(hybrid.fused.find("zzz", 3).items.tolist()) <= set(pool.items.tolist())
    assert sorted(pool.columns["fused_rank"].tolist())[-3:] == [1, 2, 3]


def test_fusion_counts_by_what_the_query_does_not_ask_of_the_text(hybrid: HybridSearch) -> None:
    assert hybrid.fused is not None
    vector = Planted().encode(["abc"])
    lean = hybrid.fused.weights(vector)["vision"]
    pool = hybrid.pool("abc")
    near = hybrid.fused.score(vector, pool.items).columns["score"]
    np.testing.assert_allclose(pool.columns["fused"], lean * near, rtol=1e-5)
    found = hybrid.find("abc", 41)
    parts = [found.columns[name] for name in ("lexical", "semantic", "fused")]
    np.testing.assert_allclose(
        found.columns["score"], parts[0] + parts[1] + 5 * parts[2], rtol=1e-5
    )


def test_what_fusion_counts_is_learned_where_only_it_finds_what_is_meant() -> None:
    rng = np.random.default_rng(0)
    pools, targets = list[Candidates](), list[int]()
    for _ in range(40):
        near = rng.normal(size=20).astype(np.float32)
        noise = {name: rng.normal(size=20).astype(np.float32) for name in ("lexical", "semantic")}
        chance = np.exp(3 * near + noise["lexical"] + 2 * noise["semantic"])
        targets.append(int(rng.choice(20, p=chance / chance.sum())))
        pools.append(Candidates(np.arange(20), {**noise, "fused": near}))
    sums = Sums(1.0, 2.0).joined(pools, targets)
    assert (sums.lexical, sums.semantic) == (1.0, 2.0)
    assert sums.fused == pytest.approx(3, abs=1)
    with pytest.raises(DataError, match="none of the queries"):
        Sums().joined(pools[:1], [99])


def test_fusion_that_helps_nothing_counts_exactly_nothing() -> None:
    columns = {name: np.zeros(2, np.float32) for name in ("lexical", "semantic")}
    pool = Candidates(np.arange(2), {**columns, "fused": np.array([0.0, 1.0], np.float32)})
    assert Sums(fused=3.0).joined([pool], [0]).fused == 0
    assert Sums().joined([pool], [1]).fused > 1
