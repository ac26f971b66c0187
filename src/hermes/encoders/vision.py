"""Shape, texture and colour of what a picture is of, as one vector, without weights or labels.

Shape: histograms of oriented gradients (Dalal, Triggs. CVPR 2005) of the foreground's outline, of
what lies in its box, and of the whole picture. Texture: local binary patterns at three radii
(Ojala, Pietikainen, Maenpaa. PAMI 2002) of the foreground. Colour: the foreground's histogram in
CIELAB. Histograms enter by their roots (Arandjelovic, Zisserman. CVPR 2012). What a catalogue has
in common says nothing of any one picture, so its mean is taken off each block, and the principal
directions of all blocks together are kept: both fitted on pictures alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from PIL import Image
from skimage.color import rgb2gray, rgb2lab
from skimage.feature import hog, local_binary_pattern
from skimage.transform import resize

from hermes.core.errors import ArtifactError, ConfigError, DataError
from hermes.core.progress import progress
from hermes.core.types import Array, Bools, Floats

from .foreground import foreground
from .pictures import Limits, opened

SIDE = 128  # pixels, of the longest side that is looked at
BOX, WHOLE = 64, 96  # pixels a side, of the foreground's square and of the whole picture
WEIGHTS = MappingProxyType(
    {"outline": 1.0, "inside": 1.0, "whole": 1.0, "texture": 0.3, "colour": 0.5}
)
SHADES = (6, 8, 8)  # bins of L, a, b
RADII = (1, 2, 3)  # pixels
TINY = 1e-9


@dataclass(frozen=True, kw_only=True)
class DescriptorsConfig:
    """How much is kept of the pictures, and of how many it is learned what they share."""

    d: int = 128
    sample: int = 2000  # pictures that are fitted on, at most
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Refuse sizes that keep nothing."""
        if self.d < 1 or self.sample < 2:
            raise ConfigError("descriptors: d must be above 0 and sample above 1")


@dataclass(frozen=True)
class Descriptors:
    """An encoder of pictures' bytes, fitted on a catalogue's."""

    means: Floats  # (F,) of the blocks, one after another
    basis: Floats  # (F, D)
    config: DescriptorsConfig = DescriptorsConfig()

    @classmethod
    def fit(
        cls, pictures: Sequence[bytes], config: DescriptorsConfig = DescriptorsConfig()
    ) -> Descriptors:
        """Learn from an even sample of pictures what they have in common, and how they differ.

        Those that are refused are left out; raises `DataError` when fewer than two are left.
        """
        places = np.linspace(0, len(pictures) - 1, min(len(pictures), config.sample)).astype(int)
        found = list[Floats]()
        with progress("fit descriptors", len(places), "pictures") as tell:
            for place in places:
                try:
                    found.append(described(opened(pictures[place], config.limits, SIDE)))
                except DataError:
                    continue
                finally:
                    tell(1)
        if len(found) < 2:
            raise DataError(f"descriptors: {len(found)} of {len(places)} pictures can be read")
        table = np.stack(found)
        means = table.mean(0)
        spread = np.linalg.svd(weighed(table, means), full_matrices=False)[2]
        return cls(means, spread[: config.d].T.astype(np.float32), config)

    @property
    def identity(self) -> str:
        """`vision:descriptors:` and a hash of all that was fitted."""
        parts = (b"1", repr(dict(WEIGHTS)).encode(), self.means.tobytes(), self.basis.tobytes())
        return f"vision:descriptors:{hashlib.sha256(b''.join(parts)).hexdigest()[:8]}"

    @property
    def d(self) -> int:
        """Length of a vector."""
        return int(self.basis.shape[1])

    def encode(self, things: Sequence[bytes]) -> Floats:
        """Unit rows; `DataError` for what is no picture.  n -> (n, D)"""
        if not things:
            return np.zeros((0, self.d), np.float32)
        limits = self.config.limits
        table = np.stack([described(opened(thing, limits, SIDE)) for thing in things])
        rows = weighed(table, self.means) @ self.basis
        return unit(rows).astype(np.float32)

    def arrays(self) -> dict[str, Array]:
        """For a bundle."""
        return {"means": self.means, "basis": self.basis}

    @classmethod
    def restore(
        cls, arrays: Mapping[str, Array], config: DescriptorsConfig = DescriptorsConfig()
    ) -> Descriptors:
        """The inverse of `arrays`; raises `ArtifactError`."""
        try:
            means, basis = arrays["means"], arrays["basis"]
        except KeyError as error:
            raise ArtifactError(f"descriptors: the bundle lacks array {error}") from error
        if basis.ndim != 2 or means.shape != basis.shape[:1]:
            raise ArtifactError(f"descriptors: {means.shape} means do not fit {basis.shape}")
        return cls(means, basis, replace(config, d=basis.shape[1]))


