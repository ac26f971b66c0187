"""Things to carry, sit on, write with, camp with and play with."""

from __future__ import annotations

from .palettes import mix
from .thing import BASE, BLACK, WHITE, Thing, profile, turned

CREAM = (240, 234, 220)


def backpack(t: Thing) -> None:
    """A backpack."""
    t.ring(t.dark, 0.5, 0.22, 0.06, 0.06, 0.022, 180, 360)
    for x in (0.24, 0.76):
        t.box(t.dark, x - 0.05, 0.5, x + 0.05, 0.82, 0.04)
    t.box(t.paint, 0.26, 0.2, 0.74, BASE, 0.13)
    t.box(t.dark, 0.62, 0.24, 0.74, BASE - 0.02, 0.08, 0.3)
    t.box(t.dark, 0.3, 0.52, 0.7, 0.81, 0.06)
    t.box(mix(t.paint, WHITE, 0.1), 0.305, 0.525, 0.695, 0.8, 0.055)
    t.box(t.trim, 0.31, 0.575, 0.69, 0.588, 0.005)
    t.box(t.trim, 0.28, 0.38, 0.72, 0.395, 0.005)
    for x in (0.37, 0.6):
        t.box(t.trim, x, 0.39, x + 0.03, 0.6, 0.01)
    t.box(CREAM, 0.46, 0.29, 0.54, 0.335, 0.01)


def tote(t: Thing) -> None:
    """A bag with two handles."""
    t.ring(t.dark, 0.5, 0.44, 0.14, 0.25, 0.024, 180, 360)
    t.ring(t.trim, 0.5, 0.46, 0.15, 0.24, 0.024, 180, 360)
    t.fill(t.paint, [(0.2, 0.44), (0.8, 0.44), (0.76, BASE), (0.24, BASE)])
    t.fill(t.dark, [(0.66, 0.44), (0.8, 0.44), (0.76, BASE), (0.68, BASE)], 0.3)
    t.fill(t.trim, [(0.228, 0.72), (0.772, 0.72), (0.76, BASE), (0.24, BASE)])
    t.fill(t.pale, [(0.2, 0.44), (0.8, 0.44), (0.798, 0.465), (0.202, 0.465)], 0.6)
    t.box(CREAM, 0.46, 0.54, 0.54, 0.6, 0.01)


def chair(t: Thing) -> None:
    """A chair from the front side."""
    for a, b in (
        ((0.34, 0.55), (0.28, BASE)),
        ((0.68, 0.55), (0.74, BASE)),
        ((0.4, 0.5), (0.38, 0.79)),
        ((0.63, 0.5), (0.66, 0.79)),
    ):
        t.line(t.trim, [a, b], 0.026)
    t.box(t.trim, 0.33, 0.14, 0.36, 0.58, 0.012)
    t.box(t.trim, 0.65, 0.14, 0.68, 0.58, 0.012)
    t.box(t.paint, 0.33, 0.16, 0.68, 0.4, 0.05)
    t.box(t.pale, 0.36, 0.18, 0.4, 0.37, 0.02, 0.4)
    t.smooth(
        t.paint,
        [(0.29, 0.53), (0.36, 0.49), (0.65, 0.49), (0.73, 0.53), (0.71, 0.59), (0.31, 0.59)],
    )
    t.smooth(t.dark, [(0.29, 0.55), (0.5, 0.575), (0.73, 0.55), (0.71, 0.595), (0.31, 0.595)], 0.6)


def stool(t: Thing) -> None:
    """A high stool."""
    for top, low in ((0.4, 0.3), (0.6, 0.7), (0.47, 0.45), (0.53, 0.56)):
        t.line(t.trim, [(top, 0.34), (low, BASE)], 0.024)
    t.line(t.dark, [(0.345, 0.65), (0.655, 0.65)], 0.016)
    t.oval(t.dark, 0.5, 0.335, 0.19, 0.05)
    t.oval(t.paint, 0.5, 0.31, 0.19, 0.05)
    t.oval(t.pale, 0.46, 0.3, 0.1, 0.02, 0.5)


def table(t: Thing) -> None:
    """A small round table with a book."""
    for top, low in ((0.36, 0.27), (0.64, 0.73), (0.5, 0.5)):
        t.line(t.trim, [(top, 0.46), (low, BASE)], 0.026)
    t.oval(t.dark, 0.5, 0.455, 0.31, 0.06)
    t.oval(t.paint, 0.5, 0.43, 0.31, 0.06)
    t.oval(t.pale, 0.44, 0.42, 0.18, 0.025, 0.4)
    t.box(CREAM, 0.42, 0.385, 0.6, 0.42, 0.006)
    t.box((160, 74, 56), 0.415, 0.37, 0.605, 0.39, 0.006)


