from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hermes.artifacts.training import HISTORY, Diary, beside, former, progress
from hermes.data.dataset import Dataset
from hermes.workflows.train import train


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    return Diary(beside(tmp_path / "bundle"), "quick", ["sasrec", "rank"])


def test_whoever_looks_at_the_place_of_a_bundle_sees_what_is_learned(
    diary: Diary, tmp_path: Path
) -> None:
    assert progress(tmp_path / "bundle") is None
    diary.begin("sasrec")
    diary.step("sasrec", 1, 20, {"loss": 3.5, "valid": 0.25})
    diary.write(now=True)
    said = progress(tmp_path / "bundle")
    assert said is not None
    assert (said["recipe"], said["planned"]) == ("quick", ["sasrec", "rank"])
    assert said["models"][0]["losses"] == [3.5]
    assert (said["models"][0]["step"], said["models"][0]["of"]) == (1, 20)
    diary.end("sasrec", 2.0, [3.5, 3.0])
    said = progress(tmp_path / "bundle")
    assert said is not None
    assert said["models"][0]["done"]
    assert said["models"][0]["seconds"] == 2.0


def test_nothing_is_left_when_the_bundle_stands(diary: Diary, tmp_path: Path) -> None:
    diary.begin("sasrec")
    diary.close()
    assert list(tmp_path.iterdir()) == []
    assert progress(tmp_path / "bundle") is None


def test_a_process_that_is_gone_is_not_believed(diary: Diary, tmp_path: Path) -> None:
    diary.begin("sasrec")
    said = json.loads(diary.path.read_text())
    diary.path.write_text(json.dumps(said | {"process": 2**22 + 1}))  # beyond what Linux gives out
    assert progress(tmp_path / "bundle") is None


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"process": "x"}'])
def test_a_damaged_file_says_nothing(diary: Diary, tmp_path: Path, damage: str) -> None:
    diary.path.write_text(damage)
    assert progress(tmp_path / "bundle") is None


def test_a_place_that_cannot_be_written_does_not_stop_the_training(tmp_path: Path) -> None:
    Diary(tmp_path / "nowhere" / "file.json", "quick", []).begin("sasrec")


def test_history_is_newest_first_and_bounded() -> None:
    manifest = {"version": "b", "created": "today", "seconds": {"all": 3.0}, "history": [{"v": 0}]}
    assert former(manifest)[0] == {"version": "b", "created": "today", "seconds": 3.0}
    assert former(manifest)[1] == {"v": 0}
    assert former(None) == []
    assert len(former({"history": [{}] * 80})) == HISTORY


def test_a_bundle_knows_the_losses_of_its_models_and_what_stood_before_it(
    tiny_recipe: dict[str, Any], tiny_data: Dataset, tmp_path: Path
) -> None:
    plain = {"name": "plain", "length": 10, "channels": tiny_recipe["channels"]}
    first = train(plain, tiny_data, tmp_path / "b").manifest
    second = train({**plain, "length": 9}, tiny_data, tmp_path / "b").manifest
    assert first["history"] == []
    assert len(first["losses"]["sasrec"]) == 1
    assert "transition" not in first["losses"]
    (before,) = second["history"]
    assert before["version"] == first["version"]
    assert before["seconds"] == first["seconds"]["all"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b"]  # no progress is left
