from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from hermes.core.protocols import Query
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.policy.constraints import parse
from hermes.retrieval.query import Understanding
from hermes.retrieval.tokens import MOST
from hermes.retrieval.understood import Understood

FILMS = (  # title, year, genres, people
    ("The Silver Harbour", 1995, "Sci-Fi|Action", "Odile Brackgrove|Ivo Caldvane"),
    ("Nightfall Parade", 1994, "Comedy", "Odile Brackgrove"),
    ("Nightfall Parade II", 1999, "Comedy|Romance", "Ivo Caldvane"),
    ("Krasnovia", 1988, "Horror", "Will Smithfield"),
    ("Heat", 1985, "Action|Crime", "Black Rosmere"),
    ("Not Bad", 2001, "Drama", ""),
    ("No Way Back", 2003, "War|Drama", "Ivo Caldvane"),
    ("Lion Kingdom Rising", 2004, "Children's|Animation", ""),
    ("Le Garçon Étrange", 1967, "Film-Noir", "Zoé Dorneíra"),
    ("1984", 1984, "Drama|Sci-Fi", ""),
)


def shelf(**other: object) -> Catalogue:
    genres = Vocabulary.of(sorted({g for f in FILMS for g in f[2].split("|")}))
    people = Vocabulary.of(sorted({p for f in FILMS for p in f[3].split("|") if p}))
    n = len(FILMS) + 1
    category, creator = np.zeros((n, len(genres))), np.zeros((n, len(people)))
    for i, film in enumerate(FILMS, 1):
        category[i, [genres.code(g) for g in film[2].split("|")]] = 1
        creator[i, [people.code(p) for p in film[3].split("|") if p]] = 1
    day = [np.nan, *((f[1] - 1970) * 365.25 for f in FILMS)]
    made = Catalogue(
        items=Vocabulary.of(f"f{i}" for i in range(1, n)),
        domains=Vocabulary.of(["films"]),
        categories=genres,
        creators=people,
        domain=np.array([0] + [1] * (n - 1)),
        category=csr_array(category.astype(np.float32)),
        creator=csr_array(creator.astype(np.float32)),
        cohort=np.zeros(n, np.int64),
        price=np.full(n, np.nan, np.float32),
        published=np.array(day, np.float32),
        available=np.arange(n) > 0,
        titles=("", *(f[0] for f in FILMS)),
        cards=(b"{}",) * n,
    )
    return replace(made, **other)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def reader() -> Understanding:
    return Understanding(shelf())


@pytest.fixture(scope="module")
def stalls() -> Understanding:
    """The same with books, tags and prices."""
    domain = np.array([0] + [1, 2] * 5)
    card = json.dumps({"tags": ["time travel"]}).encode()
    prices = np.arange(11, dtype=np.float32)
    domains = Vocabulary.of(["films", "books"])
    return Understanding(
        shelf(domains=domains, domain=domain, price=prices, cards=(b"{}", *[card] * 10))
    )


def kept(read: Understood, catalogue: Catalogue) -> list[int]:
    """Items that the filters leave, by the rules that serve."""
    from datetime import UTC, datetime

    query = Query(
        id="r", at=datetime(2026, 1, 1, tzinfo=UTC), filters=read.filters, domains=read.domains
    )
    return np.flatnonzero(parse(query, catalogue).mask(catalogue)[1:]).tolist()


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("sci-fi after 1990", ("genre: Sci-Fi", "after 1990")),
        ("science fiction", ("genre: Sci-Fi",)),
        ("comedies from the 90s, not romance", ("genre: Comedy", "1990 to 1999", "not Romance")),
        ("films with ivo caldvane before 2000", ("by: Ivo Caldvane", "before 2000")),
        ("movies like nightfall parade", ("like: Nightfall Parade",)),
        ("nothing like nightfall parade", ("not Nightfall Parade",)),
        ("the silver harbour", ("title: The Silver Harbour",)),
        ("silver harbor", ("title: The Silver Harbour",)),
        ("nightfall parade 2", ("title: Nightfall Parade II",)),
        ("nightfallparade", ("title: Nightfall Parade",)),
        ("heat", ("title: Heat",)),
        ('a "heat" wave story', ("title: Heat",)),
        ("le garcon etrange", ("title: Le Garçon Étrange",)),
        ("zoe dorneira", ("by: Zoé Dorneíra",)),
        ("no way back", ("title: No Way Back",)),
        ("odile brackgrave", ("by: Odile Brackgrove",)),
        ("odlie brackgrove comedy", ("by: Odile Brackgrove", "genre: Comedy")),
        ("krasnova", ("title: Krasnovia",)),
        ("horor", ("genre: Horror",)),
        ("horror 1988", ("genre: Horror", "1988")),
        ("1984", ("title: 1984",)),
        ("films from 1984", ("1984",)),
        ("nothing before 1990", ("after 1989",)),
        ("not from the nineties", ("not 1990 to 1999",)),
        ("nothing scary", ("not Horror",)),
        ("something scary", ("mood: scary",)),
        ("uplifting but not too long", ("mood: uplifting", "not long")),
        ("-horror", ("not Horror",)),
        ("films for kids", ("genre: Children's",)),
        ("romcom", ("genre: Romance", "genre: Comedy")),
        ("films without vampires", ("without: vampires",)),
    ],
)
def test_what_a_text_asks_for_is_told(
    reader: Understanding, text: str, readings: tuple[str, ...]
) -> None:
    assert reader(text).readings == readings


