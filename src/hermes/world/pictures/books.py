"""Covers: a layout of the trade, an emblem or a scene, the title and its author."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from .canvas import Box, Pen, Sheet
from .emblems import EMBLEMS, emblem
from .lettering import Align, Face, write
from .palettes import RGB, Palette, chosen, light, mix
from .scenes import SCENES
from .view import View

SIZE = (360, 540)
Layout = Callable[[View, Palette, Random], Sheet]


def faces(dice: Random) -> Face:
    """One of the faces of books."""
    return dice.choice(("serif", "roman", "roman-bold", "italic", "serif-bold", "sans"))


def framed(view: View, p: Palette, dice: Random) -> Sheet:
    """A frame, an emblem, the title above it."""
    dark = dice.random() < 0.6
    back, ink = (p[1], p[3]) if dark else (p[3], p[0])
    if dark and light(p[1]) > 0.5:
        back = p[0]
    gold = p[4]
    sheet = Sheet(*SIZE, back, mix(back, p[0], 0.35 if dark else 0.06))
    for inset, wide in ((0.05, 3), (0.068, 1)):
        low = 1 - inset * SIZE[0] / SIZE[1]

        def line(
            pen: Pen, w: int, h: int, inset: float = inset, low: float = low, wide: int = wide
        ) -> None:
            pen.rectangle(
                (inset * w, (1 - low) * h, (1 - inset) * w, low * h), outline=255, width=wide * 2
            )

        sheet.shape(gold, line)
    emblem(sheet, dice.choice(EMBLEMS[view.genre]), gold, back, 0.5, 0.6, 0.19)
    write(sheet, view.title, (0.13, 0.1, 0.87, 0.4), faces(dice), ink, largest=46)
    write(sheet, view.maker, (0.13, 0.83, 0.87, 0.91), "roman", ink, largest=24)
    return sheet


def banded(view: View, p: Palette, dice: Random) -> Sheet:
    """A scene behind a panel that carries the words."""
    sheet = Sheet(*SIZE, mix(p[1], p[0], 0.3), mix(p[2], p[3], 0.35))
    scenes = SCENES.get(view.genre) or SCENES["Drama"]
    dice.choice(scenes)(sheet, p, dice, 0.72)
    top = dice.choice((0.0, 0.08))
    left = 0.0 if top == 0 else 0.08
    low = 0.42
    sheet.polygon(p[3], [(left, top), (1 - left, top), (1 - left, low), (left, low)], 0.97)
    sheet.polygon(
        p[4], [(left, low), (1 - left, low), (1 - left, low + 0.012), (left, low + 0.012)]
    )
    write(
        sheet, view.title, (0.12, top + 0.035, 0.88, 0.32), faces(dice), p[0], largest=44, seat=0.4
    )
    write(sheet, view.maker, (0.12, 0.335, 0.88, 0.395), "sans", mix(p[0], p[1], 0.5), largest=17)
    return sheet


def scenic(view: View, p: Palette, dice: Random) -> Sheet:
    """A scene that fills the cover, words in the sky."""
    sheet = Sheet(*SIZE, mix(p[0], p[1], 0.4), mix(p[1], p[2], 0.8))
    scenes = SCENES.get(view.genre) or SCENES["Drama"]
    dice.choice(scenes)(sheet, p, dice, 0.72)
    sheet.shade(p[0], False, 0.7, 0.45)
    sheet.shade(p[0], True, 0.9, 0.25)
    write(sheet, view.title, (0.1, 0.06, 0.9, 0.33), faces(dice), p[3], largest=46, seat=0.3)
    write(sheet, view.maker.upper(), (0.1, 0.89, 0.9, 0.95), "sans", p[3], largest=17)
    return sheet


def patterned(view: View, p: Palette, dice: Random) -> Sheet:
    """A repeated emblem, and a label in the middle."""
    back = p[2] if dice.random() < 0.5 else p[1]
    sheet = Sheet(*SIZE, back, mix(back, p[0], 0.2))
    motif = dice.choice(("drops", "scales", "leaves", "waves"))
    tints = (p[3], p[4], mix(back, p[3], 0.4))

    def draw(shift: int, pen: Pen, w: int, h: int) -> None:
        for j in range(13):
            for i in range(8):
                if (i + j) % 3 != shift:
                    continue
                x, y, s = (i + 0.5 * (j % 2)) / 7 * w, j / 12 * h, w / 7
                cell(pen, motif, x, y, s)

    for shift, tint in enumerate(tints):
        sheet.shape(tint, partial(draw, shift), 0.75)
    sheet.polygon(p[3], [(0.14, 0.27), (0.86, 0.27), (0.86, 0.71), (0.14, 0.71)])
    ink = p[0]
    sheet.shape(
        ink,
        lambda pen, w, h: pen.rectangle(
            (0.165 * w, 0.287 * h, 0.835 * w, 0.693 * h), outline=255, width=3
        ),
    )
    write(sheet, view.title, (0.2, 0.31, 0.8, 0.58), faces(dice), ink, largest=38)
    write(sheet, view.maker, (0.2, 0.6, 0.8, 0.675), "roman", mix(ink, p[1], 0.4), largest=20)
    return sheet


def cell(pen: Pen, motif: str, x: float, y: float, s: float) -> None:
    """One repeat of a pattern."""
    r = s * 0.36
    if motif == "drops":
        pen.ellipse((x - r * 0.6, y - r * 0.3, x + r * 0.6, y + r * 0.9), 255)
        pen.polygon(
            [(x, y - r * 1.2), (x + r * 0.57, y + r * 0.1), (x - r * 0.57, y + r * 0.1)], 255
        )
    elif motif == "scales":
        for k in (1.0, 0.66, 0.33):
            pen.arc((x - s / 2 * k, y - s / 2 * k, x + s / 2 * k, y + s / 2 * k), 180, 360, 255, 5)
    elif motif == "leaves":
        pen.pieslice((x - r * 2, y - r, x, y + r), -45, 45, 255)
        pen.pieslice((x, y - r, x + r * 2, y + r), 135, 225, 255)
    else:
        for k in range(3):
            pen.arc((x - s / 2, y - r + k * 14, x + s / 2, y + r + k * 14), 20, 160, 255, 5)


def discs(sheet: Sheet, p: Palette, back: RGB, dice: Random) -> None:
    """Two discs."""
    sheet.disc(p[4], dice.choice((0.3, 0.5, 0.75)), 0.66, 0.32)
    near = p[1] if light(back) > 0.5 else p[2]
    sheet.disc(near, dice.choice((0.25, 0.6, 0.8)), 0.76, 0.2, 0.85)


def halves(sheet: Sheet, p: Palette, back: RGB, dice: Random) -> None:
    """A disc of two colours."""
    turn = dice.choice((0, 45, 90, 135))
    for start, tint in ((turn, p[1]), (turn + 180, p[4])):
        sheet.shape(
            mix(tint, p[3], 0.15),
            partial(half, start),
        )


def half(start: int, pen: Pen, w: int, h: int) -> None:
    """Half of a disc from an angle on, in degrees."""
    pen.pieslice((0.14 * w, 0.42 * h, 0.86 * w, 0.42 * h + 0.72 * w), start, start + 180, 255)


def steps(sheet: Sheet, p: Palette, back: RGB, dice: Random) -> None:
    """Columns that rise."""
    near = p[1] if light(back) > 0.5 else p[2]
    for i in range(6):
        x, y = 0.1 + 0.135 * i, 0.84 - 0.07 * i
        tint = mix(p[4], near, i / 5)
        sheet.polygon(tint, [(x, y), (x + 0.115, y), (x + 0.115, 0.88), (x, 0.88)])


def arches(sheet: Sheet, p: Palette, back: RGB, dice: Random) -> None:
    """One gate within another."""
    for i, tint in enumerate((p[1], p[2], p[4], back)):
        r = 0.38 - 0.095 * i
        t = r * SIZE[0] / SIZE[1]
        sheet.shape(tint, partial(crown, (0.5 - r, 0.68 - t, 0.5 + r, 0.68 + t)))
        gate = [(0.5 - r, 0.68), (0.5 + r, 0.68), (0.5 + r, 0.885), (0.5 - r, 0.885)]
        sheet.polygon(tint, gate)


def crown(box: Box, pen: Pen, w: int, h: int) -> None:
    """The upper half of an ellipse in a box of 0..1."""
    pen.pieslice((box[0] * w, box[1] * h, box[2] * w, box[3] * h), 180, 360, 255)


GEOMETRY = (discs, halves, steps, arches)


def plain(view: View, p: Palette, dice: Random) -> Sheet:
    """Large shapes, large letters."""
    back = p[3] if dice.random() < 0.55 else p[0]
    ink = p[0] if back == p[3] else p[3]
    sheet = Sheet(*SIZE, back, mix(back, p[2], 0.18))
    GEOMETRY[dice.randrange(len(GEOMETRY))](sheet, p, back, dice)
    align: Align = dice.choice(("left", "center"))
    write(
        sheet,
        view.title,
        (0.09, 0.06, 0.91, 0.36),
        faces(dice),
        ink,
        largest=52,
        align=align,
        seat=0.0,
    )
    write(sheet, view.maker, (0.09, 0.91, 0.91, 0.965), "sans", ink, largest=18, align=align)
    return sheet


LAYOUTS: dict[str, tuple[Layout, ...]] = {
    "Mystery": (scenic, framed, banded), "Science Fiction": (scenic, plain), "Fantasy": (framed,
    scenic),
    "Romance": (patterned, banded, plain), "History": (framed, banded), "Biography": (plain,
    framed),
    "Poetry": (patterned, plain), "Travel": (scenic, banded), "Science": (plain, patterned, scenic),
    "Philosophy": (plain, framed), "Children": (banded, scenic), "Literary Fiction": (plain,
    patterned, scenic),
}  # fmt: skip


def draw(view: View, dice: Random) -> bytes:
    """A cover as JPEG, with the fold of its spine."""
    p = chosen(view.genre, dice)
    sheet = dice.choice(LAYOUTS[view.genre])(view, p, dice)
    sheet.polygon((0, 0, 0), [(0.022, 0), (0.034, 0), (0.034, 1), (0.022, 1)], 0.14)
    sheet.polygon((255, 255, 255), [(0.034, 0), (0.042, 0), (0.042, 1), (0.034, 1)], 0.10)
    return sheet.finish(dice.randrange(99), 0.05)
