"""Things of the house: pots, lamps, sound and time."""

from __future__ import annotations

import math

from .palettes import mix
from .thing import BASE, BLACK, WHITE, Thing, profile, turned


def vase(t: Thing) -> None:
    """A vase with a branch."""
    wide, neck = t.dice.uniform(0.15, 0.21), t.dice.uniform(0.05, 0.08)
    for k in range(t.dice.choice((2, 3))):
        tip = (0.5 + (k - 1) * 0.13 + t.dice.uniform(-0.03, 0.03), 0.12 + 0.05 * k)
        t.line((86, 92, 66), [(0.5, 0.44), (0.5 + (tip[0] - 0.5) * 0.4, 0.3), tip], 0.009)
        for s in range(5):
            f = 0.3 + 0.16 * s
            x, y = 0.5 + (tip[0] - 0.5) * f, 0.44 + (tip[1] - 0.44) * f
            t.oval(
                mix((110, 125, 82), t.trim, 0.15), x + (0.024 if s % 2 else -0.024), y, 0.025, 0.012
            )
    turned(t, profile([(0.4, neck * 1.25), (0.45, neck), (0.62, wide), (BASE, wide * 0.6)]))
    t.oval(t.dark, 0.5, 0.402, neck * 1.2, 0.012)


def mug(t: Thing) -> None:
    """A mug."""
    r = t.dice.uniform(0.15, 0.18)
    t.ring(t.dark, 0.5 + r, 0.64, 0.1, 0.1, 0.032)
    turned(t, profile([(0.47, r), (0.6, r * 0.99), (0.78, r * 0.96), (BASE, r * 0.8)]))
    t.oval(t.pale, 0.5, 0.47, r, 0.03)
    t.oval(mix((70, 42, 26), t.dark, 0.2), 0.5, 0.473, r * 0.9, 0.023)
    band = t.dice.choice((0.56, 0.7))
    t.box(t.pale, 0.5 - r * 0.99, band, 0.5 + r * 0.99, band + 0.018, 0.0, 0.45)


def bowl(t: Thing) -> None:
    """A bowl with fruit."""
    for x, tint in ((0.4, (214, 126, 44)), (0.52, (190, 60, 48)), (0.62, (222, 174, 62))):
        t.oval(tint, x, 0.555, 0.075, 0.075)
        t.oval(mix(tint, WHITE, 0.5), x - 0.025, 0.53, 0.02, 0.016, 0.6)
    turned(t, profile([(0.57, 0.29), (0.68, 0.26), (0.8, 0.14), (BASE, 0.1)]))
    t.oval(t.pale, 0.5, 0.57, 0.29, 0.012)


def kettle(t: Thing) -> None:
    """A kettle."""
    t.ring(t.trim, 0.5, 0.46, 0.16, 0.17, 0.026, 180, 360)
    t.smooth(
        t.dark, [(0.62, 0.62), (0.74, 0.56), (0.8, 0.46), (0.84, 0.47), (0.8, 0.6), (0.66, 0.72)]
    )
    turned(t, profile([(0.5, 0.1), (0.6, 0.19), (0.75, 0.24), (BASE, 0.22)]))
    t.oval(t.dark, 0.5, 0.5, 0.1, 0.02)
    t.oval(t.trim, 0.5, 0.475, 0.026, 0.024)


def pan(t: Thing) -> None:
    """A pan and its handle."""
    deep = t.dice.choice((0.12, 0.2))
    top = BASE - deep
    t.box(t.trim, 0.58, top + 0.02, 0.97, top + 0.055, 0.017)
    t.box(t.paint, 0.14, top, 0.66, BASE, 0.04)
    t.box(t.dark, 0.46, top + 0.01, 0.66, BASE, 0.04, 0.35)
    t.box(t.pale, 0.19, top + 0.04, 0.24, BASE - 0.03, 0.02, 0.5)
    t.oval(t.pale, 0.4, top, 0.26, 0.03)
    t.oval(mix(t.dark, BLACK, 0.3), 0.4, top + 0.004, 0.243, 0.023)


def lamp(t: Thing) -> None:
    """A table lamp."""
    t.sheet.glow((255, 226, 160), 0.5, 0.4, 0.6, 0.9)
    turned(
        Thing(t.sheet, t.trim, t.trim, t.dice),
        profile([(0.48, 0.014), (0.66, 0.018), (0.7, 0.07), (BASE, 0.11)]),
    )
    t.fill(t.paint, [(0.38, 0.22), (0.62, 0.22), (0.74, 0.5), (0.26, 0.5)])
    t.fill(
        mix(t.pale, (255, 236, 190), 0.65),
        [(0.38, 0.22), (0.62, 0.22), (0.74, 0.5), (0.26, 0.5)],
        0.55,
    )
    t.oval((255, 244, 214), 0.5, 0.5, 0.235, 0.022)


