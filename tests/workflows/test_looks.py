"""Things with a look and a story, and what is asked about them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from hermes.workflows import looks
from hermes.workflows.looks import Thing

RED = Thing("dress/1", "dress", b"1", "dress", ("red", "white"), None, held=False)
BLUE = Thing("dress/2", "dress", b"2", "dress", ("blue",), None, held=False)
OTHER = Thing("dress/3", "dress", b"3", "dress", ("white",), None, held=True)
FILM = Thing(
    "A Film (1950)", "A Film. Drama.", None, "poster of a drama film", (), "he sails", True
)


def test_things_of_one_class_and_first_colour_are_one_kind() -> None:
    again = Thing("dress/4", "dress", b"4", "dress", ("red",), None, held=False)
    assert looks.kinds([RED, BLUE, FILM, again]).tolist() == [1, 2, 0, 1]


def test_lessons_ask_for_the_first_colour_in_some_plain_ways_and_for_plots() -> None:
    texts, items, asks = looks.lessons([BLUE, FILM])
    asked = [form.format("blue dress") for form in looks.PLAIN[: looks.EACH]]
    assert texts == asked + ["he sails"] * 2
    assert items.tolist() == [0] * looks.EACH + [1, 1]
    assert asks.tolist() == [1] * looks.EACH + [0, 0]


def test_questions_are_asked_once_and_answered_by_all_that_look_so() -> None:
    asked = looks.questions([RED, BLUE, OTHER, FILM])
    pairs = zip(asked.texts, asked.answers, strict=True)
    answers = {text: np.flatnonzero(row).tolist() for text, row in pairs}
    assert answers == {
        "he sails": [3],
        "visually stunning red dress": [0],
        "visually stunning white dress": [0, 2],
        "visually stunning blue dress": [1],
    }
    assert asked.look.tolist() == [False, True, True, True]


def test_no_lesson_is_put_as_a_question_is() -> None:
    assert not any("stunning" in form for form in looks.PLAIN)


def test_films_keep_their_question_out_of_their_text_and_their_title_out_of_it(
    shared_data: Path,
) -> None:
    films = list(islice(looks.told(shared_data), 12))
    assert [film.picture is not None for film in films] == [True, False] * 6
    assert all(bool(film.colours) == (film.picture is not None) for film in films)
    for film in films:
        assert film.held and film.plot
        title = film.name.rpartition(" (")[0].lower().split()
        assert not set(title) & set(film.plot.split())
        assert film.plot not in " ".join(looks.tokens(film.text))


def test_what_a_person_saw_is_held_out(shared_data: Path) -> None:
    judged = looks.judgements()
    files = {str(p.relative_to(shared_data / "clothing")) for p in shared_data.glob("clothing/*/*")}
    assert len(judged) > 100
    assert set(judged) <= files
