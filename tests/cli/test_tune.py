from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

import hermes.cli
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.domains.table import Table, of_options

Outcome = tuple[int, str, str]  # exit status, standard output, standard error
Run = Callable[..., Outcome]
RECIPE = """
name = "small"
[[channels]]
name = "transition"
model = "hermes.models.retrievers.transition:Transition"
"""
pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning")  # MLflow


@pytest.fixture
def tuned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """`hermes tune` in this process."""
    lines = [f"u{u},i{(7 * u + s) % 30}" for u in range(40) for s in range(6)]
    (tmp_path / "log.csv").write_text("u,i\n" + "\n".join(lines) + "\n")
    table = Table(of_options(tmp_path / "log.csv", "u", "i"))
    ingest(Lake(tmp_path / "lake"), table, tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    (tmp_path / "small.toml").write_text(RECIPE)

    def run(*more: str) -> Outcome:
        words = ["tune", "small.toml", "--lake", "lake", "--out", "search", "--trials", "2", *more]
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["hermes", *words])
        with pytest.raises(SystemExit) as end:
            hermes.cli.main()
        shown = capsys.readouterr()
        return int(end.value.code or 0), shown.out, shown.err

    return run


@pytest.mark.skipif(find_spec("optuna") is None, reason="the extra `tune` is not installed")
def test_the_best_recipe_is_written_and_named(tuned: Run, tmp_path: Path) -> None:
    status, out, err = tuned("--param", "blend.keep=5:20", "--json")
    assert status == 0
    assert [line.split(":")[0] for line in err.splitlines()] == ["trial 1 of 2", "trial 2 of 2"]
    said = json.loads(out)
    recipe = tomllib.loads((tmp_path / said["recipe"]).read_text("utf-8"))
    assert recipe["blend"]["keep"] == said["settings"]["blend.keep"]
    assert said["trials"] == 2


def test_a_search_for_nothing_exits_with_2_and_says_what_to_give(tuned: Run) -> None:
    status, _, err = tuned()
    assert status == 2
    assert "give --param key=low:high or --space FILE.toml" in err


@pytest.mark.skipif(find_spec("optuna") is not None, reason="Optuna is installed")
def test_without_optuna_it_exits_with_1_and_one_line(tuned: Run) -> None:
    status, out, err = tuned("--param", "blend.keep=5:20")
    assert (status, out) == (1, "")
    assert err == ("hermes: optuna is not installed; run pip install 'hermes-recommender[tune]'\n")