def desklamp(t: Thing) -> None:
    """A lamp with an arm."""
    t.sheet.glow((255, 226, 160), 0.7, 0.52, 0.5, 0.9)
    t.line(t.trim, [(0.36, 0.82), (0.27, 0.52), (0.55, 0.26)], 0.022)
    for x, y in ((0.27, 0.52), (0.55, 0.26)):
        t.oval(t.dark, x, y, 0.024, 0.024)
    t.fill(t.paint, [(0.52, 0.2), (0.62, 0.27), (0.8, 0.36), (0.6, 0.5)])
    t.fill(t.dark, [(0.62, 0.27), (0.8, 0.36), (0.74, 0.4)], 0.4)
    t.fill((255, 242, 205), [(0.8, 0.36), (0.6, 0.5), (0.66, 0.5), (0.82, 0.39)])
    t.box(t.paint, 0.2, 0.805, 0.54, BASE, 0.02)


def pendant(t: Thing) -> None:
    """A lamp that hangs."""
    t.line(BLACK, [(0.5, 0.0), (0.5, 0.28)], 0.008)
    t.sheet.glow((255, 226, 160), 0.5, 0.6, 0.65, 0.95)
    turned(t, profile([(0.26, 0.03), (0.33, 0.06), (0.45, 0.22), (0.56, 0.27)]))
    t.oval((255, 244, 214), 0.5, 0.56, 0.265, 0.03)
    t.oval((255, 255, 246), 0.5, 0.575, 0.06, 0.05)


def headphones(t: Thing) -> None:
    """Headphones."""
    t.ring(t.dark, 0.5, 0.5, 0.29, 0.34, 0.055, 180, 360)
    t.ring(t.trim, 0.5, 0.5, 0.275, 0.325, 0.014, 195, 345)
    for side in (-1, 1):
        x = 0.5 + side * 0.26
        t.box(t.trim, x - 0.035, 0.42, x + 0.035, 0.6, 0.03)
        t.box(t.paint, x - 0.075, 0.49, x + 0.075, 0.82, 0.07)
        t.box(
            t.dark,
            x - (0.075 if side > 0 else -0.015),
            0.5,
            x + (0.075 if side < 0 else -0.015),
            0.81,
            0.04,
            0.6,
        )
        t.box(t.pale, x - 0.05, 0.53, x - 0.03, 0.76, 0.01, 0.35)


def speaker(t: Thing) -> None:
    """A loudspeaker."""
    t.box(t.trim, 0.3, 0.2, 0.7, BASE, 0.02)
    t.box(mix(t.trim, BLACK, 0.35), 0.6, 0.2, 0.7, BASE, 0.02, 0.35)
    t.box(t.dark, 0.33, 0.23, 0.67, BASE - 0.03, 0.015)
    for y, r in ((0.36, 0.07), (0.62, 0.14)):
        t.oval(mix(t.paint, BLACK, 0.6), 0.5, y, r, r)
        t.oval(t.paint, 0.5, y, r * 0.86, r * 0.86)
        t.oval(t.dark, 0.5, y, r * 0.8, r * 0.8, 0.7)
        t.oval(t.pale, 0.5, y, r * 0.3, r * 0.3)


def radio(t: Thing) -> None:
    """A portable radio."""
    t.ring(t.dark, 0.5, 0.46, 0.2, 0.14, 0.022, 180, 360)
    t.line((150, 150, 150), [(0.78, 0.46), (0.9, 0.14)], 0.008)
    t.box(t.paint, 0.16, 0.44, 0.84, BASE, 0.05)
    t.box(t.trim, 0.2, 0.5, 0.54, BASE - 0.06, 0.02)
    for k in range(9):
        t.box(mix(t.trim, BLACK, 0.5), 0.225, 0.525 + 0.028 * k, 0.515, 0.533 + 0.028 * k, 0.003)
    t.oval(mix(t.pale, WHITE, 0.4), 0.69, 0.6, 0.085, 0.085)
    t.line((190, 60, 45), [(0.69, 0.6), (0.735, 0.54)], 0.009)
    for x in (0.63, 0.75):
        t.oval(t.dark, x, 0.75, 0.028, 0.028)


def watch(t: Thing) -> None:
    """A wrist watch, seen from above."""
    t.box(t.paint, 0.4, 0.08, 0.6, 0.9, 0.03)
    t.box(t.dark, 0.53, 0.08, 0.6, 0.9, 0.03, 0.4)
    for k in range(4):
        t.oval(t.dark, 0.5, 0.74 + 0.04 * k, 0.008, 0.008)
    t.box(t.trim, 0.69, 0.47, 0.735, 0.525, 0.01)
    t.oval(t.trim, 0.5, 0.5, 0.215, 0.215)
    t.oval(mix(t.trim, WHITE, 0.45), 0.49, 0.49, 0.2, 0.2, 0.6)
    face = t.dice.choice(((244, 240, 230), (28, 32, 42), t.pale))
    ink = BLACK if sum(face) > 380 else WHITE
    t.oval(face, 0.5, 0.5, 0.18, 0.18)
    for k in range(12):
        a = math.pi * k / 6
        c, s = math.cos(a), math.sin(a)
        near = 0.14 if k % 3 else 0.125
        t.line(ink, [(0.5 + near * c, 0.5 + near * s), (0.5 + 0.163 * c, 0.5 + 0.163 * s)], 0.01)
    t.line(ink, [(0.5, 0.5), (0.42, 0.445)], 0.016)
    t.line(ink, [(0.5, 0.5), (0.572, 0.4)], 0.011)
    t.line((200, 60, 45), [(0.485, 0.53), (0.53, 0.37)], 0.005)
    t.oval(ink, 0.5, 0.5, 0.013, 0.013)
