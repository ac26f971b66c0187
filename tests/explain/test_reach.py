"""Sentences of which every word holds, and which are false or say what nobody can check."""

from __future__ import annotations

import pytest

from hermes.explain.evidence import Evidence, Item
from hermes.explain.verify import Verifier

HEAT = Item(
    id="1",
    title="Heat",
    domain="films",
    year=1995,
    creators=(("Michael Mann", "director"), ("Al Pacino", "actor"), ("Robert De Niro", "actor")),
    categories=("Crime", "Thriller"),
    price=9.99,
    currency="USD",
    minutes=170.0,
    text="A crew plans one last job.",
    code="because",
    because=("Alien",),
)
DUNE = Item(id="2", title="Dune", domain="films", year=2021, categories=("Sci-Fi",), series="Dune")
CASINO = Item(
    id="3",
    title="Casino",
    domain="films",
    year=1995,
    creators=(("Robert De Niro", "actor"),),
    categories=("Crime",),
)
FACTS = Evidence(items=(HEAT, DUNE, CASINO), history=(("Alien", "watched"),), sought=("Crime",))
START = {
    "en": "I would start with Heat.",
    "de": "Ich würde mit Heat anfangen.",
    "fr": "Je commencerais par Heat.",
    "es": "Yo empezaría con Heat.",
}


def ruled(language: str, sentence: str) -> str:
    """Why it may not be told after one about Heat; empty where it may."""
    verifier = Verifier(FACTS, language)
    assert verifier.rule(START[language]).told
    return verifier.rule(sentence).why


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Heat comes out next year."),
        ("en", "Heat is from this year."),
        ("en", "Heat was just released."),
        ("en", "Heat is a must."),
        ("en", "It is short."),
        ("en", "Heat is a series."),
        ("en", "Heat belongs to a saga."),
        ("en", "Heat is three minutes long."),
        ("en", "Heat has three categories."),
        ("en", "Heat is a few minutes long."),
        ("en", "Dune follows Heat."),
        ("en", "Heat is Dune."),
        ("en", "Heat has Dune in it."),
        ("en", "Heat (Casino) fits."),
        ("en", "Casino, which Heat follows, is from 1995."),
        ("en", "Heat came out the year Dune was released."),
        ("en", "The others are from 1995."),
        ("en", "They are all from 1995."),
        ("en", "All three are Crime films."),
        ("en", "Heat and the others are from 1995."),
        ("en", "You watched Alien, a film from 1995."),
        ("en", "You watched Alien with Al Pacino."),
        ("en", "Because you watched the 1995 film Alien, Heat fits."),
        ("en", "Heat is here because you watched the 1995 film Alien."),
        ("en", "Because you asked for Crime, Dune fits."),
        ("en", "You asked for Crime, so here are Heat and Dune."),
        ("en", 'You said: "A crew plans one last job."'),
        ("en", "Al Pacino plays Robert De Niro in Heat."),
        ("en", "Heat is by me."),
        ("en", "You have had Heat."),
        ("en", "Heat was your wish."),
        ("en", "Heat is like 1995."),
        ("en", "Heat costs more."),
        ("en", "Heat is more Crime."),
        ("en", "Heat costs 9.99 USD or more."),
        ("en", "Heat I is from 1995."),
        ("en", "You like Crime."),
        ("en", "If you want something from the 1980s, try Heat."),
        ("en", "You asked for Drama, if Heat fits."),
        ("en", "You enjoy Crime films."),
        ("en", "You know Heat."),
        ("en", "Others enjoy Heat."),
        ("en", "All like it."),
        ("en", "Heat is asked for."),
        ("de", "Heat ist eine Serie."),
        ("de", "Dune ist Heat."),
        ("de", "Die anderen sind von 1995."),
        ("de", "Heat ist von mir."),
        ("de", "Du magst Heat."),
        ("de", "Heat gefällt dir."),
        ("es", "Te gusta Heat."),
        ("de", "Heat war dein Wunsch."),
        ("de", "Du hast Heat."),
        ("de", "Du hast Alien gesehen, einen Film von 1995."),
        ("de", "Weil du Crime wolltest, passt Dune."),
        ("de", "Heat dauert drei Minuten."),
        ("de", "Heat erschien dieses Jahr."),
        ("fr", "Heat raconte Dune."),
        ("fr", "Tous sont de 1995."),
        ("fr", "Heat est sorti cette année."),
        ("fr", "Vous avez vu Alien, un film de 1995."),
        ("fr", "Vous avez Heat."),
        ("es", "Heat cuenta Dune."),
        ("es", "Los otros son de 1995."),
        ("es", "Heat salió este año."),
        ("es", "Viste Alien, una película de 1995."),
    ],
)
def test_true_words_that_make_a_false_sentence_are_not_told(language: str, sentence: str) -> None:
    assert ruled(language, sentence) != ""


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Start with Heat, then try Dune."),
        ("en", "As you watched Alien, you might enjoy Heat, a Crime film from 1995."),
        ("en", "Heat is a film with Al Pacino and others."),
        ("en", "Another option is Casino, released in 1995."),
        ("en", "You asked for Crime: Heat and Casino fit."),
        ("en", "Heat and Casino are both from 1995."),
        ("en", "Heat and Casino are from the same year."),
        ("en", "Dune belongs to a series."),
        ("en", "You might also like Dune."),
        ("en", "How about Heat?"),
        ("en", "If you want something from the 1990s, try Heat."),
        ("en", "If you enjoy Crime, try Heat."),
        ("de", "Heat könnte dir gefallen."),
        ("es", "También podría gustarte Dune."),
        ("en", "Here are three films: Heat, Dune and Casino."),
        ("en", "The year of Heat is 1995."),
        ("en", "If you want more, look at Dune."),
        ("en", "It is 170 minutes long."),
        ("de", "Weil du Alien gesehen hast, passt der Film Heat von 1995."),
        ("de", "Beide, Heat und Casino, sind von 1995."),
        ("fr", "Heat dure 170 minutes."),
        ("es", "Otra idea es Dune."),
    ],
)
def test_what_stands_by_its_own_title_is_told(language: str, sentence: str) -> None:
    assert ruled(language, sentence) == ""
