"""Scenes with a light and somebody in it."""

from __future__ import annotations

import math
from random import Random

from .canvas import Sheet
from .landscapes import ridge
from .palettes import Palette, mix
from .silhouettes import balloon, boat_on_cloud, figure, pair, stranger


def door(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """A figure before a door full of light."""
    half, top = dice.uniform(0.1, 0.16), ground - dice.uniform(0.32, 0.42)
    sheet.glow(p[4], 0.5, (top + ground) / 2, 0.75, 0.6)
    sheet.polygon(
        mix(p[4], p[3], 0.45),
        [(0.5 - half, top), (0.5 + half, top), (0.5 + half, ground), (0.5 - half, ground)],
    )
    sheet.polygon(
        mix(p[4], p[1], 0.35),
        [(0.5 - half, ground), (0.5 + half, ground), (0.5 + 2.6 * half, 1), (0.5 - 2.6 * half, 1)],
        0.6,
    )
    figure(sheet, p[0], 0.5, ground + 0.05, 0.26)
    sheet.polygon(p[0], [(0.47, ground + 0.05), (0.53, ground + 0.05), (0.62, 1), (0.38, 1)], 0.55)


def blinds(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """Light through slats on a hat and a shoulder."""
    slats = 15
    for i in range(slats):
        y = 0.02 + i * ground / slats
        sheet.polygon(
            mix(p[2], p[4], 0.35),
            [(0, y + 0.03), (1, y - 0.03), (1, y - 0.012), (0, y + 0.048)],
            0.5,
        )
    stranger(sheet, p, dice.uniform(0.4, 0.6), ground)


def rays(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """Bands of colour from one point, and what stands before them."""
    n = dice.choice((10, 12, 14))
    x, y = 0.5, ground - 0.1
    for i in range(n):
        a, b = 2 * math.pi * i / n, 2 * math.pi * (i + 0.5) / n
        sheet.polygon(
            p[2],
            [
                (x, y),
                (x + 2 * math.cos(a), y + 2 * math.sin(a)),
                (x + 2 * math.cos(b), y + 2 * math.sin(b)),
            ],
            0.75,
        )
    sheet.disc(p[4], x, y, 0.27)
    sheet.disc(mix(p[4], p[3], 0.5), x, y, 0.21)
    dice.choice((balloon, boat_on_cloud, pair))(sheet, p, x, y)


def rings(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """Two circles that overlap."""
    t = sheet.width / sheet.height
    y, r = ground - 0.17, dice.uniform(0.22, 0.27)
    sheet.glow(p[3], 0.5, y, 0.8, 0.45)
    sheet.disc(p[4], 0.5 - r * 0.55, y, r, 0.9)
    sheet.disc(p[2], 0.5 + r * 0.55, y, r, 0.82)
    figure(sheet, p[0], 0.5 - 0.06, y + r * t, 0.42 * t)
    figure(sheet, p[0], 0.5 + 0.06, y + r * t, 0.39 * t)


def lighthouse(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """A tower and its beam over the water."""
    x = dice.choice((0.3, 0.7))
    away = 1 if x < 0.5 else -1
    top = ground - 0.34
    sheet.polygon(
        p[3], [(x, top), (x + away * 1.0, top - 0.12), (x + away * 1.0, top + 0.12)], 0.35
    )
    sheet.glow(p[4], x, top, 0.3, 0.9)
    sheet.polygon(
        mix(p[3], p[1], 0.15),
        [
            (x - 0.035, top + 0.03),
            (x + 0.035, top + 0.03),
            (x + 0.06, ground + 0.05),
            (x - 0.06, ground + 0.05),
        ],
    )
    for k in range(2):
        y = top + 0.09 + 0.13 * k
        sheet.polygon(
            p[4],
            [
                (x - 0.041 - 0.009 * k, y),
                (x + 0.041 + 0.009 * k, y),
                (x + 0.046 + 0.01 * k, y + 0.06),
                (x - 0.046 - 0.01 * k, y + 0.06),
            ],
        )
    sheet.polygon(
        p[0],
        [
            (x - 0.045, top + 0.03),
            (x + 0.045, top + 0.03),
            (x + 0.03, top - 0.02),
            (x, top - 0.055),
            (x - 0.03, top - 0.02),
        ],
    )
    sheet.disc(p[4], x, top + 0.005, 0.016)
    ridge(sheet, p[0], dice, ground + 0.04, 0.03)


def stairs(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """Steps that climb into a moon."""
    sheet.glow(p[2], 0.72, ground - 0.32, 0.6, 0.8)
    sheet.disc(mix(p[3], p[4], 0.15), 0.72, ground - 0.32, 0.16)
    n = 9
    steps: list[tuple[float, float]] = [(0.0, ground + 0.16)]
    for i in range(n):
        x, y = i / n, ground + 0.12 - 0.04 * i
        steps += [(x, y), (x + 1 / n, y)]
    sheet.polygon(p[0], [*steps, (1, 1), (0, 1)])
    i = dice.choice((3, 4, 5))
    figure(sheet, p[0], (i + 0.5) / n, ground + 0.125 - 0.04 * i, 0.15)
