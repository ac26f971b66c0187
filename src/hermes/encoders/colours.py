"""The colours of what a picture is of, in words that people search by.

Each colour of a picture is called by words as near as their nearest examples are, which is then
corrected by what was learned from photographs that a person judged (`naming`). Words count by where
their colours are: on what stands out from the edge in the middle, in the middle alone, and, against
them, along the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image
from scipy.ndimage import binary_erosion
from skimage.color import rgb2lab

from hermes.core.types import Array, Bools

from .foreground import foreground, spread

SIDE, COARSE = 192, 128  # pixels of the longest side, for colours and for the foreground
TINT = 25.0  # chroma up to which a light background may be a white one in coloured light
STEP = 6.0  # of CIELAB; pixels this close are one
LEAST = 1.5e-3  # share of a place that a colour must have somewhere
LIGHTNESS = 0.7  # weight of a difference in L beside those in a and b
WIDE, EDGE = 0.35, 0.9  # of the middle, and where the edge begins, in half sides
PLACES = ("thing", "middle", "edge")
ROUNDS = 4  # in which the thing takes its colours from the middle
EXAMPLES = MappingProxyType(
    {
        "black": "121214 262628 303034",
        "grey": "4a4a4e 5a5a5c 808080 a5a5a5",
        "white": "fafafa e1e1e1 c8c8ca bebec4 d7dcc6 ebe4d2",
        "beige": "decbac c3ac8c e8dcc8 bcaa9c",
        "brown": "6e482d 966946 412d23 553c2d",
        "red": "c31e28 8c1920 d73c37 64141c 58202c",
        "orange": "f08228 e1692d",
        "yellow": "f0cd3c e1be5a cdc832",
        "green": "2d733c 789650 5f693c afd7b9 1e3c28 6ec85a 5c6650 b4b98c",
        "turquoise": "32afaf 14787d 78cdcd",
        "blue": "2850b9 6996d2 3c78c8 465a82 281eaa 96b4d7 8c96b9 648ca0 7a869e",
        "navy": "181c3e 222c4e 12142a 1e3042 2c3248 3a4058",
        "purple": "6e3c96 aa8ccd 4b285f 5f1e5a 69415a 78506e",
        "pink": "ee96b4 dc508c f2c8cd c87882 a5878e",
    }
)
WORDS = tuple(EXAMPLES)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a picture, and how much of each of its places they cover."""

    lab: Array  # (n, 3) CIELAB, as it would be in white light
    shares: Array  # (len(PLACES), n)
    light: Array  # (4,) lightness of the brightest, and the colour of a light background, scaled


def examples() -> tuple[Array, tuple[str, ...]]:
    """Each example in CIELAB, lightness weighed, and its word.  -> (E, 3), E words"""
    listed = [(word, code) for word, codes in EXAMPLES.items() for code in codes.split()]
    rgb = np.array([list(bytes.fromhex(code)) for _, code in listed]) / 255
    return weighed(rgb2lab(rgb[None])[0]), tuple(word for word, _ in listed)


def weighed(lab: Array) -> Array:
    """Colours among which the plain distance is the one that is meant."""
    out: Array = lab * np.array([LIGHTNESS, 1.0, 1.0])
    return out


def apart(lab: Array) -> Array:
    """Squared distance of each colour from the nearest example of each word.  (n, 3) -> (n, W)"""
    known, words = examples()
    squared, called = ((weighed(lab)[:, None] - known) ** 2).sum(-1), np.array(words)
    return np.stack([squared[:, called == word].min(1) for word in WORDS], axis=1)


def named(lab: Array) -> list[str]:
    """The word of each colour by its nearest example.  (n, 3) CIELAB -> n

    >>> named(np.array([[0., 0., 0.], [100., 0., 0.], [53., 80., 67.]]))
    ['black', 'white', 'red']
    """
    return [WORDS[i] for i in apart(lab).argmin(1)]


def palette(picture: Image.Image) -> Palette:
    """What a picture's colours are called from.  RGB"""
    small = picture.copy()
    small.thumbnail((SIDE, SIDE))
    coarse = small.copy()
    coarse.thumbnail((COARSE, COARSE))
    inner = Image.fromarray(core(foreground(rgb2lab(np.asarray(coarse)))))
    mask = np.asarray(inner.resize(small.size, Image.Resampling.NEAREST))
    lab = rgb2lab(np.asarray(small))
    bright, behind = lighting(lab, mask)
    white = lit(lab.reshape(-1, 3), bright, behind)
    _, group = np.unique(np.round(white / STEP), axis=0, return_inverse=True)
    counts = np.bincount(group.ravel())
    means = [np.bincount(group.ravel(), white[:, i]) / counts for i in range(3)]
    there = np.stack([place.ravel() / place.sum() for place in places(lab)])
    covered = np.stack([np.bincount(group.ravel(), one) for one in there])
    kept = covered.max(0) > LEAST
    light = np.array([(bright - 90) / 10, (behind[0] - 75) / 20, behind[1] / 10, behind[2] / 10])
    return Palette(np.stack(means, axis=1)[kept], covered[:, kept], light)


def places(lab: Array) -> tuple[Array, ...]:
    """How much each pixel belongs to each place.  (H, W, 3) -> (H, W), one of `PLACES` each"""
    y, x = np.ogrid[-1 : 1 : lab.shape[0] * 1j, -1 : 1 : lab.shape[1] * 1j]
    edge = np.maximum(abs(x), abs(y)) > EDGE
    sure = np.clip(0.9 * np.exp(-2 * (x**2 + y**2)), 0.05, 0.85)
    thing = spread(lab, np.log(sure / (1 - sure)), ROUNDS)
    return thing, np.exp(-(x**2 + y**2) / (2 * WIDE**2)), edge.astype(float)


def lighting(lab: Array, mask: Bools) -> tuple[float, Array]:
    """Lightness of the brightest, and the mean colour of the lightest behind the thing."""
    behind, bright = lab[~mask], float(np.percentile(lab[..., 0], 97))
    if not len(behind):
        return bright, np.zeros(3)
    return bright, behind[behind[:, 0] >= np.percentile(behind[:, 0], 60)].mean(0)


def lit(lab: Array, bright: float, behind: Array) -> Array:
    """Colours as they would look in white light.  (n, 3) -> (n, 3)

    The lightest of a picture is mostly meant to be white, as is much of what lies behind a thing:
    where that has a slight tint, half of it is taken for the light's.
    """
    out = lab.copy()
    out[:, 0] *= np.clip(95 / max(bright, 1.0), 1, 1.14)
    if behind[0] > 0 and np.hypot(*behind[1:]) < TINT:
        strength = np.clip(out[:, :1] / max(float(behind[0]), 1.0), 0, 1)
        out[:, 1:] -= strength * behind[1:] / 2
    return out


def core(mask: Bools) -> Bools:
    """Without the rim, whose pixels are half background."""
    inner: Bools = binary_erosion(mask, iterations=2)
    return inner if inner.sum() > 0.3 * mask.sum() else mask
