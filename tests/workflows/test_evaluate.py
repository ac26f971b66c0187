from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hermes.cli import assemble as command_line
from hermes.core.config import resolve
from hermes.core.errors import ConfigError
from hermes.data.build import dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.evaluation.splits import leave_one_out
from hermes.evaluation.summary import Evaluation
from hermes.pipeline.recipe import load
from hermes.workflows.evaluate import Plan, evaluate
from hermes.workflows.train import train

NOW = datetime(2024, 5, 1, tzinfo=UTC)
LOO = Plan(protocol="loo", ks=(5, 20))
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


def films(folder: Path, seed: int) -> Path:
    """A log in which each user walks on from film to film, so that order says all."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    lines = []
    for user in range(1, 81):
        start, length = rng.integers(40), rng.integers(4, 12)
        for step in range(length):
            film = 1 + (start + 2 * step) % 40
            lines.append(f"{user}::{film}::4::{956703932 + 60 * step + 3600 * user}")
    people = [f"{u}::F::25::4::00000" for u in range(1, 81)]
    shelf = [f"{i}::Film {i} (1990)::{'Drama' if i % 2 else 'Comedy'}" for i in range(1, 41)]
    for name, rows in (("ratings", lines), ("users", people), ("movies", shelf)):
        (folder / f"{name}.dat").write_text("\n".join(rows) + "\n", "latin-1")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake, a recipe, and a bundle of it that was trained without the last events."""
    home = tmp_path_factory.mktemp("home")
    adapter = resolve("hermes.domains.movielens:adapter")
    for name, seed in (("lake", 0), ("other", 1)):
        ingest(Lake(home / name), adapter, films(home / f"raw-{name}", seed), NOW)
    (home / "small.toml").write_text(RECIPE)
    data = dataset(Lake(home / "lake"), DataSpec())
    known = leave_one_out(data.interactions).test.known
    table = load(str(home / "small.toml"))[1]
    train(table, data, home / "fair", known=known, protocol="loo")
    train(table, data, home / "whole")
    return home


@pytest.fixture(scope="module")
def found(home: Path) -> Evaluation:
    return evaluate(str(home / "fair"), home / "lake", LOO)


def test_every_system_is_measured(found: Evaluation) -> None:
    assert set(found.systems) == {"cascade", "fusion", "channel.transition", "channel.popularity"}
    assert found.users == 80
    assert found.items == 40


def test_order_is_found_by_what_reads_order(found: Evaluation) -> None:
    assert found.systems["channel.transition"]["hr@5"].low > 0.8
    assert found.systems["channel.popularity"]["hr@5"].mean < 0.5
    assert found.systems["cascade"]["hr@5"].low > 0.8


def test_nothing_failed_on_the_way(found: Evaluation) -> None:
    assert not found.degraded


def test_a_recipe_is_trained_first_and_gives_what_its_bundle_gives(
    home: Path, found: Evaluation
) -> None:
    fresh = evaluate(str(home / "small.toml"), home / "lake", LOO, keep=home / "kept")
    assert fresh.systems == found.systems
    assert (home / "kept" / "manifest.json").is_file()


def test_a_bundle_that_saw_everything_is_trained_again(home: Path, found: Evaluation) -> None:
    said: list[str] = []
    again = evaluate(str(home / "whole"), home / "lake", LOO, say=said.append)
    assert again.systems == found.systems
    assert "trained again" in said[0]


def test_another_bundle_answers_the_same_users(home: Path, found: Evaluation) -> None:
    settings = ('blend.method="rrf"',)
    both = evaluate(
        str(home / "small.toml"), home / "lake", LOO, settings=settings, against=home / "fair"
    )
    assert both.systems["other"] == found.systems["cascade"]
    pair = next(p for p in both.paired if p.b == "other" and p.metric == "ndcg@5")
    ndcg = [both.systems[name]["ndcg@5"].mean for name in ("cascade", "other")]
    assert pair.result.mean == pytest.approx(ndcg[0] - ndcg[1])


def test_a_bundle_that_saw_the_test_is_no_rival(home: Path) -> None:
    with pytest.raises(ConfigError, match="has seen the test"):
        evaluate(str(home / "fair"), home / "lake", LOO, against=home / "whole")


def test_a_bundle_of_another_lake_is_refused(home: Path) -> None:
    with pytest.raises(ConfigError, match="other data"):
        evaluate(str(home / "fair"), home / "other", LOO)


def test_a_bundle_of_another_protocol_is_refused(home: Path) -> None:
    with pytest.raises(ConfigError, match="may have seen"):
        evaluate(str(home / "fair"), home / "lake", replace(LOO, protocol="temporal"))


def test_a_given_split_needs_one_in_the_lake(home: Path) -> None:
    with pytest.raises(ConfigError, match="--split"):
        evaluate(str(home / "small.toml"), home / "lake", replace(LOO, protocol="given"))


def test_some_users_are_drawn(home: Path) -> None:
    some = evaluate(str(home / "fair"), home / "lake", replace(LOO, users=20))
    assert some.users == 20


def test_tier_3_is_measured_too(home: Path) -> None:
    assert evaluate(str(home / "fair"), home / "lake", replace(LOO, tier=3)).users == 80


def test_the_temporal_protocol_trains_on_what_came_before(home: Path) -> None:
    plan = replace(LOO, protocol="temporal", fraction=0.3)
    late = evaluate(str(home / "small.toml"), home / "lake", plan)
    assert late.protocol == "temporal"
    assert late.targets >= late.users


@pytest.mark.parametrize("wrong", [{"protocol": "looo"}, {"ks": (10, 5)}, {"ks": (0,)}])
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Plan(**{"protocol": "loo", **wrong})  # type: ignore[arg-type]


def test_the_command_writes_what_other_tools_read(home: Path) -> None:
    words = ["evaluate", str(home / "fair"), "--lake", str(home / "lake"), "--protocol", "loo"]
    words += ["--k", "5,20", "--json", str(home / "f.json"), "--report", str(home / "report")]
    done = CliRunner().invoke(command_line("evaluate"), words)
    assert done.exit_code == 0, done.output
    figures = json.loads((home / "f.json").read_text())
    first = ["protocol", "users", "items", "data_hash", "seconds", "systems"]
    assert list(figures)[:6] == first
    assert set(figures["systems"]["cascade"]["ndcg@5"]) == {"mean", "low", "high"}
    assert (home / "report" / "report.html").is_file()
