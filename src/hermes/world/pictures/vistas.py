"""More places: dunes, castles, bridges, trains, whales, and the signs of a few trades."""

from __future__ import annotations

import math
from random import Random

from .canvas import Sheet
from .landscapes import ridge, stars
from .palettes import Palette, mix
from .silhouettes import boat


def dunes(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """Sand under a large sun, one side of each dune in shade."""
    x = dice.uniform(0.3, 0.7)
    sheet.glow(p[4], x, ground - 0.2, 0.8, 0.6)
    sheet.disc(mix(p[4], p[3], 0.45), x, ground - 0.2, dice.uniform(0.14, 0.2))
    for i in range(3):
        crest, y = dice.uniform(0.2, 0.8), ground - 0.03 + 0.11 * i
        lit, dark = mix(p[2], p[1], i / 3), mix(p[1], p[0], 0.3 + i / 4)
        left, right = y + dice.uniform(0.06, 0.12), y + dice.uniform(0.05, 0.12)
        sheet.polygon(lit, [(-0.1, left), (crest, y), (1.1, right), (1.1, 1.1), (-0.1, 1.1)])
        foot = crest + dice.uniform(-0.25, -0.1)
        sheet.polygon(dark, [(crest, y), (1.1, right), (1.1, 1.1), (foot, 1.1)], 0.75)


def castle(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """Towers on a rock, a few windows lit."""
    stars(sheet, p[3], dice, 60, ground)
    sheet.glow(p[3], 0.5, ground - 0.2, 0.75, 0.6)
    sheet.disc(mix(p[3], p[4], 0.2), dice.choice((0.3, 0.68)), ground - 0.3, 0.15)
    t = sheet.width / sheet.height
    for dx, wide, tall in (
        (-0.2, 0.07, 0.2),
        (0.17, 0.08, 0.26),
        (-0.05, 0.1, 0.34),
        (0.06, 0.06, 0.42),
    ):
        x, top = 0.5 + dx, ground + 0.04 - tall * t * 1.35
        wall = [
            (x - wide, ground + 0.1),
            (x - wide, top),
            (x + wide, top),
            (x + wide, ground + 0.1),
        ]
        sheet.polygon(mix(p[0], p[1], 0.12 + dx * dx * 6), wall)
        roof = [(x - wide * 1.2, top), (x, top - wide * 2.6 * t), (x + wide * 1.2, top)]
        sheet.polygon(mix(p[1], p[0], 0.35), roof)
        y = top + 0.07 * t
        light = [
            (x - 0.012, y),
            (x + 0.012, y),
            (x + 0.012, y + 0.045 * t),
            (x - 0.012, y + 0.045 * t),
        ]
        sheet.polygon(p[4], light)
    hill = [(0, ground + 0.2), (0.2, ground + 0.08), (0.5, ground), (0.8, ground + 0.09)]
    sheet.polygon(p[0], [*hill, (1, ground + 0.18), (1, 1), (0, 1)])
    ridge(sheet, mix(p[0], p[1], 0.15), dice, ground + 0.18, 0.05)


def bridge(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """A hanging bridge in the haze."""
    sheet.glow(p[4], dice.uniform(0.3, 0.7), ground, 0.8, 0.55)
    ridge(sheet, mix(p[1], p[2], 0.4), dice, ground - 0.03, 0.06)
    sheet.polygon(mix(p[1], p[0], 0.45), [(0, ground + 0.09), (1, ground + 0.09), (1, 1), (0, 1)])
    deck, left, right = ground + 0.02, 0.24, 0.76
    top = deck - 0.3
    for a, b in ((-0.28, left), (left, right), (right, 1.28)):
        rope = [
            (a + (b - a) * k / 16, top + (deck - 0.02 - top) * (1 - (2 * k / 16 - 1) ** 2))
            for k in range(17)
        ]
        sheet.line(p[0], rope, 0.006)
        for x, y in rope[1:-1]:
            sheet.line(p[0], [(x, y), (x, deck)], 0.003)
    for x in (left, right):
        sheet.polygon(
            p[0], [(x - 0.02, top - 0.02), (x + 0.02, top - 0.02), (x + 0.026, 1), (x - 0.026, 1)]
        )
    sheet.polygon(p[0], [(0, deck), (1, deck), (1, deck + 0.022), (0, deck + 0.022)])
    for k in range(9):
        sheet.disc(p[4], 0.05 + 0.112 * k, deck - 0.012, 0.006)


def train(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """A night train with lit windows before the hills."""
    stars(sheet, p[3], dice, 70, ground)
    sheet.glow(p[3], 0.7, ground - 0.25, 0.6, 0.5)
    for i in range(2):
        ridge(sheet, mix(p[2], p[0], 0.35 + 0.3 * i), dice, ground - 0.12 + 0.07 * i, 0.12)
    t = sheet.width / sheet.height
    y, tall = ground + 0.02, 0.11 * t
    for k in range(3):
        x = -0.1 + 0.34 * k
        last = k == 2
        sheet.box(p[1], (x, y - tall, x + 0.325, y), 0.03 if last else 0.012)
        sheet.box(p[4], (x, y - tall * 0.28, x + 0.325, y - tall * 0.18), 0.0)
        for j in range(5 - last):
            a = x + 0.03 + 0.058 * j
            sheet.box(mix(p[4], p[3], 0.6), (a, y - tall * 0.82, a + 0.04, y - tall * 0.42), 0.006)
    sheet.polygon(p[3], [(0.9, y - tall * 0.4), (1.2, y - tall * 1.2), (1.2, y + tall * 0.4)], 0.4)
    sheet.polygon(p[0], [(0, y), (1, y), (1, 1), (0, 1)])
    sheet.line(mix(p[2], p[3], 0.3), [(0, y + 0.008), (1, y + 0.008)], 0.005)


def whale(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """A very large whale below a very small boat."""
    t = sheet.width / sheet.height
    sea = ground - 0.2
    sheet.disc(mix(p[4], p[3], 0.3), 0.7, sea - 0.14, 0.1)
    sheet.polygon(mix(p[1], p[2], 0.25), [(0, sea), (1, sea), (1, 1), (0, 1)])
    boat(sheet, p[0], 0.42, sea - 0.005, 0.075)
    y = sea + 0.23 * t
    body = [
        (
            0.5 - 0.36 * math.cos(k / 20 * math.pi),
            y - (0.13 if k else 0) * t * math.sin(k / 20 * math.pi),
        )
        for k in range(21)
    ]
    belly = [
        (0.5 + 0.36 * math.cos(k / 20 * math.pi), y + 0.15 * t * math.sin(k / 20 * math.pi))
        for k in range(21)
    ]
    sheet.polygon(p[0], body + belly)
    tail = [
        (0.82, y),
        (0.95, y - 0.16 * t),
        (0.985, y - 0.08 * t),
        (0.93, y - 0.04 * t),
        (0.99, y + 0.03 * t),
    ]
    sheet.polygon(p[0], [*tail, (0.93, y + 0.05 * t), (0.8, y + 0.06 * t)])
    pale = [(x, yy + 0.005) for x, yy in belly[5:20]]
    sheet.polygon(mix(p[3], p[2], 0.3), [*pale, (0.2, y + 0.05 * t), (0.5, y + 0.09 * t)], 0.8)
    sheet.disc(p[3], 0.24, y - 0.02 * t, 0.012)
    for _ in range(5):
        sheet.disc(p[3], dice.uniform(0.1, 0.9), dice.uniform(sea + 0.03, y + 0.2 * t), 0.008, 0.5)


def network(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """Points and what joins them."""
    places = [(dice.uniform(0.06, 0.94), dice.uniform(0.08, ground + 0.05)) for _ in range(26)]
    t = sheet.height / sheet.width
    for i, (x, y) in enumerate(places):
        near = sorted(places, key=lambda q: (q[0] - x) ** 2 + ((q[1] - y) * t) ** 2)[1:4]
        for a, b in near:
            sheet.line(mix(p[2], p[3], 0.3), [(x, y), (a, b)], 0.004, 0.55)
        if i % 7 == 0:
            sheet.glow(p[4], x, y, 0.16, 0.7)
    for i, (x, y) in enumerate(places):
        big = i % 7 == 0
        sheet.disc(p[4] if big else p[3], x, y, 0.028 if big else dice.uniform(0.008, 0.016))


def lanes(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """A running track from above, and who leads."""
    back = mix(p[2], p[1], 0.3)
    sheet.polygon(back, [(0, 0), (1, 0), (1, 1), (0, 1)], 0.85)
    x, y = dice.choice((0.0, 1.0)), 1.0
    t = sheet.width / sheet.height
    for k in range(7):
        r = 1.12 - 0.12 * k
        sheet.disc(p[4] if k % 2 else mix(p[4], p[3], 0.18), x, y, r)
        sheet.arc(p[3], (x - r, y - r * t, x + r, y + r * t), 180, 360, 0.006)
    sheet.disc(p[1], x, y, 0.28)
    for k in range(6):
        a = math.radians(dice.uniform(28, 62))
        r = 1.06 - 0.12 * k
        side = 1 if x == 0 else -1
        sheet.disc(p[0], x + side * r * math.cos(a), y - r * t * math.sin(a), 0.022)


def plate(sheet: Sheet, p: Palette, dice: Random, ground: float) -> None:
    """A plate with knife and fork, from above."""
    y = ground - 0.24
    t = sheet.width / sheet.height
    for k in range(8):
        stripe = [(k / 8, 0), (k / 8 + 0.0625, 0), (k / 8 + 0.0625, 1), (k / 8, 1)]
        sheet.polygon(mix(p[2], p[3], 0.25), stripe, 0.35)
    sheet.shadow((0.18, y - 0.34 * t, 0.9, y + 0.5 * t), 0.5)
    for r, tint in ((0.29, p[3]), (0.27, mix(p[3], p[2], 0.12)), (0.2, p[3])):
        sheet.disc(tint, 0.5, y, r)
    for k in range(7):
        a = 2 * math.pi * k / 7 + dice.random()
        tint = (p[4], p[1], p[2])[k % 3]
        sheet.disc(
            tint, 0.5 + 0.1 * math.cos(a), y + 0.1 * t * math.sin(a), dice.uniform(0.035, 0.06)
        )
    sheet.disc(p[4], 0.5, y, 0.055)
    sheet.box(p[0], (0.13, y - 0.06 * t, 0.155, y + 0.3 * t), 0.012)
    for k in range(3):
        a = 0.112 + 0.026 * k
        sheet.box(p[0], (a, y - 0.26 * t, a + 0.012, y - 0.03 * t), 0.006)
    sheet.box(p[0], (0.845, y - 0.28 * t, 0.88, y + 0.02 * t), 0.017)
    sheet.box(p[0], (0.85, y - 0.02 * t, 0.873, y + 0.3 * t), 0.011)