def described(picture: Image.Image) -> Floats:
    """All blocks of a picture, one after another.  RGB -> (F,)"""
    return np.concatenate(list(blocks(picture).values())).astype(np.float32)


def blocks(picture: Image.Image) -> dict[str, Array]:
    """What is measured of a picture, by the names of `WEIGHTS`."""
    rgb = np.asarray(picture)
    lab, grey = rgb2lab(rgb), rgb2gray(rgb)
    mask = foreground(lab)
    return {
        "outline": gradients(squared(mask.astype(float), mask, 0.0), 8),
        "inside": gradients(squared(grey, mask, float(grey.mean())), 8),
        "whole": gradients(resize(grey, (WHOLE, WHOLE), anti_aliasing=True), 12),
        "texture": texture(grey, mask),
        "colour": shades(lab, mask),
    }


def gradients(picture: Array, cell: int) -> Array:
    """Histograms of oriented gradients.  (S, S) -> (F,)"""
    out: Array = hog(picture, 9, pixels_per_cell=(cell, cell), cells_per_block=(2, 2))
    return out


def squared(plane: Array, mask: Bools, around: float) -> Array:
    """The box of the mask, made square with `around` and brought to one size.  -> (BOX, BOX)"""
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    inside = plane[ys[0] : ys[-1] + 1, xs[0] : xs[-1] + 1]
    height, width = inside.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    out = np.full((side, side), around)
    out[top : top + height, left : left + width] = inside
    scaled: Array = resize(out, (BOX, BOX), order=1, anti_aliasing=True, mode="edge")
    return scaled


def texture(grey: Array, mask: Bools) -> Array:
    """Roots of the shares of uniform binary patterns on the mask.  -> (10 for each radius,)"""
    levels = (255 * grey).astype(np.uint8)
    counts = [
        np.bincount(local_binary_pattern(levels, 8, r, "uniform")[mask].astype(int), minlength=10)
        for r in RADII
    ]
    return np.sqrt(np.concatenate(counts) / mask.sum())


def shades(lab: Array, mask: Bools) -> Array:
    """Roots of the shares of colours on the mask.  (H, W, 3) -> (bins,)"""
    low, high = np.array([0.0, -60.0, -60.0]), np.array([100.0, 60.0, 60.0])
    share = np.clip((lab[mask] - low) / (high - low), 0, 0.999)
    places = np.ravel_multi_index(tuple((share * SHADES).astype(int).T), SHADES)
    return np.sqrt(np.bincount(places, minlength=int(np.prod(SHADES))) / len(places))


def sizes() -> dict[str, int]:
    """Numbers in each block."""
    outline = (BOX // 8 - 1) ** 2 * 36
    whole = (WHOLE // 12 - 1) ** 2 * 36
    colour = int(np.prod(SHADES))
    values = (outline, outline, whole, 10 * len(RADII), colour)
    return dict(zip(WEIGHTS, values, strict=True))


def weighed(table: Array, means: Array) -> Array:
    """Each block without its mean, at unit length times its weight.  (n, F) -> (n, F)"""
    ends = np.cumsum(list(sizes().values()))[:-1]
    parts = np.split(table - means, ends, axis=1)
    return np.concatenate(
        [w * unit(part) for w, part in zip(WEIGHTS.values(), parts, strict=True)], axis=1
    )


def unit(rows: Array) -> Array:
    """Rows of length one; those of none stay so."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    out: Array = np.where(lengths > TINY, rows / np.maximum(lengths, TINY), 0)
    return out
