from __future__ import annotations

from pathlib import Path

import pytest

from hermes.pipeline.assemble import Engine, assemble
from hermes.workflows.bench_policy import SLIDER, asked, diversity, division, fairness


@pytest.fixture(scope="module")
def engine(tiny: Path) -> Engine:
    return assemble(tiny)


def test_parity_is_measured_beside_slates_without_it(engine: Engine) -> None:
    rows = {row["name"]: row for row in fairness(engine, list(asked(engine))[:20])}
    without = rows["exposure parity: slates that have it without"]["value"]
    assert 0 <= without <= rows["exposure parity: slates that have it"]["value"] <= 1
    assert rows["exposure parity: it holds or is proved infeasible"]["holds"]
    cost = rows["exposure parity: NDCG given up"]
    assert 0 <= cost["low"] <= cost["value"] <= cost["high"] < 1


def test_every_place_of_the_slider_has_its_likeness_and_its_cost(engine: Engine) -> None:
    rows = diversity(engine, list(asked(engine))[:10])
    costs = [row["value"] for row in rows if row["name"].endswith("given up")]
    assert len(costs) == len(SLIDER)
    assert costs == sorted(costs)


def test_the_division_is_held_against_its_budget() -> None:
    row = division()
    assert row["value"] > 0
    assert row["holds"] == (row["value"] <= row["floor"])
