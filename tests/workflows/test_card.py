from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hermes.cli
from hermes.artifacts.bundle import Bundle, sha256
from hermes.core.errors import ArtifactError
from hermes.workflows.card import cards, owner


@pytest.fixture(scope="module")
def bundle(tiny: Path) -> Bundle:
    return Bundle.load(tiny)


def text(bundle: Bundle, name: str) -> str:
    return (bundle.path / "cards" / f"{name}.md").read_text("utf-8")


def test_every_model_of_a_bundle_has_its_card_inside_the_hashes(bundle: Bundle) -> None:
    named = {f"cards/{name}.md" for name in bundle.manifest["models"]}
    assert named == {f for f in bundle.manifest["files"] if f.startswith("cards/")}


def test_a_changed_card_is_damage(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path / "b")
    (tmp_path / "b" / "cards" / "sasrec.md").write_text("the best model in the world")
    with pytest.raises(ArtifactError, match=r"cards/sasrec\.md is damaged"):
        Bundle.load(tmp_path / "b")


@pytest.mark.parametrize("name", ["sasrec", "transition", "popularity", "prerank", "rank"])
def test_a_card_says_what_it_is_learned_from_achieved_cost_and_cannot_do(
    bundle: Bundle, name: str
) -> None:
    said, manifest = text(bundle, name), bundle.manifest
    for chapter in ("Data", "Configuration", "Figures", "Cost", "Limits", "Hashes"):
        assert f"## {chapter}\n" in said or (chapter == "Configuration" and name == "popularity")
    assert manifest["models"][name]["class"] in said
    assert manifest["data_hash"] in said
    assert manifest["code"] in said
    assert f"| events | {manifest['events']:,} |" in said
    assert f"{manifest['seconds'][name]:.1f}" in said


@pytest.mark.parametrize(("name", "system"), [("sasrec", "channel.sasrec"), ("rank", "rank")])
def test_figures_are_those_of_the_manifest_within_their_interval(
    bundle: Bundle, name: str, system: str
) -> None:
    figure = bundle.manifest["metrics"][system]["ndcg@10"]
    low, high = bundle.manifest["intervals"][system]["ndcg@10"]
    assert low <= figure <= high
    assert f"| ndcg@10 | {figure:.4f} ({low:.4f} to {high:.4f}) |" in text(bundle, name)


def test_hashes_are_those_of_the_files(bundle: Bundle) -> None:
    for file in ("sasrec.onnx", "sasrec.safetensors"):
        digest = sha256(bundle.path / "models" / file)
        assert f"| {file} | {digest} |" in text(bundle, "sasrec")


def test_limits_follow_from_what_the_model_reads_and_where_it_is_served(bundle: Bundle) -> None:
    sasrec, transition = text(bundle, "sasrec"), text(bundle, "transition")
    assert "Served on tiers 1, 2." in sasrec
    assert "blind to who asks" in sasrec
    assert "last 8 events" in sasrec
    assert "Served on tiers 1, 2, 3." in transition
    assert "does not read how a candidate sits beside the user's past" in text(bundle, "prerank")
    assert "of 40 items had no event" in transition


def test_what_had_to_be_changed_while_learning_is_a_limit(bundle: Bundle) -> None:
    told = {**bundle.manifest, "warnings": {"sasrec": ["memory ran out; batch 8 from here on"]}}
    shown = dict(cards(bundle.path, told))
    assert "- While it learned: memory ran out; batch 8 from here on\n" in shown["sasrec"]
    assert "memory" not in shown["transition"]


def test_a_file_belongs_to_the_longest_name_that_begins_it() -> None:
    models: dict[str, Any] = {"rank": {}, "rank.trees": {}, "sasrec": {}}
    assert owner("rank.trees.safetensors", models) == "rank.trees"
    assert owner("rank.safetensors", models) == "rank"
    assert owner("sasrec.index.safetensors", models) == "sasrec"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`hermes card` in this process."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hermes", "card", *words])
        with pytest.raises(SystemExit) as end:
            hermes.cli.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


def test_one_card_or_all_are_printed(shown: Run, bundle: Bundle) -> None:
    assert shown(str(bundle.path), "sasrec") == (0, text(bundle, "sasrec") + "\n", "")
    status, out, _ = shown(str(bundle.path))
    assert status == 0
    assert all(f"# {name}\n" in out for name in bundle.manifest["models"])


def test_a_model_that_is_not_there_exits_with_2_and_the_nearest(shown: Run, bundle: Bundle) -> None:
    status, out, err = shown(str(bundle.path), "sasrek")
    assert (status, out) == (2, "")
    assert "did you mean 'sasrec'" in err
