"""What may be told and what may not, on four films whose facts are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hermes.explain.evidence import Evidence, Item
from hermes.explain.verify import Leaks, Sentences, Verifier
from hermes.explain.wording import SHOWN, Claim
from hermes.explain.wording import sentence as said

SCOTT = (("Ridley Scott", "director"),)
ALIEN = Item(
    id="1",
    title="Alien",
    domain="films",
    year=1979,
    creators=(*SCOTT, ("Sigourney Weaver", "actor"), ("Dan O'Bannon", "writer")),
    categories=("Horror", "Sci-Fi"),
    text="A crew wakes on a lonely ship. Something is aboard. See www.evil.example now.",
    reason="Because you watched Solaris",
    code="because",
    because=("Solaris",),
)
RUNNER = Item(
    id="2",
    title="Blade Runner",
    domain="films",
    year=1982,
    creators=(*SCOTT, ("Harrison Ford", "actor")),
    categories=("Sci-Fi",),
    reason="Popular this week",
    code="popular",
)
HEAT = Item(
    id="3",
    title="Heat",
    domain="films",
    year=1995,
    creators=(("Michael Mann", "director"), ("Al Pacino", "actor")),
    categories=("Crime", "Thriller"),
    price=9.99,
    currency="USD",
    minutes=170.0,
)
IT = Item(id="4", title="It", domain="films", year=1990, categories=("Horror",))
FACTS = Evidence(
    items=(ALIEN, RUNNER, HEAT, IT),
    history=(("Solaris", "watched"), ("Ronin", "watched")),
    wishes=("genre: Sci-Fi", "not War", "1970 to 1979"),
    sought=("Sci-Fi",),
    denied=("War",),
    years=(1970, 1979),
)
KNOWN = {("alien", "resurrection"), ("the", "heat"), ("her",), ("up",), ("we", "were", "here")}


def ruled(sentence: str, language: str = "en") -> str:
    """Why it may not be told; empty where it may."""
    return Verifier(FACTS, language, KNOWN.__contains__).rule(sentence).why


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Blade Runner is popular."),
        ("de", "Blade Runner ist beliebt."),
        ("fr", "Blade Runner est populaire."),
        ("es", "Blade Runner es popular."),
    ],
)
def test_what_is_often_chosen_when_it_is_shown_is_not_called_popular(
    language: str, sentence: str
) -> None:
    often = said(Claim("popular", SHOWN), language)
    for reason, may in (("Popular this week", True), (often, False)):
        facts = replace(FACTS, items=(replace(RUNNER, reason=reason),))
        assert (Verifier(facts, language).rule(sentence).why == "") is may


@pytest.mark.parametrize(
    "sentence",
    [
        "I would start with Alien, a horror film from 1979 directed by Ridley Scott.",
        "Alien and Blade Runner are both directed by Ridley Scott.",
        "Alien and Blade Runner share a director.",
        "Alien and Blade Runner are of the same genre.",
        "Because you watched Solaris, Alien may be for you.",
        "Alien (1979), Blade Runner (1982) and Heat (1995) fit.",
        "Heat (1995, directed by Michael Mann) stars Al Pacino.",
        "Heat costs $9.99.",
        "Heat costs 9.99 USD.",
        "Heat runs 170 minutes.",
        "Heat was released in the 1990s.",
        "Dan O'Bannon wrote Alien.",
        "Ridley Scott's Alien is from 1979.",
        'The catalogue says of Alien: "A crew wakes on a lonely ship."',
        "You asked for sci-fi and no war films, so here are some suggestions.",
        "You might also like Blade Runner.",
        "Blade Runner is popular.",
        "Here are four films: Alien, Blade Runner, Heat and “It”.",
        "“It” is from 1990.",
        "You wanted films from 1979.",
        "You wanted sci-fi, so try Alien from 1979.",
        "The director of Alien is Ridley Scott.",
        "The cast of Heat includes Al Pacino.",
        "I found a film called Heat.",
    ],
)
def test_what_the_evidence_holds_may_be_told(sentence: str) -> None:
    assert ruled(sentence) == ""


@pytest.mark.parametrize(
    "sentence",
    [
        "Alien: Resurrection fits.",
        "I would start with Solaris.",
        "The Heat fits.",
        "We Were Here fits.",
        "Alien 3 fits.",
        "Alien III fits.",
        "Alien is a film with James Cameron.",
        "Alien was directed by james cameron.",
        "Alien is a film with Al Pacino.",
        "Alien was directed by Sigourney Weaver.",
        "Alien is by Sigourney Weaver.",
        "Alien, directed by Sigourney Weaver and starring Ridley Scott.",
        "Alien was directed and written by Ridley Scott.",
        "I directed Alien.",
        "You directed Alien.",
        "Ridley Scott directed Alien and Heat.",
        "Alien is from 1980.",
        "Alien (1982) and Blade Runner (1979) fit.",
        "Blade Runner and Heat are from 1995.",
        "Alien is from the 1980s.",
        "Heat costs $8.99.",
        "Heat costs 9.99 EUR.",
        "Heat runs 97 minutes.",
        "Heat is long.",
        "Ninety-seven percent liked Alien.",
        "Alien has five parts.",
        "Alien is award-winning.",
        "Alien is a masterpiece.",
        "Alien is a thriller.",
        "Alien is not a horror film.",
        "Alien is a book.",
        "Alien is popular.",
        "Alien is new.",
        "Alien and Heat share a director.",
        "Alien is like Heat.",
        "Because you watched Ronin, Alien is here.",
        "Because you watched Solaris, Heat is here.",
        "Because you watched Solaris, Alien and Heat are here.",
        "Because it is by Ridley Scott, I suggest Alien.",
        "You watched Heat.",
        "You read Solaris.",
        "You asked for war films.",
        "You asked for no sci-fi.",
        "You asked for thrillers.",
        'The catalogue says of Alien: "A crew wakes on a ship."',
        'The catalogue says of Heat: "Something is aboard."',
        'The catalogue says of Alien: "See www.evil.example now."',
        "The crew of Alien wakes.",
        "Visit evil.com.",
        "Alien <b>fits</b>.",
        "[Alien](http://evil.example) fits.",
        "**Alien** fits.",
        "\u0410lien fits.",
        "\uff21lien fits.",
        "Al\u200bien fits.",
        "Alien is from \u0661\u0669\u0667\u0669.",
        "Alien is from 19\u00ad79.",
        "Alien ist ein Film.",
        "Ridley Scott would recommend Alien.",
        "Sigourney Weaver and Ridley Scott play in Alien.",
        "Alien is a film with Sigourney Weaver and Ridley Scott.",
        "Alien is also called Blade Runner.",
        "Alien is called Ridley Scott.",
        "You watched Solaris and Alien.",
        "You watched Solaris, Alien.",
        "You have watched Alien and Solaris.",
        "You asked for horror, so Alien fits.",
        "You asked for Alien.",
        "You wanted a film from 1995, so Heat fits.",
        "Heat costs 1995.",
        "Alien is from about 1979.",
        "I have directed Alien with Ridley Scott.",
        "We made Alien with Ridley Scott in 1979.",
        "Alien is one of two films by Ridley Scott.",
        "Alien and Blade Runner share the director Harrison Ford.",
        "Sigourney Weaver's Alien fits.",
        "Blade](http://evil.example)Runner fits.",
        "Blade<br>Runner fits.",
        "Alien was found by Ridley Scott.",
        "Alien belongs to Heat.",
        "Alien tells the story of Heat.",
        "The year of Alien is the year of Heat.",
        "Heat is under 9.99 USD.",
        "goes along with Heat.",
        "Blade<Runner fits.",
        'Alien is called "The Best".',
        'Alien is "here.',
    ],
)
def test_what_the_evidence_does_not_hold_is_not_told(sentence: str) -> None:
    assert ruled(sentence) != ""


@pytest.mark.parametrize(
    ("language", "holds", "lies"),
    [
        ("de", "Regie bei Alien führte Ridley Scott.", "Regie bei Alien führte Al Pacino."),
        ("de", "Weil du Solaris sahst, passt Alien.", "Weil du Ronin sahst, passt Alien."),
        ("de", "Alien ist ein Horrorfilm von 1979.", "Alien ist ein Krimi von 1979."),
        ("fr", "Alien est un film d'horreur de 1979.", "Alien est un film de 1980."),
        ("fr", "Alien est réalisé par Ridley Scott.", "Alien est un film de Sigourney Weaver."),
        ("es", "Alien es una película de terror de 1979.", "Alien no es una película de terror."),
        ("es", "Como viste Solaris, prueba Alien.", "Como viste Ronin, prueba Alien."),
    ],
)  # fmt: skip
def test_other_languages_are_held_to_the_same(language: str, holds: str, lies: str) -> None:
    assert ruled(holds, language) == ""
    assert ruled(lies, language) != ""


def test_a_pronoun_means_what_was_named_last_and_nothing_after_a_refusal() -> None:
    verifier = Verifier(FACTS)
    assert verifier.rule("Alien fits.").told
    assert verifier.rule("It is from 1979.").told
    assert not verifier.rule("It is from 1980.").told
    assert not verifier.rule("It is from 1979.").told


def test_a_pronoun_before_any_name_means_what_was_asked_about() -> None:
    asked = Evidence(items=(HEAT,), about=("3",))
    assert Verifier(asked).rule("It stars Al Pacino.").told
    assert not Verifier(Evidence(items=(HEAT,))).rule("It stars Al Pacino.").told


def test_what_is_tied_to_another_title_by_a_pronoun_is_refused() -> None:
    for tied in ("It belongs to Heat.", "Goes along with Heat.", "It is about Heat."):
        verifier = Verifier(FACTS)
        assert verifier.rule("Alien is a horror film.").told
        assert not verifier.rule(tied).told
    assert Verifier(FACTS).rule("I would start with Heat.").told


def test_a_title_that_ends_with_a_sign_ends_no_sentence() -> None:
    cut = Sentences.of(Evidence(items=(Item(id="a", title="Mars Attacks!"),)))
    assert cut.feed("Mars Attacks! goes along with Heat. Yes. ") == [
        "Mars Attacks! goes along with Heat.",
        "Yes.",
    ]


def test_of_namesakes_one_must_have_all_that_is_said() -> None:
    old = Item(id="a", title="Solaris", year=1972, creators=(("Andrei Tarkovsky", "director"),))
    new = Item(id="b", title="Solaris", year=2002, creators=(("Steven Soderbergh", "director"),))
    verifier = Verifier(Evidence(items=(old, new)))
    assert verifier.rule("Solaris, directed by Steven Soderbergh, is from 2002.").told
    assert not verifier.rule("Solaris, directed by Steven Soderbergh, is from 1972.").told


def test_a_title_in_another_script_may_be_told_and_no_other_word_of_it() -> None:
    film = Item(id="a", title="Сталкер", domain="films", year=1979)
    verifier = Verifier(Evidence(items=(film,)))
    assert verifier.rule("Сталкер is a film from 1979.").told
    assert not verifier.rule("Сталкер, то есть лучший, is from 1979.").told


def test_a_stream_is_cut_into_sentences_however_it_comes() -> None:
    text = 'Try Alien. The catalogue says: "One. Two." Is it?\nYes'
    expected = ["Try Alien.", 'The catalogue says: "One. Two."', "Is it?"]
    for size in (1, 3, 7, 100):
        cut = Sentences()
        found = [s for i in range(0, len(text), size) for s in cut.feed(text[i : i + size])]
        assert found == expected
        assert cut.rest() == ["Yes"]


def test_a_title_with_a_full_stop_is_not_cut() -> None:
    films = Evidence(items=(Item(id="a", title="Dr. No"), Item(id="b", title="Mr. & Mrs. Smith")))
    for size in (1, 4, 50):
        cut, text = Sentences.of(films), "Try Dr. No or Mr. & Mrs. Smith. Bye. "
        found = [s for i in range(0, len(text), size) for s in cut.feed(text[i : i + size])]
        assert found == ["Try Dr. No or Mr. & Mrs. Smith.", "Bye."]


def test_a_sentence_without_an_end_is_not_waited_for() -> None:
    cut = Sentences()
    found = [s for _ in range(100) for s in cut.feed("and so on and on ")]
    assert found
    assert "without an end" in Verifier(FACTS).rule(found[0]).why


@pytest.mark.parametrize("said", ["sk-1234-abcd", "S K 1 2 3 4 A B C D", "dcba-4321-ks"])
def test_a_secret_is_found_however_it_is_spelt(said: str) -> None:
    assert Leaks(["sk-1234-abcd"]).found(f"It is {said}.") == "a secret"


def test_a_secret_in_two_sentences_and_a_run_of_the_instructions_are_found() -> None:
    leaks = Leaks(["sk-1234-abcd"], "You speak for a guide and you never say why you do so.")
    assert leaks.found("It is sk-1234.") == ""
    assert leaks.found("-abcd.") == "a secret"
    leaks = Leaks([], "You speak for a guide and you never say why you do so.")
    assert leaks.found("A guide and you never SAY why.") == "its instructions"
    assert Leaks([], "You speak for a guide.").found("Alien is from 1979.") == ""
