"""Posters: a scene of the genre, the title, and who made it."""

from __future__ import annotations

from random import Random

from .canvas import Sheet
from .lettering import Face, write
from .palettes import chosen, light, mix
from .scenes import SCENES
from .view import View

SIZE = (360, 540)
FACES: dict[str, tuple[Face, ...]] = {
    "Comedy": ("bold", "sans"), "Thriller": ("bold",), "Science Fiction": ("sans", "mono"),
    "Horror": ("serif-bold", "roman-bold"), "Romance": ("italic", "serif"),
    "Western": ("serif-bold",),
    "Noir": ("roman-bold", "serif-bold"), "Animation": ("bold",), "Documentary": ("sans",),
    "Adventure": ("bold", "serif-bold"), "Fantasy": ("roman-bold", "serif"), "Drama": ("roman",
    "sans", "serif"),
}  # fmt: skip


def draw(view: View, dice: Random) -> bytes:
    """A poster as JPEG."""
    p = chosen(view.genre, dice)
    high = dice.random() < 0.45  # the title above the scene
    ground = dice.uniform(0.66, 0.74) if high else dice.uniform(0.54, 0.6)
    bright = light(p[2]) > 0.45 and dice.random() < 0.5
    top, bottom = (p[2], mix(p[3], p[2], 0.4)) if bright else (p[0], mix(p[1], p[2], 0.55))
    sheet = Sheet(*SIZE, top, bottom, dice.uniform(-0.25, 0.25))
    dice.choice(SCENES[view.genre])(sheet, p, dice, ground)
    sheet.shade(p[0], True, 0.95, 0.5 if not high else 0.3)
    if high:
        sheet.shade(top, False, 0.75, 0.34)
    face = dice.choice(FACES[view.genre])
    ink = p[3] if light(top) < 0.55 or not high else p[0]
    title = view.title.upper() if face in ("bold", "sans", "serif-bold") else view.title
    box = (0.08, 0.07, 0.92, 0.29) if high else (0.08, 0.66, 0.92, 0.87)
    write(sheet, title, box, face, ink, largest=50, seat=0.0 if high else 0.6)
    credit = f"A film by {view.maker}" if dice.random() < 0.5 else view.maker.upper()
    write(sheet, credit, (0.08, 0.885, 0.92, 0.925), "sans", mix(p[3], p[4], 0.5), largest=14)
    if view.others:
        names = "  ·  ".join(view.others).upper()
        write(sheet, names, (0.06, 0.925, 0.94, 0.96), "sans", mix(p[3], p[0], 0.25), largest=10)
    return sheet.finish(dice.randrange(99), 0.06)
