"""Things to wear."""

from __future__ import annotations

from .palettes import mix
from .thing import BASE, BLACK, Thing

CREAM = (240, 234, 220)


def shoe(t: Thing) -> None:
    """A low shoe, toe to the right."""
    sole = CREAM if t.dice.random() < 0.7 else t.trim
    t.smooth(
        t.paint,
        [
            (0.13, 0.6),
            (0.15, 0.47),
            (0.24, 0.5),
            (0.34, 0.49),
            (0.4, 0.43),
            (0.47, 0.47),
            (0.6, 0.6),
            (0.76, 0.64),
            (0.87, 0.7),
            (0.88, 0.79),
            (0.5, 0.8),
            (0.14, 0.79),
        ],
    )
    t.smooth(
        t.dark,
        [(0.13, 0.6), (0.16, 0.48), (0.25, 0.52), (0.28, 0.64), (0.27, 0.78), (0.14, 0.79)],
        0.75,
    )
    t.smooth(
        t.pale,
        [(0.68, 0.635), (0.78, 0.655), (0.87, 0.71), (0.88, 0.78), (0.74, 0.79), (0.67, 0.72)],
        0.6,
    )
    t.smooth(
        t.trim, [(0.31, 0.72), (0.42, 0.7), (0.56, 0.6), (0.585, 0.61), (0.46, 0.74), (0.34, 0.76)]
    )
    for k in range(4):
        x, y = 0.42 + 0.045 * k, 0.475 + 0.033 * k
        t.line(CREAM, [(x, y + 0.005), (x + 0.045, y + 0.055)], 0.013)
    t.box(sole, 0.115, 0.775, 0.905, BASE, 0.03)
    t.box(mix(sole, BLACK, 0.35), 0.115, 0.815, 0.905, BASE, 0.02, 0.6)


def boot(t: Thing) -> None:
    """A laced boot, toe to the right."""
    t.smooth(
        t.paint,
        [
            (0.22, 0.28),
            (0.34, 0.25),
            (0.46, 0.27),
            (0.475, 0.42),
            (0.52, 0.56),
            (0.66, 0.62),
            (0.8, 0.67),
            (0.84, 0.79),
            (0.5, 0.8),
            (0.23, 0.79),
            (0.215, 0.6),
            (0.235, 0.42),
        ],
    )
    t.smooth(
        t.dark,
        [
            (0.22, 0.28),
            (0.3, 0.26),
            (0.31, 0.5),
            (0.34, 0.68),
            (0.33, 0.79),
            (0.23, 0.79),
            (0.215, 0.6),
            (0.235, 0.42),
        ],
        0.7,
    )
    t.smooth(t.pale, [(0.64, 0.63), (0.78, 0.67), (0.83, 0.76), (0.82, 0.78), (0.68, 0.74)], 0.45)
    for k in range(6):
        y = 0.34 + 0.045 * k
        x = 0.425 + (0.02 * max(0, k - 2))
        t.line(CREAM, [(x - 0.035, y + 0.012), (x + 0.05, y - 0.012)], 0.012)
    t.box(mix(t.trim, BLACK, 0.3), 0.2, 0.78, 0.86, 0.82, 0.02)
    t.box(BLACK, 0.2, 0.81, 0.37, BASE, 0.01)
    t.box(BLACK, 0.47, 0.81, 0.85, BASE, 0.015)


def garment(t: Thing, sleeve: float, width: float = 0.21) -> None:
    """Body and sleeves, laid flat."""
    reach, low = 0.5 - width - 0.08 - 0.05 * sleeve, 0.36 + 0.36 * sleeve
    for s in (-1, 1):
        side = [
            (0.5 + s * width, 0.24),
            (0.5 + s * (0.5 - reach), low),
            (0.5 + s * (0.42 - reach), low + 0.045),
            (0.5 + s * (width - 0.005), 0.42),
        ]
        t.fill(t.paint if s < 0 else mix(t.paint, BLACK, 0.16), side)
    body = [
        (0.4, 0.18),
        (0.5 - width, 0.24),
        (0.5 - width, BASE),
        (0.5 + width, BASE),
        (0.5 + width, 0.24),
        (0.6, 0.18),
    ]
    t.fill(t.paint, body)
    t.fill(
        t.dark,
        [
            (0.5 + width * 0.6, 0.22),
            (0.5 + width, 0.24),
            (0.5 + width, BASE),
            (0.5 + width * 0.75, BASE),
        ],
        0.3,
    )
    t.fill(
        t.pale,
        [
            (0.5 - width * 0.75, 0.3),
            (0.5 - width * 0.6, 0.3),
            (0.5 - width * 0.7, 0.8),
            (0.5 - width * 0.8, 0.8),
        ],
        0.3,
    )


def tee(t: Thing) -> None:
    """A T-shirt."""
    garment(t, 0.08)
    t.oval(t.dark, 0.5, 0.18, 0.1, 0.055)
    t.oval(mix(t.dark, BLACK, 0.35), 0.5, 0.178, 0.082, 0.038)
    if t.dice.random() < 0.6:
        t.oval(t.trim, 0.5, 0.44, 0.085, 0.085, 0.9)
        t.oval(CREAM, 0.5, 0.47, 0.05, 0.05, 0.85)


def jumper(t: Thing) -> None:
    """A knitted jumper."""
    garment(t, 0.9)
    for y in (0.36, 0.42, 0.48):
        for k in range(11):
            x = 0.315 + 0.037 * k
            t.fill(CREAM, [(x, y - 0.016), (x + 0.016, y), (x, y + 0.016), (x - 0.016, y)], 0.85)
    t.box(t.dark, 0.29, 0.79, 0.71, BASE, 0.01, 0.75)
    t.oval(t.dark, 0.5, 0.18, 0.105, 0.05)
    t.oval(mix(t.dark, BLACK, 0.35), 0.5, 0.178, 0.08, 0.032)


def shirt(t: Thing) -> None:
    """A shirt with buttons and a pocket."""
    garment(t, 0.85)
    t.fill(t.pale, [(0.39, 0.175), (0.5, 0.21), (0.46, 0.3), (0.38, 0.22)])
    t.fill(t.pale, [(0.61, 0.175), (0.5, 0.21), (0.54, 0.3), (0.62, 0.22)])
    t.box(t.dark, 0.494, 0.22, 0.506, BASE, 0.0, 0.6)
    for k in range(5):
        t.oval(CREAM, 0.5, 0.33 + 0.105 * k, 0.011, 0.011)
    t.box(t.dark, 0.555, 0.38, 0.665, 0.51, 0.01, 0.5)
    t.box(t.paint, 0.56, 0.385, 0.66, 0.505, 0.01)
