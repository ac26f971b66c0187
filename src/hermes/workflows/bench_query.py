"""How fast and how rightly typed queries are understood, and how explicit they are taken to be.

Speed on the newest 10,000 films of `movie-plots`; what is understood on the queries that were
written for MovieLens-1M's films with their plots, of which the half that nothing was made with is
measured; typos are made at random. `--only fit` learns what explicitness is predicted from anew.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cached_property
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

import hermes
from hermes.evaluation.judged import KINDS, Judged, accuracy, read
from hermes.pipeline.explicit import LEARNED, explicitness
from hermes.retrieval.query import Understanding
from hermes.retrieval.text_search import TextSearch
from hermes.retrieval.understood import Constraint

from . import films
from .bench import Place
from .bench_quality import Row, above, below
from .wishes import Wishes, error, learned, lesson, typo

QUERIES = Path(hermes.__file__).parents[2] / "tests" / "data" / "queries.jsonl"
FILMS = 10_000
ROUNDS = 30  # times each query is timed
TYPOS = 500
PLAIN = 500  # runs of plain words
FITTED = 700  # items whose queries explicitness is learned from


class Ground:
    """Catalogues and their readers, made when they are first asked for."""

    def __init__(self, place: Place) -> None:
        self.folder = place.folder()

    @cached_property
    def rows(self) -> list[Judged]:
        """The queries that nothing was made with."""
        return read(QUERIES, "test")

    @cached_property
    def films(self) -> Understanding:
        """Over ten thousand films."""
        return Understanding(films.listed(self.folder, FILMS))

    @cached_property
    def rated(self) -> Understanding:
        """Over the films that the queries were written for."""
        return Understanding(films.rated(self.folder))


def measure(place: Place) -> list[Row]:
    """Rows of each measurement; raises `ConfigError` for one that nobody knows."""
    usual = [name for name in MEASUREMENTS if name != "fit"]
    chosen = place.named("query", MEASUREMENTS, usual)
    ground = Ground(place)
    return [row for name in chosen for row in MEASUREMENTS[name](ground)]


def speed(ground: Ground) -> list[Row]:
    """Milliseconds of processor time a query, over all that were written."""
    reader, texts = ground.films, [row.text for row in read(QUERIES)]
    took = np.zeros((ROUNDS, len(texts)))
    for text in texts:
        reader(text)
    for i in range(ROUNDS):
        for j, text in enumerate(texts):
            began = time.thread_time()
            reader(text)
            took[i, j] = 1e3 * (time.thread_time() - began)
    note = f"{len(texts)} queries, {FILMS:,} films, one core"
    return [
        below("parse: median", float(np.median(took)), "ms", 0.3) | {"note": note},
        above("parse: p99", float(np.quantile(took, 0.99)), "ms", None, note),
        above("parse: slowest query", float(np.median(took, axis=0).max()), "ms", None, "median"),
    ]


def understanding(ground: Ground) -> list[Row]:
    """Precision and recall on the held-out half, with typos and without."""
    out = []
    for name, rows in (
        ("", ground.rows),
        (" with typos", [row for row in ground.rows if row.typo]),
    ):
        found = accuracy(rows, ground.rated, ground.rated.catalogue)
        asks = sum(len(row.asks) for row in rows)
        note = f"{len(rows)} held-out queries, {asks} asks"
        out += [above(f"understood{name}: {m}", v, "", None, note) for m, v in found.items()]
    return out


def typos(ground: Ground) -> list[Row]:
    """Names of the catalogue with one letter wrong, and everyday words that are right."""
    rng, reader = np.random.default_rng(0), ground.films
    shelf = reader.catalogue
    right = {"title": 0, "creator": 0, "category": 0}
    kinds = rng.choice(list(right), TYPOS, p=[0.45, 0.45, 0.1])
    for kind in kinds.tolist():
        names = {"title": shelf.titles[1:], "creator": shelf.creators.names[1:],
                 "category": shelf.categories.names[1:]}[kind]  # fmt: skip
        name = str(rng.choice([n for n in names if len(n) >= 5]))
        right[kind] += any(
            names_it(c, kind, name, reader) for c in reader(typo(name, rng)).constraints
        )
    rows = [above("one typo: right", sum(right.values()) / TYPOS, "", None, f"n = {TYPOS}")]
    for kind, n in right.items():
        rows.append(above(f"one typo in a {kind}", n / int((kinds == kind).sum()), "", None))
    said = stories(ground, rng)
    wrong = np.mean([any(bool(c.mended) for c in reader(text).constraints) for text in said])
    note = f"{len(said)} runs of 3 to 5 plain words of plots of other films"
    names = ("title", "creator", "like")
    named = np.mean([any(c.kind in names for c in reader(text).constraints) for text in said])
    rows.append(above("plain words taken for a misspelt name", float(wrong), "", None, note))
    return [*rows, above("plain words taken for a title or a person", float(named), "", None)]


def stories(ground: Ground, rng: Generator) -> list[str]:
    """Runs of words without capitals from the plots of films that are not in the catalogue."""
    plots = films.plots(ground.folder)["extract"].drop_nulls().head(-FILMS)
    out = list[str]()
    for plot in plots.sample(3 * PLAIN, seed=0).to_list():
        size = int(rng.integers(3, 6))
        found = re.findall(rf"(?<![\w.])[a-z]+(?: [a-z]+){{{size - 1}}}(?![\w])", plot)
        out += [str(rng.choice(found))] if found else []
    return out[:PLAIN]


def names_it(one: Constraint, kind: str, name: str, reader: Understanding) -> bool:
    """Whether a constraint is the name that was meant."""
    if kind == "title":
        titles = reader.catalogue.titles
        return one.kind == kind and any(titles[item] == name for item in one.items)
    return one.kind == kind and name in one.names


def explicit(ground: Ground) -> list[Row]:
    """Whether held-out queries are as explicit as their kinds say, two by two."""
    search, reader = TextSearch(ground.rated.catalogue), ground.rated
    maker = Wishes(reader, search, np.random.default_rng(0))
    values: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for row in ground.rows:
        seen = reader(row.text)
        values[row.kind].append(explicitness(seen, maker.scores(seen)))
    both = [values["title"] + values["entity"], values["mood"] + values["empty"]]
    pairs = [order(values[a], values[b]) for a, b in combinations(KINDS, 2)]
    means = ", ".join(f"{kind} {np.mean(found):.2f}" for kind, found in values.items())
    out = [
        above("explicitness: AUC, named against vague", order(*both), "", None, means),
        above("explicitness: pairs of kinds in order", float(np.mean(pairs)), "", None),
    ]
    return out + [
        above(f"explicitness: {a} above {b}", order(values[a], values[b]), "", None)
        for a, b in pairwise(KINDS)
    ]


def order(more: list[float], less: list[float]) -> float:
    """The share of pairs in order, ties half."""
    a, b = np.array(more)[:, None], np.array(less)[None, :]
    return float(np.mean((a > b) + 0.5 * (a == b)))


def fit(ground: Ground) -> list[Row]:
    """What explicitness is predicted from, learned anew, beside what is in use."""
    reader = ground.films
    maker = Wishes(reader, TextSearch(reader.catalogue), np.random.default_rng(0))
    found = learned(lesson(maker, FITTED))
    held = lesson(maker, FITTED // 2)
    rows = [
        above(f"explicitness: {name}", value, "", None, f"in use: {LEARNED[name]}")
        for name, value in found.items()
    ]
    wrong = error(held, list(LEARNED.values()))
    note = f"{len(held.named):,} queries for other items"
    return [*rows, above("explicitness: calibration error", wrong, "", None, note)]


MEASUREMENTS: dict[str, Callable[[Ground], list[dict[str, Any]]]] = {
    "speed": speed,
    "understanding": understanding,
    "typos": typos,
    "explicit": explicit,
    "fit": fit,
}
