"""Compiled trees against LightGBM's own prediction."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import lightgbm
import numpy as np
import pytest

from hermes.artifacts.trees import Trees
from hermes.core.errors import ArtifactError, ConfigError, ShapeError


def rows(n: int, seed: int, missing: float = 0.2) -> Any:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 8)).astype(np.float32)
    x[:, 1] = rng.integers(0, 5, n)  # many ties, some exactly on a threshold
    x[:, 7] = rng.integers(0, 30, n)  # a category
    x[:, :6][rng.random((n, 6)) < missing] = np.nan
    return x


def booster(leaves: int = 31, trees: int = 40, missing: float = 0.2, **settings: Any) -> Any:
    x = rows(4000, 1, missing)
    known = np.nan_to_num(x)
    y = known[:, 0] * known[:, 1] + np.sin(3 * known[:, 2]) + np.isnan(x[:, 3]) + known[:, 7] % 3
    data = lightgbm.Dataset(x, y, categorical_feature=[7])
    base = {"objective": "regression", "verbose": -1, "num_threads": 1, "min_data_per_group": 5}
    return lightgbm.train({**base, "num_leaves": leaves, **settings}, data, trees)


@pytest.mark.parametrize("leaves", [4, 31, 32, 33, 64])
def test_scores_are_lightgbms_with_missing_values_and_categories(leaves: int) -> None:
    model = booster(leaves)
    x = rows(700, 2)
    got = Trees.compile(model.model_to_string()).score(x)
    np.testing.assert_allclose(got, model.predict(x, raw_score=True), atol=1e-5)


def test_a_value_missing_only_when_served_goes_where_lightgbm_sends_it() -> None:
    model = booster(missing=0.0)
    x = rows(500, 3, missing=0.5)
    got = Trees.compile(model.model_to_string()).score(x)
    np.testing.assert_allclose(got, model.predict(x, raw_score=True), atol=1e-5)


def test_unseen_and_negative_categories_and_infinities_go_where_lightgbm_sends_them() -> None:
    model = booster()
    x = rows(60, 4)
    x[:20, 7], x[20:40, 7], x[40:50, 7] = 500, -1, np.nan
    x[::3, 0], x[1::3, 0] = np.inf, -np.inf
    got = Trees.compile(model.model_to_string()).score(x)
    np.testing.assert_allclose(got, model.predict(x, raw_score=True), atol=1e-5)


def test_a_value_on_a_threshold_goes_left_as_in_lightgbm() -> None:
    model = booster(missing=0.0)
    compiled = Trees.compile(model.model_to_string())
    assert compiled.features[0] == 0
    cuts = compiled.cuts[: compiled.ends[0]]
    x = rows(len(cuts), 5, missing=0.0)
    for value in (cuts, np.nextafter(cuts, np.float32(np.inf))):
        x[:, 0] = value
        np.testing.assert_allclose(compiled.score(x), model.predict(x, raw_score=True), atol=1e-5)


def test_one_fact_for_all_rows_is_scored_as_any_other() -> None:
    model = booster()
    x = rows(300, 6)
    x[:, 0], x[:, 2], x[:, 7] = 0.3, np.nan, 4
    got = Trees.compile(model.model_to_string()).score(x)
    np.testing.assert_allclose(got, model.predict(x, raw_score=True), atol=1e-5)


def test_restored_trees_score_to_the_bit() -> None:
    compiled = Trees.compile(booster(33).model_to_string())
    x = rows(100, 7)
    np.testing.assert_array_equal(Trees.restore(compiled.arrays()).score(x), compiled.score(x))


def test_trees_without_a_split_score_their_constant() -> None:
    model = booster(trees=2, min_data_in_leaf=4000)
    compiled = Trees.compile(model.model_to_string())
    again = Trees.restore(compiled.arrays())
    x = rows(5, 8)
    assert len(compiled.features) == 0
    np.testing.assert_allclose(again.score(x), model.predict(x, raw_score=True), atol=1e-5)


def test_no_rows_have_no_scores() -> None:
    assert Trees.compile(booster(4, 2).model_to_string()).score(rows(0, 9)).shape == (0,)


@pytest.mark.parametrize(
    "settings",
    [
        {"leaves": 65, "min_data_in_leaf": 1},
        {"zero_as_missing": True},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        {"linear_tree": True},
    ],
)
def test_what_cannot_be_scored_this_way_is_refused(settings: dict[str, Any]) -> None:
    text = booster(trees=3, **settings).model_to_string()
    with pytest.raises(ConfigError, match="trees"):
        Trees.compile(text)


def test_wrong_input_is_refused() -> None:
    compiled = Trees.compile(booster(4, 2).model_to_string())
    with pytest.raises(ShapeError, match=r"\(n, 8\)"):
        compiled.score(rows(5, 1)[:, :3])
    with pytest.raises(ArtifactError, match="lacks array 'leaves'"):
        Trees.restore({n: a for n, a in compiled.arrays().items() if n != "leaves"})


def test_scoring_needs_no_lightgbm() -> None:
    code = "import sys, hermes.artifacts.trees as t; assert 'lightgbm' not in sys.modules, t"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
