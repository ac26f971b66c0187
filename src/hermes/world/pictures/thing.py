"""What every object is drawn with: one colour, one other material, light from the left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

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
        self.sheet.shape(
            colour,
            lambda n, w, h: n.ellipse(
                ((x - rx) * w, (y - ry) * h, (x + rx) * w, (y + ry) * h), 255
            ),
            alpha,
        )

    def box(
        self,
        colour: RGB,
        left: float,
        top: float,
        right: float,
        low: float,
        r: float = 0.02,
        alpha: float = 1.0,
    ) -> None:
        """A rectangle with round corners."""
        self.sheet.shape(
            colour,
            lambda n, w, h: n.rounded_rectangle(
                (left * w, top * h, right * w, low * h), r * w, 255
            ),
            alpha,
        )

    def ring(
        self,
        colour: RGB,
        x: float,
        y: float,
        rx: float,
        ry: float,
        wide: float,
        start: float = 0,
        end: float = 360,
    ) -> None:
        """A stroke along an ellipse, in degrees clockwise from the right."""
        self.sheet.shape(
            colour,
            lambda n, w, h: n.arc(
                ((x - rx) * w, (y - ry) * h, (x + rx) * w, (y + ry) * h),
                start,
                end,
                255,
                round(wide * w),
            ),
        )

    def line(self, colour: RGB, points: Points, wide: float) -> None:
        """A stroke."""
        self.sheet.shape(
            colour,
            lambda n, w, h: n.line(
                [(x * w, y * h) for x, y in points], 255, round(wide * w), joint="curve"
            ),
        )

    def smooth(self, colour: RGB, points: Points, alpha: float = 1.0) -> None:
        """A shape with a soft outline through the points."""
        self.fill(colour, curve(points), alpha)


def curve(points: Points, steps: int = 8) -> list[tuple[float, float]]:
    """A closed Catmull-Rom spline through the points."""
    n, out = len(points), []
    for i in range(n):
        a, b, c, d = (points[(i + k - 1) % n] for k in range(4))
        for s in range(steps):
            t = s / steps
            out.append(tuple(
                0.5 * (2 * b[j] + (c[j] - a[j]) * t + (2 * a[j] - 5 * b[j] + 4 * c[j] - d[j]) * t * t
                       + (3 * b[j] - a[j] - 3 * c[j] + d[j]) * t**3)
                for j in (0, 1)
            ))  # fmt: skip
    return [(x, y) for x, y in out]


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
    out = []
    for i in range(n + 1):
        y = knots[0][0] + (knots[-1][0] - knots[0][0]) * i / n
        k = next(k for k in range(len(knots) - 1) if y <= knots[k + 1][0] + 1e-9)
        (y0, r0), (y1, r1) = knots[k], knots[k + 1]
        s = (y - y0) / (y1 - y0)
        out.append((y, r0 + (r1 - r0) * (1 - math.cos(math.pi * s)) / 2))
    return out
