"""The published weights are not at hand: the path is driven with random ones."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hermes.core.errors import ConfigError, DataError
from hermes.encoders.cache import Cache, encoded
from hermes.encoders.clap import Clap, ClapConfig


def wav(seconds: float, pitch: float = 440.0, rate: int = 16_000) -> bytes:
    time = np.arange(int(seconds * rate)) / rate
    out = io.BytesIO()
    soundfile.write(out, 0.5 * np.sin(2 * np.pi * pitch * time), rate, format="WAV")
    return out.getvalue()


@pytest.fixture(scope="module")
def clap(small_clap: Path) -> Clap:
    return Clap(ClapConfig(weights=str(small_clap), windows=3, batch=2))


def test_recordings_and_texts_share_a_space(clap: Clap) -> None:
    heard, read = clap.encode([wav(0.4), wav(1.0, 900)]), clap.ask(["a dog barks", "rain", "x"])
    assert heard.shape == (2, clap.d) == (2, 12)
    assert read.shape == (3, 12)
    for rows in (heard, read):
        assert rows.dtype == np.float32
        assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_long_recording_has_the_same_vector_every_time(clap: Clap) -> None:
    body = wav(4.3)
    assert np.array_equal(clap.encode([body]), clap.encode([body]))


def test_a_long_recording_is_heard_in_even_windows(clap: Clap) -> None:
    samples = np.arange(80_000, dtype=np.float32)
    windows = clap.cut(samples)
    assert [int(w[0]) for w in windows] == [0, 32_000, 64_000]
    assert {len(w) for w in windows} == {16_000}
    assert len(clap.cut(samples[:100])) == 1


def test_what_is_asked_in_a_batch_is_what_is_asked_alone(clap: Clap) -> None:
    texts = ["a dog barks", "rain on a roof", "x"]
    alone = np.concatenate([clap.ask([text]) for text in texts])
    assert clap.ask(texts) == pytest.approx(alone, abs=1e-5)
    assert clap.ask([]).shape == (0, 12)


def test_silence_has_nothing_to_say_and_vectors_are_kept(clap: Clap, tmp_path: Path) -> None:
    out = io.BytesIO()
    soundfile.write(out, np.zeros(1000), 16_000, format="WAV")
    things = [wav(0.4), out.getvalue(), b"no sound"]
    cache = Cache(tmp_path / "heard.sqlite")
    first, again = (encoded(clap, things, cache) for _ in range(2))
    assert first.vectors.present.tolist() == [True, False, False]
    assert list(first.refused) == [2]
    assert again.reused == 2


def test_the_number_of_windows_is_part_of_the_identity(clap: Clap, small_clap: Path) -> None:
    assert clap.identity != Clap(ClapConfig(weights=str(small_clap), windows=2)).identity


def test_what_is_no_recording_is_refused(clap: Clap) -> None:
    with pytest.raises(DataError, match="neither WAV"):
        clap.encode([b"text"])


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no ClapModel can be read"):
        Clap(ClapConfig(weights=str(tmp_path)))
    with pytest.raises(ConfigError, match="windows and batch"):
        ClapConfig(weights="x", windows=0)
