"""Every encoder of pictures and sounds takes any bytes: vectors or a `DataError`, soon."""

from __future__ import annotations

import gzip
import io
import struct
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from PIL import Image

from hermes.core.errors import DataError
from hermes.encoders.audio import LogMel
from hermes.encoders.base import Encoder
from hermes.encoders.cache import encoded
from hermes.encoders.vision import Descriptors

RNG = np.random.default_rng(0)


def picture(kind: str = "PNG", side: int = 40) -> bytes:
    out = io.BytesIO()
    pixels = RNG.integers(0, 255, (side, side, 3), np.uint8)
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()


def recording(kind: str = "WAV", seconds: float = 0.3) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, np.sin(np.arange(int(8000 * seconds)) / 5), 8000, format=kind)
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(width: int, height: int, rows: int) -> bytes:
    """A PNG of that size by its header, one bit a pixel, with so many rows of it packed."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes((width // 8 + 2) * rows), 9)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def told_wrongly() -> bytes:
    """A WAV of two samples whose header speaks of four gigabytes."""
    whole = recording(seconds=0.001)
    at = whole.index(b"data") + 4
    return whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :]


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>'
BODIES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "one byte": lambda: b"\xff",
    "noise": lambda: RNG.bytes(20_000),
    "zeros": lambda: bytes(100_000),
    "a page": lambda: b"<!doctype html><title>404</title>",
    "SVG with entities": lambda: BOMB,
    "a PDF": lambda: b"%PDF-1.7\n%\xe2\xe3",
    "a gzip bomb": lambda: gzip.compress(bytes(10_000_000)),
    "a picture of another kind": lambda: picture("TIFF"),
    "half a picture": lambda: picture()[:2000],
    "half a JPEG": lambda: picture("JPEG")[:300],
    "a picture with a recording behind it": lambda: picture() + recording(),
    "a wide bomb": lambda: bomb(60_000, 60_000, 60_000 // 100),
    "a bomb within the limit": lambda: bomb(7000, 7000, 7000),
    "a narrow bomb": lambda: bomb(200_000_000, 1, 1),
    "a picture that lacks its pixels": lambda: bomb(6000, 6000, 1),
    "a recording": recording,
    "half a recording": lambda: recording("FLAC")[:200],
    "a header that lies": told_wrongly,
    "a recording without samples": lambda: recording(seconds=0),
    "an Ogg head": lambda: b"OggS" + bytes(200),
    "a picture": picture,
}


@pytest.fixture(scope="module")
def encoders() -> dict[str, Encoder[bytes]]:
    """Those that need no weights."""
    return {"pictures": Descriptors.fit([picture() for _ in range(8)]), "sounds": LogMel()}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("kind", ["pictures", "sounds"])
def test_any_bytes_are_a_vector_or_an_error_that_says_why(
    encoders: dict[str, Encoder[bytes]], kind: str, name: str
) -> None:
    encoder, body = encoders[kind], BODIES[name]()
    before = time.thread_time()
    try:
        rows = encoder.encode([body])
    except DataError as error:
        assert str(error).startswith(("picture: ", "recording: "))
    else:
        assert rows.shape == (1, encoder.d)
        assert np.isfinite(rows).all()
    assert time.thread_time() - before < 3


@pytest.mark.parametrize(("kind", "good"), [("pictures", "a picture"), ("sounds", "a recording")])
def test_what_is_refused_costs_the_others_nothing(
    encoders: dict[str, Encoder[bytes]], kind: str, good: str
) -> None:
    bad = ["nothing", "noise", "a page", "a wide bomb", "half a recording"]
    found = encoded(encoders[kind], [BODIES[name]() for name in (*bad, good)])
    assert set(found.refused) == set(range(len(bad)))
    assert np.linalg.norm(found.vectors.rows[-1]) == pytest.approx(1, abs=1e-3)
