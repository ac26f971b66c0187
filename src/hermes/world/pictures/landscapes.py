"""Landscapes: hills, towns, water, woods and skies."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from .canvas import Pen, Sheet
from .palettes import RGB, Palette, mix
from .silhouettes import boat, figure


def ridge(
    sheet: Sheet, colour: RGB, dice: Random, y: float, rough: float, alpha: float = 1.0
) -> None:
    """A line of hills across the sheet, and everything below it."""
    heights = [0.0, 0.0]
    for depth in range(6):
        jitter = rough / 1.9**depth
        heights = [
            v for a, b in pairwise(heights)
            for v in (a, (a + b) / 2 + dice.uniform(-jitter, jitter))
        ] + [heights[-1]]  # fmt: skip
    n = len(heights) - 1
    line = [(i / n, y + h) for i, h in enumerate(heights)]
    sheet.polygon(colour, [*line, (1, 1.01), (0, 1.01)], alpha)


def stars(sheet: Sheet, colour: RGB, dice: Random, n: int, low: float) -> None:
    """Points of light above `low`."""
    places = [(dice.random(), dice.random() * low, dice.choice((1, 1, 2, 3))) for _ in range(n)]

    def draw(pen: Pen, w: int, h: int) -> None:
        for x, y, r in places:
            pen.ellipse((x * w, y * h, x * w + r, y * h + r), 255)

    sheet.shape(colour, draw, 0.8)


def mountains(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """A low sun behind ridge after ridge."""
    x, y = dice.uniform(0.25, 0.75), ground - dice.uniform(0.1, 0.22)
    sheet.glow(p[3], x, y, 0.75, 0.75)
    sheet.disc(mix(p[4], p[3], 0.35), x, y, dice.uniform(0.11, 0.19))
    for i in range(4):
        tint = mix(mix(p[2], p[3], 0.25), p[0], (i + 0.6) / 4)
        ridge(sheet, tint, dice, ground - 0.1 + 0.09 * i, 0.12 - 0.015 * i)


def city(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """Towers at night, some windows lit."""
    sheet.glow(p[4], dice.uniform(0.2, 0.8), ground, 0.8, 0.55)
    for layer, depth in enumerate((0.35, 0.9)):
        tint, x = mix(p[1], p[0], depth), -0.03
        blocks = []
        while x < 1.0:
            wide = dice.uniform(0.06, 0.14)
            blocks.append((x, ground - dice.uniform(0.05, 0.34 - 0.1 * layer), x + wide))
            x += wide + dice.choice((0.0, 0.0, 0.015))

        def walls(
            pen: Pen, w: int, h: int, blocks: list[tuple[float, float, float]] = blocks
        ) -> None:
            for left, top, right in blocks:
                pen.rectangle((left * w, top * h, right * w, h), 255)
                if right - left < 0.085:
                    mid = (left + right) / 2 * w
                    pen.line((mid, (top - 0.06) * h, mid, top * h), 255, 3)

        sheet.shape(tint, walls)
        lit = [
            (x0 + 0.012 + 0.022 * i, y0 + 0.02 + 0.024 * j)
            for x0, y0, x1 in blocks
            for i in range(int((x1 - x0 - 0.012) / 0.022))
            for j in range(12)
            if dice.random() < 0.16 + 0.12 * layer
        ]

        def windows(pen: Pen, w: int, h: int, lit: list[tuple[float, float]] = lit) -> None:
            for a, b in lit:
                pen.rectangle((a * w, b * h, (a + 0.009) * w, (b + 0.011) * h), 255)

        sheet.shape(mix(p[4], p[3], 0.4), windows, 0.45 + 0.4 * layer)


def sea(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """The moon, its path on the water, and a boat."""
    x = dice.uniform(0.3, 0.7)
    sheet.glow(p[3], x, ground - 0.2, 0.6, 0.6)
    sheet.disc(p[3], x, ground - 0.2, dice.uniform(0.08, 0.15))
    sheet.polygon(mix(p[0], p[1], 0.55), [(0, ground), (1, ground), (1, 1), (0, 1)])
    bars = [(ground + 0.008 + 0.022 * i, dice.uniform(0.05, 0.1) + 0.012 * i) for i in range(14)]

    def path(pen: Pen, w: int, h: int) -> None:
        for y, half in bars:
            shift = dice.uniform(-0.02, 0.02)
            pen.rectangle(((x + shift - half) * w, y * h, (x + shift + half) * w, y * h + 4), 255)

    sheet.shape(mix(p[3], p[4], 0.3), path, 0.55)
    at = x + dice.choice((-0.22, 0.2))
    boat(sheet, p[0], at, ground + 0.03, 0.09)


def forest(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """Firs in fog, the nearer the darker."""
    sheet.glow(p[3], dice.uniform(0.25, 0.75), ground - 0.25, 0.55, 0.7)
    for layer in range(3):
        tint = mix(mix(p[2], p[3], 0.2), p[0], (layer + 0.5) / 2.6)
        base = ground - 0.02 + 0.11 * layer
        trees = [
            (
                dice.random(),
                base + dice.uniform(-0.02, 0.02),
                dice.uniform(0.1, 0.24) + 0.05 * layer,
            )
            for _ in range(16 - 3 * layer)
        ]

        def firs(pen: Pen, w: int, h: int, trees: list[tuple[float, float, float]] = trees) -> None:
            for x, y, tall in trees:
                for k in range(5):
                    top, wide = y - tall * (1 - 0.17 * k), tall * (0.09 + 0.055 * k)
                    low = top + tall * 0.3
                    pen.polygon(
                        [(x * w, top * h), ((x + wide) * w, low * h), ((x - wide) * w, low * h)],
                        255,
                    )

        sheet.shape(tint, firs)
        ridge(sheet, tint, dice, base + 0.02, 0.02)
        if layer < 2:
            sheet.shade(mix(p[3], p[2], 0.5), True, 0.28, 1 - base + 0.15)


def space(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """A planet, its ring or its moon."""
    stars(sheet, p[3], dice, 130, 1.0)
    x, y, r = dice.uniform(0.3, 0.7), ground - dice.uniform(0.18, 0.3), dice.uniform(0.2, 0.33)
    sheet.glow(p[2], x, y, r * 2.1, 0.8)
    sheet.disc(p[2], x, y, r)
    turn = r * sheet.width / sheet.height
    sheet.disc(mix(p[2], p[3], 0.45), x - r * 0.16, y - turn * 0.16, r * 0.78, 0.55)
    sheet.disc(mix(p[2], p[3], 0.8), x - r * 0.28, y - turn * 0.28, r * 0.46, 0.5)
    if dice.random() < 0.6:
        box = (x - 1.75 * r, y - 0.3 * turn, x + 1.75 * r, y + 0.3 * turn)

        def ring(pen: Pen, w: int, h: int) -> None:
            pen.arc((box[0] * w, box[1] * h, box[2] * w, box[3] * h), -18, 198, 255, 9)

        sheet.shape(p[4], ring)
    else:
        sheet.disc(p[4], x + r * 1.15, y - turn * 0.75, r * 0.2)


def house(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """One lit window on a hill under a thin moon."""
    stars(sheet, p[3], dice, 60, ground)
    mx = dice.uniform(0.2, 0.8)
    sheet.glow(p[3], mx, ground - 0.36, 0.35, 0.5)
    sheet.disc(mix(p[3], p[4], 0.2), mx, ground - 0.36, 0.09)
    ridge(sheet, mix(p[1], p[0], 0.5), dice, ground, 0.05)
    x, y = dice.uniform(0.35, 0.65), ground + 0.02
    sheet.polygon(p[0], [(x - 0.1, y), (x - 0.1, y - 0.1), (x - 0.13, y - 0.1), (x, y - 0.19),
                         (x + 0.13, y - 0.1), (x + 0.1, y - 0.1), (x + 0.1, y)])  # fmt: skip
    sheet.polygon(
        p[0], [(x + 0.05, y - 0.22), (x + 0.08, y - 0.22), (x + 0.08, y - 0.1), (x + 0.05, y - 0.1)]
    )
    sheet.glow(p[4], x, y - 0.055, 0.16, 0.8)
    sheet.polygon(
        p[4],
        [
            (x - 0.025, y - 0.08),
            (x + 0.025, y - 0.08),
            (x + 0.025, y - 0.03),
            (x - 0.025, y - 0.03),
        ],
    )
    ridge(sheet, p[0], dice, ground + 0.07, 0.05)


def road(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """A road that runs to the sun."""
    sheet.glow(p[4], 0.5, ground, 0.85, 0.8)
    r = dice.uniform(0.2, 0.3)
    sheet.disc(mix(p[4], p[3], 0.3), 0.5, ground - 0.03, r)
    sheet.polygon(mix(p[1], p[0], 0.35), [(0, ground), (1, ground), (1, 1), (0, 1)])
    sheet.polygon(p[0], [(0.485, ground), (0.515, ground), (0.95, 1), (0.05, 1)])
    for k in range(7):
        a, b = (k / 7) ** 2, ((k + 0.5) / 7) ** 2
        y0, y1 = ground + a * (1 - ground), ground + b * (1 - ground)
        sheet.polygon(
            p[3],
            [
                (0.5 - 0.02 * a, y0),
                (0.5 + 0.02 * a, y0),
                (0.5 + 0.02 * b, y1),
                (0.5 - 0.02 * b, y1),
            ],
            0.8,
        )
    figure(sheet, p[0], 0.5 + dice.uniform(-0.02, 0.02), ground + 0.05, 0.13)
