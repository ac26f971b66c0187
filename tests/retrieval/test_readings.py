"""What was understood, in the reader's language."""

from __future__ import annotations

import math
import tomllib
from typing import get_args

import pytest

from hermes.retrieval.readings import reading, table
from hermes.retrieval.understood import Constraint, Kind
from hermes.retrieval.wording import WORDS, money, worded, years

LANGUAGES = ("de", "fr", "es")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_that_is_put_down_is_said_otherwise(language: str) -> None:
    kinds = [kind for kind in get_args(Kind) if kind in WORDS]
    forms = [worded(Constraint(kind=kind, value="x", names=("x",))).reading for kind in kinds]
    forms += [years(1991, math.inf), years(-math.inf, 1979), years(1990, 1999)]
    forms += [money(0, 50, "$"), money(20, math.inf, ""), money(20, 30, "€"), "without: x"]
    forms += ["words: x", "at most 300 pages", "over 30 minutes", "30 to 60 minutes", "not x"]
    same = [form for form in forms if reading(form, language) == form]
    assert all(form.split(":")[0] in ("genre", "in") for form in same)


def test_languages_have_the_same_words() -> None:
    known = [table(language) for language in LANGUAGES]
    assert all(one is not None and one.keys() == (known[0] or {}).keys() for one in known)


@pytest.mark.parametrize(
    "text", ["1994", "sci-fi", "", "weather: fair", "after all", "under the sea to the moon"]
)
def test_what_is_of_no_form_stays(text: str) -> None:
    assert all(reading(text, language) == text for language in LANGUAGES)


def test_a_name_is_never_translated() -> None:
    assert reading("by: Truth or Dare", "de") == "von: Truth or Dare"
    assert reading("title: {one} to {two}", "fr") == "titre: {one} to {two}"
    assert reading("not {two}", "es") == "no {two}"


def test_english_and_what_nobody_speaks_here_stay() -> None:
    assert reading("genre: Comedy", "en") == reading("genre: Comedy", "ja") == "genre: Comedy"


def test_a_genre_with_an_or_in_it_is_one_genre() -> None:
    one = worded(Constraint(kind="category", value="", names=("War or Peace",)))
    assert reading(one.reading, "de", one.names) == "Genre: War or Peace"
    two = worded(Constraint(kind="category", value="", names=("War or Peace", "Noir")))
    assert reading(two.reading, "de", two.names) == "Genre: War or Peace oder Noir"


def test_a_code_is_read_whole() -> None:
    assert [table(code) for code in ("est", "deutsch", "d", "", "-de", "frr-DE")] == [None] * 6
    assert table("es_MX") == table("ES-419") == table("es") is not None


def test_languages_that_nobody_has_heard_of_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    table("de")
    monkeypatch.setattr(tomllib, "loads", lambda text: pytest.fail("read again"))
    assert all(table(f"de-x{made}") is table("de") for made in range(3))
