"""Words of pictures by the numbers that the package carries."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from hermes.core.errors import ArtifactError
from hermes.encoders.colours import PLACES, WORDS, examples, palette
from hermes.encoders.naming import Naming, colours, features, votes


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
