from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import coo_array, save_npz

from hermes.core.config import build
from hermes.core.errors import ConfigError
from hermes.core.types import Array
from hermes.workflows import bench
from hermes.workflows.bench_graph import FAMILY, NAMES, CheckIns, measure, settings

PLACES = 40


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> bench.Place:
    """A folder in the layout of Gowalla: four circles of users, each around its own places."""
    home = tmp_path_factory.mktemp("graph")
    raw = home / "data" / "gowalla"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    found = np.zeros((80, PLACES), np.int8)  # 1 train, 2 test
    for user in range(80):
        own = rng.permutation(10 * (user % 4) + np.arange(10))
        found[user, own[:5]], found[user, own[5:8]] = 1, 2
    for number, name in ((1, "train"), (2, "test")):
        save_npz(raw / f"{name}.npz", coo_array((found == number).astype(np.float64)))
    return bench.Place(home / "data", home / "work")


@pytest.fixture(scope="module")
def rows(place: bench.Place) -> list[bench.Row]:
    return [build(bench.Row, row) for row in measure(place)]


def test_what_learns_fast_is_measured_then_the_best_and_the_peers(rows: list[bench.Row]) -> None:
    both = ("recall@20", "ndcg@20")
    ours = [f"Gowalla, {m}: {what}" for m in ("GFCF", "BSPM") for what in (*both, "fit")]
    best = [f"Gowalla, best of the family: {what}" for what in both]
    assert [row.name for row in rows[:8]] == [*ours, *best]
    assert len(rows) == 12
    assert all("implicit" in row.name for row in rows[8:])


def test_the_best_is_the_best_of_those_measured_and_must_reach_its_floors(
    rows: list[bench.Row],
) -> None:
    assert rows[6].value == max(rows[0].value, rows[3].value)
    assert [row.floor for row in rows[6:8]] == [0.190, 0.158]
    assert all(row.holds == (row.value >= row.floor) for row in rows[6:8])


def test_a_model_asked_for_by_name_says_nothing_of_the_best(place: bench.Place) -> None:
    found = measure(replace(place, only=("gfcf",)))
    assert [row["name"].split(": ")[1] for row in found] == ["recall@20", "ndcg@20", "fit"]


def test_circles_are_found_and_their_interval_holds_the_mean(rows: list[bench.Row]) -> None:
    assert rows[0].value > 0.9  # ten places of the circle, all within the first twenty
    assert rows[0].low <= rows[0].value <= rows[0].high


def test_the_figures_are_those_of_the_evaluation_that_came_with_lightgcn(
    place: bench.Place,
) -> None:
    checkins, rng = CheckIns(place), np.random.default_rng(3)
    test = checkins.split.test
    order = np.argsort(-rng.random((len(test), PLACES)), axis=1)  # some lists, best first
    place_of = np.argsort(order, axis=1) + 1
    ranks = place_of[test.owners(), test.targets - 1]
    relevant = [test.targets[a:b] - 1 for a, b in zip(test.offsets, test.offsets[1:], strict=False)]
    expected = np.mean([theirs(o[:20], r) for o, r in zip(order, relevant, strict=True)], axis=0)
    found = [interval.mean for interval in checkins.figures(ranks)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def theirs(listed: Array, relevant: Array) -> tuple[float, float]:
    """Recall and NDCG of one user, as that evaluation adds them up."""
    hit = np.isin(listed, relevant).astype(float)
    discount = 1 / np.log2(np.arange(2, 22))
    ideal = np.zeros(20)
    ideal[: min(20, len(relevant))] = 1
    return hit.sum() / len(relevant), (hit * discount).sum() / (ideal * discount).sum()


def test_without_data_it_says_what_to_give(place: bench.Place) -> None:
    with pytest.raises(ConfigError, match="--data"):
        measure(bench.Place(None, place.work))


def test_a_model_nobody_knows_is_named(place: bench.Place) -> None:
    with pytest.raises(ConfigError, match="did you mean 'gfcf'"):
        measure(replace(place, only=("gfcff",)))


def test_every_model_of_recipe_graph_that_is_measured_has_the_recipes_settings() -> None:
    from hermes.pipeline.recipe import load

    channels = {c.name: c for c in load("graph")[0].channels}
    shared = set(channels) & set(FAMILY)
    assert shared
    for name in shared:
        assert channels[name].model == FAMILY[name].model
        assert settings(name) == channels[name].config
    assert set(FAMILY) < set(NAMES)
