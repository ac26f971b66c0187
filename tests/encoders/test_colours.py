from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from hermes.encoders.colours import EXAMPLES, WORDS, examples, named
from hermes.encoders.naming import colours


def laid(ground: str, *inks: str) -> Image.Image:
    """Stripes of the inks on a ground."""
    picture = Image.new("RGB", (150, 200), ground)
    for i, ink in enumerate(inks):
        height = 120 // len(inks)
        picture.paste(ink, (40, 40 + i * height, 110, 40 + (i + 1) * height))
    return picture


@pytest.mark.parametrize(
    ("ink", "word"),
    [
        ("#c01020", "red"),
        ("#2050c0", "blue"),
        ("#206030", "green"),
        ("#101010", "black"),
        ("#e0b020", "yellow"),
        ("#e07080", "pink"),
        ("#181c40", "navy"),
        ("#704828", "brown"),
    ],
)
def test_the_main_colour_of_a_thing_is_its_own_not_what_it_lies_on(ink: str, word: str) -> None:
    assert colours(laid("white", ink))[0][0] == word
    assert colours(laid("#b8a080", ink))[0][0] == word


def test_a_white_thing_on_a_dark_ground_is_white() -> None:
    assert colours(laid("#501818", "white"))[0][0] == "white"


def test_words_come_by_their_shares() -> None:
    found = colours(laid("white", "#c01020", "#c01020", "#101010"))
    assert [word for word, _ in found[:2]] == ["red", "black"]
    assert found[0][1] == pytest.approx(2 / 3, abs=0.15)
    assert 0.95 < sum(share for _, share in found) <= 1 + 1e-9


def test_no_more_words_come_than_are_asked_for() -> None:
    inks = ("#c01020", "#2050c0", "#206030", "#101010")
    assert len(colours(laid("white", *inks), 2)) == 2


def test_a_picture_of_one_colour_has_one_word() -> None:
    assert colours(Image.new("RGB", (30, 30), "#2050c0")) == [("blue", pytest.approx(1))]


def test_a_warm_lamp_does_not_make_a_white_shirt_beige() -> None:
    lit = laid("#e6d7bd", "#efe2cb")
    pixels = np.asarray(lit).astype(int) + np.random.default_rng(0).integers(-2, 3, (200, 150, 3))
    assert colours(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))[0][0] == "white"


def test_each_example_is_called_by_its_own_word() -> None:
    lab, words = examples()
    assert set(words) == set(WORDS) == set(EXAMPLES)
    assert named(lab / [0.7, 1, 1]) == list(words)


def test_the_same_picture_has_the_same_words() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    picture = Image.fromarray(noise)
    assert colours(picture) == colours(picture)
