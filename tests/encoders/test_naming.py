"""Words of pictures by the numbers that the package carries."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from hermes.core.errors import ArtifactError, ShapeError
from hermes.encoders.base import Vectors, beside
from hermes.encoders.colours import PLACES, WORDS, examples, palette
from hermes.encoders.naming import Hues, Naming, colours, features, votes


def plain() -> Naming:
    """Nothing learned: examples alone, and the thing alone."""
    table = np.zeros((len(examples()[1]) + 8, len(WORDS)), np.float32)
    return Naming(table, np.eye(len(PLACES), dtype=np.float32)[0])


def shirt(print_: str) -> Image.Image:
    """A black shirt on white with a bright print in its middle."""
    picture = Image.new("RGB", (160, 200), "#e8e8e6")
    picture.paste("#141416", (25, 25, 135, 180))
    picture.paste(print_, (65, 70, 95, 110))
    return picture


def test_a_print_in_the_middle_does_not_name_the_shirt() -> None:
    assert colours(shirt("#e0c030"))[0][0] == "black"


def test_what_lies_along_the_edge_is_not_what_the_picture_is_of() -> None:
    assert "white" not in dict(colours(shirt("#202022")))


def test_shares_are_of_one_whole() -> None:
    shares = Naming.load().shares(palette(shirt("#e0c030")))
    assert shares.shape == (len(WORDS),)
    assert shares.sum() == pytest.approx(1)
    assert shares.min() >= 0


def test_where_nothing_was_learned_the_nearest_example_names() -> None:
    seen = palette(Image.new("RGB", (40, 40), "#2050c0"))
    assert WORDS[plain().shares(seen).argmax()] == "blue"


def test_the_nearest_word_has_the_highest_vote() -> None:
    seen = palette(shirt("#e0c030"))
    assert votes(seen).max() == 0
    assert features(seen).shape == (len(seen.lab), len(examples()[1]) + 8)


def test_numbers_for_other_words_are_refused() -> None:
    with pytest.raises(ArtifactError, match="fit_colours"):
        Naming(np.zeros((3, 14), np.float32), np.zeros(3, np.float32))


def test_hues_are_the_roots_of_the_shares() -> None:

    body = io.BytesIO()
    shirt("#e0c030").save(body, "PNG")
    hues = Hues(Naming.load())
    rows = hues.encode([body.getvalue()])
    assert rows.shape == (1, hues.d)
    assert (rows**2).sum() == pytest.approx(1, abs=1e-5)
    assert WORDS[rows[0].argmax()] == "black"
    assert hues.identity != Hues(plain()).identity
    assert hues.encode([]).shape == (0, hues.d)


def test_vectors_side_by_side_know_both_encoders_and_what_is_absent() -> None:
    one = Vectors(np.array([[1, 0], [0, 0]], np.float32), "v:a:1")
    both = beside(one, Vectors(np.array([[1.0], [0.0]], np.float32), "v:b:1"))
    assert both.encoder == "v:a:1+v:b:1"
    np.testing.assert_allclose(both.rows, [[0.5**0.5, 0, 0.5**0.5], [0, 0, 0]], atol=1e-6)
    with pytest.raises(ShapeError, match="side by side"):
        beside(one, Vectors(np.ones((3, 1), np.float32), "v:b:1"))
