"""The knowledge part of the benchmark measures what it says, on films by arithmetic."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from hermes.core.config import build
from hermes.core.errors import ConfigError, DataError
from hermes.retrieval.index import VectorIndex
from hermes.workflows import bench
from hermes.workflows.bench_knowledge import SERIES, Films, compared, measure, timed

IDS = (1, 3114, 480, 1544, *range(5001, 5037))  # of two judged series, and others
NAMES = ("Toy Story", "Toy Story 2", "Jurassic Park", "The Lost World: Jurassic Park")


def title(place: int) -> str:
    """Of the film at a place; no two alike."""
    return NAMES[place] if place < 4 else f"Quay {chr(97 + place % 26) * (3 + place // 26)}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> bench.Place:
    """Forty films in four casts; whoever watches one cast goes on watching it."""
    home = tmp_path_factory.mktemp("knowledge")
    lens, plots = home / "data" / "movielens-1m", home / "data" / "movie-plots"
    lens.mkdir(parents=True)
    plots.mkdir()
    films = [f"{i}::{title(n)} ({1990 + n % 10})::Drama" for n, i in enumerate(IDS)]
    (lens / "movies.dat").write_text("\n".join(films) + "\n", "latin-1")
    (lens / "users.dat").write_text("".join(f"{u}::M::25::1::1\n" for u in range(1, 41)))
    rng, lines = np.random.default_rng(0), []
    for user in range(1, 41):
        own = rng.permutation([i for n, i in enumerate(IDS) if n % 4 == user % 4])
        lines += [f"{user}::{i}::5::{1_000_000 + 60 * n}" for n, i in enumerate(own[:9])]
    (lens / "ratings.dat").write_text("\n".join(lines) + "\n", "latin-1")
    pl.DataFrame(
        {
            "title": [title(n) for n in range(40)],
            "year": [1990 + n % 10 for n in range(40)],
            "extract": [f"The plot of {n}." for n in range(40)],
            "cast": [[f"Lead {n % 4}", f"Second {n % 4}", f"Guest {n}"] for n in range(40)],
            "genres": [["Drama"]] * 40,
        }
    ).write_parquet(plots / "plots.parquet")
    return bench.Place(home / "data", home / "work", only=("speed", "quality", "series"))


@pytest.fixture(scope="module")
def rows(place: bench.Place) -> dict[str, bench.Row]:
    return {row["name"]: build(bench.Row, row) for row in measure(place)}


def test_walks_are_timed_against_a_millisecond(rows: dict[str, bench.Row]) -> None:
    for name in ("walk", "PageRank"):
        for what in ("median", "p99 of processor time"):
            row = rows[f"graph {name}: {what}"]
            assert row.value is not None
            assert row.value > 0
            assert row.holds == (row.value <= 1)


def test_films_join_by_title_and_bring_their_cast(place: bench.Place) -> None:
    films = Films(place)
    shelf, _ = films.found
    row = shelf.creator[[shelf.items.code("480")]].indices
    assert [shelf.creators.names[c] for c in row] == ["Lead 2", "Second 2", "Guest 2"]
    assert b'"role": "actor"' in shelf.cards[1]


def test_the_graph_is_held_to_popularity_by_genre(rows: dict[str, bench.Row]) -> None:
    genre = rows["MovieLens-1M, popularity by genre: recall@100"].value
    walk = rows["MovieLens-1M, graph walk: recall@100"]
    assert walk.floor == genre
    assert walk.value == 1  # all forty films are among the first hundred
    assert walk.low is not None
    assert "40 users, 40 films, 40 with their cast" in walk.note


def test_series_mates_are_looked_for_among_the_first_ten(rows: dict[str, bench.Row]) -> None:
    row = rows["MovieLens-1M, series mates among the first 10, graph walk"]
    assert row.value == 0.5  # the second park shares nobody with the first here
    assert row.note == "4 films of 2 series, judged by hand"


def test_no_film_is_in_two_judged_series() -> None:
    ids = SERIES.replace("|", " ").split()
    assert len(ids) == len(set(ids)) > 200


def test_an_index_is_compared_by_recall_and_time() -> None:
    vectors = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    truth = np.argsort(-vectors[:9] @ vectors[1:].T, axis=1)[:, :100] + 1
    recall, spent = compared("ours", VectorIndex.build(vectors), vectors[:9], truth)
    assert recall["value"] == 1
    assert 0 < spent["value"] < math.inf


def test_a_call_is_timed_by_the_clock_and_by_the_processor() -> None:
    wall, work = timed(lambda at: sum(range(10_000)), 5)
    assert len(wall) == len(work) == 5
    assert np.all(wall > 0)


def test_a_measurement_nobody_knows_is_refused(place: bench.Place) -> None:
    with pytest.raises(ConfigError, match="did you mean 'series'"):
        measure(bench.Place(place.data, place.work, only=("serie",)))
    with pytest.raises(DataError, match="movie-plots"):
        measure(bench.Place(place.work, place.work, only=("speed",)))
