from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ConfigError, DataError
from hermes.data.dataset import Dataset
from hermes.evaluation.cascade import patient
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import assemble
from hermes.pipeline.recipe import parse
from hermes.workflows.train import Bench, check, train

NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=20_011)
PLACE = "hermes.models.rankers."
NET = {"schedule": {"epochs": 2, "batch": 16}}
MEMBERS = [
    {"name": "trees", "model": f"{PLACE}lambdamart:LambdaMART", "config": {"trees": 5, "rows": 5}},
    {"name": "crosses", "model": f"{PLACE}dcn:DCN", "config": NET},
    {"name": "interest", "model": f"{PLACE}din:DIN", "config": {"d": 4, **NET}},
]


@pytest.fixture(scope="module")
def recipe(tiny_recipe: dict[str, Any]) -> dict[str, Any]:
    """Closed channels and an ensemble of three, on enough users to part them."""
    rank = {
        "model": "hermes.models.ensemble:Ensemble",
        "keep": 10,
        "negatives": 10,
        "config": {"members": MEMBERS},
    }
    return {
        "name": "ensemble",
        "length": 10,
        "labels": {"valid": 0.4},
        "channels": tiny_recipe["channels"][1:],
        "rank": rank,
    }


@pytest.fixture(scope="module")
def bundle(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Bundle:
    return train(recipe, tiny_data, tmp_path_factory.mktemp("ensemble") / "b")


def test_weights_are_on_the_simplex_and_who_has_none_leaves_nothing_but_its_card(
    bundle: Bundle,
) -> None:
    models = bundle.manifest["models"]
    said = models["rank"]["ensemble"]
    assert sum(said["weights"].values()) == pytest.approx(1)
    assert sum(models["rank"]["members"].values()) == pytest.approx(1)
    assert sorted(said["zero"] + list(models["rank"]["members"])) == sorted(said["weights"])
    for name, weight in said["weights"].items():
        assert models[f"rank.{name}"]["weight"] == weight
        kept = [f for f in bundle.manifest["files"] if f.startswith(f"models/rank.{name}.")]
        assert bool(kept) == (weight > 0)
        card = (bundle.path / "cards" / f"rank.{name}.md").read_text()
        assert ("no gain" in card) == (weight == 0)


def test_the_card_of_the_ensemble_has_the_values_of_the_manifest(bundle: Bundle) -> None:
    card = (bundle.path / "cards" / "rank.md").read_text()
    said = bundle.manifest["models"]["rank"]["ensemble"]
    for value in (*said["values"].values(), *said["alone"].values()):
        assert f"{value['mean']:.4f} ({value['low']:.4f} to {value['high']:.4f})" in card


def test_torch_and_the_members_own_forms_give_one_slate(bundle: Bundle) -> None:
    for name in ("u1", "u30", "nobody"):
        scores = []
        for tier in (1, 2):
            engine = assemble(bundle.path, tier)
            slate = patient(engine.recommender)(ask(engine, name, 5, NOW, "r"))
            assert not slate.trace.degraded
            scores.append(dict(zip(slate.items.items, slate.items.columns["score"], strict=True)))
        assert scores[0].keys() == scores[1].keys()
        np.testing.assert_allclose([*scores[0].values()], [*scores[1].values()], atol=1e-4)


def test_users_who_choose_the_weights_taught_and_stopped_no_member(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hermes.workflows import rankers

    taught: dict[str, Any] = {}
    asked: list[Any] = []
    fit, whole = Bench.fitted, rankers.Course.whole

    def fitted(self: Bench, name: str, model: Any, data: Any) -> Any:
        taught[name] = data
        return fit(self, name, model, data)

    def pools(self: Any, rows: Any, what: str) -> Any:
        asked.append(self.kitchen.log.users[rows])
        return whole(self, rows, what)

    monkeypatch.setattr(Bench, "fitted", fitted)
    monkeypatch.setattr(rankers.Course, "whole", pools)
    parted = rankers.parted
    stopped: list[Any] = []

    def spied(kitchen: Any, ensemble: bool) -> Any:
        stop, weigh = parted(kitchen, ensemble)
        stopped.append((kitchen, stop, weigh))
        return stop, weigh

    monkeypatch.setattr(rankers, "parted", spied)
    train(recipe, tiny_data, tmp_path / "b")
    kitchen, stop, weigh = stopped[0]
    users = [set(kitchen.log.users[rows].tolist()) for rows in (kitchen.parts.learn, stop, weigh)]
    assert not users[0] & users[2] and not users[1] & users[2]
    assert set(asked[0].tolist()) == users[2]
    assert {f"rank.{m['name']}" for m in MEMBERS} <= set(taught)
    assert len(taught["rank.trees"].history) <= len(kitchen.parts.learn)


def test_a_member_that_was_finished_when_the_run_broke_off_is_taken_over(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hermes.models.rankers.din import DIN
    from hermes.models.rankers.lambdamart import LambdaMART

    def broken(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(DIN, "fit", broken)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, tiny_data, tmp_path / "b")
    monkeypatch.setattr(LambdaMART, "fit", broken)
    train(recipe, tiny_data, tmp_path / "b")
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


def test_with_folds_learners_choose_too_by_members_that_never_saw_them(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hermes.workflows import rankers

    taught: dict[str, Any] = {}
    asked: dict[str, Any] = {}
    table, whole = rankers.Course.table, rankers.Course.whole

    def tables(self: Any, rows: Any, what: str) -> Any:
        taught[what] = set(self.kitchen.log.users[rows].tolist())
        return table(self, rows, what)

    def pools(self: Any, rows: Any, what: str) -> Any:
        asked[what] = set(self.kitchen.log.users[rows].tolist())
        return whole(self, rows, what)

    monkeypatch.setattr(rankers.Course, "table", tables)
    monkeypatch.setattr(rankers.Course, "whole", pools)
    config = {"members": MEMBERS[:2], "folds": 2}
    table_ = {**recipe, "rank": {**recipe["rank"], "config": config}}
    bundle = train(table_, tiny_data, tmp_path / "b")
    for fold in ("fold 1", "fold 2"):
        assert not taught[fold] & asked[f"weights, {fold}"]
    assert asked["weights, fold 1"] | asked["weights, fold 2"] == taught["examples"]
    said = bundle.manifest["models"]["rank"]["ensemble"]
    assert said["queries"] == sum(map(len, asked.values()))
    assert not [f for f in bundle.manifest["files"] if ".trees.1" in f]


def test_too_few_held_out_users_to_choose_by_are_one_clear_line(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"could choose an ensemble's weights.*raise labels\.valid"):
        train({**recipe, "labels": {"valid": 0.1}}, tiny_data, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_member_with_a_wrong_key_is_refused_before_anything_is_learned(
    recipe: dict[str, Any],
) -> None:
    wrong = [{**MEMBERS[0], "config": {"treez": 5}}]
    table = {**recipe, "rank": {**recipe["rank"], "config": {"members": wrong}}}
    with pytest.raises(ConfigError, match=r"members\.trees\.config\.treez.*did you mean 'trees'"):
        check(parse(table))
