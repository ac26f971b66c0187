from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hermes.cli import assemble as command_line
from hermes.core.config import resolve
from hermes.core.errors import ConfigError
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.evaluation.ablation import Finding, Study
from hermes.learn.run import Run
from hermes.workflows import ablate

NOW = datetime(2024, 5, 1, tzinfo=UTC)
RECIPE = """
name = "small"
[[channels]]
name = "transition"
model = "hermes.models.retrievers.transition:Transition"
deadline = 5.0
[[channels]]
name = "popularity"
model = "hermes.models.retrievers.popularity:Popularity"
deadline = 5.0
"""
PLAN = """
recipe = "{recipe}"
[[studies]]
name = "channels"
title = "Each channel left out"
without = true
[[studies]]
name = "diversity"
title = "How much MMR is asked for"
axis = "diversity"
[studies.variants]
"0.2" = ["slate.diversity=0.2"]
"0.9" = ["slate.diversity=0.9"]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log in which each user walks on from film to film, so that order says all."""
    home = tmp_path_factory.mktemp("home")
    raw, rng = home / "raw", np.random.default_rng(0)
    raw.mkdir()
    lines = [
        f"{user}::{1 + (start + 2 * step) % 40}::4::{956703932 + 60 * step + 3600 * user}"
        for user, start in enumerate(rng.integers(40, size=60), 1)
        for step in range(rng.integers(4, 12))
    ]
    people = [f"{u}::F::25::4::00000" for u in range(1, 61)]
    shelf = [f"{i}::Film {i} (1990)::{'Drama' if i % 2 else 'Comedy'}" for i in range(1, 41)]
    for name, rows in (("ratings", lines), ("users", people), ("movies", shelf)):
        (raw / f"{name}.dat").write_text("\n".join(rows) + "\n", "latin-1")
    ingest(Lake(home / "lake"), resolve("hermes.domains.movielens:adapter"), raw, NOW)
    (home / "small.toml").write_text(RECIPE)
    (home / "plan.toml").write_text(PLAN.format(recipe=home / "small.toml"))
    return home


@pytest.fixture(scope="module")
def found(home: Path) -> list[tuple[Study, list[Finding]]]:
    plan = ablate.read(home / "plan.toml")
    laboratory = ablate.Laboratory.opened(plan, home / "lake", home / "work", Run())
    return list(ablate.findings(laboratory, lambda line: None))


def test_each_channel_is_left_out_in_turn(found: list[tuple[Study, list[Finding]]]) -> None:
    names = [finding.name for finding in found[0][1]]
    assert names == [ablate.BASE, "without transition", "without popularity"]


def test_what_matters_is_missed(found: list[tuple[Study, list[Finding]]]) -> None:
    gains = {f.name: f.gain for f in found[0][1]}
    lost, kept = gains["without transition"], gains["without popularity"]
    assert gains[ablate.BASE] is None and lost is not None and kept is not None
    assert lost.high < 0 < kept.high + 0.05


def test_a_model_that_did_not_change_is_not_fitted_again(
    home: Path, found: list[tuple[Study, list[Finding]]]
) -> None:
    assert len(list((home / "work" / "fitted").glob("*.safetensors"))) == 2


def test_the_command_writes_tables_and_pictures(
    home: Path, found: list[tuple[Study, list[Finding]]]
) -> None:
    page = home / "docs" / "ablation.md"
    given = ["--lake", home / "lake", "--work", home / "work", "--out", page]
    words = ["ablate", str(home / "plan.toml"), *map(str, given)]
    done = CliRunner().invoke(command_line("ablate"), words)
    assert done.exit_code == 0, done.output
    text = page.read_text()
    assert "| without transition |" in text and "| diversity |" in text
    for name in ("channels", "diversity"):
        assert (home / "docs" / "images" / f"ablation-{name}.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('studys = "x"', "studies"),
        ('[[studies]]\nname = "diversity"\ntitle = "again"', "distinct names"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(home: Path, line: str, said: str) -> None:
    text = (home / "plan.toml").read_text()
    wrong = home / "wrong.toml"
    wrong.write_text(f"{line}\n{text}" if line.startswith("studys") else f"{text}\n{line}")
    with pytest.raises(ConfigError, match=said):
        ablate.read(wrong)


def test_a_setting_that_does_not_fit_stops_before_anything_is_trained(home: Path) -> None:
    plan = ablate.read(home / "plan.toml")
    study = Study(name="x", title="x", variants={"odd": ["slate.diversety=1"]})
    with pytest.raises(ConfigError, match="diversity"):
        ablate.changes(plan, study)