@pytest.mark.parametrize(
    "text",
    [
        "the lion", "the lion is strange", "will smith", "black running shoes", "rose", "the heart",
        "a man without a past", "a house in the heat of summer", "not sure what to watch",
        "two men go to work and see a ship", "bad", "king",
    ],
)  # fmt: skip
def test_plain_words_name_nobody(reader: Understanding, text: str) -> None:
    named = {c.kind for c in reader(text).constraints}
    assert not named & {"title", "creator", "category", "like", "word"}


def test_a_title_of_plain_words_is_meant_when_nothing_else_is(reader: Understanding) -> None:
    assert reader("not bad").of("title") == []  # it filters nothing
    assert reader("watch the movie not bad").readings == ("title: Not Bad",)
    assert reader("that was not bad at all").constraints == ()


def test_nobody_is_called_the() -> None:
    people = Vocabulary.of(["The", "And", "Ivo Caldvane"])
    creator = csr_array(np.ones((len(FILMS) + 1, len(people)), np.float32))
    reader = Understanding(shelf(creators=people, creator=creator))
    assert reader("the film about the war and by the sea").of("creator") == []
    assert reader("by ivo caldvane").readings == ("by: Ivo Caldvane",)


def test_a_category_in_a_story_is_no_filter(reader: Understanding) -> None:
    story = reader("a soldier comes home from war to his wife")
    assert [c.kind for c in story.constraints] == ["category"]
    assert story.filters == {}
    assert "war" in story.semantic
    assert reader("war movies about soldiers").filters == {"categories": ["War"]}


def test_what_is_left_is_searched_for(reader: Understanding) -> None:
    read = reader("Sci-fi movies about a lonely harbour pilot after 1990, no horror")
    assert read.semantic == "lonely harbour pilot"
    assert reader("something to watch").semantic == ""
    assert reader("silver harbor").semantic == "The Silver Harbour"


def test_filters_are_those_the_rules_read(reader: Understanding) -> None:
    catalogue = reader.catalogue
    assert kept(reader("sci-fi after 1984"), catalogue) == [0]
    assert kept(reader("comedy by ivo caldvane"), catalogue) == [2]
    assert kept(reader("drama but no war"), catalogue) == [5, 9]
    assert kept(reader("not from the 90s, no drama"), catalogue) == [3, 4, 7, 8]
    assert kept(reader("without ivo caldvane or odile brackgrove"), catalogue) == [3, 4, 5, 7, 8, 9]


def test_two_categories_are_both_meant_unless_nothing_is_of_both(reader: Understanding) -> None:
    assert kept(reader("romantic comedy"), reader.catalogue) == [2]
    assert kept(reader("comedy or horror"), reader.catalogue) == [1, 2, 3]
    assert kept(reader("comedy horror"), reader.catalogue) == [1, 2, 3]


def test_a_denial_goes_on_through_a_list_that_ends_with_or(reader: Understanding) -> None:
    negated = [c.value for c in reader("no horror, war or romance").constraints if c.negated]
    assert negated == ["Horror", "War", "Romance"]
    both = {c.value: c.negated for c in reader("no horror, comedy").constraints}
    assert both == {"Horror": True, "Comedy": False}


def test_every_constraint_says_where_it_was_read(reader: Understanding) -> None:
    text = "Comedies — not  ROMANCE — since 1994"
    read = reader(text)
    assert [text[slice(*c.span)] for c in read.constraints] == [
        "Comedies",
        "not  ROMANCE",
        "since 1994",
    ]
    assert len({c.id for c in read.constraints}) == 3


def test_a_constraint_is_taken_back_as_plain_words(reader: Understanding) -> None:
    read = reader("comedy about pilots after 1990")
    back = read.without(1)
    assert back.readings == ("genre: Comedy",)
    assert back.semantic == "pilots after 1990"
    assert read.without(read.constraints[0].id).filters == {
        "published_after": "1991-01-01T00:00:00+00:00"
    }
    assert reader("comedy about pilots after 1990", plain=[read.constraints[1].span]) == back


