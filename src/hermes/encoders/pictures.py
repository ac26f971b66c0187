"""A picture from bytes nobody vouches for: what it is, how large, and only then its pixels.

What a picture is, its first bytes say, not its name or what a server called it. Its size is read
from its header and refused when it is too much, before anything is decoded: a few kilobytes can
unfold to gigabytes. What comes out is upright and RGB, eight bits a channel, transparent parts
white; of a moving picture it is the first frame.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageOps

from hermes.core.errors import ConfigError, DataError

FORMATS = MappingProxyType(
    {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
)
OTHERS = MappingProxyType(  # what is often taken for a picture, or is one that is not read
    {
        b"%PDF": "a PDF document",
        b"II*\0": "a TIFF",
        b"MM\0*": "a TIFF",
        b"BM": "a bitmap (BMP)",
        b"PK\x03\x04": "a ZIP archive",
        b"\x1f\x8b": "a gzip archive",
        b"OggS": "an Ogg recording",
        b"fLaC": "a FLAC recording",
        b"ID3": "an MP3 recording",
    }
)
SCANS = 200  # passes of a progressive JPEG; each costs as much as the whole picture
BROKEN = (
    *(OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError),
    struct.error,
)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is taken for a picture."""

    largest: int = 16 << 20  # bytes
    pixels: int = 50_000_000  # once decoded
    smallest: int = 8  # pixels a side

    def __post_init__(self) -> None:
        """Refuse limits that let nothing through."""
        if min(self.largest, self.pixels, self.smallest) < 1:
            raise ConfigError("limits of pictures: largest, pixels and smallest must be above 0")


def kind(body: bytes) -> str:
    """Its media type, from its content; `DataError` for what is no picture that is read.

    >>> kind(b"GIF89a and so on")
    'image/gif'
    """
    if body.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if body.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    raise DataError(f"picture: {seems(body)}; JPEG, PNG, WebP and GIF are read")


def seems(body: bytes) -> str:
    """What bytes that are no picture look like, for a message."""
    if not body:
        return "is empty"
    for first, name in OTHERS.items():
        if body.startswith(first):
            return f"is {name}"
    if body[:4] == b"RIFF":
        return "is a WAV recording" if body[8:12] == b"WAVE" else "is a RIFF file of another kind"
    start = body[:512].lstrip().lower()
    if start.startswith((b"<svg", b"<?xml")):
        return "is SVG or other XML"
    return "is a web page" if start.startswith(b"<") else "is of no known kind"


def opened(body: bytes, limits: Limits = Limits(), side: int | None = None) -> Image.Image:
    """The picture, RGB and upright, no side longer than `side` pixels if that is given.

    Raises `DataError` for what is no picture, is cut off, damaged, or larger than the limits.
    """
    if len(body) > limits.largest:
        raise DataError(f"picture: {len(body):,} bytes are more than the {limits.largest:,} taken")
    name = kind(body)
    try:
        bounded(*(canvas(body) if name == "image/webp" else (1, 1)), limits, least=1)
        if name == "image/jpeg" and body.count(b"\xff\xda") > SCANS:
            raise DataError(f"picture: a JPEG of more than {SCANS} scans is not decoded")
        with warnings.catch_warnings(action="ignore"):
            return decoded(body, name, limits, side)
    except Image.DecompressionBombError as error:
        raise DataError(f"picture: more pixels than the {limits.pixels:,} taken") from error
    except BROKEN as error:
        raise DataError(f"picture: {name}, but cut off or damaged: {error}") from error


def decoded(body: bytes, name: str, limits: Limits, side: int | None) -> Image.Image:
    """The pixels, once the header is known to be within the limits."""
    with Image.open(io.BytesIO(body), formats=[FORMATS[name]]) as found:
        bounded(*found.size, limits, limits.smallest)
        if side is not None:
            found.draft("RGB", (side, side))
        found.load()
        upright = turned(found)
    if side is not None:
        upright.thumbnail((side, side))
    return coloured(upright)


def bounded(width: int, height: int, limits: Limits, least: int) -> None:
    """Refuse what would be too much to decode, or too little to see anything on."""
    if width * height > limits.pixels:
        raise DataError(
            f"picture: {width:,} x {height:,} pixels are more than the {limits.pixels:,} taken"
        )
    if min(width, height) < least:
        raise DataError(f"picture: {width} x {height} pixels, too small to see anything on")


def canvas(body: bytes) -> tuple[int, int]:
    """Width and height of a WebP; its decoder makes room for them before it tells them.

    The container's specification: developers.google.com/speed/webp/docs/riff_container.
    """
    chunk = body[12:16]
    if chunk == b"VP8X":
        return little(body[24:27]) + 1, little(body[27:30]) + 1
    if chunk == b"VP8L":
        both = little(body[21:25])
        return (both & 0x3FFF) + 1, (both >> 14 & 0x3FFF) + 1
    return little(body[26:28]) & 0x3FFF, little(body[28:30]) & 0x3FFF


def little(digits: bytes) -> int:
    """A number whose last digits come first."""
    return int.from_bytes(digits, "little")


def turned(picture: Image.Image) -> Image.Image:
    """As it was held when it was taken; as it is where the note about that is damaged."""
    try:
        return ImageOps.exif_transpose(picture)
    except BROKEN:
        return picture.copy()


def coloured(picture: Image.Image) -> Image.Image:
    """Any mode to RGB, transparent parts white."""
    if picture.mode.startswith("I"):  # sixteen bits, which `convert` would cut off at 255
        deep = np.asarray(picture).astype(np.int64)
        return Image.fromarray((np.clip(deep, 0, 65535) >> 8).astype(np.uint8)).convert("RGB")
    if picture.has_transparency_data:
        over = picture.convert("RGBA")
        white = Image.new("RGBA", over.size, "white")
        return Image.alpha_composite(white, over).convert("RGB")
    return picture if picture.mode == "RGB" else picture.convert("RGB")
