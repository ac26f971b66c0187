"""Small signs in one colour: what a cover or a story is marked with."""

from __future__ import annotations

import math
from collections.abc import Callable

from .canvas import Pen, Sheet
from .palettes import RGB

Stamp = Callable[[Pen, float, float, float, int], None]  # pen, centre in pixels, radius, fill


def moon(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """A crescent and three stars."""
    n.ellipse((x - r, y - r, x + r, y + r), f)
    n.ellipse((x - r * 0.5, y - r * 1.05, x + r * 1.25, y + r * 0.75), 0)
    for dx, dy, s in ((0.35, -0.45, 0.16), (0.72, 0.05, 0.1), (0.1, 0.1, 0.08)):
        star(n, x + dx * r, y + dy * r, s * r, f)


def star(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """Four points."""
    points = []
    for k in range(8):
        size = r if k % 2 == 0 else r * 0.32
        a = math.pi * k / 4 - math.pi / 2
        points.append((x + size * math.cos(a), y + size * math.sin(a)))
    n.polygon(points, f)


def compass(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """A rose of winds."""
    n.ellipse((x - r, y - r, x + r, y + r), outline=f, width=max(2, int(r / 18)))
    n.ellipse((x - r * 0.84, y - r * 0.84, x + r * 0.84, y + r * 0.84), outline=f, width=2)
    star(n, x, y, r * 0.95, f)
    for k in range(4):
        a = math.pi / 4 + k * math.pi / 2
        n.line(
            (
                x + 0.3 * r * math.cos(a),
                y + 0.3 * r * math.sin(a),
                x + 0.62 * r * math.cos(a),
                y + 0.62 * r * math.sin(a),
            ),
            f,
            max(2, int(r / 16)),
        )


def key(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """An old key."""
    n.ellipse((x - 0.45 * r, y - 1.1 * r, x + 0.45 * r, y - 0.2 * r), f)
    n.ellipse((x - 0.22 * r, y - 0.87 * r, x + 0.22 * r, y - 0.43 * r), 0)
    n.rectangle((x - 0.09 * r, y - 0.25 * r, x + 0.09 * r, y + 1.1 * r), f)
    n.rectangle((x, y + 0.6 * r, x + 0.4 * r, y + 0.74 * r), f)
    n.rectangle((x, y + 0.9 * r, x + 0.32 * r, y + 1.06 * r), f)


def leaf(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """A branch with leaves."""
    n.line((x, y + 1.1 * r, x, y - 0.8 * r), f, max(3, int(r / 14)))
    for k in range(4):
        h = y + 0.75 * r - 0.45 * r * k
        for side in (-1, 1):
            tip = (x + side * r * (0.75 - 0.1 * k), h - 0.42 * r)
            mid = (x + side * r * 0.5, h - 0.02 * r)
            n.polygon([(x, h), mid, tip, (x + side * r * 0.2, h - 0.36 * r)], f)
    n.polygon(
        [
            (x, y - 1.15 * r),
            (x + 0.15 * r, y - 0.8 * r),
            (x, y - 0.6 * r),
            (x - 0.15 * r, y - 0.8 * r),
        ],
        f,
    )


def bird(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """Wings spread."""
    for dx, dy, s in ((0, 0.1, 1.0), (-0.55, -0.65, 0.42), (0.6, -0.55, 0.34)):
        a, b, q = x + dx * r, y + dy * r, s * r
        n.polygon([(a - q, b - 0.35 * q), (a - 0.45 * q, b - 0.42 * q), (a, b - 0.05 * q),
            (a + 0.45 * q, b - 0.42 * q),
                   (a + q, b - 0.35 * q), (a + 0.5 * q, b - 0.18 * q), (a + 0.12 * q,
                   b + 0.22 * q), (a, b + 0.42 * q),
                   (a - 0.12 * q, b + 0.22 * q), (a - 0.5 * q, b - 0.18 * q)], f)  # fmt: skip


def tree(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """An oak."""
    n.polygon(
        [
            (x - 0.09 * r, y),
            (x + 0.09 * r, y),
            (x + 0.2 * r, y + 1.1 * r),
            (x - 0.2 * r, y + 1.1 * r),
        ],
        f,
    )
    for dx, dy, s in (
        (0, -0.5, 0.62),
        (-0.5, -0.1, 0.45),
        (0.5, -0.1, 0.45),
        (0.1, 0.05, 0.4),
        (-0.15, 0.05, 0.4),
    ):
        n.ellipse((x + (dx - s) * r, y + (dy - s) * r, x + (dx + s) * r, y + (dy + s) * r), f)


def eye(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """An eye with rays."""
    top = [(x + r * t / 10, y - 0.5 * r * math.cos(t / 10 * math.pi / 2)) for t in range(-10, 11)]
    low = [
        (x + r * t / 10, y + 0.5 * r * math.cos(t / 10 * math.pi / 2)) for t in range(10, -11, -1)
    ]
    n.polygon(top + low, f)
    n.ellipse((x - 0.36 * r, y - 0.36 * r, x + 0.36 * r, y + 0.36 * r), 0)
    n.ellipse((x - 0.2 * r, y - 0.2 * r, x + 0.2 * r, y + 0.2 * r), f)
    for k in range(-3, 4):
        a = -math.pi / 2 + k * 0.32
        n.line(
            (
                x + 0.75 * r * math.cos(a),
                y + 0.72 * r * math.sin(a),
                x + 1.05 * r * math.cos(a),
                y + 1.02 * r * math.sin(a),
            ),
            f,
            max(3, int(r / 14)),
        )


def hourglass(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """Sand."""
    n.rectangle((x - 0.65 * r, y - 1.1 * r, x + 0.65 * r, y - 0.95 * r), f)
    n.rectangle((x - 0.65 * r, y + 0.95 * r, x + 0.65 * r, y + 1.1 * r), f)
    n.polygon(
        [
            (x - 0.5 * r, y - 0.9 * r),
            (x + 0.5 * r, y - 0.9 * r),
            (x + 0.05 * r, y),
            (x - 0.05 * r, y),
        ],
        f,
    )
    n.polygon(
        [
            (x - 0.05 * r, y),
            (x + 0.05 * r, y),
            (x + 0.5 * r, y + 0.9 * r),
            (x - 0.5 * r, y + 0.9 * r),
        ],
        f,
    )
    n.polygon(
        [
            (x - 0.36 * r, y - 0.82 * r),
            (x + 0.36 * r, y - 0.82 * r),
            (x + 0.26 * r, y - 0.55 * r),
            (x - 0.26 * r, y - 0.55 * r),
        ],
        0,
    )


def crown(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """Five points and a band."""
    n.polygon([(x - r, y - 0.55 * r), (x - 0.5 * r, y), (x, y - 0.9 * r), (x + 0.5 * r, y),
        (x + r, y - 0.55 * r),
               (x + 0.78 * r, y + 0.55 * r), (x - 0.78 * r, y + 0.55 * r)], f)  # fmt: skip
    n.rectangle((x - 0.78 * r, y + 0.66 * r, x + 0.78 * r, y + 0.86 * r), f)
    for dx, dy in ((-1, -0.62), (0, -0.98), (1, -0.62)):
        n.ellipse(
            (x + (dx - 0.1) * r, y + (dy - 0.1) * r, x + (dx + 0.1) * r, y + (dy + 0.1) * r), f
        )


def column(n: Pen, x: float, y: float, r: float, f: int) -> None:
    """A temple front."""
    n.polygon([(x - 1.1 * r, y - 0.55 * r), (x, y - 1.15 * r), (x + 1.1 * r, y - 0.55 * r)], f)
    for k in range(4):
        a = x - 0.85 * r + 0.5 * r * k
        n.rectangle((a, y - 0.42 * r, a + 0.2 * r, y + 0.72 * r), f)
    n.rectangle((x - 1.05 * r, y + 0.8 * r, x + 1.05 * r, y + 1.0 * r), f)


STAMPS: dict[str, Stamp] = {
    "moon": moon, "compass": compass, "key": key, "leaf": leaf, "bird": bird, "tree": tree,
    "eye": eye, "hourglass": hourglass, "crown": crown, "column": column,
}  # fmt: skip
EMBLEMS = {
    "Mystery": ("key", "eye", "moon"), "Fantasy": ("crown", "moon", "tree"), "History": ("column",
    "hourglass", "crown"),
    "Biography": ("tree", "bird", "leaf"), "Philosophy": ("eye", "hourglass", "column"),
}  # fmt: skip


def emblem(sheet: Sheet, name: str, colour: RGB, back: RGB, x: float, y: float, r: float) -> None:
    """A stamp around a point of 0..1, its radius a share of the width."""
    sheet.glow(colour, x, y, r * 2.2, 0.16)
    sheet.shape(colour, lambda n, w, h: STAMPS[name](n, x * w, y * h, r * w, 255))
