from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hermes.core.errors import ConfigError
from hermes.pipeline.recipe import folder, load, parse
from hermes.workflows.train import check

RECIPES = sorted(p.stem for p in folder().glob("*.toml"))


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_that_comes_with_hermes_can_be_trained(name: str) -> None:
    recipe, table = load(name)
    assert recipe.name == name == table["name"]
    check(recipe)


def test_there_are_the_recipes_the_documents_speak_of() -> None:
    assert {"quick", "quality", "demo", "first"} <= set(RECIPES)


def test_a_recipe_is_found_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text((folder() / "first.toml").read_text())
    assert load(str(file)) == load("first")


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'quick'"):
        load("quik")


@pytest.mark.parametrize(
    "text", [b"name = ", b"\xff\xfe", b"a = 1\na = 2", b"\x00PNG", b"channels = [{}"]
)
def test_a_file_that_is_no_toml_is_one_clear_line(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(text)
    with pytest.raises(ConfigError, match=r"recipe .*bad\.toml"):
        load(str(file))


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(str(tmp_path / "none.toml"))


def test_settings_are_laid_over_a_recipe() -> None:
    settings = ["rank.keep=7", "channels.transition.deadline=1", "blend.method=rrf", "length=9"]
    recipe, table = load("quick", settings)
    assert recipe.rank is not None
    assert recipe.rank.keep == table["rank"]["keep"] == 7
    assert next(c for c in recipe.channels if c.name == "transition").deadline == 1.0
    assert (recipe.blend.method, recipe.length) == ("rrf", 9)
    assert load("quick")[0].length != 9


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("lenght=9", "'lenght'; did you mean 'length'"),
        ("rank.kep=9", "'rank.kep'; did you mean 'keep'"),
        ("blend.method=rff", "did you mean 'rrf'"),
        ("channels.sasrek.deadline=1", "did you mean 'sasrec'"),
        ("channels.0.deadlin=1", r"'channels\[0\].deadlin'; did you mean 'deadline'"),
        ("rank.keep=many", "rank.keep: 'many' is not int"),
        ("rank=9", "rank: 9 is not Stage"),
        ("channels=9", "channels: 9 is not"),
        ("channels=[]", "distinct names"),
        ("name=[1]", "name"),
    ],
)
def test_a_wrong_setting_names_its_path_and_the_nearest(setting: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load("quick", [setting])


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("rank.config.treez=9", "'rank.config.treez'; did you mean 'trees'"),
        (
            "channels.sasrec.config.schedule.epoch=9",
            "'channels.sasrec.config.schedule.epoch'; did you mean 'epochs'",
        ),
        ("channels.0.model=os:system", "is not module:Class"),
        ("rank.model=hermes.models.retrievers.ease:EASE", "rank.model: .* is no Ranker"),
        (
            "channels.0.model=hermes.models.rankers.din:DIN",
            "channels.sasrec.model: .* no Retriever",
        ),
        ("channels.0.model=hermes.models.retrievers.ease:EASEConfig", "is no Retriever"),
    ],
)
def test_models_and_their_keys_are_checked_before_anything_is_learned(
    setting: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        check(load("quick", [setting])[0])


def channel(name: str) -> dict[str, Any]:
    return {"name": name, "model": "hermes.models.retrievers.popularity:Popularity"}


@pytest.mark.parametrize(
    "names", [[], ["a", "a"], ["a/b"], ["../a"], [""], ["rank"], ["gate"], ["a.index"]]
)
def test_names_that_cannot_be_files_or_are_taken_are_refused(names: list[str]) -> None:
    with pytest.raises(ConfigError, match="channel"):
        parse({"name": "x", "channels": [channel(name) for name in names]})


def test_a_recipe_needs_a_name_and_channels() -> None:
    with pytest.raises(ConfigError, match=r"name.*channels|channels.*name"):
        parse({})


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        ({"to": "kontent"}, "gate.to: no channel 'kontent'; did you mean 'content'"),
        ({"rate": 0.0}, "gate.rate: 0.0 must be above 0"),
        ({"rate": 0.7}, "at most 0.5"),
        ({"rat": 0.1}, "'gate.rat'; did you mean 'rate'"),
    ],
)
def test_a_gate_that_leads_nowhere_is_refused(gate: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse({"name": "x", "channels": [channel("content")], "gate": gate})


@pytest.mark.parametrize(
    ("settings", "starts"),
    [
        ([], 1.0),
        (["slate.diversity=0.5"], -1.0),
        (["slate.diversity=0.5", "slate.threshold=0.4"], 0.4),
        (["slate.threshold=0.4"], 0.4),
    ],
)
def test_a_recipe_that_asks_for_diversity_gets_it(settings: list[str], starts: float) -> None:
    assert load("quick", settings)[0].slate.starts() == starts
