"""The naming of colours is learned from words of whole pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from hermes.core.errors import DataError
from hermes.encoders.colours import WORDS, Palette, palette
from hermes.learn.naming import learned


def seen(ink: str) -> Palette:
    """A square on white."""
    picture = Image.new("RGB", (80, 80), "white")
    picture.paste(ink, (15, 15, 65, 65))
    return palette(picture)


def test_a_judge_who_calls_dark_red_brown_is_followed() -> None:
    inks = [f"#{86 + i:02x}2a28" for i in range(8)] + ["#2050c0", "#101010", "#206030"]
    said = ["brown"] * 8 + ["blue", "black", "green"]
    pictures = [seen(ink) for ink in inks]
    judged = np.array([[word == one for word in WORDS] for one in said])
    other = seen("#582c28")
    assert WORDS[learned(pictures, judged, 1e6, 1e6).shares(other).argmax()] == "red"
    naming = learned(pictures, judged, 0.05, 1e6)
    assert WORDS[naming.shares(other).argmax()] == "brown"
    assert WORDS[naming.shares(seen("#2450b8")).argmax()] == "blue"


def test_a_picture_without_a_word_is_refused() -> None:
    with pytest.raises(DataError, match="at least one"):
        learned([seen("red")], np.zeros((1, len(WORDS)), bool))
