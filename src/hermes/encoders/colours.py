"""The colours of what a picture is of, in words that people search by.

Pixels of the foreground are grouped by k-means in CIELAB, and each group is called by the word
whose nearest example is nearest to it; differences in lightness count less than those in hue, since
light is the photographer's. Groups of one word are one.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from PIL import Image
from scipy.ndimage import binary_erosion
from skimage.color import rgb2lab
from sklearn.cluster import KMeans

from hermes.core.types import Array, Bools

from .foreground import foreground

SIDE, COARSE = 192, 128  # pixels of the longest side, for colours and for the foreground
GROUPS = 5
TINT = 25.0  # chroma up to which a light background may be a white one in coloured light
STEP = 4.0  # of CIELAB; pixels this close are one
LIGHTNESS = 0.7  # weight of a difference in L beside those in a and b
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


def examples() -> tuple[Array, tuple[str, ...]]:
    """Each example in CIELAB, lightness weighed, and its word.  -> (E, 3), E words"""
    listed = [(word, code) for word, codes in EXAMPLES.items() for code in codes.split()]
    rgb = np.array([list(bytes.fromhex(code)) for _, code in listed]) / 255
    return weighed(rgb2lab(rgb[None])[0]), tuple(word for word, _ in listed)


def weighed(lab: Array) -> Array:
    """Colours among which the plain distance is the one that is meant."""
    out: Array = lab * np.array([LIGHTNESS, 1.0, 1.0])
    return out


def named(lab: Array) -> list[str]:
    """The word of each colour.  (n, 3) CIELAB -> n

    >>> named(np.array([[0., 0., 0.], [100., 0., 0.], [53., 80., 67.]]))
    ['black', 'white', 'red']
    """
    known, words = examples()
    apart = ((weighed(lab)[:, None] - known) ** 2).sum(-1)
    return [words[i] for i in apart.argmin(1)]


def colours(picture: Image.Image, k: int = 3) -> list[tuple[str, float]]:
    """The k words of the largest shares of the foreground, and those.  RGB -> (word, share)"""
    small = picture.copy()
    small.thumbnail((SIDE, SIDE))
    coarse = small.copy()
    coarse.thumbnail((COARSE, COARSE))
    inner = Image.fromarray(core(foreground(rgb2lab(np.asarray(coarse)))))
    mask = np.asarray(inner.resize(small.size, Image.Resampling.NEAREST))
    inside = lit(rgb2lab(np.asarray(small)), mask)
    places, counts = np.unique(np.round(inside / STEP), axis=0, return_counts=True)
    groups = KMeans(min(GROUPS, len(places)), n_init=1, random_state=0)
    groups.fit(places * STEP, sample_weight=counts)
    shares = np.bincount(groups.labels_, counts) / counts.sum()
    found = dict.fromkeys(WORDS, 0.0)
    for word, share in zip(named(groups.cluster_centers_), shares, strict=True):
        found[word] += float(share)
    ranked = sorted(found.items(), key=lambda pair: -pair[1])
    return [(word, share) for word, share in ranked[:k] if share > 0]


def lit(lab: Array, mask: Bools) -> Array:
    """The foreground as it would look in white light.  (H, W, 3), (H, W) -> (n, 3)

    The lightest of a picture is mostly meant to be white, as is much of what lies behind a thing:
    where that has a slight tint, half of it is taken for the light's.
    """
    out, behind = lab[mask], lab[~mask]
    out[:, 0] *= np.clip(95 / max(float(np.percentile(lab[..., 0], 97)), 1.0), 1, 1.14)
    if len(behind):
        light = behind[behind[:, 0] >= np.percentile(behind[:, 0], 60)].mean(0)
        if np.hypot(*light[1:]) < TINT:
            strength = np.clip(out[:, :1] / max(float(light[0]), 1.0), 0, 1)
            out[:, 1:] -= strength * light[1:] / 2
    return out


def core(mask: Bools) -> Bools:
    """Without the rim, whose pixels are half background."""
    inner: Bools = binary_erosion(mask, iterations=2)
    return inner if inner.sum() > 0.3 * mask.sum() else mask
