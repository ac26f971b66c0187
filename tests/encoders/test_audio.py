from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Array
from hermes.encoders.audio import LogMel, LogMelConfig, filters, spectrogram
from hermes.encoders.cache import encoded


def wav(samples: Array, rate: int = 8000) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="WAV", subtype="FLOAT")
    return out.getvalue()


def glide(first: float, last: float, seconds: float = 0.5, rate: int = 8000) -> Array:
    """A tone whose pitch goes from one to another."""
    n = int(seconds * rate)
    return 0.5 * np.sin(2 * np.pi * np.cumsum(np.linspace(first, last, n)) / rate)


def likeness(*recordings: Array) -> Array:
    rows = LogMel().encode([wav(samples) for samples in recordings])
    return rows @ rows.T


def test_rows_are_of_length_one_and_as_long_as_it_says() -> None:
    encoder = LogMel(LogMelConfig(bands=20, parts=4))
    rows = encoder.encode([wav(glide(300, 900)), wav(glide(900, 300))])
    assert rows.shape == (2, encoder.d) == (2, 180)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_what_is_said_backwards_is_something_else() -> None:
    rising, slower, falling = glide(300, 2000), glide(300, 2000, 0.8), glide(2000, 300)
    alike = likeness(rising, slower, falling)
    assert alike[0, 1] > 0.95
    assert alike[0, 2] < 0.8


def test_loudness_and_silence_around_do_not_matter() -> None:
    word = glide(400, 1500)
    quiet = np.concatenate([np.zeros(3000), 0.05 * word, np.zeros(5000)])
    assert likeness(word, quiet)[0, 1] > 0.9


def test_the_rate_of_a_recording_hardly_matters() -> None:
    rows = LogMel().encode(
        [wav(glide(300, 2500, rate=rate), rate) for rate in (8000, 22_050, 48_000)]
    )
    assert (rows @ rows.T).min() > 0.97


def test_silence_has_nothing_to_say() -> None:
    done = encoded(LogMel(), [wav(np.zeros(4000)), wav(glide(300, 900)), b"no sound"])
    assert done.vectors.present.tolist() == [False, True, False]
    assert list(done.refused) == [2]


@pytest.mark.parametrize("length", [10, 199, 200, 281])
def test_a_recording_may_be_as_short_as_a_click(length: int) -> None:
    rows = LogMel().encode([wav(np.ones(length))])
    assert np.isfinite(rows).all()
    assert np.linalg.norm(rows) == pytest.approx(1, abs=1e-5)


def test_what_is_no_recording_is_refused() -> None:
    with pytest.raises(DataError, match="neither WAV"):
        LogMel().encode([b"text"])


def test_settings_are_part_of_the_identity() -> None:
    assert LogMel().identity == LogMel().identity
    assert LogMel().identity != LogMel(LogMelConfig(parts=4)).identity


def test_a_tone_sounds_loudest_in_the_band_it_lies_in() -> None:
    levels = spectrogram(glide(1000, 1000), 40).mean(0)
    centre = filters(40).argmax(0)[levels.argmax()] * 8000 / 512
    assert centre == pytest.approx(1000, abs=60)


def test_a_long_recording_is_the_same_in_pieces() -> None:
    long = np.random.default_rng(0).normal(size=8000 * 25)
    whole, part = spectrogram(long, 8), spectrogram(long[:16_000], 8)
    assert whole[: len(part)] == pytest.approx(part)


def test_what_hears_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="parts above 0"):
        LogMelConfig(parts=0)
