from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.data.catalogue import Catalogue
from hermes.data.script import folded
from hermes.retrieval.text_search import FIELDS, TextChannel, TextSearch

AT = datetime(2026, 1, 1, tzinfo=UTC)
TITLES = {
    1: "The Alien",
    2: "A Quiet Farm",
    3: "Alien and the Farm at the End of a Long Road",
    4: "Le Fabuleux Destin d'Amélie",
    5: "千と千尋の神隠し",
    6: "مملكة السماء",
    7: "Toy Story",
    8: "Story of a Toy Maker",
    9: "Łódź Straße",
    10: "Йога",
}
HOSTILE = {
    "operators": "AND OR NOT + - && || title:alien^3 [a TO b] {x} (",
    "quotes": "\"'`“”" * 50 + '"unclosed',
    "many words": "word " * 10_000,
    "distinct words": " ".join(f"w{i}" for i in range(10_000)),
    "one long word": "x" * 100_000,
    "right to left": "\u202eمملكة\u202c السماء",
    "half a surrogate": "\ud800 \udfff",
    "zero byte": "\0a\0",
    "emoji": "🦊👩‍👩‍👧🏽",
    "combining marks": "e" + "\u0301" * 5000,
    "nothing": "",
    "space": " \t\n",
    "stars": "*?~.*/[a-z]+/",
}


@pytest.fixture(scope="module")
def shelf(shop: Catalogue) -> Catalogue:
    """The shop with titles that differ, and one card that tells more."""
    cards = [b"{}"] * 41
    cards[2] = msgspec.json.encode(
        {"text_content": "an alien lands", "tags": ["cult"], "year": 1979}
    )
    titles = tuple(TITLES.get(i, f"Number {i}") for i in range(41))
    return replace(shop, titles=titles, cards=tuple(cards))


@pytest.fixture(scope="module")
def search(shelf: Catalogue) -> TextSearch:
    return TextSearch(shelf)


def found(search: TextSearch, text: str) -> list[int]:
    return search.find(text, 40).items.tolist()


def test_a_title_counts_above_the_text_and_a_short_title_above_a_long_one(
    search: TextSearch,
) -> None:
    assert found(search, "alien") == [1, 3, 2]


def test_scores_fall_and_the_unknown_is_never_found(search: TextSearch) -> None:
    scores = search.find("drama ada", 40)
    assert len(scores) > 5
    assert np.all(np.diff(scores.columns["score"]) <= 0)
    assert 0 not in scores.items


def test_every_word_is_asked_for_before_any(search: TextSearch) -> None:
    assert set(found(search, "toy story")) == {7, 8}
    assert set(found(search, "toy alien")) == {1, 2, 3, 7, 8}


def test_a_word_nobody_has_takes_nothing_away(search: TextSearch) -> None:
    assert found(search, "alien xyzzy") == found(search, "alien")
    assert found(search, "xyzzy") == []


def test_creators_categories_tags_and_the_year_are_found(
    search: TextSearch, shelf: Catalogue
) -> None:
    assert set(found(search, "cy")) == set(range(2, 41, 3))
    dramas = np.flatnonzero(shelf.category[:, [1]].toarray()[:, 0])
    assert set(found(search, "DRAMA")) == set(dramas.tolist())
    assert found(search, "cult") == found(search, "1979") == [2]


@pytest.mark.parametrize(
    ("text", "item"),
    [("amelie", 4), ("AMÉLIE", 4), ("lodz strasse", 9), ("ЙОГА", 10), ("千尋", 5), ("السماء", 6)],
)
def test_accents_case_and_script_do_not_matter(search: TextSearch, text: str, item: int) -> None:
    assert found(search, text)[:1] == [item]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_raises_and_none_takes_long(search: TextSearch, text: str) -> None:
    began = time.process_time()
    items = search.find(text, 10).items
    assert len(search.matched(text, items)) == len(items)
    assert time.process_time() - began < 0.1


def test_operators_are_words(search: TextSearch) -> None:
    assert found(search, "-alien") == found(search, "alien")
    assert found(search, 'NOT "alien"') == found(search, "not alien")


def test_hostile_titles_are_indexed(shop: Catalogue) -> None:
    titles = ["", *HOSTILE.values()]
    wild = replace(shop, titles=tuple(titles + ["end"] * (41 - len(titles))))
    search = TextSearch(wild)
    assert found(search, "unclosed") == [1 + list(HOSTILE).index("quotes")]


def test_an_empty_catalogue_matches_nothing(shop: Catalogue) -> None:
    from hermes.core.vocab import Vocabulary

    bare = replace(shop, items=Vocabulary.of([]), titles=("",), cards=(b"{}",))
    assert found(TextSearch(bare), "alien") == []


def test_what_is_passed_over_does_not_use_up_k(search: TextSearch) -> None:
    assert search.find("alien", 1, np.array([1])).items.tolist() == [3]
    assert search.find("toy story", 9, np.array([7, 8])).items.tolist() == []


def test_matched_words_come_as_asked_and_only_those_held(search: TextSearch) -> None:
    items = np.array([7, 1, 2])
    assert search.matched("Story alien TOY", items) == ["story toy", "alien", "alien"]


def test_words_that_tell_nothing_are_no_match_beside_others(search: TextSearch) -> None:
    items = np.array([7])
    assert search.matched("the toy and a story", items) == ["toy story"]


def test_the_channel_is_silent_without_a_text(search: TextSearch) -> None:
    assert not len(TextChannel("text", search).retrieve(Query(id="q", at=AT), 10))


def test_the_channel_brings_back_nothing_seen_unless_repeats_are_wanted(search: TextSearch) -> None:
    query = Query(id="q", at=AT, text="alien", history=np.array([1, 1, 3]))
    assert TextChannel("text", search).retrieve(query, 10).items.tolist() == [2]
    again = TextChannel("text", search, repeats=True)
    assert again.retrieve(query, 10).items.tolist() == [1, 3, 2]


def test_folding_leaves_plain_text_as_it_is() -> None:
    assert folded("Plain TEXT") == "Plain TEXT"


def test_ten_thousand_items_are_indexed_in_under_three_tenths_of_a_second(shop: Catalogue) -> None:
    from scipy.sparse import csr_array

    from hermes.core.vocab import Vocabulary

    n, rng = 10_001, np.random.default_rng(0)
    words = [f"w{i}" for i in range(5000)]
    texts = [" ".join(words[i] for i in row) for row in rng.zipf(1.3, (n, 5)) % 5000]
    codes = np.arange(n)
    table = csr_array((np.ones(n), codes % 4 + 1, np.arange(n + 1)), (n, 5))
    large = replace(
        shop,
        items=Vocabulary.of(f"i{i}" for i in range(1, n)),
        category=table,
        creator=csr_array(table[:, :4]),
        titles=tuple(texts),
        cards=tuple(msgspec.json.encode({"tags": [t], "year": 1999}) for t in texts),
    )
    began = time.process_time()
    search = TextSearch(large)
    assert time.process_time() - began < 0.3
    assert search.searcher.num_docs == n - 1
    assert set(FIELDS) == set(search.written(1))
