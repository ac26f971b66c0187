"""How well pictures and recordings are understood without weights, beside chance and simple peers.

No label takes part in fitting. Photographs of clothes: of the ten nearest others, the share of the
same class. Their colours: whether the first word is one of those a person judged, before there was
a prediction, to be the thing's main colours; the judgements are kept beside the tests. Spoken
digits: whether the nearest recording of another speaker says the same digit.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy.fft import dct

from hermes.core.errors import ConfigError
from hermes.core.types import Array, Bools
from hermes.encoders.audio import RATE, LogMel, spectrogram
from hermes.encoders.colours import named
from hermes.encoders.naming import colours
from hermes.encoders.pictures import opened
from hermes.encoders.sounds import opened as heard
from hermes.encoders.vision import Descriptors
from hermes.evaluation.intervals import Interval, bootstrap

from .bench import Place
from .bench_quality import Row, above

JUDGED = Path(__file__).parents[3] / "tests" / "data"
FIRST, SECOND = "clothing_colours.csv", "clothing_colours_second.csv"
K = 10
FLOORS = {"clothing": 0.35, "colours": 0.8, "digits": 0.5}


@dataclass(frozen=True)
class Shelf:
    """Files of one kind, and what each shows or says."""

    files: tuple[Path, ...]
    labels: Array  # (n,)

    @cached_property
    def bodies(self) -> list[bytes]:
        """Their content."""
        return [file.read_bytes() for file in self.files]


def measure(place: Place) -> list[Row]:
    """Rows of all measurements, or of those in `place.only`; `ConfigError` for an unknown one."""
    wanted = place.named("encoders", MEASURED)
    return [row for name in wanted for row in MEASURED[name](place.folder())]


def shelf(folder: Path, pattern: str, label: Callable[[Path], str]) -> Shelf:
    """The files of a data set in their order; `ConfigError` where there are none."""
    files = tuple(sorted(folder.glob(pattern)))
    if not files:
        raise ConfigError(f"no {pattern} in {folder}; give the parent of {folder.name}")
    return Shelf(files, np.array([label(file) for file in files]))


def clothing(data: Path) -> list[Row]:
    """Classes of the nearest neighbours of each photograph, and how fast vectors are made."""
    photos = shelf(data / "clothing", "*/*.jpg", lambda file: file.parent.name)
    encoder = Descriptors.fit(photos.bodies)
    began = time.perf_counter()
    rows = encoder.encode(photos.bodies)
    rate = len(rows) / (time.perf_counter() - began)
    chance = np.random.default_rng(0).normal(size=rows.shape)
    simple = np.stack([histogram(body) for body in photos.bodies])
    half = np.arange(len(rows)) % 2 == 0
    other = Descriptors.fit([b for b, one in zip(photos.bodies, half, strict=True) if one])
    unseen = other.encode([b for b, one in zip(photos.bodies, half, strict=True) if not one])
    name, note = f"clothing: class precision@{K}", f"{len(rows)} photographs, leave-one-out"
    floor, labels = FLOORS["clothing"], photos.labels
    return [
        above(f"{name}, descriptors", mean(precision(rows, labels)), "", floor, note),
        above(
            f"{name}, descriptors fitted on other photographs",
            mean(precision(unseen, labels[~half])),
            "",
            None,
            f"fitted on half, neighbours among the other {len(unseen)}",
        ),
        above(f"{name}, RGB histogram", mean(precision(simple, labels)), "", None, "64 bins"),
        above(f"{name}, random order", mean(precision(chance, labels)), "", None),
        above("descriptors: speed", rate, "pictures/s", None, f"{encoder.d} values, one process"),
    ]


def words(data: Path) -> list[Row]:
    """Main colours of photographs against what a person saw, for two samples."""
    rows = list[Row]()
    for file, floor, note in (
        (FIRST, FLOORS["colours"], "judged before anything predicted them"),
        (SECOND, None, "judged when the settings stood, none looked at before"),
    ):
        if not (JUDGED / file).is_file():
            raise ConfigError(f"no {file} in {JUDGED}: run this from a checkout")
        with (JUDGED / file).open(encoding="utf-8") as lines:
            judged = {row["file"]: row["colours"].split() for row in csv.DictReader(lines)}
        rows += judgement(data / "clothing", judged, floor, note)
    return rows


def judgement(
    folder: Path, judged: dict[str, list[str]], floor: float | None, note: str
) -> list[Row]:
    """Rows of one sample, with the commonest word and the mean colour of the middle beside it."""
    began = time.perf_counter()
    pictures = [opened((folder / file).read_bytes()) for file in judged]
    found = [[word for word, _ in colours(picture, 2)] for picture in pictures]
    rate = len(found) / (time.perf_counter() - began)
    seen, all_seen = list(judged.values()), [word for said in judged.values() for word in said]
    common = max(sorted(set(all_seen)), key=all_seen.count)
    middles = [average(np.asarray(picture)) for picture in pictures]
    name = f"clothing: main colour, {len(judged)} photographs"
    return [
        above(f"{name}, first word", mean(hits([f[:1] for f in found], seen)), "", floor, note),
        above(
            f"{name}, first two words", mean(hits(found, seen)), "", None, f"{rate:.0f} a second"
        ),
        above(f"{name}, mean colour of the middle", mean(hits(middles, seen)), "", None),
        above(f"{name}, always {common}", mean(hits([[common]] * len(seen), seen)), "", None),
    ]


def digits(data: Path) -> list[Row]:
    """Digits of the nearest recording of another speaker."""
    said = shelf(data / "spoken-digits", "*.wav", lambda file: file.name.split("_")[0])
    speakers = np.array([file.name.split("_")[1] for file in said.files])
    encoder, began = LogMel(), time.perf_counter()
    rows = encoder.encode(said.bodies)
    rate = len(rows) / (time.perf_counter() - began)
    chance = np.random.default_rng(0).normal(size=rows.shape)
    simple = np.stack([cepstrum(body) for body in said.bodies])
    name, note = "spoken digits: nearest of other speakers", f"{len(rows)} recordings"
    alike = [agreement(table, said.labels, speakers) for table in (rows, simple, chance)]
    return [
        above(f"{name}, log-mel statistics", mean(alike[0]), "", FLOORS["digits"], note),
        above(f"{name}, mean of 13 cepstra", mean(alike[1]), "", None),
        above(f"{name}, random order", mean(alike[2]), "", None),
        above("log-mel statistics: speed", rate, "recordings/s", None, f"{encoder.d} values"),
    ]


MEASURED: dict[str, Callable[[Path], list[dict[str, Any]]]] = {
    "clothing": clothing,
    "colours": words,
    "digits": digits,
}


def precision(rows: Array, labels: Array, k: int = K) -> Array:
    """Share of each row's k nearest others that have its label.  (n, D), (n,) -> (n,)

    >>> precision(np.array([[1., 0.], [1., .1], [0., 1.]]), np.array(["a", "a", "b"]), 1)
    array([1., 1., 0.])
    """
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    alike = unit @ unit.T
    np.fill_diagonal(alike, -np.inf)
    near = np.argsort(-alike, axis=1, kind="stable")[:, :k]
    out: Array = (labels[near] == labels[:, None]).mean(1)
    return out


def agreement(rows: Array, labels: Array, groups: Array) -> Bools:
    """Whether the nearest row of another group has the same label.  (n, D) -> (n,)"""
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    alike = np.where(groups[:, None] == groups, -np.inf, unit @ unit.T)
    out: Bools = labels[alike.argmax(1)] == labels
    return out


def hits(found: list[list[str]], seen: list[list[str]]) -> Bools:
    """Whether any word that was found is one that was seen.  -> (n,)"""
    out: Bools = np.array([bool(set(a) & set(b)) for a, b in zip(found, seen, strict=True)])
    return out


def histogram(body: bytes) -> Array:
    """Roots of the shares of 64 colours in the whole picture.  -> (64,)"""
    pixels = np.asarray(opened(body, side=128)).reshape(-1, 3)
    counts = np.histogramdd(pixels, (4, 4, 4), [(0, 256)] * 3)[0].ravel()
    out: Array = np.sqrt(counts / counts.sum())
    return out


def average(pixels: Array) -> list[str]:
    """The word for the mean colour of a picture's middle ninth."""
    from skimage.color import rgb2lab

    height, width = pixels.shape[:2]
    middle = pixels[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3]
    return named(rgb2lab(middle / 255).reshape(-1, 3).mean(0)[None])


def cepstrum(body: bytes) -> Array:
    """Means over time of the cepstra 1 to 13.  -> (13,)"""
    cepstra = dct(spectrogram(heard(body, RATE), 40), norm="ortho", axis=1)
    out: Array = cepstra[:, 1:14].mean(0)
    return out


def mean(values: Array) -> Interval:
    """A mean with its interval."""
    return bootstrap(np.asarray(values, float), np.random.default_rng(0))[0]
