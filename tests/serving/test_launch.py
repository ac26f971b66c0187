"""What a process that listens is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from hermes.core.errors import ArtifactError
from hermes.serving import launch
from hermes.serving.settings import Settings, load


def test_the_environment_says_these_settings_and_no_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HERMES_LAKE", "/a/lake/of/before")
    monkeypatch.setenv("HERMES_NOT_OURS", "stays")
    chosen = Settings(
        bundle=tmp_path, lake=None, port=8123, language_key=SecretStr("kept to ourselves")
    )
    told = launch.environ(chosen)
    assert "HERMES_LAKE" not in told
    assert told["HERMES_NOT_OURS"] == "stays"
    monkeypatch.delenv("HERMES_LAKE")
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert load() == chosen


def test_a_missing_bundle_is_told_before_a_process_is_started(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="hermes train"):
        launch.serve(Settings(bundle=tmp_path / "nothing"))


def test_what_workers_share_has_started_no_thread_before_they_are_forked() -> None:
    code = """
import os, sys
from hermes.serving.launch import preload
preload()
print(len(os.listdir("/proc/self/task")), *sorted({"polars", "torch", "spacy"} & set(sys.modules)))
"""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    words = [sys.executable, "-c", code]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=120, env=environment
    )
    assert done.stdout.split() == ["1", "spacy"], done.stderr
