# ruff: noqa: RUF001, letters that look like others are what is tested
"""Every door that takes a text takes any text: an answer or an error of ours, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
import numpy as np
import pytest

from hermes.core.errors import HermesError
from hermes.data.catalogue import Catalogue
from hermes.encoders.base import Vectors
from hermes.encoders.cache import Cache, encoded
from hermes.encoders.ngrams import NGrams, NGramsConfig
from hermes.pipeline.asked import Reader
from hermes.pipeline.content import Finder
from hermes.retrieval.hybrid import HybridSearch
from hermes.retrieval.query import Understanding
from hermes.retrieval.semantic import SemanticSearch
from hermes.retrieval.suggest import Suggestions
from hermes.retrieval.text_search import TextSearch
from hermes.serving.deps import Deps

from ..serving.conftest import Client, Small, engine, house

MANY = 10_000  # words
WORDS = ["harbour", "winter", "orchard", "ember", "stone", "river", "night", "drama", "debt", "sea"]
SCRIPTS = [
    "千と千尋の神隠し",
    "שם הוורד",
    "ألف ليلة وليلة",
    "Мастер и Маргарита",
    "기생충",
    "तीन बहनें",
    "สี่แผ่นดิน",
]
TEXTS = {
    "empty": "",
    "spaces": " \t\n\r\u2028\u00a0\u3000 ",
    "many words": " ".join(f"word{n}" for n in range(MANY)),
    "one word often": "harbour " * MANY,
    "words of the catalogue": " ".join(WORDS * (MANY // 10)),
    "title after title": "the winter orchard of stone 12 " * (MANY // 6),
    "like upon like": "like " * MANY,
    "denials": "not horror " * (MANY // 2),
    "denial of denial": "not " * MANY,
    "ranges": "after 1990 before 1980 " * (MANY // 4),
    "prices": "under $50 over 20 between $1e309 and " * (MANY // 7),
    "commas": "drama, or " * (MANY // 2),
    "one endless word": "a" * 100_000,
    "misspelt": " ".join(f"harbuor{'abcdefghij'[n % 10]} wniter" for n in range(MANY // 2)),
    "digits": "9" * 5000,
    "numbers": " ".join(str(10**n) for n in range(400)),
    "digit groups": "1,1.1" * 5000,
    "dashes": "1990-" * 3000,
    "digits of other scripts": "after ١٩٩٠ १९९० １９９０ ²⁰²⁰ ⅐ Ⅻ ㊿ 千九百",
    "operators": "AND OR NOT (( +title:harbour^5 -stone~2 [a TO z] {a TO *} * ? \\ / && || !",
    "half an operator": "harbour AND (",
    "a field": "code:1 OR any:* title:",
    "quotes": "\"'“”«»`´" * 2000,
    "an open quote": '"harbour at night',
    "a pattern": "(a+)+$" + "a" * 5000 + "!",
    "apostrophes": "a'" * 50_000,
    "signs": "$€£¥&/,;:.!?+-–—" * 3000,
    "markup": "<script>alert(1)</script>&amp;<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "a statement": "'; DROP TABLE events; --",
    "JSON": '{"$gt": "", "query": {"match_all": {}}}',
    "formats": "%s%n%d {0} {__class__} ${jndi:ldap://x}",
    "zero": "har\0bour\0",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x85",
    "right to left": "שלום עולם " * 500 + "מחשבה אחת",
    "Arabic": "ألف ليلة وليلة، أفلام بعد ١٩٩٠",
    "turned about": "\u202eruobrah\u202c \u2066night\u2069 \u200f",
    "ligature": "ﷺ" * 5000,
    "Chinese": "千と千尋の神隠し" * 1000,
    "Korean in parts": "\u1100\u1161\u11a8" * 3000,
    "Devanagari": "तीन बहनें " * 1000,
    "Thai": "สี่แผ่นดิน" * 1000,
    "case that grows": "İßŉǰΐ" * 2000,
    "letters beyond the first plane": "𝕳𝖆𝖗𝖇𝖔𝖚𝖗 𐍈𐍉 " * 1000,
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈🦊" * 1000,
    "marks upon marks": "h" + "\u0301\u0323" * 50_000,
    "joiners": "har\u200bbour\u200d\ufeff" * 1000,
    "half a character": "harbour \ud800 night \udfff",
    "no characters": "\ufffe\uffff\U0010ffff\ue000",
}  # fmt: skip
Door = Callable[[str], object]


def shelf(n: int = 1000) -> Catalogue:
    """Items with titles of common words and of many scripts, a few words of text each."""
    rng = np.random.default_rng(0)
    made = engine([f"item-{i}" for i in range(n)]).catalogue
    titles, cards = [""], [b"{}"]
    for i in range(n):
        words = rng.choice(WORDS, 3).tolist()
        title = SCRIPTS[i] if i < len(SCRIPTS) else f"The {words[0]} {words[1]} {i}".title()
        text = " ".join(
            rng.choice([*WORDS, SCRIPTS[i % 300 % 7] if i % 300 < 7 else f"word{i}"], 30).tolist()
        )
        titles.append(title)
        row = {"asset_id": f"item-{i}", "title": title, "text_content": text, "tags": words}
        cards.append(msgspec.json.encode(row))
    published = np.linspace(-5000, 19000, n + 1).astype(np.float32)
    price = np.linspace(1, 90, n + 1).astype(np.float32)
    return replace(made, titles=tuple(titles), cards=tuple(cards), published=published, price=price)


@pytest.fixture(scope="module")
def finder() -> Finder:
    """All searches over the shelf."""
    catalogue = shelf()
    texts = [
        f"{title} {card.decode()}"
        for title, card in zip(catalogue.titles, catalogue.cards, strict=True)
    ]
    encoder = NGrams.fit(texts, np.random.default_rng(0), NGramsConfig(d=32))
    semantic = SemanticSearch.of_items(Vectors(encoder.encode(texts), encoder.identity), encoder)
    search = TextSearch(catalogue)
    known = np.ones(len(catalogue), np.float32)
    reader = Reader(Understanding(catalogue), search)
    return Finder(catalogue, search, reader, semantic, None, known, Lock())


@pytest.fixture(scope="module")
def doors(finder: Finder) -> dict[str, Door]:
    """Every function that takes a text as somebody typed it."""
    assert finder.semantic is not None
    search, semantic, hybrid = finder.search, finder.semantic, finder.hybrid
    assert isinstance(hybrid, HybridSearch)
    names = Suggestions(finder.catalogue, finder.popularity)
    some = np.arange(1, 20)

    def understood(text: str) -> object:
        read = finder.reader.understand(text)
        for one in read.constraints:
            read.without(one.id)
        return read.filters, read.readings, read.semantic

    return {
        "lexical": lambda text: search.find(text, 20),
        "words held": lambda text: search.matched(text, some),
        "semantic": lambda text: semantic.find(text, 20),
        "hybrid": lambda text: hybrid.find(text, 20),
        "understanding": understood,
        "finder": lambda text: finder.find(text, 20),
        "finder, lexical": lambda text: finder.find(text, 20, "lexical"),
        "finder, semantic": lambda text: finder.find(text, 20, "semantic"),
        "suggestions": lambda text: names.find(text, 10),
        "n-grams": lambda text: semantic.encoder.encode([text]),
    }


DOORS = (
    "lexical", "words held", "semantic", "hybrid", "understanding", "finder", "finder, lexical",
    "finder, semantic", "suggestions", "n-grams",
)  # fmt: skip


def seconds(work: Callable[[], object], least: float) -> float:
    """Of this thread's processor; once more while it is beyond `least`, as others may disturb."""
    taken = []
    for _ in range(4):
        before = time.thread_time()
        work()
        taken.append(time.thread_time() - before)
        if taken[-1] < least:
            break
    return min(taken)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("door", DOORS)
