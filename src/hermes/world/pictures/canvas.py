"""A sheet to draw on: gradients, soft light, clean edges and grain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw

from .palettes import RGB

SMOOTH = 2  # shapes are drawn this much larger, then reduced
Points = Sequence[tuple[float, float]]
Pen = ImageDraw.ImageDraw
Box = tuple[float, float, float, float]  # left, top, right, bottom
Placer = Callable[[Points], list[tuple[float, float]]]  # from 0..1 to pixels of a mask


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
            mask = mask.point(faded(round(alpha * 100)))
        self.image.paste(colour, (0, 0, self.width, self.height), mask)

    def polygon(self, colour: RGB, points: Points, alpha: float = 1.0) -> None:
        """A polygon of points in 0..1."""
        self.local(colour, bounds(points), lambda p, at: p.polygon(at(points), 255), alpha)

    def line(self, colour: RGB, points: Points, wide: float, alpha: float = 1.0) -> None:
        """A stroke through points, `wide` as a share of the width."""
        thick = round(wide * self.width * SMOOTH)
        self.local(
            colour,
            bounds(points, 2 * wide),
            lambda p, at: p.line(at(points), 255, thick, joint="curve"),
            alpha,
        )

    def oval(self, colour: RGB, box: Box, alpha: float = 1.0) -> None:
        """An ellipse in a box of 0..1."""
        self.local(colour, box, lambda p, at: p.ellipse(at(corners(box)), 255), alpha)

    def box(self, colour: RGB, box: Box, radius: float, alpha: float = 1.0) -> None:
        """A rectangle with round corners."""
        r = radius * self.width * SMOOTH
        self.local(colour, box, lambda p, at: p.rounded_rectangle(at(corners(box)), r, 255), alpha)

    def arc(self, colour: RGB, box: Box, start: float, end: float, wide: float) -> None:
        """A stroke along an ellipse, in degrees clockwise from the right."""
        thick = round(wide * self.width * SMOOTH)
        self.local(colour, box, lambda p, at: p.arc(at(corners(box)), start, end, 255, thick))

    def disc(self, colour: RGB, x: float, y: float, r: float, alpha: float = 1.0) -> None:
        """A disc whose radius is a share of the width."""
        t = r * self.width / self.height
        self.oval(colour, (x - r, y - t, x + r, y + t), alpha)

    def local(
        self, colour: RGB, box: Box, draw: Callable[[Pen, Placer], None], alpha: float = 1.0
    ) -> None:
        """Like `shape`, but only as much of the sheet is touched as `box` covers."""
        left, top = max(int(box[0] * self.width) - 2, 0), max(int(box[1] * self.height) - 2, 0)
        right = min(int(box[2] * self.width) + 3, self.width)
        low = min(int(box[3] * self.height) + 3, self.height)
        if right <= left or low <= top:
            return
        mask = Image.new("L", ((right - left) * SMOOTH, (low - top) * SMOOTH))
        sx, sy = self.width * SMOOTH, self.height * SMOOTH
        dx, dy = left * SMOOTH, top * SMOOTH

        def at(points: Points) -> list[tuple[float, float]]:
            return [(x * sx - dx, y * sy - dy) for x, y in points]

        draw(ImageDraw.Draw(mask), at)
        mask = mask.reduce(SMOOTH)
        if alpha < 1.0:
            mask = mask.point(faded(round(alpha * 100)))
        self.image.paste(colour, (left, top, right, low), mask)

    def glow(self, colour: RGB, x: float, y: float, r: float, alpha: float = 1.0) -> None:
        """Light that fades out from a point; the radius is a share of the width."""
        t = r * self.width / self.height
        self.soft(colour, (x - r, y - t, x + r, y + t), alpha)

    def shadow(self, box: Box, strength: float = 0.35) -> None:
        """A soft dark oval."""
        self.soft((20, 16, 14), box, strength)

    def soft(self, colour: RGB, box: Box, alpha: float) -> None:
        """An oval that fades out towards its rim."""
        left, top = round(box[0] * self.width), round(box[1] * self.height)
        size = (round((box[2] - box[0]) * self.width), round((box[3] - box[1]) * self.height))
        mask = halo().resize((max(size[0], 2), max(size[1], 2)), Image.Resampling.BILINEAR)
        self.image.paste(colour, (left, top), mask.point(faded(round(alpha * 100))))

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

    def finish(self, seed: int, grain: float = 0.05, quality: int = 80) -> bytes:
        """Grain over everything, then JPEG."""
        noise = speckle(self.width, self.height, seed % 5)
        return encode(Image.blend(self.image, noise, grain), quality)


def bounds(points: Points, margin: float = 0.0) -> Box:
    """The box around points."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin


def corners(box: Box) -> Points:
    """Two corners."""
    return (box[0], box[1]), (box[2], box[3])


@cache
def faded(percent: int) -> list[int]:
    """What a mask becomes under an opacity."""
    return [round(v * percent / 100) for v in range(256)]


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
    flat = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    return Image.merge("RGB", (flat, flat, flat))
