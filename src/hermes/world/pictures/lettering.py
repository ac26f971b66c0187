"""Letters that always fit: wrapped, balanced, and as large as their box allows."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from PIL import ImageDraw, ImageFont

from hermes.core.errors import Unavailable

from .canvas import Sheet
from .palettes import RGB

Align = Literal["left", "center", "right"]
Face = Literal["sans", "bold", "serif", "serif-bold", "italic", "mono", "roman", "roman-bold"]
FILES = {
    "bold": "DejaVuSans-Bold.ttf", "serif": "DejaVuSerif.ttf", "serif-bold": "DejaVuSerif-Bold.ttf",
    "italic": "STIXGeneralItalic.ttf", "mono": "DejaVuSansMono.ttf", "roman": "STIXGeneral.ttf",
    "roman-bold": "STIXGeneralBol.ttf",
}  # fmt: skip
Font = ImageFont.FreeTypeFont


@cache
def font(face: Face, size: int) -> Font:
    """A face in pixels: Pillow's own sans, or one of those that come with matplotlib."""
    if face == "sans":
        found = ImageFont.load_default(size)
        if isinstance(found, Font):
            return found
        raise Unavailable("Pillow has no FreeType here; install a Pillow wheel with FreeType")
    return ImageFont.truetype(str(folder() / FILES[face]), size)


@cache
def folder() -> Path:
    """Where matplotlib keeps its fonts."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise Unavailable("matplotlib's fonts are missing; install matplotlib")
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


def wrapped(text: str, face: Font, width: float) -> list[str] | None:
    """Lines of about one length, at most `width` pixels wide; None when a word is wider."""
    words = text.split()
    sizes = [face.getlength(word) for word in words]
    if max(sizes) > width:
        return None
    gap = face.getlength(" ")
    total = sum(sizes) + gap * (len(words) - 1)
    for lines in range(max(1, -(-int(total) // int(width))), len(words) + 1):
        for slack in (1.0, 1.08, 1.16, 1.25, 1.4, 1.6):
            found = broken(words, sizes, gap, min(max(total / lines * slack, *sizes), width))
            if len(found) <= lines:
                return found
    return words


def broken(words: list[str], sizes: list[float], gap: float, width: float) -> list[str]:
    """Greedy lines of at most `width`."""
    lines, line, used = [], [words[0]], sizes[0]
    for word, size in zip(words[1:], sizes[1:], strict=True):
        if used + gap + size <= width:
            line.append(word)
            used += gap + size
        else:
            lines.append(" ".join(line))
            line, used = [word], size
    return [*lines, " ".join(line)]


def write(
    sheet: Sheet,
    text: str,
    box: tuple[float, float, float, float],
    face: Face,
    colour: RGB,
    *,
    largest: int = 60,
    smallest: int = 9,
    align: Align = "center",
    seat: float = 0.5,
    spacing: float = 1.12,
) -> float:
    """Set `text` in a box of 0..1 as large as fits, `seat` of the spare height above it.

    Returns where the text ends, in 0..1 of the height.
    """
    left, top = box[0] * sheet.width, box[1] * sheet.height
    width, height = (box[2] - box[0]) * sheet.width, (box[3] - box[1]) * sheet.height
    size, lines = fitted(text, face, width, height, largest, smallest, spacing)
    step = size * spacing
    y = top + max(height - step * len(lines), 0) * seat
    pen = ImageDraw.Draw(sheet.image)
    used = font(face, size)
    for line in lines:
        length = used.getlength(line)
        x = left + (width - length) * {"left": 0.0, "center": 0.5, "right": 1.0}[align]
        pen.text((x, y + step / 2), line, fill=colour, font=used, anchor="lm")
        y += step
    return y / sheet.height


def fitted(
    text: str, face: Face, width: float, height: float, largest: int, smallest: int, spacing: float
) -> tuple[int, list[str]]:
    """The largest size at which the text fits, and its lines; at the smallest it is cut short."""
    for size in range(largest, smallest - 1, -2 if largest > 24 else -1):
        lines = wrapped(text, font(face, size), width)
        if lines is not None and len(lines) * size * spacing <= height:
            return size, lines
    used = font(face, smallest)
    room = max(int(height / (smallest * spacing)), 1)
    lines = broken(text.split(), [used.getlength(w) for w in text.split()], 4, width)[:room]
    return smallest, [trimmed(line, used, width) for line in lines]


def trimmed(line: str, face: Font, width: float) -> str:
    """A line that fits, with an ellipsis where it was cut."""
    if face.getlength(line) <= width:
        return line
    while line and face.getlength(line + "…") > width:
        line = line[:-1]
    return line + "…"
