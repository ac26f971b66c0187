from __future__ import annotations

import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from hermes.core.errors import ConfigError, DataError, Unavailable
from hermes.data.dataset import Dataset
from hermes.learn.run import Run
from hermes.models.rankers.lambdamart import LambdaMART
from hermes.pipeline.recipe import parse
from hermes.workflows.space import of_words
from hermes.workflows.tune import Search, toml, tune

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning")  # MLflow
needed = pytest.mark.skipif(find_spec("optuna") is None, reason="the extra `tune` is not installed")
SPACE = of_words(["rank.config.trees=2:9", "rank.keep=5:20:log", "rank.rich=true|false"])
SEARCH = Search(space=SPACE, trials=3)


@pytest.fixture(scope="module")
def recipe(tiny_recipe: dict[str, Any]) -> dict[str, Any]:
    """The tiny recipe without networks."""
    rest = {k: v for k, v in tiny_recipe.items() if k != "prerank"}
    return {**rest, "channels": tiny_recipe["channels"][1:]}


def asked(out: Path) -> list[tuple[str, dict[str, Any], float | None]]:
    """Every trial as it stands in the folder."""
    import optuna

    study = optuna.load_study(study_name="hermes", storage=f"sqlite:///{out / 'study.db'}")
    return [(t.state.name, t.params, t.value) for t in study.trials]


@pytest.fixture(scope="module")
def whole(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A search that nothing disturbed."""
    pytest.importorskip("optuna")
    out = tmp_path_factory.mktemp("whole")
    tune(recipe, tiny_data, out, SEARCH)
    return out


def test_the_best_settings_are_a_recipe(whole: Path, recipe: dict[str, Any]) -> None:
    best = max(asked(whole), key=lambda trial: trial[2] or 0.0)
    table = tomllib.loads((whole / "best.toml").read_text("utf-8"))
    parse(table)
    assert table["rank"]["config"]["trees"] == best[1]["rank.config.trees"]
    assert table["rank"]["rich"] == best[1]["rank.rich"]
    assert table["channels"] == recipe["channels"]
    assert f"ndcg@10 {best[2]:.4f} on its own held-out users" in (whole / "best.toml").read_text()


def test_a_trial_is_worth_what_its_training_measured_on_held_out_users(
    whole: Path, recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    from hermes.workflows.train import train
    from hermes.workflows.tune import laid

    _, settings, value = asked(whole)[0]
    bundle = train(laid(recipe, settings), tiny_data, tmp_path / "b")
    assert bundle.manifest["metrics"]["cascade"]["ndcg@10"] == value


def test_a_killed_search_goes_on_and_ends_the_same(
    whole: Path,
    recipe: dict[str, Any],
    tiny_data: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: Any) -> Any:
        raise KeyboardInterrupt

    tune(recipe, tiny_data, tmp_path, Search(space=SPACE, trials=1))
    with monkeypatch.context() as patch:
        patch.setattr(LambdaMART, "fit", broken)
        with pytest.raises(KeyboardInterrupt):
            tune(recipe, tiny_data, tmp_path, SEARCH)
    assert [state for state, _, _ in asked(tmp_path)] == ["COMPLETE", "RUNNING"]
    said = list[str]()
    tune(recipe, tiny_data, tmp_path, SEARCH, say=said.append)
    assert [line.split(":")[0] for line in said] == ["trial 2 of 3", "trial 3 of 3"]
    good = [trial for trial in asked(tmp_path) if trial[0] == "COMPLETE"]
    assert good == asked(whole)
    assert (tmp_path / "best.toml").read_text() == (whole / "best.toml").read_text()


def test_a_search_that_is_over_trains_no_more(
    whole: Path, recipe: dict[str, Any], tiny_data: Dataset
) -> None:
    said = list[str]()
    assert tune(recipe, tiny_data, whole, SEARCH, say=said.append).trials == 3
    assert said == []


def test_another_search_does_not_go_on_in_the_same_folder(
    whole: Path, recipe: dict[str, Any], tiny_data: Dataset
) -> None:
    with pytest.raises(ConfigError, match="choose another --out"):
        tune(recipe, tiny_data, whole, SEARCH, Run(seed=1))


@needed
def test_a_setting_nobody_knows_ends_before_anything_is_learned(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    wrong = Search(space=of_words(["rank.config.treez=1:2"]))
    with pytest.raises(ConfigError, match="did you mean 'trees'"):
        tune(recipe, tiny_data, tmp_path / "t", wrong)
    assert not (tmp_path / "t").exists()


@needed
def test_a_training_that_fails_is_a_trial_without_a_figure(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poor(*_: Any) -> Any:
        raise DataError("the loss became nan")

    monkeypatch.setattr(LambdaMART, "fit", poor)
    with pytest.raises(DataError, match="no trial of 3 ended with a figure"):
        tune(recipe, tiny_data, tmp_path, SEARCH)
    assert [state for state, _, _ in asked(tmp_path)] == ["FAIL"] * 3


def test_a_metric_nobody_measures_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'ndcg@10'"):
        Search(space=SPACE, metric="ndgc@10")


@needed
def test_a_system_nobody_measures_names_the_nearest(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'cascade\.ndcg@10'"):
        tune(recipe, tiny_data, tmp_path, Search(space=SPACE, system="cascde"))


@pytest.mark.skipif(find_spec("optuna") is not None, reason="Optuna is installed")
def test_without_optuna_one_line_says_what_to_install(
    recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(Unavailable, match=r"pip install 'hermes-recommender\[tune\]'"):
        tune(recipe, tiny_data, tmp_path, SEARCH)


@pytest.mark.skipif(find_spec("mlflow") is None, reason="the extra `tracking` is not installed")
def test_every_trial_is_a_run_in_mlflow(whole: Path) -> None:
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{whole / 'mlflow.db'}")
    number = client.get_experiment_by_name("tiny").experiment_id
    shown = {
        (r.data.params["rank.config.trees"], r.data.metrics["cascade.ndcg_at_10"])
        for r in client.search_runs([number])
    }
    assert shown == {(str(p["rank.config.trees"]), value) for _, p, value in asked(whole)}


def test_a_recipe_survives_being_written(tiny_recipe: dict[str, Any]) -> None:
    assert tomllib.loads(toml(tiny_recipe)) == tiny_recipe
