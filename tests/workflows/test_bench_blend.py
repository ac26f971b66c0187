"""The blend part of the benchmark counts what it says, on a small bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hermes.evaluation.judged import Judged, Shelf
from hermes.pipeline.assemble import assemble
from hermes.workflows.bench_blend import CONSTANT, Constant, Systems, reported, right, timed

HORROR = ("category=horror",)
ROWS = [
    Judged(split="tune", kind="title", text="title 9", asks=(), rule="first 3", items=()),
    Judged(split="tune", kind="entity", text="horror films", asks=HORROR, rule="all 3"),
    Judged(split="tune", kind="empty", text="something", asks=(), rule="behaviour"),
]


@pytest.fixture(scope="module")
def systems(tiny: Path) -> Systems:
    return Systems.of(assemble(tiny), np.random.default_rng(0), people=4)


def test_four_people_and_a_stranger_ask(systems: Systems) -> None:
    assert len(systems.people) == 5
    assert systems.people[-1] == 0
    assert len(set(systems.people)) == 5
    query = systems.query(systems.people[0], "x")
    assert len(query.history) == len(query.ages) > 0
    assert query.ages[-1] == 0


def test_a_share_counts_the_people_an_answer_is_right_for(systems: Systems) -> None:
    shares = systems.shares(ROWS)
    assert {"words", "behaviour", "blend", *CONSTANT} <= set(shares)
    for share in shares.values():
        assert share.shape == (3,)
        assert set(np.round(5 * share, 6)) <= {0, 1, 2, 3, 4, 5}
    assert shares["words"].tolist() == [0, 1, 0]  # no item is right for the first
    assert shares["behaviour"].tolist() == [0, 0, 1]
    assert shares["blend"].tolist() == [0, 1, 1]


def test_what_a_person_usually_gets_is_right_where_nothing_is_asked(systems: Systems) -> None:
    shelf = Shelf(systems.engine.catalogue)
    for given, value in ((["i3", "i1"], 1), (["i1", "i3"], 0)):
        found = right(ROWS[2:], lambda user, text, given=given: given, 0, shelf, ["i3", "i1"])
        assert found.tolist() == [value]


def test_the_blend_is_held_to_the_best_part_alone() -> None:
    shares = {
        "words": np.array([1.0, 0.0, 0.0]),
        "meaning": np.array([0.0, 0.0, 0.0]),
        "words and meaning": np.array([1.0, 0.0, 0.0]),
        "behaviour": np.array([0.0, 0.5, 1.0]),
        "blend": np.array([1.0, 0.0, 1.0]),
        **{name: np.zeros(3) for name in CONSTANT},
    }
    rows = {row["name"]: row for row in reported(ROWS, shares)}
    every = rows["blend: right answers, asked the best alone"]
    assert (every["value"], every["floor"], every["holds"]) == (2 / 3, 0.5, True)
    assert "behaviour" in every["note"]
    asking = rows["blend, texts that ask: right answers, asked the best alone"]
    assert (asking["value"], asking["floor"]) == (0.5, 0.5)
    assert "title 1.00, entity 0.00, empty 1.00" in rows["blend: right answers"]["note"]


def test_a_constant_changes_nothing_but_explicitness(systems: Systems) -> None:
    reader = systems.engine.recommender.reader
    assert reader is not None
    query = systems.query(0, "horror films")
    ours, theirs = Constant(reader.understand, reader.search, 0.5)(query), reader(query)
    assert ours[2] == 0.5 != theirs[2]
    assert ours[1] == theirs[1]
    assert ours[0].filters == theirs[0].filters


def test_only_texts_are_timed(systems: Systems) -> None:
    spaces = replace_text(ROWS[2], "  ")
    row = timed(systems, [ROWS[1], spaces])
    assert row["value"] > 0
    assert row["note"].startswith("5 answers, 40 items")


def replace_text(row: Judged, text: str) -> Judged:
    return Judged(split=row.split, kind=row.kind, text=text, asks=row.asks, rule=row.rule)