def test_any_text_is_answered_within_fifty_milliseconds(
    doors: dict[str, Door], door: str, text: str
) -> None:
    def ask() -> None:
        try:
            doors[door](text)
        except HermesError as error:
            assert str(error)

    assert seconds(ask, 0.05) < 0.05


def test_every_door_is_tried(doors: dict[str, Door]) -> None:
    assert tuple(doors) == DOORS


@pytest.mark.parametrize("title", SCRIPTS)
def test_a_title_in_any_script_is_found_by_itself(finder: Finder, title: str) -> None:
    code = finder.catalogue.titles.index(title)
    assert code in finder.search.find(title, 10).items
    assert code in finder.find(title, 10)[0].items
    names = Suggestions(finder.catalogue, finder.popularity)
    assert code in [found.item for found in names.find(title[:3], 10)]


@pytest.fixture(scope="module")
def small(finder: Finder) -> Small:
    """An engine that reads texts."""
    made = engine(list(finder.catalogue.items.names[1:]))
    recommender = replace(made.recommender, reader=finder.reader)
    return replace(made, recommender=recommender, catalogue=finder.catalogue, finder=finder)


@pytest.fixture
def client(tmp_path: Path, small: Small) -> Iterator[Client]:
    deps: Deps = house(tmp_path, small)
    yield Client(deps)
    deps.close()


def test_no_text_at_a_route_ever_gives_a_500(client: Client) -> None:
    for name, text in TEXTS.items():
        whole = text.encode("utf-8", "replace").decode()
        for cut in {whole[:1000], whole[:1001]}:
            asked: list[Any] = [
                client.get("/v1/search", params={"q": cut}),
                client.post("/v1/recommendations", json={"query": cut, "k": 3}),
                client.get("/v1/recommendations/users/ann", params={"query": cut, "k": 3}),
            ]
            for out in asked:
                assert out.status_code in (200, 422), (name, out.text)
                if out.status_code == 200:
                    assert "degraded" not in out.json() or not [
                        part
                        for part in out.json()["degraded"]
                        if "matches" not in part["cause"] and "nothing" not in part["cause"]
                    ], (name, out.text[-500:])


def test_half_a_character_in_an_address_is_answered(client: Client) -> None:
    for raw in ("%ff%fe", "%ed%a0%80", "%00", "%", "%zz", "%F0%9F"):
        for path in (f"/v1/search?q={raw}", f"/v1/recommendations/users/ann?query={raw}"):
            assert client.get(path).status_code in (200, 422)


def test_half_a_character_can_be_cached(finder: Finder, tmp_path: Path) -> None:
    assert finder.semantic is not None
    cache, texts = Cache(tmp_path / "vectors.db"), ["harbour \ud800", "harbour", ""]
    first = encoded(finder.semantic.encoder, texts, cache)
    again = encoded(finder.semantic.encoder, texts, cache)
    assert (first.refused, again.reused) == ({}, 3)
