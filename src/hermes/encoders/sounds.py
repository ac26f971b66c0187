"""A recording from bytes nobody vouches for: what it is, how long, and only then its samples.

What it is, its first bytes say. Rate, channels and length are read from its header and refused when
they are too much; the length is counted again while it is decoded, since a header may lie.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import gcd

import numpy as np
import soundfile
from scipy.signal import resample_poly

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Floats

BLOCK = 1 << 16  # frames decoded at a time
RATES = (1_000, 192_000)  # Hz, of what is taken
CHANNELS = 16
COARSEST = 1000  # a ratio of rates that needs larger numbers is rounded


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is taken for a recording."""

    largest: int = 64 << 20  # bytes
    longest: float = 600.0  # seconds

    def __post_init__(self) -> None:
        """Refuse limits that let nothing through."""
        if self.largest < 1 or self.longest <= 0:
            raise ConfigError("limits of recordings: largest and longest must be above 0")


def kind(body: bytes) -> str:
    """Its media type, from its content; `DataError` for what is no recording that is read.

    >>> kind(b"fLaC and so on")
    'audio/flac'
    """
    if body[:4] == b"RIFF" and body[8:12] == b"WAVE":
        return "audio/wav"
    if body.startswith(b"fLaC"):
        return "audio/flac"
    if body.startswith(b"OggS"):
        return "audio/ogg"
    said = "is empty" if not body else "is neither WAV nor FLAC nor Ogg"
    raise DataError(f"recording: {said}; those three are read")


def opened(body: bytes, rate: int, limits: Limits = Limits()) -> Floats:
    """The samples, all channels mixed to one, at `rate` Hz.  -> (T,)

    Raises `DataError` for what is no recording, is damaged, has no samples, or is above the limits.
    """
    if len(body) > limits.largest:
        raise DataError(
            f"recording: {len(body):,} bytes are more than the {limits.largest:,} taken"
        )
    name = kind(body)
    try:
        with soundfile.SoundFile(io.BytesIO(body)) as file:
            bounded(file.samplerate, file.channels, file.frames, limits)
            samples, own = mixed(file, limits), file.samplerate
    except (soundfile.LibsndfileError, OSError, ValueError, RuntimeError) as error:
        raise DataError(f"recording: {name}, but cut off or damaged: {error}") from error
    if not len(samples):
        raise DataError(f"recording: {name} without samples")
    if not np.isfinite(samples).all():
        raise DataError(f"recording: {name} with samples that are no finite numbers")
    return resampled(samples, own, rate)


def bounded(rate: int, channels: int, frames: int, limits: Limits) -> None:
    """Refuse what would be too much to decode."""
    if not RATES[0] <= rate <= RATES[1]:
        raise DataError(f"recording: {rate:,} Hz is not between {RATES[0]:,} and {RATES[1]:,}")
    if channels > CHANNELS:
        raise DataError(f"recording: {channels} channels are more than the {CHANNELS} taken")
    if frames > limits.longest * rate:
        raise DataError(
            f"recording: {frames / rate:,.0f} seconds are more than the {limits.longest:g} taken"
        )


def mixed(file: soundfile.SoundFile, limits: Limits) -> Floats:
    """One channel, block by block; `DataError` when more comes than the header said.  -> (T,)"""
    parts, count = [np.zeros(0, np.float32)], 0
    while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
        count += len(block)
        bounded(file.samplerate, file.channels, count, limits)
        parts.append(block.mean(1))
    return np.concatenate(parts)


def resampled(samples: Floats, own: int, rate: int) -> Floats:
    """The same sound at another rate.  (T,) -> (T',)

    >>> len(resampled(np.zeros(44100, np.float32), 44100, 8000))
    8000
    """
    if own == rate:
        return samples
    shared = gcd(own, rate)
    up, down = rate // shared, own // shared
    if max(up, down) > COARSEST and min(up, down) > 1:
        scale = max(1, round(COARSEST * min(up, down) / max(up, down))) / min(up, down)
        up, down = max(1, round(up * scale)), max(1, round(down * scale))
    out: Floats = resample_poly(samples, up, down).astype(np.float32)
    return out
