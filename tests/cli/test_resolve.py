from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hermes.cli
from hermes.artifacts.bundle import Bundle
from hermes.data.build import dataset
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec

Outcome = tuple[int, str, str]  # exit status, standard output, standard error
Run = Callable[..., Outcome]
RECIPE = """
name = "small"
[data]
domains = ["films"]
[[channels]]
name = "popularity"
model = "hermes.models.retrievers.popularity:Popularity"
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`hermes` in this process."""

    def run(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["hermes", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            hermes.cli.main()
        out, error = capsys.readouterr()
        return int(end.value.code or 0), out, error

    return run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Films that were seen, and plots that were not, ingested as a user would."""
    home = tmp_path_factory.mktemp("made")
    titles = ["Alien (1979)", "Solaris", "Stalker"]
    films = [f"f{n},{title}" for n, title in enumerate(titles)]
    (home / "films.csv").write_text("\n".join(["i,title", *films]) + "\n")
    seen = [f"u{u},f{(u + step) % 3}" for u in range(12) for step in range(3)]
    (home / "log.csv").write_text("\n".join(["u,i", *seen]) + "\n")
    (home / "plots.csv").write_text(
        "title,cast,extract\nAlien,Sigourney Weaver|John Hurt,In space.\nSolaris,,A planet.\n"
        "Dune,,A desert.\n"
    )
    return home


@pytest.fixture
def lake(made: Path, tmp_path: Path, run: Run) -> Path:
    lake = tmp_path / "lake"
    words = ("--events", "log.csv", "--user", "u", "--item", "i", "--assets", "films.csv")
    assert run("ingest", "table", made, *words, "--domain", "films", "--lake", lake)[0] == 0
    plots = ("--assets", "plots.csv", "--domain", "plots", "--lake", lake)
    assert run("ingest", "table", made, *plots)[0] == 0
    return lake


def told(run: Run, *words: object) -> dict[str, Any]:
    code, out, error = run("resolve", *words, "--json")
    assert code == 0, error
    found: dict[str, Any] = json.loads(out)
    return found


def test_what_is_found_is_shown_recorded_listed_and_undone(run: Run, lake: Path) -> None:
    both = ("--lake", lake, "--left", "films", "--right", "plots")
    dry = told(run, *both, "--dry-run")
    assert dry["standing"] == 0 and len(dry["would_be_recorded"]) == 2
    done = told(run, *both)
    first = done["recorded"][0]
    assert (first["kept_title"], first["other_title"]) == ("Alien (1979)", "Alien")
    assert first["why"] and 0.8 <= first["score"] <= 1
    assert told(run, *both) == {"recorded": [], "standing": 2}
    assert [m["merge"] for m in told(run, "--lake", lake, "--list")["in_force"]] == [
        m["merge"] for m in done["recorded"]
    ]
    assert told(run, "--lake", lake, "--undo", first["merge"])["standing"] == 1
    assert told(run, "--lake", lake, "--undo", first["merge"]) == {"undone": [], "standing": 1}
    assert len(told(run, "--lake", lake, "--undo", "all")["undone"]) == 1
    assert told(run, *both)["standing"] == 0  # what was undone stays so
    assert told(run, *both, "--again")["standing"] == 2


def test_a_pair_can_be_named(run: Run, lake: Path) -> None:
    found = told(run, "--lake", lake, "--pair", "f0", "f1")
    assert found["recorded"][0]["why"] == "named by hand" and found["standing"] == 1


def test_a_person_gets_a_table_and_a_count(run: Run, lake: Path) -> None:
    both = ("--lake", lake, "--left", "films", "--right", "plots")
    _, out, _ = run("resolve", *both)
    assert "Solaris" in out and "2 merges recorded; 2 in force" in out
    _, out, _ = run("resolve", *both, "--threshold", "1")
    assert "0 merges recorded; 2 in force" in out
    assert run("resolve", "--lake", lake, "--list")[1].endswith(f"{lake.name}: 2 in force\n")


def test_what_is_trained_on_merged_films_knows_their_plots(
    run: Run, lake: Path, tmp_path: Path
) -> None:
    assert told(run, "--lake", lake, "--left", "films", "--right", "plots")["standing"] == 2
    (tmp_path / "small.toml").write_text(RECIPE)
    bundle = tmp_path / "bundle"
    code, _, error = run("train", tmp_path / "small.toml", "--lake", lake, "--out", bundle)
    assert code == 0, error
    manifest = Bundle.load(bundle).manifest
    assert manifest["data_hash"] == dataset(Lake(lake), DataSpec(domains=("films",))).hash
    assert told(run, "--lake", lake, "--undo", "all")["standing"] == 0
    assert manifest["data_hash"] != dataset(Lake(lake), DataSpec(domains=("films",))).hash


def test_a_lake_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    code, _, error = run("resolve", "--lake", tmp_path / "no", "--list")
    assert code == 1 and "no such lake" in error
    assert not (tmp_path / "no").exists()


def test_wrong_use_is_one_line_that_says_what_is_right(
    run: Run, lake: Path, tmp_path: Path
) -> None:
    here = ("resolve", "--lake", lake)
    for words, message in (
        ((), "give --left and --right, or --pair, or --undo, or --list"),
        (("--left", "films"), "give --left and --right"),
        (("--left", "films", "--right", "plots", "--list"), "give --left and --right"),
        (("--left", "film", "--right", "plots"), "no domain 'film'; did you mean 'films'?"),
        (("--left", "films", "--right", "plots", "--threshold", "2"), "threshold 2.0: must be"),
        (("--undo", "nothing"), "no merge 'nothing'"),
        (("--pair", "f0", "f9"), "no asset 'f9'"),
    ):
        code, _, error = run(*here, *words)
        assert code == 2 and message in error and error.count("\n") == 1
    (tmp_path / "empty").mkdir()
    empty = ("--lake", tmp_path / "empty", "--left", "films", "--right", "plots")
    code, _, error = run("resolve", *empty)
    assert code == 1 and "holds no asset; ingest two sources first" in error
    shutil.rmtree(lake / "silver")
    assert run(*here, "--list")[0] == 0
