from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2lab

from hermes.core.types import Array, Bools
from hermes.encoders.foreground import foreground, largest, middle


def scene(ground: tuple[int, int, int], thing: tuple[int, int, int], seed: int = 0) -> Array:
    """A rectangle of one colour upon another, both grainy, as RGB from 0 to 1."""
    out = np.empty((96, 72, 3))
    out[:] = np.array(ground) / 255
    out[30:75, 20:50] = np.array(thing) / 255
    return np.clip(out + np.random.default_rng(seed).normal(0, 0.02, out.shape), 0, 1)


def overlap(a: Bools, b: Bools) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize(
    ("ground", "thing"),
    [
        ((240, 240, 240), (30, 40, 80)),
        ((150, 30, 30), (230, 230, 230)),
        ((90, 60, 40), (60, 110, 60)),
    ],
)
def test_a_thing_is_told_from_what_it_lies_on(
    ground: tuple[int, int, int], thing: tuple[int, int, int]
) -> None:
    truth = np.zeros((96, 72), bool)
    truth[30:75, 20:50] = True
    assert overlap(foreground(rgb2lab(scene(ground, thing))), truth) > 0.8


def test_a_background_of_two_halves_is_background() -> None:
    rgb = scene((240, 240, 240), (30, 40, 120))
    rgb[:50, :20] = rgb[:50, 50:] = rgb[:30] = (0.5, 0.3, 0.2)
    truth = np.zeros((96, 72), bool)
    truth[30:75, 20:50] = True
    assert overlap(foreground(rgb2lab(rgb)), truth) > 0.7


def test_a_picture_of_one_colour_has_its_middle_for_a_foreground() -> None:
    lab = rgb2lab(np.full((40, 60, 3), 0.5))
    assert np.array_equal(foreground(lab), middle(40, 60))


@pytest.mark.parametrize("shape", [(8, 8), (8, 128), (128, 8), (9, 31)])
def test_small_and_narrow_pictures_have_a_foreground(shape: tuple[int, int]) -> None:
    rgb = np.random.default_rng(0).random((*shape, 3))
    assert foreground(rgb2lab(rgb)).any()


def test_the_same_picture_has_the_same_foreground() -> None:
    lab = rgb2lab(scene((200, 180, 160), (40, 90, 60)))
    assert np.array_equal(foreground(lab), foreground(lab))


def test_specks_beside_the_largest_piece_are_dropped() -> None:
    mask = np.zeros((20, 20), bool)
    mask[2:12, 2:12] = mask[14:19, 14:19] = mask[18, 1] = True
    kept = largest(mask)
    assert kept[5, 5]
    assert kept[16, 16]
    assert not kept[18, 1]
