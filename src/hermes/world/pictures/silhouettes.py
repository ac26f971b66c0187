"""Somebody, or something, seen against the light."""

from __future__ import annotations

from .canvas import Sheet
from .palettes import RGB, Palette


def figure(sheet: Sheet, colour: RGB, x: float, y: float, tall: float) -> None:
    """Somebody standing with their coat on, feet at (x, y)."""
    s = tall * sheet.height / sheet.width
    sheet.disc(colour, x, y - 0.9 * tall, 0.085 * s)
    sheet.polygon(colour, [(x - 0.06 * s, y - 0.8 * tall), (x + 0.06 * s, y - 0.8 * tall),
                           (x + 0.15 * s, y - 0.68 * tall), (x + 0.17 * s, y - 0.3 * tall),
                           (x + 0.09 * s, y - 0.28 * tall), (x + 0.08 * s, y), (x + 0.015 * s, y),
                           (x, y - 0.26 * tall), (x - 0.015 * s, y), (x - 0.08 * s, y),
                           (x - 0.09 * s, y - 0.28 * tall), (x - 0.17 * s, y - 0.3 * tall),
                           (x - 0.15 * s, y - 0.68 * tall)])  # fmt: skip


def boat(sheet: Sheet, colour: RGB, x: float, y: float, size: float) -> None:
    """A small sailing boat."""
    s, t = size, size * sheet.width / sheet.height
    sheet.polygon(
        colour, [(x - s, y), (x + s, y), (x + 0.6 * s, y + 0.35 * t), (x - 0.6 * s, y + 0.35 * t)]
    )
    sheet.polygon(colour, [(x, y - 1.6 * t), (x + 0.7 * s, y - 0.1 * t), (x, y - 0.1 * t)])
    sheet.polygon(
        colour,
        [(x - 0.08 * s, y - 1.3 * t), (x - 0.08 * s, y - 0.1 * t), (x - 0.6 * s, y - 0.1 * t)],
        0.85,
    )


def balloon(sheet: Sheet, p: Palette, x: float, y: float) -> None:
    """A balloon and its basket."""
    t = sheet.width / sheet.height
    sheet.disc(p[1], x, y - 0.05 * t, 0.14)
    sheet.polygon(
        p[1], [(x - 0.125, y), (x + 0.125, y), (x + 0.03, y + 0.15 * t), (x - 0.03, y + 0.15 * t)]
    )
    sheet.polygon(
        p[3],
        [
            (x - 0.03, y - 0.19 * t),
            (x + 0.03, y - 0.19 * t),
            (x + 0.02, y + 0.13 * t),
            (x - 0.02, y + 0.13 * t),
        ],
        0.8,
    )
    sheet.polygon(
        p[0],
        [
            (x - 0.035, y + 0.17 * t),
            (x + 0.035, y + 0.17 * t),
            (x + 0.028, y + 0.22 * t),
            (x - 0.028, y + 0.22 * t),
        ],
    )


def boat_on_cloud(sheet: Sheet, p: Palette, x: float, y: float) -> None:
    """A boat where no boat should be."""
    t = sheet.width / sheet.height
    boat(sheet, p[0], x, y + 0.08 * t, 0.13)
    for dx, r in ((-0.17, 0.07), (-0.08, 0.09), (0.03, 0.08), (0.13, 0.075), (0.2, 0.05)):
        sheet.disc(p[3], x + dx, y + 0.19 * t, r)


def pair(sheet: Sheet, p: Palette, x: float, y: float) -> None:
    """Two people."""
    t = sheet.width / sheet.height
    figure(sheet, p[0], x - 0.07, y + 0.2 * t, 0.36 * t)
    figure(sheet, p[1], x + 0.07, y + 0.2 * t, 0.33 * t)


def stranger(sheet: Sheet, p: Palette, x: float, ground: float) -> None:
    """Shoulders and a hat with a band."""
    t = sheet.width / sheet.height
    y = ground - 0.16
    coat = [(-0.36, None), (-0.28, 0.2), (-0.1, 0.1), (0.1, 0.1), (0.28, 0.2), (0.36, None)]
    sheet.polygon(p[0], [(x + dx, ground + 0.25 if dy is None else y + dy * t) for dx, dy in coat])
    sheet.disc(p[0], x, y, 0.115)
    sheet.oval(p[0], (x - 0.24, y - 0.115 * t, x + 0.24, y - 0.03 * t))
    crown = ((-0.13, 0.07), (-0.105, 0.22), (0, 0.19), (0.105, 0.22), (0.13, 0.07))
    sheet.polygon(p[0], [(x + dx, y - dy * t) for dx, dy in crown])
    band = ((-0.13, 0.085), (0.13, 0.085), (0.128, 0.105), (-0.128, 0.105))
    sheet.polygon(p[4], [(x + dx, y - dy * t) for dx, dy in band])
