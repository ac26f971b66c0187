from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.errors import DataError
from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.data.catalogue import Catalogue
from hermes.encoders.base import Vectors
from hermes.encoders.ngrams import NGrams, NGramsConfig
from hermes.retrieval.hybrid import Fusion, HybridChannel, HybridSearch
from hermes.retrieval.semantic import SemanticSearch
from hermes.retrieval.text_search import TextSearch

AT = datetime(2026, 1, 1, tzinfo=UTC)
TITLES = ("", "murder detective", "detective farm", "wheat farmer", "quiet murder", "farmer rye")


@pytest.fixture(scope="module")
def search(shop: Catalogue) -> HybridSearch:
    titles = (*TITLES, *(f"number{i} thing" for i in range(6, 41)))
    shelf = replace(shop, titles=titles, cards=(b"{}",) * 41)
    encoder = NGrams.fit(titles, np.random.default_rng(0), NGramsConfig(d=8, shared=0))
    table = Vectors(encoder.encode(titles), encoder.identity)
    return HybridSearch(TextSearch(shelf), SemanticSearch.of_items(table, encoder))


def test_columns_say_score_and_rank_of_each_side(search: HybridSearch) -> None:
    found = search.find("murder", 5)
    words, meant = search.lexical.find("murder", 5), search.semantic.find("murder", 5)
    place = found.items.tolist().index
    assert found.columns["lexical_rank"][[place(i) for i in words.items]].tolist() == [1, 2]
    first = place(int(meant.items[0]))
    assert found.columns["semantic_rank"][first] == 1
    assert found.columns["semantic"][first] == pytest.approx(meant.columns["score"][0])
    assert found.columns["lexical"][place(int(words.items[0]))] == words.columns["score"][0]


def test_what_words_do_not_find_has_no_lexical_rank(search: HybridSearch) -> None:
    found = search.find("murder", 9)
    silent = ~np.isin(found.items, search.lexical.find("murder", 40).items)
    assert silent.any()
    assert not found.columns["lexical_rank"][silent].any()
    assert not found.columns["lexical"][silent].any()


def test_scores_are_the_weighted_sum_and_fall(search: HybridSearch) -> None:
    found = replace_fusion(search, Fusion(2.0, 3.0)).find("detective", 9).columns
    expected = 2 * found["lexical"] + 3 * found["semantic"]
    np.testing.assert_allclose(found["score"], expected, rtol=1e-6)
    assert np.all(np.diff(found["score"]) <= 0)


def test_with_one_weight_at_zero_one_side_decides(search: HybridSearch) -> None:
    words = replace_fusion(search, Fusion(1.0, 0.0)).find("detective", 2).items
    assert words.tolist() == search.lexical.find("detective", 2).items.tolist()
    meant = replace_fusion(search, Fusion(0.0, 1.0)).find("detective murder", 3).items
    assert meant.tolist() == search.semantic.find("detective murder", 3).items.tolist()


def replace_fusion(search: HybridSearch, fusion: Fusion) -> HybridSearch:
    return HybridSearch(search.lexical, search.semantic, fusion)


@pytest.mark.parametrize(
    "text", ["", " ", "?!", "xyzzy 千 مملكة", '"unclosed AND (OR', "w " * 10_000]
)
def test_hostile_texts_find_nothing_or_little_and_raise_nothing(
    search: HybridSearch, text: str
) -> None:
    assert len(search.find(text, 5)) <= 5


def test_what_is_passed_over_is_not_found(search: HybridSearch) -> None:
    assert 1 not in search.find("murder detective", 9, np.array([1])).items


def pool(lexical: list[float], semantic: list[float]) -> Candidates:
    columns = {"lexical": np.array(lexical), "semantic": np.array(semantic)}
    return Candidates(np.arange(1, len(lexical) + 1), columns)


def test_the_side_that_knows_gets_the_weight() -> None:
    rng = np.random.default_rng(0)
    pools = [pool(list(rng.random(9)), [1.0, *(rng.random(8) * 0.9)]) for _ in range(50)]
    fusion = Fusion.learned(pools, [1] * 50)
    assert fusion.semantic > 10 * fusion.lexical


def test_weights_are_those_that_make_the_known_items_likeliest() -> None:
    rng = np.random.default_rng(1)
    drawn = [pool(list(rng.normal(size=9)), list(rng.normal(size=9))) for _ in range(1500)]
    scores = [0.8 * p.columns["lexical"] + 1.6 * p.columns["semantic"] for p in drawn]
    targets = [1 + int(np.argmax(s + rng.gumbel(size=9))) for s in scores]
    fusion = Fusion.learned(drawn, targets)
    assert (fusion.lexical, fusion.semantic) == pytest.approx((0.8, 1.6), abs=0.15)


def test_nothing_is_learned_where_no_item_meant_is_a_candidate() -> None:
    with pytest.raises(DataError, match="none of the queries"):
        Fusion.learned([pool([1.0], [1.0])], [7])


def test_the_channel_says_which_words_matched_and_leaves_out_the_seen(
    search: HybridSearch,
) -> None:
    channel = HybridChannel("text", search)
    query = Query(id="q", at=AT, text="quiet murder", history=np.array([4]))
    assert 4 not in channel.retrieve(query, 9).items
    assert channel.matched(query, np.array([1, 4])) == ["murder", "quiet murder"]
    assert not len(channel.retrieve(Query(id="q", at=AT), 9))
