from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hermes.evaluation.cascade import patient
from hermes.pipeline.assemble import Engine, assemble
from hermes.workflows import bench_explain, spoken
from hermes.workflows.causes import CAUSES, Law, clear, named
from hermes.workflows.spoken import COUNTS, counted
from hermes.world.truth import Truth

AT = datetime(2024, 10, 13, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine(tiny: Path) -> Engine:
    return assemble(tiny, 2)


def test_causes_are_what_is_wanted_over_the_average_item() -> None:
    truth = Truth.of("tiny", 3)
    law = Law(truth, 12.5)
    wanted = law.wanted(7)
    causes = law.causes(wanted)
    np.testing.assert_allclose(causes.sum(axis=1), wanted - wanted.mean(), atol=1e-12)
    np.testing.assert_allclose(causes.mean(axis=0), 0.0, atol=1e-12)
    every = np.array([law.causes(law.wanted(user))[:, 0] for user in range(len(truth.people))])
    np.testing.assert_allclose(every.mean(axis=0), 0.0, atol=1e-12)  # nobody's in particular
    assert np.ptp(law.causes(law.wanted(8))[:, 1:] - causes[:, 1:]) < 1e-9  # the same for all


def test_a_cause_is_clear_where_it_leads_by_one() -> None:
    assert clear(np.array([[2.0, 0.9, 0.0], [0.0, 2.0, 1.1]])).tolist() == [True, False]


def test_what_reasons_name_is_counted() -> None:
    causes = np.array([[2.0, 0.5, 0.0], [0.0, 1.0, 0.5], [0.2, 0.0, 0.1]])
    told, chances = [[0], [0, 1], [1]], np.array([0.9, 0.6, 0.95])
    found = dict(zip(COUNTS, counted(causes, told, chances, np.array([0, 0, 0])), strict=True))
    assert found == {
        "items": 3, "any": 2, "first": 1, "chance": pytest.approx(2.45), "sure": 2,
        "sure.right": 1, "named": 4, "own": 2, "popular": 1, "clear": 1, "clear.first": 1,
        "clear.own": 1, "clear.popular": 0, "knower": 2, "clear.knower": 1,
    }  # fmt: skip
    rows = {row["name"].split(": ")[1]: row for row in spoken.rows(np.array([[*found.values()]]))}
    assert rows["among those that an item's reasons name"]["value"] == pytest.approx(2 / 3)
    assert rows["named first by a reason that is sure of it"]["value"] == pytest.approx(1 / 2)


def test_reasons_that_name_no_cause_are_never_right() -> None:
    assert named(["chosen"]) == named(["catalogue"]) == []
    assert [CAUSES[c] for c in named(["because", "taste", "popular"])] == ["own", "popular"]


def test_slates_are_taken_apart_wholly_and_deleting_is_asked_of_the_ranker(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_explain, "PEOPLE", 12)
    monkeypatch.setattr(bench_explain, "SIZE", 6)
    queries = list(bench_explain.people(engine, AT))
    shown = bench_explain.Shown.of(engine, patient(engine.recommender), queries)
    rows = bench_explain.taken_apart("tiny", engine, queries, shown)
    kinds = {row["name"].split(": ")[0].split(", ", 1)[1] for row in rows}
    assert kinds == {"trees, Shapley", "DeepFM, integrated gradients"}
    gaps = [row for row in rows if "gap" in row["name"]]
    assert [row["holds"] for row in gaps] == [True, True]
    moved = bench_explain.moves(shown)
    assert moved.shape == (12, 3)
    assert (moved[:, 0] >= 0).all() and (moved > 0).any()
