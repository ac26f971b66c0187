from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hermes.core.config import build
from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.evaluation.splits import leave_one_out
from hermes.workflows import bench, bench_quality, peers


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> bench.Place:
    """A folder in the layout of MovieLens-1M, small, in which order says all."""
    home = tmp_path_factory.mktemp("bench")
    raw = home / "data" / "movielens-1m"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    lines = [
        f"{user}::{1 + (start + 2 * step) % 30}::4::{956703932 + 60 * step}"
        for user, start in enumerate(rng.integers(30, size=60), 1)
        for step in range(rng.integers(5, 12))
    ]
    (raw / "ratings.dat").write_text("\n".join(lines) + "\n", "latin-1")
    people = "\n".join(f"{u}::F::25::4::00000" for u in range(1, 61))
    (raw / "users.dat").write_text(people + "\n", "latin-1")
    films = "\n".join(f"{i}::Film {i} (1990)::Drama" for i in range(1, 31))
    (raw / "movies.dat").write_text(films + "\n", "latin-1")
    return bench.Place(home / "data", home / "work")


def test_rows_fit_the_table_and_say_whether_their_floor_holds(place: bench.Place) -> None:
    rows = [
        build(bench.Row, row) for row in bench_quality.measure(replace(place, only=("neighbours",)))
    ]
    assert [r.floor for r in rows] == [0.271, 0.155, 5.0]
    for row in rows:
        reached = row.value >= row.floor if row.unit == "" else row.value <= row.floor
        assert row.holds == reached
    assert rows[0].low is not None
    assert rows[0].low <= rows[0].value <= rows[0].high


def test_a_part_nobody_knows_is_named(place: bench.Place) -> None:
    with pytest.raises(ConfigError, match="did you mean 'neighbours'"):
        bench_quality.measure(replace(place, only=("neighbour",)))


def test_a_data_set_that_is_absent_is_named(place: bench.Place) -> None:
    with pytest.raises(ConfigError, match="amazon-beauty"):
        bench_quality.measure(replace(place, only=("beauty",)))


@pytest.mark.filterwarnings("ignore:Method expects CSR input")  # implicit warns of itself
def test_peers_are_ranked_without_what_their_users_had() -> None:
    rng = np.random.default_rng(1)
    n = 900
    log = Interactions.sort(
        rng.integers(1, 40, n), rng.integers(1, 50, n), rng.random(n), np.ones(n), Shape(40, 50)
    )
    split = leave_one_out(log)
    found = list(peers.measured(split))
    assert len(found) == 3
    free = 49 - min(
        len(set(split.test.known.items[split.test.known.users == u])) for u in split.test.users
    )
    for peer in found:
        assert len(peer.ranks) == len(split.test.targets)
        assert 0 < peer.ranks.max() <= free


def test_what_a_peer_filtered_is_not_on_its_list() -> None:
    log = Interactions.sort(
        np.ones(4, np.int64), np.arange(1, 5), np.arange(4.0), np.ones(4), Shape(2, 6)
    )
    split = leave_one_out(log)
    items, scores = np.array([[5, 0, 4, 3]]), np.array([[3.0, 9.0, 3.0, -np.inf]], np.float32)
    assert peers.ranked(split, items, scores).tolist() == [2]  # level with 5, which counts against