def tent(t: Thing) -> None:
    """A tent with its door open."""
    t.fill(t.paint, [(0.4, 0.3), (0.62, 0.33), (0.95, BASE), (0.62, BASE)])
    t.fill(t.dark, [(0.4, 0.3), (0.62, 0.33), (0.95, BASE), (0.62, BASE)], 0.65)
    t.fill(t.paint, [(0.4, 0.3), (0.62, BASE), (0.08, BASE)])
    t.fill(t.pale, [(0.4, 0.3), (0.2, BASE), (0.08, BASE)], 0.35)
    t.fill(mix(t.dark, BLACK, 0.55), [(0.4, 0.43), (0.5, BASE), (0.27, BASE)])
    t.fill((255, 214, 130), [(0.4, 0.56), (0.455, BASE), (0.32, BASE)], 0.5)
    t.fill(t.trim, [(0.4, 0.43), (0.27, BASE), (0.24, BASE), (0.33, 0.66)])
    t.line(CREAM, [(0.4, 0.3), (0.03, 0.85)], 0.005)
    t.line(CREAM, [(0.62, 0.33), (0.985, 0.85)], 0.005)


def lantern(t: Thing) -> None:
    """A camp lantern."""
    t.sheet.glow((255, 214, 130), 0.5, 0.55, 0.55, 0.9)
    t.ring(t.dark, 0.5, 0.34, 0.15, 0.17, 0.015, 180, 360)
    t.box((255, 236, 184), 0.39, 0.4, 0.61, 0.72, 0.04)
    t.oval((255, 252, 232), 0.5, 0.57, 0.05, 0.09)
    for x in (0.385, 0.49, 0.6):
        t.box(t.trim, x, 0.39, x + 0.016, 0.73, 0.006)
    turned(t, profile([(0.28, 0.05), (0.34, 0.12), (0.4, 0.15)]))
    turned(t, profile([(0.71, 0.15), (0.76, 0.15), (BASE, 0.17)]))


def bottle(t: Thing) -> None:
    """A drinking bottle."""
    turned(t, profile([(0.3, 0.07), (0.36, 0.12), (0.5, 0.125), (0.8, 0.125), (BASE, 0.115)]))
    turned(
        Thing(t.sheet, t.trim, t.trim, t.dice), profile([(0.19, 0.06), (0.22, 0.068), (0.3, 0.068)])
    )
    t.ring(t.trim, 0.5, 0.17, 0.045, 0.05, 0.018, 180, 360)
    t.box(t.pale, 0.376, 0.56, 0.624, 0.575, 0.0, 0.6)
    t.box(t.pale, 0.376, 0.6, 0.624, 0.606, 0.0, 0.6)


def notebook(t: Thing) -> None:
    """A notebook, leaning, and a pencil."""
    t.fill(CREAM, [(0.35, 0.2), (0.76, 0.17), (0.79, 0.81), (0.38, BASE)])
    t.fill(t.dark, [(0.28, 0.21), (0.345, 0.2), (0.375, BASE), (0.31, 0.85)])
    t.fill(t.paint, [(0.33, 0.2), (0.735, 0.175), (0.765, 0.815), (0.36, BASE)])
    t.fill(t.pale, [(0.33, 0.2), (0.42, 0.195), (0.45, 0.835), (0.36, BASE)], 0.25)
    t.fill(t.trim, [(0.675, 0.179), (0.695, 0.178), (0.725, 0.818), (0.705, 0.82)])
    t.fill(CREAM, [(0.45, 0.34), (0.6, 0.332), (0.604, 0.42), (0.454, 0.428)])
    t.fill(mix(t.paint, BLACK, 0.3), [(0.475, 0.372), (0.58, 0.366), (0.581, 0.374), (0.476, 0.38)])
    t.line(t.trim, [(0.14, 0.8), (0.27, 0.34)], 0.022)
    t.fill(CREAM, [(0.259, 0.343), (0.281, 0.348), (0.28, 0.305)])


