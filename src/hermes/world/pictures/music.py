"""Record sleeves: one strong pattern, small letters."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from .canvas import Pen, Sheet
from .landscapes import mountains, sea, space
from .lettering import Align, Face, write
from .palettes import Palette, chosen, light, mix
from .view import View

SIZE = (400, 400)
Pattern = Callable[[Sheet, Palette, Random], None]


def circles(sheet: Sheet, p: Palette, dice: Random) -> None:
    """A target, a little off centre."""
    x, y, n = dice.uniform(0.35, 0.65), dice.uniform(0.38, 0.55), dice.choice((4, 5, 6, 7))
    for i in range(n):
        sheet.disc((p[4], p[3], p[2], p[1])[i % 4], x, y, 0.4 * (1 - i / n))


def bars(sheet: Sheet, p: Palette, dice: Random) -> None:
    """Sound as a row of bars."""
    n, phase = dice.choice((23, 31, 41)), dice.uniform(0, 6)
    for i in range(n):
        x = 0.08 + 0.84 * i / n
        swell = math.exp(-(((i / n - 0.5) / 0.28) ** 2))
        tall = 0.03 + 0.3 * swell * abs(math.sin(phase + i * 0.9)) * dice.uniform(0.6, 1)
        tint = mix(p[4], p[3], i / n)
        sheet.polygon(
            tint,
            [
                (x, 0.46 - tall),
                (x + 0.5 / n, 0.46 - tall),
                (x + 0.5 / n, 0.46 + tall),
                (x, 0.46 + tall),
            ],
        )


def dots(sheet: Sheet, p: Palette, dice: Random) -> None:
    """A grid of dots that swell towards one point."""
    n, cx, cy = dice.choice((11, 13)), dice.uniform(0.2, 0.8), dice.uniform(0.2, 0.7)

    def draw(pen: Pen, w: int, h: int) -> None:
        for i in range(n):
            for j in range(n):
                x, y = 0.1 + 0.8 * i / (n - 1), 0.07 + 0.69 * j / (n - 1)
                r = (0.034 * math.exp(-2.2 * math.hypot(x - cx, y - cy)) + 0.004) * w
                pen.ellipse((x * w - r, y * h - r, x * w + r, y * h + r), 255)

    sheet.glow(p[2], cx, cy, 0.6, 0.7)
    sheet.shape(mix(p[3], p[4], 0.35), draw)


def ridges(sheet: Sheet, p: Palette, dice: Random) -> None:
    """Lines of hills, one behind the other, as a signal drawn by a pen."""
    lines, phase = 22, [dice.uniform(0, 6) for _ in range(4)]
    ground = p[0]
    for i in range(lines):
        y = 0.16 + 0.6 * i / lines
        points = []
        for k in range(61):
            x = 0.12 + 0.76 * k / 60
            swell = math.exp(-(((k / 60 - 0.5) / 0.17) ** 2))
            wave = math.sin(k * 0.5 + phase[0] + i) + math.sin(k * 0.83 + phase[1] * i) * 0.7
            points.append((x, y - 0.045 * swell * abs(wave) - 0.004 * math.sin(k + i)))
        sheet.polygon(ground, [*points, (0.88, y + 0.03), (0.12, y + 0.03)])
        tint = mix(p[4], p[3], i / lines)

        def line(pen: Pen, w: int, h: int, points: list[tuple[float, float]] = points) -> None:
            pen.line([(a * w, b * h) for a, b in points], 255, 3, joint="curve")

        sheet.shape(tint, line)


def stripes(sheet: Sheet, p: Palette, dice: Random) -> None:
    """A sun cut into stripes."""
    sheet.glow(p[4], 0.5, 0.45, 0.65, 0.6)
    sheet.disc(p[4], 0.5, 0.44, 0.31)
    back = mix(p[0], p[1], 0.5)
    for i in range(7):
        y = 0.42 + 0.05 * i
        sheet.polygon(
            back, [(0.1, y), (0.9, y), (0.9, y + 0.007 + 0.004 * i), (0.1, y + 0.007 + 0.004 * i)]
        )
    ground = dice.uniform(0.7, 0.76)
    sheet.polygon(p[0], [(0, ground), (1, ground), (1, 1), (0, 1)], 0.6)


def petals(sheet: Sheet, p: Palette, dice: Random) -> None:
    """Transparent discs around a centre."""
    n, r = dice.choice((5, 6, 8)), dice.uniform(0.14, 0.2)
    turn = dice.uniform(0, 3)
    for i in range(n):
        a = turn + 2 * math.pi * i / n
        tint = (p[4], p[2], mix(p[4], p[3], 0.5))[i % 3]
        sheet.disc(tint, 0.5 + 0.17 * math.cos(a), 0.44 + 0.17 * math.sin(a), r, 0.6)
    sheet.disc(p[3], 0.5, 0.44, 0.05)


def blocks(sheet: Sheet, p: Palette, dice: Random) -> None:
    """Quarter circles in a grid."""
    n = dice.choice((3, 4))
    for i in range(n):
        for j in range(n):
            x, y, s = 0.1 + 0.8 * i / n, 0.06 + 0.73 * j / n, 0.73 / n
            tint, ink = dice.sample((p[1], p[2], p[4], p[3]), 2)
            sheet.polygon(tint, [(x, y), (x + 0.8 / n, y), (x + 0.8 / n, y + s), (x, y + s)])
            corner = dice.choice(((0, 0), (1, 0), (0, 1), (1, 1)))
            quarter(sheet, ink, x, y, 0.8 / n, s, corner)


def quarter(
    sheet: Sheet,
    ink: tuple[int, int, int],
    x: float,
    y: float,
    w: float,
    h: float,
    corner: tuple[int, int],
) -> None:
    """A quarter of a disc in the corner of a cell."""
    cx, cy = x + w * corner[0], y + h * corner[1]
    away = (1 - 2 * corner[0], 1 - 2 * corner[1])
    arc = [
        (
            cx + away[0] * w * math.cos(a / 12 * math.pi / 2),
            cy + away[1] * h * math.sin(a / 12 * math.pi / 2),
        )
        for a in range(13)
    ]
    sheet.polygon(ink, [(cx, cy), *arc])


def arcs(sheet: Sheet, p: Palette, dice: Random) -> None:
    """A rainbow on its side, or upright."""
    x, y = dice.choice(((0.5, 0.78), (0.1, 0.78), (0.5, 0.78)))
    for i in range(6):
        sheet.disc(
            (p[4], p[2], p[3], p[1], mix(p[4], p[3], 0.5), p[0])[i], x, y, 0.56 * (1 - i / 6.5)
        )
    sheet.polygon(mix(p[0], p[1], 0.5), [(0, 0.78), (1, 0.78), (1, 1), (0, 1)])


def shards(sheet: Sheet, p: Palette, dice: Random) -> None:
    """Long splinters."""
    for i in range(13):
        a = dice.uniform(0, 2 * math.pi)
        b = a + dice.uniform(0.08, 0.3)
        far = dice.uniform(0.25, 0.7)
        tint = (p[2], p[1], p[4], p[3])[i % 4]
        sheet.polygon(
            tint,
            [
                (0.5, 0.45),
                (0.5 + far * math.cos(a), 0.45 + far * math.sin(a)),
                (0.5 + far * math.cos(b), 0.45 + far * math.sin(b)),
            ],
            0.8,
        )


def landscape(sheet: Sheet, p: Palette, dice: Random) -> None:
    """A scene under the letters."""
    dice.choice((mountains, sea, space))(sheet, p, dice, 0.6)


PATTERNS: dict[str, tuple[Pattern, ...]] = {
    "Ambient": (landscape, petals, ridges), "Jazz": (blocks, circles, arcs),
    "Electronic": (ridges, dots, stripes, bars), "Folk": (landscape, petals, arcs),
    "Rock": (shards, stripes, circles), "Hip Hop": (blocks, bars, circles),
    "Classical": (arcs, petals, bars), "Soul": (circles, stripes, arcs), "Metal": (shards,
    landscape, ridges),
    "Pop": (petals, dots, blocks, arcs), "Reggae": (stripes, arcs, circles), "Blues": (landscape,
    bars, dots),
}  # fmt: skip


def draw(view: View, dice: Random) -> bytes:
    """A sleeve as JPEG."""
    p = chosen(view.genre, dice)
    dark = dice.random() < 0.65
    top, bottom = (p[0], mix(p[0], p[1], 0.8)) if dark else (p[3], mix(p[3], p[2], 0.3))
    sheet = Sheet(*SIZE, top, bottom, dice.uniform(-0.4, 0.4))
    pattern = dice.choice(PATTERNS[view.genre])
    pattern(sheet, p, dice)
    if pattern in (landscape, shards, circles):
        sheet.shade(bottom, True, 0.9, 0.36)
    ground = p[0] if pattern in (arcs, stripes) else bottom
    ink = p[3] if light(ground) < 0.5 else p[0]
    align: Align = dice.choice(("left", "center"))
    face: Face = dice.choice(("sans", "bold", "roman"))
    end = write(
        sheet, view.title, (0.07, 0.815, 0.93, 0.915), face, ink, largest=30, align=align, seat=0.6
    )
    soft = mix(ink, ground, 0.25)
    write(
        sheet,
        view.maker.upper(),
        (0.07, end, 0.93, 0.965),
        "sans",
        soft,
        largest=13,
        align=align,
        seat=0.2,
    )
    return sheet.finish(dice.randrange(99), 0.06)
