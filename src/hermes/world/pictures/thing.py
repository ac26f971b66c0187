"""What every object is drawn with: one colour, one other material, light from the left."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import numpy as np
from scipy.interpolate import PchipInterpolator

from .canvas import Points, Sheet
from .palettes import RGB, mix

BASE = 0.84  # of the height: where things stand
WHITE, BLACK = (255, 255, 255), (18, 15, 14)


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: where it is drawn, its colour, and the colour of its other material."""

    sheet: Sheet
    paint: RGB
    trim: RGB
    dice: Random

    @property
    def dark(self) -> RGB:
        """Its colour in shade."""
        return mix(self.paint, BLACK, 0.38)

    @property
    def pale(self) -> RGB:
        """Its colour in light."""
        return mix(self.paint, WHITE, 0.4)

    def fill(self, colour: RGB, points: Points, alpha: float = 1.0) -> None:
        """A shape with straight edges."""
        self.sheet.polygon(colour, points, alpha)

    def oval(
        self, colour: RGB, x: float, y: float, rx: float, ry: float, alpha: float = 1.0
    ) -> None:
        """An ellipse around a point."""
        self.sheet.oval(colour, (x - rx, y - ry, x + rx, y + ry), alpha)

    def box(
        self, colour: RGB, left: float, top: float, right: float, low: float,
        r: float = 0.02, alpha: float = 1.0,
    ) -> None:  # fmt: skip
        """A rectangle with round corners."""
        self.sheet.box(colour, (left, top, right, low), r, alpha)

    def ring(
        self, colour: RGB, x: float, y: float, rx: float, ry: float, wide: float,
        start: float = 0, end: float = 360,
    ) -> None:  # fmt: skip
        """A stroke along an ellipse, in degrees clockwise from the right."""
        self.sheet.arc(colour, (x - rx, y - ry, x + rx, y + ry), start, end, wide)

    def line(self, colour: RGB, points: Points, wide: float) -> None:
        """A stroke."""
        self.sheet.line(colour, points, wide)

    def smooth(self, colour: RGB, points: Points, alpha: float = 1.0) -> None:
        """A shape with a soft outline through the points."""
        self.fill(colour, curve(points), alpha)


def curve(points: Points, steps: int = 8) -> list[tuple[float, float]]:
    """A closed Catmull-Rom spline through the points."""
    rows = np.array(points)
    a, b, c, d = (np.roll(rows, 1 - k, axis=0)[:, None, :] for k in range(4))
    t = (np.arange(steps) / steps)[None, :, None]
    square = (2 * a - 5 * b + 4 * c - d) * t**2
    cubic = (3 * b - a - 3 * c + d) * t**3
    whole = 0.5 * (2 * b + (c - a) * t + square + cubic)
    return [(float(x), float(y)) for x, y in whole.reshape(-1, 2)]


def turned(t: Thing, profile: list[tuple[float, float]], x: float = 0.5) -> None:
    """Something made on a wheel: half-widths by height, with light from the left."""
    right = [(x + r, y) for y, r in profile]
    left = [(x - r, y) for y, r in reversed(profile)]
    t.fill(t.paint, right + left)
    shade = [(x + r, y) for y, r in profile] + [(x + r * 0.35, y) for y, r in reversed(profile)]
    t.fill(t.dark, shade, 0.35)
    t.fill(
        t.dark,
        [(x + r, y) for y, r in profile] + [(x + r * 0.7, y) for y, r in reversed(profile)],
        0.4,
    )
    t.fill(
        t.pale,
        [(x - r * 0.72, y) for y, r in profile] + [(x - r * 0.5, y) for y, r in reversed(profile)],
        0.5,
    )


def profile(knots: list[tuple[float, float]], n: int = 40) -> list[tuple[float, float]]:
    """A smooth line of (height, half-width) through the knots."""
    heights, widths = np.array(knots).T
    y = np.linspace(heights[0], heights[-1], n)
    r = PchipInterpolator(heights, widths)(y)
    return list(zip(y.tolist(), r.tolist(), strict=True))
