from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.core.errors import ConfigError
from hermes.data.build import dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.domains import movielens
from hermes.evaluation import splits
from hermes.workflows.report import HEAT, PRICE, of_bundle, report, trained_for
from hermes.workflows.train import train

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Sixty people who each watch twelve of forty films in a row."""
    folder, rng = tmp_path_factory.mktemp("films"), np.random.default_rng(0)
    kinds = ("Drama", "Comedy", "War", "Drama|War")
    rows = [f"{f},Film {f} (19{50 + f}),{kinds[f % 4]}" for f in range(1, 41)]
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "\n".join(rows) + "\n")
    lines = ["userId,movieId,rating,timestamp"]
    for user in range(1, 61):
        first = int(rng.integers(40))
        lines += [
            f"{user},{1 + (first + 2 * n) % 40},4.0,{1_000_000_000 + 86_400 * n}" for n in range(12)
        ]
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n")
    made = Lake(folder / "lake")
    ingest(made, movielens.adapter, folder, NOW)
    return made


@pytest.fixture(scope="module")
def table(tiny_recipe: dict[str, Any]) -> dict[str, Any]:
    config = {"d": 4, "attention": 4, "hidden": (8,), "schedule": {"epochs": 1}}
    stage = {"model": "hermes.models.rankers.din:DIN", "keep": 20, "negatives": 10}
    return {**tiny_recipe, "rank": stage | {"config": config}}


@pytest.fixture(scope="module")
def held(lake: Lake, table: dict[str, Any]) -> Path:
    """A bundle that has not seen anybody's last event."""
    data, out = dataset(lake, DataSpec()), lake.path.parent / "held"
    split = splits.leave_one_out(data.interactions)
    train(table, data, out, known=split.test.known, protocol="loo")
    return out


def test_a_bundle_adds_two_heat_maps_and_the_price(lake: Lake, held: Path, tmp_path: Path) -> None:
    page = report(lake.path, tmp_path, NOW, bundle=held, users=30).read_text("utf-8")
    assert page.count("<svg") == 10
    assert page.count(HEAT.replace("'", "&#39;")) == 2
    assert "Film " in (tmp_path / "attention-1.svg").read_text("utf-8")
    assert "held-out users" in page


def test_a_bundle_that_has_seen_everything_says_why_there_is_no_price(
    lake: Lake, tiny_recipe: dict[str, Any]
) -> None:
    out = lake.path.parent / "whole"
    train(tiny_recipe, dataset(lake, DataSpec()), out)
    heat, price = of_bundle(lake, out)
    assert (heat.title, price.title) == (HEAT, PRICE)
    assert not heat.svg
    assert "No ranker of this bundle is a DIN" in heat.said
    assert not price.svg
    assert "has learned from every event" in price.said


def test_a_bundle_of_another_lake_is_refused(lake: Lake, tiny: Path) -> None:
    with pytest.raises(ConfigError, match="trained on other data"):
        of_bundle(lake, tiny)


def test_what_cannot_be_shown_is_said(
    lake: Lake, tiny_recipe: dict[str, Any], tmp_path: Path
) -> None:
    out, said = lake.path.parent / "seen", list[str]()
    train(tiny_recipe, dataset(lake, DataSpec()), out)
    report(lake.path, tmp_path, NOW, bundle=out, say=said.append)
    assert len(said) == 2


def test_a_protocol_is_read_back_from_its_mark() -> None:
    plan = trained_for("temporal@11231.500000", 70, 3)
    assert plan is not None
    assert (plan.protocol, plan.at, plan.users, plan.seed) == ("temporal", 11231.5, 70, 3)
    assert trained_for("none", 70, 3) is None
