"""Photographs of products: an object in its colour on a lit table, drawn by its shape."""

from __future__ import annotations

from random import Random

from .canvas import Sheet
from .lettering import write
from .palettes import GROUNDS, PAINTS, light, mix, one
from .shelves import OBJECTS
from .thing import Thing
from .view import View

SIZE = (400, 400)
MATERIALS = {
    "Copper": "b8693d", "Brass": "c39a4a", "Spun Brass": "c39a4a", "Bronze": "8f6a3c",
    "Oak": "b98a58",
    "Walnut": "6b4630", "Beech": "cfa878", "Maple": "d9b98a", "Steel": "a9b0b6",
    "Titanium": "858b92",
    "Brushed Steel": "aab1b7", "Stainless Steel": "aab1b7", "Anodised Aluminium": "9aa3ad",
    "Ash and Cord": "cbb08a", "Bent Beech": "c99b69", "Cork": "bf9468", "Leather": "7d4a2d",
    "Vegetable-Tanned Leather": "9a5f36", "Lime Wood": "dcc49a", "Painted Pine": "d7b57f",
}  # fmt: skip


def draw(view: View, dice: Random) -> bytes:
    """A photograph as JPEG."""
    wall, shade = (one(c) for c in GROUNDS[view.genre].split())
    facts = view.attributes
    paint = one(PAINTS[facts["colour"]])
    trim = one(MATERIALS.get(facts["material"], "6b5a4a"))
    if abs(light(paint) - light(wall)) < 0.12:
        wall, shade = mix(wall, (40, 38, 36), 0.5), mix(shade, (30, 28, 26), 0.6)
    sheet = Sheet(*SIZE, mix(wall, shade, 0.35), wall, dice.uniform(-0.2, 0.2))
    sheet.glow((255, 252, 244), dice.uniform(0.3, 0.42), 0.3, 0.75, 0.5)
    table = 0.76
    sheet.polygon(mix(shade, wall, 0.25), [(0, table), (1, table), (1, 1), (0, 1)])
    sheet.shade(mix(shade, (30, 25, 22), 0.25), True, 0.45, 0.24)
    if facts["shape"] == "pendant":
        sheet.shadow((0.3, 0.86, 0.7, 0.94), 0.35)
    else:
        sheet.shadow((0.14, 0.775, 0.92, 0.905), 0.75)
    OBJECTS[facts["shape"]](Thing(sheet, paint, trim, dice))
    ink = (60, 54, 50) if light(shade) > 0.5 else (225, 220, 212)
    write(
        sheet, view.maker.upper(), (0.06, 0.925, 0.94, 0.965), "sans", ink, largest=11, align="left"
    )
    return sheet.finish(dice.randrange(99), 0.035)