def pen(t: Thing) -> None:
    """A pen across a sheet of paper."""
    t.fill((250, 247, 240), [(0.2, 0.3), (0.78, 0.24), (0.86, 0.8), (0.26, 0.86)])
    for k in range(6):
        y = 0.38 + 0.066 * k
        t.line((206, 204, 200), [(0.27 + 0.01 * k, y), (0.74 + 0.01 * k, y - 0.05)], 0.004)
    t.smooth(
        mix(t.paint, BLACK, 0.2),
        [
            (0.33, 0.42),
            (0.38, 0.4),
            (0.42, 0.44),
            (0.47, 0.4),
            (0.47, 0.41),
            (0.42, 0.455),
            (0.38, 0.415),
            (0.335, 0.43),
        ],
    )
    t.line((190, 184, 174), [(0.345, 0.74), (0.83, 0.33)], 0.03)
    t.line(t.paint, [(0.42, 0.665), (0.85, 0.3)], 0.05)
    t.line(t.pale, [(0.425, 0.65), (0.84, 0.295)], 0.012)
    t.line(t.trim, [(0.42, 0.665), (0.445, 0.644)], 0.054)
    t.line(t.trim, [(0.62, 0.495), (0.635, 0.482)], 0.054)
    t.line(t.trim, [(0.68, 0.425), (0.83, 0.297)], 0.014)
    t.fill(t.trim, [(0.43, 0.68), (0.4, 0.645), (0.31, 0.77)])
    t.line(BLACK, [(0.35, 0.72), (0.31, 0.77)], 0.006)


def blocks(t: Thing) -> None:
    """A little castle of blocks."""
    tints = [t.paint, t.trim, (222, 106, 74), (80, 142, 160), (238, 190, 84)]
    t.dice.shuffle(tints)
    for k, (x, y) in enumerate(
        ((0.24, 0.66), (0.42, 0.66), (0.6, 0.66), (0.33, 0.48), (0.51, 0.48))
    ):
        tint = tints[k % 5]
        t.box(tint, x, y, x + 0.175, y + 0.175, 0.012)
        t.box(mix(tint, BLACK, 0.4), x + 0.13, y, x + 0.175, y + 0.175, 0.012, 0.35)
        t.oval(mix(tint, WHITE, 0.5), x + 0.075, y + 0.09, 0.035, 0.035, 0.7)
    t.fill(tints[2], [(0.42, 0.475), (0.6, 0.475), (0.51, 0.3)])
    t.fill(mix(tints[2], BLACK, 0.4), [(0.54, 0.475), (0.6, 0.475), (0.51, 0.3)], 0.4)


def rings(t: Thing) -> None:
    """Rings on a peg, the widest below."""
    tints = (t.paint, (238, 190, 84), t.trim, (222, 106, 74), (80, 142, 160))
    t.box(t.trim, 0.485, 0.24, 0.515, 0.8, 0.015)
    for k, tint in enumerate(tints):
        y, r = 0.765 - 0.104 * k, 0.25 - 0.036 * k
        t.box(tint, 0.5 - r, y - 0.048, 0.5 + r, y + 0.052, 0.05)
        t.box(mix(tint, BLACK, 0.4), 0.5 + r * 0.55, y - 0.045, 0.5 + r, y + 0.05, 0.05, 0.3)
        t.box(mix(tint, WHITE, 0.5), 0.5 - r * 0.8, y - 0.03, 0.5 - r * 0.3, y - 0.016, 0.007, 0.6)
    t.oval((222, 106, 74), 0.5, 0.25, 0.05, 0.05)


def train(t: Thing) -> None:
    """A wooden engine and its wagon."""
    t.box(t.trim, 0.1, 0.7, 0.42, 0.755, 0.015)
    t.box((238, 190, 84), 0.12, 0.56, 0.4, 0.71, 0.02)
    t.line(BLACK, [(0.41, 0.73), (0.5, 0.73)], 0.012)
    t.box(t.trim, 0.48, 0.7, 0.92, 0.755, 0.015)
    t.box(t.paint, 0.5, 0.4, 0.67, 0.71, 0.02)
    t.box(CREAM, 0.535, 0.45, 0.635, 0.55, 0.012)
    t.box((222, 106, 74), 0.48, 0.36, 0.69, 0.41, 0.015)
    t.box(t.paint, 0.64, 0.54, 0.9, 0.71, 0.05)
    t.box(t.pale, 0.68, 0.565, 0.86, 0.585, 0.01, 0.6)
    t.fill(t.dark, [(0.77, 0.42), (0.86, 0.42), (0.84, 0.55), (0.79, 0.55)])
    for x in (0.18, 0.34, 0.57, 0.7, 0.84):
        t.oval(t.dark, x, 0.775, 0.06, 0.06)
        t.oval((238, 190, 84), x, 0.775, 0.024, 0.024)
