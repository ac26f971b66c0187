from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hermes.core.errors import DataError
from hermes.data import merges
from hermes.data.build import dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.domains.movielens import adapter


def logged(lake: Lake, now: datetime, *rows: tuple[str, str, str, str | None, int | None]) -> None:
    """Events: user, item, kind, request, position; a second between two."""
    names = ("user_id", "asset_id", "kind", "request_id", "position")
    table = [dict(zip(names, row, strict=True)) for row in rows]
    for number, row in enumerate(table):
        row["occurred_at"] = now + timedelta(seconds=number)  # type: ignore[assignment]
    lake.append_events(pl.DataFrame(table), "serving", now)


def page(user: str, request: str, *items: str) -> list[tuple[str, str, str, str, int]]:
    return [(user, item, "impression", request, place) for place, item in enumerate(items)]


def test_pages_hold_what_was_shown_and_what_was_taken_of_it(lake: Lake, now: datetime) -> None:
    rows = [
        *page("1", "a", "1", "2", "3"),
        ("1", "2", "click", "a", 1),
        ("1", "3", "dismiss", "a", 2),
        *page("2", "b", "3", "1"),
        ("2", "1", "purchase", "b", None),  # of the page, though it came from elsewhere
        ("2", "3", "click", "z", 0),  # of another page
    ]
    logged(lake, now, *rows)
    data = dataset(lake, DataSpec(shown=True))
    shown, names = data.shown, data.catalogue.items.names
    assert shown is not None and len(shown) == 2
    assert [data.users.names[u] for u in shown.users] == ["1", "2"]
    assert [names[i] for i in shown.items] == ["1", "2", "3", "3", "1"]
    assert shown.places.tolist() == [0, 1, 2, 0, 1]
    assert shown.taken.tolist() == [False, True, False, False, True]
    assert shown.offsets.tolist() == [0, 3, 5]
    assert shown.times[0] == pytest.approx(now.timestamp() / 86400)
    one = shown.take(np.array([1]))
    assert (one.users.tolist(), one.places.tolist()) == (shown.users[1:].tolist(), [0, 1])
    assert len(shown.take(shown.users == 0)) == 0


def test_an_item_stands_on_a_page_once_where_it_stood_first_whatever_the_order_of_the_rows(
    tmp_path: Path, films: Path, now: datetime
) -> None:
    rows = [("1", "2", "impression", "a", 4), *page("1", "a", "1", "2"), *page("1", "a", "3")]
    found = []
    for number, given in enumerate((rows, rows[::-1])):
        lake = Lake(tmp_path / f"lake-{number}")
        ingest(lake, adapter, films, now)
        for row in given:
            logged(lake, now + timedelta(minutes=rows.index(row)), row)
        shown = dataset(lake, DataSpec(shown=True)).shown
        assert shown is not None and len(shown) == 1
        found.append((shown.items.tolist(), shown.places.tolist()))
    assert found[0] == found[1]
    assert found[0][1] == [0, 0, 1]


def test_taken_is_what_counts_as_chosen(lake: Lake, now: datetime) -> None:
    rows = [*page("1", "a", "1", "2"), ("1", "1", "click", "a", 0), ("1", "2", "purchase", "a", 1)]
    logged(lake, now, *rows)
    bought = dataset(lake, DataSpec(shown=True, kinds=("purchase", "rating"))).shown
    assert bought is not None and bought.taken.tolist() == [False, True]
    worth = {"movielens": {"click": 0.0}}
    free = dataset(lake, DataSpec(shown=True), worth).shown
    assert free is not None and free.taken.tolist() == [False, True]


def test_what_is_shown_belongs_to_the_data(lake: Lake, now: datetime) -> None:
    logged(lake, now, *page("1", "a", "1", "2"), ("1", "1", "click", "a", 0))
    before = dataset(lake, DataSpec(shown=True)).hash
    assert before != dataset(lake, DataSpec()).hash
    logged(lake, now + timedelta(days=1), *page("1", "b", "2", "1"))
    assert dataset(lake, DataSpec(shown=True)).hash != before
    assert dataset(lake, DataSpec()).shown is None


def test_an_item_merged_away_is_shown_as_the_one_that_is_kept(lake: Lake, now: datetime) -> None:
    logged(lake, now, *page("1", "a", "1", "2"), ("1", "2", "click", "a", 1))
    links = pl.DataFrame(
        [("2", "3", "movielens", 1), ("3", "3", "movielens", 0)], schema=merges.LINKS, orient="row"
    )
    from hermes.data.build import MICROS, passing
    from hermes.data.pages import pages

    data = dataset(lake, DataSpec())
    liked = passing(lake, DataSpec(), {}).filter(pl.col("weight") > 0)
    found = pages(lake, data.users, data.catalogue.items, links, liked, MICROS)
    names = data.catalogue.items.names
    assert [names[i] for i in found.items] == ["1", "3"]
    assert found.taken.tolist() == [False, True]


def test_a_log_without_pages_is_refused_with_what_to_do(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"leave data\.shown out"):
        dataset(lake, DataSpec(shown=True))


def test_what_followed_has_the_very_time_of_its_event(lake: Lake, now: datetime) -> None:
    rows = [
        row
        for n in range(40)
        for row in (*page("1", f"p{n}", "1", "2"), ("1", "1", "click", f"p{n}", 0))
    ]
    logged(lake, now, *rows)
    data = dataset(lake, DataSpec(shown=True))
    assert data.shown is not None
    told = data.shown.when[data.shown.taken]
    assert len(told) == 40 and np.isin(told, data.interactions.times).all()


def test_a_page_that_tells_what_is_held_back_is_not_known(lake: Lake, now: datetime) -> None:
    rows = [
        *page("1", "a", "1", "2"),
        ("1", "1", "click", "a", 0),
        *page("1", "b", "3", "2"),
        ("1", "3", "click", "b", 0),  # held back, though something follows
        *page("1", "c", "2", "1"),
        ("1", "2", "click", "c", 0),
        *page("1", "d", "3", "1"),
        ("1", "3", "click", "d", 0),  # held back, and nothing follows
    ]
    logged(lake, now, *rows)
    data = dataset(lake, DataSpec(shown=True))
    log, shown = data.interactions, data.shown
    assert shown is not None and len(log.pages(shown)) == len(shown) == 4
    every = data.held(log).shown
    assert every is not None and every.times.tolist() == shown.times.tolist()
    clicks = np.flatnonzero(log.times > now.timestamp() / 86400)
    kept = np.ones(len(log), bool)
    kept[clicks[[1, 3]]] = False
    left = log.take(kept)
    held = data.held(left).shown
    assert held is not None
    assert held.times.tolist() == shown.times[[0, 2, 3]].tolist()
    known = left.pages(held)
    assert known.times.tolist() == shown.times[[0, 2]].tolist()
    names = data.catalogue.items.names
    assert [names[item] for item in known.items[known.taken]] == ["1", "2"]
