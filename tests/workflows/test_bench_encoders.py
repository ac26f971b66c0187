"""The figures of encoders, at a size of seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageDraw

from hermes.core.config import build
from hermes.core.errors import ConfigError
from hermes.encoders.colours import WORDS
from hermes.workflows import bench, bench_encoders
from hermes.workflows.bench_encoders import FIRST, JUDGED, SECOND, agreement, hits, precision

SPEAKERS = {"ada": 1.0, "bo": 1.15, "cy": 0.9}
SIZE = 72


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-four drawn pictures of two classes; three voices that say three rising tones."""
    home, rng = tmp_path_factory.mktemp("content"), np.random.default_rng(0)
    for i in range(24):
        folder = home / "clothing" / ("round", "wide")[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        picture = Image.new("RGB", (SIZE, SIZE), "white")
        pen, x = ImageDraw.Draw(picture), int(rng.integers(-4, 5))
        ink = tuple(int(v) for v in rng.integers(0, 150, 3))
        if i % 2:
            pen.rectangle((8 + x, 30, 60 + x, 42), fill=ink)
        else:
            pen.ellipse((20 + x, 20, 52 + x, 52), fill=ink)
        picture.save(folder / f"{i}.jpg")
    (home / "spoken-digits").mkdir()
    for digit, (first, last) in enumerate([(300, 900), (900, 300), (1500, 1500)]):
        for speaker, height in SPEAKERS.items():
            pitch = height * np.linspace(first, last, 4000)
            tone = 0.5 * np.sin(2 * np.pi * np.cumsum(pitch) / 8000)
            soundfile.write(home / "spoken-digits" / f"{digit}_{speaker}_0.wav", tone, 8000)
    return home


def rows(data: Path, name: str) -> list[bench.Row]:
    place = bench.Place(data, data / "work", only=(name,))
    return [build(bench.Row, row) for row in bench_encoders.measure(place)]


def test_shapes_are_told_apart_better_than_by_chance(data: Path) -> None:
    found = {row.name.rpartition(", ")[2]: row for row in rows(data, "clothing")}
    assert (found["descriptors"].value or 0) > 0.9
    assert (found["random order"].value or 1) < 0.7
    assert found["descriptors"].holds


def test_tones_are_told_apart_whoever_sings_them(data: Path) -> None:
    found = {row.name.rpartition(", ")[2]: row for row in rows(data, "digits")}
    assert found["log-mel statistics"].value == 1


def test_a_data_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \*\.wav in .*spoken-digits"):
        rows(tmp_path, "digits")
    with pytest.raises(ConfigError, match="no measurement 'clothes'"):
        rows(tmp_path, "clothes")


def test_a_neighbour_of_ones_own_group_does_not_count() -> None:
    table = np.array([[1.0, 0], [1, 0.01], [0.9, 0.4], [0, 1]])
    labels, groups = np.array([1, 2, 1, 2]), np.array(["a", "a", "b", "b"])
    assert agreement(table, labels, groups).tolist() == [True, False, False, True]
    assert precision(table, labels, 1).tolist() == [0, 0, 0, 0]


def test_any_of_the_words_may_be_the_one_that_was_seen() -> None:
    assert hits([["red"], ["red", "blue"], []], [["red"], ["blue"], ["red"]]).tolist() == [
        True,
        True,
        False,
    ]


def test_samples_of_colours_are_apart_and_in_words_that_are_known() -> None:
    tables = [
        dict(line.split(",") for line in (JUDGED / name).read_text("utf-8").splitlines()[1:])
        for name in (FIRST, SECOND, "clothing_colours_fit.csv")
    ]
    assert [len(table) for table in tables] == [50, 69, 240]
    assert len({file for table in tables for file in table}) == 50 + 69 + 240
    assert {w for table in tables for said in table.values() for w in said.split()} <= set(WORDS)


def test_main_colours_are_right_more_often_than_by_the_commonest_word(shared_data: Path) -> None:
    judged = {"hat/50cf0bbc-5a25-4df9-94fe-3323d2b61bff.jpg": ["blue", "navy"]}
    found = bench_encoders.judgement(shared_data / "clothing", judged, None, "")
    assert found[0]["value"] == 1
