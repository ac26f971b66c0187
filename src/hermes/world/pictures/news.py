"""Illustrations of the news: a wide scene of the section and its mark."""

from __future__ import annotations

from random import Random

from .canvas import Sheet
from .lettering import write
from .palettes import chosen, mix
from .scenes import SCENES
from .view import View

SIZE = (480, 320)


def draw(view: View, dice: Random) -> bytes:
    """An illustration as JPEG."""
    p = chosen(view.genre, dice)
    warm = dice.random() < 0.5
    top, bottom = (p[1], mix(p[2], p[3], 0.45)) if warm else (p[0], mix(p[1], p[2], 0.7))
    sheet = Sheet(*SIZE, top, bottom, dice.uniform(-0.3, 0.3))
    dice.choice(SCENES[view.genre])(sheet, p, dice, dice.uniform(0.66, 0.74))
    sheet.shade(p[0], True, 0.75, 0.35)
    sheet.polygon(p[4], [(0.05, 0.84), (0.062, 0.84), (0.062, 0.94), (0.05, 0.94)])
    write(
        sheet,
        view.genre.upper(),
        (0.085, 0.835, 0.6, 0.895),
        "bold",
        p[3],
        largest=15,
        align="left",
    )
    write(
        sheet,
        str(view.attributes.get("place", "")) or view.maker,
        (0.085, 0.893, 0.6, 0.95),
        "sans",
        mix(p[3], p[2], 0.3),
        largest=13,
        align="left",
    )
    return sheet.finish(dice.randrange(99), 0.06)
