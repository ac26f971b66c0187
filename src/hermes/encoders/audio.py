"""How a recording sounds, from its log-mel spectrogram, without weights and without fitting.

Stevens, Volkmann, Newman. A scale for the measurement of the psychological magnitude pitch. JASA
1937. Silence before and after is cut off, loudness as a whole is taken away, and what is left is
cut into equal parts of its own length, so that a word said slowly is near the same word said fast:
of each part the mean of each band and how it changes, of the whole how much each band varies. Only
what a telephone carries is heard, up to 4 kHz, so that recordings of all rates can be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from hermes.core.errors import ConfigError
from hermes.core.types import Array, Floats

from .sounds import Limits, opened

RATE = 8000  # Hz
WINDOW, HOP, POINTS = 200, 80, 512  # samples: 25 ms, every 10 ms, of the transform
LOWEST, HIGHEST = 60.0, 3800.0  # Hz
DEEPEST = 60.0  # dB below the loudest beyond which nothing is heard
SILENT = 30.0  # dB below the loudest moment at which a recording begins and ends
LEAST = 1e-10  # power that is nothing
CHANGE = 3.0  # weight of changes beside levels


@dataclass(frozen=True, kw_only=True)
class LogMelConfig:
    """How finely a recording is heard."""

    bands: int = 40
    parts: int = 8  # of the time between the first sound and the last
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        """Refuse what hears nothing."""
        if self.bands < 2 or self.parts < 1:
            raise ConfigError("log-mel: bands must be above 1 and parts above 0")


@dataclass(frozen=True)
class LogMel:
    """An encoder of recordings' bytes."""

    config: LogMelConfig = LogMelConfig()

    @property
    def identity(self) -> str:
        """`audio:logmel:` and a hash of all settings."""
        fixed = (RATE, WINDOW, HOP, POINTS, LOWEST, HIGHEST, DEEPEST, SILENT, CHANGE)
        made = repr((1, fixed, sorted(asdict(self.config).items())))
        return f"audio:logmel:{hashlib.sha256(made.encode()).hexdigest()[:8]}"

    @property
    def d(self) -> int:
        """Length of a vector."""
        return self.config.bands * (2 * self.config.parts + 1)

    def encode(self, things: Sequence[bytes]) -> Floats:
        """Unit rows, zero for silence; `DataError` for what is no recording.  n -> (n, D)"""
        out = np.zeros((len(things), self.d), np.float32)
        for row, thing in zip(out, things, strict=True):
            heard = loud(spectrogram(opened(thing, RATE, self.config.limits), self.config.bands))
            if len(heard):
                said = statistics(heard, self.config.parts)
                row[:] = said / max(float(np.linalg.norm(said)), LEAST)
        return out


def spectrogram(samples: Floats, bands: int) -> Array:
    """Logarithm of the power in each band at each moment.  (T,) -> (frames, bands)"""
    short = max(WINDOW - len(samples), 0)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (0, short)), WINDOW)[::HOP]
    power = np.concatenate(
        [
            np.abs(np.fft.rfft(part * np.hanning(WINDOW), POINTS)) ** 2 @ filters(bands)
            for part in np.array_split(frames, max(1, len(frames) // 1000))
        ]
    )
    out: Array = np.log(power + LEAST)
    return out


@cache
def filters(bands: int) -> Array:
    """Triangles of equal width on the mel scale.  -> (POINTS / 2 + 1, bands)"""
    edges = hertz(np.linspace(mel(LOWEST), mel(HIGHEST), bands + 2))
    bins = np.fft.rfftfreq(POINTS, 1 / RATE)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling))


def mel(frequency: float) -> float:
    """Pitch as it is heard.

    >>> round(mel(1000.0))
    1000
    """
    return float(2595 * np.log10(1 + frequency / 700))


def hertz(pitch: Array) -> Array:
    """The inverse of `mel`."""
    out: Array = 700 * (10 ** (pitch / 2595) - 1)
    return out


def loud(levels: Array) -> Array:
    """From the first sound to the last; nothing of a silent recording.  -> (frames, bands)"""
    total = np.log(np.exp(levels).sum(1))
    if total.max() <= np.log(2 * LEAST * levels.shape[1]):
        return levels[:0]
    heard = np.flatnonzero(total > total.max() - SILENT / 10 * np.log(10))
    kept = levels[heard[0] : heard[-1] + 1]
    out: Array = np.maximum(kept, kept.max() - DEEPEST / 10 * np.log(10))
    return out


def statistics(levels: Array, parts: int) -> Array:
    """Means and changes of each part, and how each band varies.  -> (bands * (2 parts + 1),)"""
    levels = levels - levels.mean()
    change = np.gradient(levels, axis=0) if len(levels) > 1 else np.zeros_like(levels)
    cuts = np.linspace(0, len(levels), parts + 1)
    spans = [slice(int(a), max(int(np.ceil(b)), int(a) + 1)) for a, b in pairwise(cuts)]
    return np.concatenate(
        [
            *(levels[span].mean(0) for span in spans),
            *(CHANGE * change[span].mean(0) for span in spans),
            levels.std(0),
        ]
    )
