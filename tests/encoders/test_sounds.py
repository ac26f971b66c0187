from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Array
from hermes.encoders.sounds import Limits, kind, opened


def saved(samples: Array, rate: int, name: str = "WAV", subtype: str | None = None) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format=name, subtype=subtype)
    return out.getvalue()


def tone(seconds: float, rate: int, pitch: float = 440.0) -> Array:
    return 0.5 * np.sin(2 * np.pi * pitch * np.arange(int(seconds * rate)) / rate)


@pytest.mark.parametrize(("name", "said"), [("WAV", "wav"), ("FLAC", "flac"), ("OGG", "ogg")])
def test_each_format_is_told_by_its_content_and_read(name: str, said: str) -> None:
    body = saved(tone(0.5, 16_000), 16_000, name)
    found = opened(body, 16_000)
    assert kind(body) == f"audio/{said}"
    assert found.dtype == np.float32
    assert len(found) == 8000
    assert np.corrcoef(found, tone(0.5, 16_000))[0, 1] > 0.99


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 44_101])
def test_any_rate_becomes_the_one_that_is_asked_for(rate: int) -> None:
    found = opened(saved(tone(1.0, rate), rate), 8_000)
    assert len(found) == pytest.approx(8000, rel=0.005)
    spectrum = np.abs(np.fft.rfft(found[:8000], 8000))
    assert np.argmax(spectrum) == pytest.approx(440, abs=3)


def test_channels_are_mixed_to_one() -> None:
    both = np.stack([tone(0.1, 8000), -tone(0.1, 8000)], axis=1)
    assert np.abs(opened(saved(both, 8000), 8000)).max() < 1e-4


@pytest.mark.parametrize(
    "body", [b"", b"ID3\x04 an mp3", b"<html>", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"]
)
def test_what_is_no_recording_is_refused(body: bytes) -> None:
    with pytest.raises(DataError, match=r"is empty|neither WAV nor FLAC nor Ogg"):
        opened(body, 8000)


@pytest.mark.parametrize("name", ["WAV", "FLAC", "OGG"])
def test_damage_anywhere_is_refused_or_read_and_never_anything_else(name: str) -> None:
    rng, body = np.random.default_rng(0), saved(tone(0.2, 8000), 8000, name)
    for _ in range(100):
        bad = bytearray(body[: rng.integers(20, len(body) + 1)])
        for place in rng.integers(0, len(bad), rng.integers(1, 8)):
            bad[place] = rng.integers(256)
        try:
            assert np.isfinite(opened(bytes(bad), 8000)).all()
        except DataError as error:
            assert str(error).startswith("recording: ")


def test_a_header_alone_is_refused() -> None:
    with pytest.raises(DataError, match="without samples"):
        opened(saved(np.zeros(0), 8000), 8000)


def test_samples_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="no finite numbers"):
        opened(saved(np.array([0.0, np.nan, np.inf]), 8000, subtype="FLOAT"), 8000)


def test_a_recording_that_is_too_long_is_refused_by_its_header() -> None:
    with pytest.raises(DataError, match="11 seconds are more than the 10"):
        opened(saved(np.zeros(11 * 8000), 8000), 8000, Limits(longest=10))


def test_more_bytes_than_allowed_are_refused() -> None:
    with pytest.raises(DataError, match="bytes are more than the 50 taken"):
        opened(saved(tone(0.1, 8000), 8000), 8000, Limits(largest=50))


def test_an_absurd_rate_is_refused() -> None:
    body = bytearray(saved(tone(0.1, 8000), 8000))
    place = body.index(b"fmt ") + 12
    body[place : place + 4] = struct.pack("<I", 10)
    with pytest.raises(DataError, match="10 Hz is not between"):
        opened(bytes(body), 8000)


def test_limits_that_let_nothing_through_are_refused() -> None:
    with pytest.raises(ConfigError, match="above 0"):
        Limits(longest=0)
