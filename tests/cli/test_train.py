from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import hermes.cli
from hermes.artifacts.bundle import Bundle
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
[rank]
model = "hermes.models.rankers.lambdamart:LambdaMART"
keep = 10
negatives = 5
config = {trees = 3, leaves = 3, rows = 2}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake, an empty one, and a recipe."""
    home = tmp_path_factory.mktemp("home")
    rows = [f"u{u},i{(7 * u + s) % 30}" for u in range(40) for s in range(6)]
    (home / "log.csv").write_text("u,i\n" + "\n".join(rows) + "\n")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ingest(Lake(home / "lake"), Table(of_options(home / "log.csv", "u", "i")), home, now)
    (home / "empty").mkdir()
    (home / "small.toml").write_text(RECIPE)
    return home


@pytest.fixture
def trained(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """`hermes train` in this process."""

    def run(*more: str, recipe: str = "small.toml", lake: str = "lake") -> Outcome:
        name = str(home / recipe) if recipe.endswith(".toml") else recipe
        words = ["train", name, "--lake", str(home / lake), "--out", str(tmp_path / "b"), *more]
        monkeypatch.setattr(sys, "argv", ["hermes", *words])
        with pytest.raises(SystemExit) as end:
            hermes.cli.main()
        shown = capsys.readouterr()
        return int(end.value.code or 0), shown.out, shown.err

    return run


def test_a_bundle_is_made_and_its_figures_are_shown(trained: Run, tmp_path: Path) -> None:
    status, out, err = trained()
    assert (status, err) == (0, "")
    bundle = Bundle.load(tmp_path / "b")
    assert bundle.manifest["version"] in out
    assert "cascade: hr@10" in out
    assert "channel.transition: hr@10" in out


def test_json_is_one_object_with_the_figures(trained: Run, tmp_path: Path) -> None:
    status, out, err = trained("--json")
    assert (status, err) == (0, "")
    said = json.loads(out)
    manifest = Bundle.load(tmp_path / "b").manifest
    assert said["path"] == str(tmp_path / "b")
    assert {k: said[k] for k in said if k != "path"} == {
        k: manifest[k] for k in said if k != "path"
    }
    assert {"name", "version", "protocol", "data_hash", "events", "seconds", "metrics"} < set(said)
    assert (said["name"], said["events"]) == ("small", 240)


def test_settings_change_what_is_trained(trained: Run, tmp_path: Path) -> None:
    settings = ["--set", "rank.config.trees=2", "--set", "name=other", "--seed", "3"]
    assert trained(*settings)[0] == 0
    manifest = Bundle.load(tmp_path / "b").manifest
    assert manifest["recipe"]["rank"]["config"]["trees"] == 2
    assert manifest["models"]["rank"]["config"]["trees"] == 2
    assert (manifest["name"], manifest["seed"]) == ("other", 3)


def test_an_ensemble_and_a_gate_say_their_weights_and_rates(
    trained: Run, home: Path, tmp_path: Path
) -> None:
    trees = 'model = "hermes.models.rankers.lambdamart:LambdaMART", config = {trees = 2, rows = 2}'
    (home / "mixed.toml").write_text(
        RECIPE[: RECIPE.index("[[channels]]")]
        + "labels = {valid = 0.6}\ngate = {rate = 0.1}\n"
        + RECIPE[RECIPE.index("[[channels]]") : RECIPE.index("[rank]")]
        + "[rank]\nkeep = 10\nnegatives = 5\n"
        + 'model = "hermes.models.ensemble:Ensemble"\n[rank.config]\n'
        + f'members = [{{name = "one", {trees}}}, {{name = "two", {trees}}}]\n'
    )
    status, out, err = trained(recipe="mixed.toml")
    assert (status, err) == (0, "")
    manifest = Bundle.load(tmp_path / "b").manifest
    said = manifest["models"]["rank"]["ensemble"]
    assert f"NDCG@10 by doubly robust estimate {said['values']['held out']['mean']:.4f}" in out
    for name in said["zero"]:  # two that are the same: one of them is enough
        assert f"{name} brings no gain and is left out" in out
    assert f"gate: opens on ordinary {manifest['gate']['opens']['ordinary']:.1%}" in out


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("rank.kep=3", "did you mean 'keep'"),
        ("rank.config.treez=3", "did you mean 'trees'"),
        ("channels.transitoin.deadline=3", "did you mean 'transition'"),
        ("rank.keep", "write key=value"),
        ("data.min_value=low", "data.min_value"),
    ],
)
def test_a_wrong_setting_exits_with_2_one_line_and_the_nearest(
    trained: Run, tmp_path: Path, setting: str, words: str
) -> None:
    status, out, err = trained("--set", setting)
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_recipe_exits_with_2_and_the_nearest(trained: Run) -> None:
    status, _, err = trained(recipe="qualty")
    assert status == 2
    assert "did you mean 'quality'" in err


def test_a_device_that_is_not_known_exits_with_2(trained: Run) -> None:
    status, _, err = trained("--device", "cdua")
    assert status == 2
    assert "did you mean 'cuda'" in err


@pytest.mark.parametrize(
    ("lake", "remedy"),
    [("empty", "ingest a source"), ("nothing", "no such folder; `hermes ingest")],
)
def test_a_lake_without_events_exits_with_1_and_a_remedy(
    trained: Run, tmp_path: Path, lake: str, remedy: str
) -> None:
    status, out, err = trained(lake=lake)
    assert (status, out) == (1, "")
    assert remedy in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_bundle_exits_with_1_and_stays(trained: Run, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "letter.txt").write_text("years of work")
    status, _, err = trained()
    assert status == 1
    assert "is left as it is" in err
    assert [p.name for p in (tmp_path / "b").iterdir()] == ["letter.txt"]


TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
NETWORK = """
[[channels]]
name = "sasrec"
model = "hermes.models.retrievers.sasrec:SASRec"
[channels.config]
d = 8
length = 5
blocks = 1
heads = 1
[channels.config.schedule]
epochs = 2
batch = 8
refresh = 1
"""


def in_two(home: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """`torchrun -m hermes train` of the small recipe and a network."""
    (home / "network.toml").write_text(RECIPE + NETWORK)
    words = ["train", home / "network.toml", "--lake", home / "lake", "--out", home / "two", *more]
    command = [*TORCHRUN, "-m", "hermes", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def test_two_processes_make_one_bundle(home: Path) -> None:
    done = in_two(home, "--json")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    manifest = Bundle.load(home / "two").manifest
    assert json.loads(done.stdout)["version"] == manifest["version"]
    assert {"sasrec", "transition", "rank"} == set(manifest["models"])
    assert not list(home.glob(".two*"))


def test_what_is_wrong_is_said_once_by_two_processes(home: Path) -> None:
    done = in_two(home, "--set", "rank.kep=3")
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("hermes:")] == [
        "hermes: unknown key 'rank.kep'; did you mean 'keep'?"
    ]
