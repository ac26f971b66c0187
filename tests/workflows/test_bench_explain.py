from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hermes.evaluation.cascade import patient
from hermes.pipeline.assemble import Engine, assemble
from hermes.workflows import bench_explain
from hermes.workflows.causes import CAUSES, Law, largest, named
from hermes.world.truth import Truth

AT = datetime(2024, 10, 13, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine(tiny: Path) -> Engine:
    return assemble(tiny, 2)


def test_the_causes_are_the_terms_of_the_law() -> None:
    truth = Truth.of("tiny", 3)
    law = Law(truth, 12.5)
    every = np.arange(len(truth.items))
    users, days = np.full(len(every), 7), np.full(len(every), 12.5)
    rest = truth.preference(users, every, days) - law.causes(7).sum(axis=1)
    people, items = truth.people, truth.items
    attention = 0.9 * (np.log(0.03 + people.interest[7, items.domain]) / 4 + 0.45)
    np.testing.assert_allclose(rest, attention - people.thrift[7] * items.dear - 1.0)


def test_the_true_cause_is_the_largest_of_those_that_may_be_said() -> None:
    causes = np.array([[1.0, 3.0, 2.0], [5.0, 1.0, 0.0]])
    items = np.array([0, 1])
    assert largest(causes, items).tolist() == [1, 0]
    may = np.array([[True, False, True], [True, True, True]])
    assert largest(causes, items, sayable=may).tolist() == [2, 0]
    assert largest(causes, items, over_mean=True).tolist() == [1, 0]


def test_reasons_that_name_no_cause_are_never_right() -> None:
    assert named(["chosen"]) == named(["catalogue"]) == []
    assert [CAUSES[c] for c in named(["because", "taste", "popular"])] == ["taste", "popular"]


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
