from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hermes.core.errors import DataError
from hermes.data.catalogue import Catalogue
from hermes.evaluation.judged import KINDS, Judged, Shelf, accuracy, judged, read, satisfied
from hermes.retrieval.query import Understanding

ROWS = Path(__file__).parents[1] / "data" / "queries.jsonl"


def row(rule: str, *asks: str, items: tuple[int, ...] = (), genres: tuple[str, ...] = ()) -> Judged:
    return Judged(
        split="test", kind="entity", text="x", asks=asks, rule=rule, items=items, genres=genres
    )


def test_the_written_queries_are_enough_of_every_kind_and_halved() -> None:
    rows = read(ROWS)
    for kind in KINDS:
        assert sum(r.kind == kind for r in rows) >= 12
        halves = [sum(r.kind == kind and r.split == s for r in rows) for s in ("tune", "test")]
        assert abs(halves[0] - halves[1]) <= 2
    assert len({r.text for r in rows}) == len(rows) >= 60


def test_rules_are_what_they_say(shop: Catalogue) -> None:
    shelf = Shelf(shop)

    def right(r: Judged, *given: str) -> bool:
        return satisfied(r, [f"i{g}" for g in given], shelf, ["i1", "i2"])

    assert right(row("behaviour"), "1", "2") and not right(row("behaviour"), "2", "1")
    assert right(row("all 2", "category=horror", "year=2020.."), "1", "5", "2")
    assert not right(row("all 2", "category=horror"), "1", "2")
    assert not right(row("all 2", "category=horror"))
    assert right(row("all 2", "!category=horror", "creator=ada|bo"), "3", "4")
    assert right(row("genres 3 2", genres=("horror",)), "1", "2", "5")
    assert not right(row("genres 3 3", genres=("horror",)), "1", "2", "5")
    assert right(row("before 2 2 2030"), "1", "2") and not right(row("before 2 2 2024"), "1", "2")


def test_items_are_asset_ids(shop: Catalogue) -> None:
    shelf = Shelf(shop)
    assert satisfied(row("first 2", items=(7,)), ["3", "7"], shelf, [])
    assert not satisfied(row("first 1", items=(7,)), ["3", "7"], shelf, [])
    assert satisfied(row("some 3 2", items=(7, 3, 9)), ["3", "7"], shelf, [])


def test_a_rule_that_nobody_knows_is_named(shop: Catalogue) -> None:
    with pytest.raises(DataError, match="no rule 'best 3'"):
        satisfied(row("best 3"), [], Shelf(shop), [])


def test_shares_are_by_kind_and_of_all(shop: Catalogue) -> None:
    rows = [row("all 1", "category=horror"), row("all 1", "category=war")]
    assert judged(rows, lambda _: ["i1"], shop) == {"entity": 0.5, "all": 0.5}


def test_what_is_understood_too_much_and_too_little_costs(shop: Catalogue) -> None:
    reader = Understanding(shop)
    rows = [
        Judged(
            split="test",
            kind="entity",
            text="horror by ada",
            asks=("category=horror",),
            rule="all 1",
        ),
        Judged(
            split="test",
            kind="entity",
            text="comedy",
            asks=("category=comedy", "year=1990.."),
            rule="all 1",
        ),
    ]
    found = accuracy(rows, reader, shop)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)


def test_a_file_that_holds_no_queries_says_so(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"text": 3}\n')
    with pytest.raises(DataError, match="no judged query"):
        read(tmp_path / "q.jsonl")


def test_the_first_of_january_is_of_the_new_year(shop: Catalogue) -> None:
    days = np.array([np.nan, 7305, 7304, 9131, -1, *[np.nan] * 36], np.float32)
    shelf = Shelf(replace(shop, published=days))
    assert [shelf.year(f"i{i}") for i in (1, 2, 3, 4)] == [1990, 1989, 1995, 1969]
    assert np.isnan(shelf.year("i5"))
