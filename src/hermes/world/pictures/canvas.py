"""A sheet to draw on: gradients, soft light, clean edges and grain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .palettes import RGB

SMOOTH = 2  # shapes are drawn this much larger, then reduced
Points = Sequence[tuple[float, float]]
Pen = ImageDraw.ImageDraw


class Sheet:
    """An image of one size, painted layer upon layer; coordinates run from 0 to 1."""

    def __init__(self, width: int, height: int, top: RGB, bottom: RGB, tilt: float = 0.0) -> None:
        self.width, self.height = width, height
        ramp = slope(width, height, round(tilt * 10) / 10)
        self.image = Image.composite(
            Image.new("RGB", (width, height), bottom), Image.new("RGB", (width, height), top), ramp
        )

    def shape(self, colour: RGB, draw: Callable[[Pen, int, int], None], alpha: float = 1.0) -> None:
        """Fill with `colour` what `draw(pen, width, height)` paints with fill=255."""
        size = (self.width * SMOOTH, self.height * SMOOTH)
        mask = Image.new("L", size)
        draw(ImageDraw.Draw(mask), *size)
        self.through(colour, mask.reduce(SMOOTH), alpha)

    def through(self, colour: RGB, mask: Image.Image, alpha: float = 1.0) -> None:
        """Fill with `colour` through a mask of the sheet's own size."""
        if alpha < 1.0:
            mask = mask.point([round(v * alpha) for v in range(256)])
        self.image.paste(colour, (0, 0, self.width, self.height), mask)

    def polygon(self, colour: RGB, points: Points, alpha: float = 1.0) -> None:
        """A polygon of points in 0..1."""
        self.shape(
            colour, lambda p, w, h: p.polygon([(x * w, y * h) for x, y in points], 255), alpha
        )

    def disc(self, colour: RGB, x: float, y: float, r: float, alpha: float = 1.0) -> None:
        """A disc whose radius is a share of the width."""
        self.shape(
            colour,
            lambda p, w, h: p.ellipse(
                (x * w - r * w, y * h - r * w, x * w + r * w, y * h + r * w), 255
            ),
            alpha,
        )

    def glow(self, colour: RGB, x: float, y: float, r: float, alpha: float = 1.0) -> None:
        """Light that fades out from a point; the radius is a share of the width."""
        side = max(2, round(2 * r * self.width))
        ball = halo().resize((side, side), Image.Resampling.BILINEAR)
        mask = Image.new("L", (self.width, self.height))
        mask.paste(ball, (round(x * self.width - side / 2), round(y * self.height - side / 2)))
        self.through(colour, mask, alpha)

    def shadow(self, box: tuple[float, float, float, float], strength: float = 0.35) -> None:
        """A soft dark oval in a box of 0..1."""
        left, top, right, bottom = box
        size = (round((right - left) * self.width), round((bottom - top) * self.height))
        oval = halo().resize(size, Image.Resampling.BILINEAR)
        mask = Image.new("L", (self.width, self.height))
        mask.paste(oval, (round(left * self.width), round(top * self.height)))
        self.through((20, 16, 14), mask, strength)

    def shade(
        self, colour: RGB, rising: bool = True, alpha: float = 0.8, reach: float = 0.5
    ) -> None:
        """A veil from one edge that fades towards the other: from below when `rising`."""
        part = round(self.height * reach)
        ramp = slope(self.width, part, 0.0)
        ramp = ramp if rising else ramp.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        mask = Image.new("L", (self.width, self.height))
        mask.paste(ramp, (0, self.height - part if rising else 0))
        self.through(colour, mask, alpha)

    def soften(self, radius: float) -> None:
        """Out of focus."""
        self.image = self.image.filter(ImageFilter.GaussianBlur(radius))

    def finish(self, seed: int, grain: float = 0.05, quality: int = 84) -> bytes:
        """Grain over everything, then JPEG."""
        noise = speckle(self.width, self.height, seed % 5)
        return encode(Image.blend(self.image, Image.merge("RGB", (noise,) * 3), grain), quality)


def encode(image: Image.Image, quality: int) -> bytes:
    """JPEG bytes."""
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


@cache
def halo() -> Image.Image:
    """A ball of light that is gone at its rim."""
    y, x = np.mgrid[-1:1:256j, -1:1:256j]
    r = np.clip(1 - np.hypot(x, y), 0, 1)
    return Image.fromarray((255 * r**1.6).astype(np.uint8))


@cache
def slope(width: int, height: int, tilt: float) -> Image.Image:
    """From 0 at the top to 255 at the bottom, turned a little to the side."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    t = np.clip((y + tilt * (x - 0.5)), 0, 1)
    return Image.fromarray((255 * t * t * (3 - 2 * t)).astype(np.uint8))


@cache
def speckle(width: int, height: int, seed: int) -> Image.Image:
    """Grey grain."""
    rng = np.random.default_rng([seed, width, height])
    grey = rng.normal(128, 46, (height, width))
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