def test_what_is_not_there_can_not_be_taken_back(reader: Understanding) -> None:
    with pytest.raises(KeyError):
        reader("comedy").without("year:0-3")
    with pytest.raises(IndexError):
        reader("comedy").without(1)


def test_prices_filter_only_where_there_are_prices(
    reader: Understanding, stalls: Understanding
) -> None:
    assert reader("films under $5").filters == {}
    assert kept(stalls("under $5"), stalls.catalogue) == [0, 1, 2, 3, 4]
    assert kept(stalls("between 3 and 5 euros"), stalls.catalogue) == [2, 3, 4]
    assert kept(stalls("not over $3"), stalls.catalogue) == [0, 1, 2]
    assert stalls("under 90 minutes").constraints == ()


def test_a_kind_of_thing_is_a_domain_where_there_are_several(
    reader: Understanding, stalls: Understanding
) -> None:
    assert reader("films about pilots").domains == ()
    assert stalls("books about pilots").domains == ("books",)
    assert stalls("a man who reads books to his cat").domains == ()
    assert kept(stalls("books from before 1990"), stalls.catalogue) == [3, 9]


def test_tags_and_colours_only_say_what_would_be_liked(stalls: Understanding) -> None:
    read = stalls("red ships and time travel")
    assert read.readings == ("colour: red", "tag: time travel")
    assert read.filters == {}


HOSTILE = (
    *("", " ", "\x00\x1b[0m", "\ud800", "\u202eabc\u202c", "👩‍👩‍👧 🍿", '(((("', "AND OR NOT -"),
    *("no", "not not not", "like", "like like", "under $", "between and", "from to", "1e999"),
    *("9" * 400, "$" * 3000, "'" * 3000, "no " * 4000, "a" * 100_000, "word " * 10_000),
    *("nightfall " * 10_000, "千と千尋の神隠し", "مرحبا بالعالم", "חיפוש סרט", "हिन्दी फ़िल्में"),
    *("0000s", "-1990", "1990-", "1990--1980", "before before 1990", "ß" * 3000, "İstanbul"),
    *("\u0301" * 500, "e\u0301" * 500, "0.0.0.0.0", "1,2,3,4", "20" * 900),
)
PIECES = (
    "no not without like similar to comedies horror after before between 1990 the 90s $ 50 or and "
    ', nightfall parade odile brackgrove under from films " - heat until early'
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_is_read(reader: Understanding, text: str) -> None:
    read = reader(text)
    assert read.length <= MOST
    assert isinstance(read.semantic, str)
    parse_all(read, reader.catalogue)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=6),
            st.sampled_from(PIECES.split(" ")),
        ),
        max_size=12,
    )
)
def test_whatever_is_typed_filters_can_be_read_and_taken_back(
    reader: Understanding, words: list[str]
) -> None:
    read = reader(" ".join(words))
    parse_all(read, reader.catalogue)
    for i, one in enumerate(read.constraints):
        assert 0 <= one.span[0] < one.span[1] <= len(read.text)
        left = read.without(i)
        assert one not in left.constraints
        parse_all(left, reader.catalogue)


def parse_all(read: Understood, catalogue: Catalogue) -> None:
    from datetime import UTC, datetime

    at = datetime(2026, 1, 1, tzinfo=UTC)
    parse(Query(id="r", at=at, filters=read.filters, domains=read.domains), catalogue)


def test_years_that_no_calendar_has_are_no_error(reader: Understanding) -> None:
    assert kept(reader("before 1000"), reader.catalogue) == []
    assert len(kept(reader("after 1000"), reader.catalogue)) == len(FILMS)


def test_an_empty_catalogue_understands_what_english_says() -> None:
    blank = shelf()
    none = replace(
        blank,
        items=Vocabulary.of([]), domains=Vocabulary.of([]), categories=Vocabulary.of([]),
        creators=Vocabulary.of([]), domain=np.zeros(1, np.int64), titles=("",), cards=(b"{}",),
        category=csr_array((1, 1), dtype=np.float32), creator=csr_array((1, 1), dtype=np.float32),
        price=np.full(1, np.nan, np.float32), published=np.full(1, np.nan, np.float32),
    )  # fmt: skip
    read = Understanding(none)("funny films after 1990 with nobody")
    assert read.readings == ("mood: funny", "after 1990")
    assert read.filters == {}


def test_the_vocabulary_of_the_matcher_does_not_grow_with_what_is_typed(
    reader: Understanding,
) -> None:
    reader("comedies after 1990")
    before = len(reader.ranges.vocabulary.strings), len(reader.ranges.vocabulary)
    for i in range(200):
        reader(f"zq{i} after 19{i % 90 + 10} and {i}5 under ${i}")
    assert (len(reader.ranges.vocabulary.strings), len(reader.ranges.vocabulary)) == before
