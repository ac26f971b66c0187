from __future__ import annotations

import json
from pathlib import Path

import pytest

from hermes.artifacts.training import HISTORY, Diary, beside, former, progress


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
