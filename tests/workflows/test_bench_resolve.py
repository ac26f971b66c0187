from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from hermes.core.errors import DataError
from hermes.workflows.bench_resolve import Score, same, scored


def shelf(*rows: tuple[str, str, int]) -> pl.DataFrame:
    made = [
        {"asset_id": i, "title": title, "published_at": datetime(year, 1, 1, tzinfo=UTC), "line": n}
        for n, (i, title, year) in enumerate(rows, 1)
    ]
    return pl.DataFrame(made)


def test_a_right_a_wrong_and_a_missed_pair_are_counted(tmp_path: Path) -> None:
    plots = shelf(("p", "A", 1990), ("q", "B", 1990), ("r", "C", 1990))
    file = tmp_path / "judged.csv"
    file.write_text("movielens,plots\n1,0 2\n2,0\n3,1\n4,\n5,\n")
    told = {"1": "r", "2": "q", "4": "p", "9": "p"}
    assert scored(file, told, plots) == Score(right=1, told=3, there=3)
    with pytest.raises(DataError, match="part of the checkout"):
        scored(tmp_path / "none.csv", told, plots)


def test_the_peer_joins_equal_titles_of_equal_years_once() -> None:
    films = shelf(("1", "The Boat", 1981), ("2", "Heat", 1995))
    plots = shelf(("p", "Boat", 1981), ("q", "boat", 1981), ("r", "Heat", 1996))
    assert same(films, plots).select("left", "right").rows() == [("1", "p")]
