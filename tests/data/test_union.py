from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from hermes.data.lake import SCHEMAS
from hermes.data.merges import LINKS
from hermes.data.union import joined, one, union

EMPTY: dict[str, Any] = dict.fromkeys(SCHEMAS["silver/assets"])


def asset(asset_id: str, **told: Any) -> dict[str, Any]:
    base = {"asset_id": asset_id, "domain": "films", "source": f"{asset_id}.csv"}
    return EMPTY | base | {"title": asset_id.upper(), "placeholder": False} | told


@pytest.mark.parametrize(
    ("lists", "found"),
    [
        ([["Sci-Fi"], ["sci fi", "Drama"]], ["Sci-Fi", "Drama"]),
        ([[], []], None),
        ([["a", "a"], ["b", "b"]], ["a", "a", "b", "b"]),
        ([["!"], ["?"]], ["!", "?"]),
    ],
)
def test_lists_keep_the_first_spelling(lists: list[list[str]], found: list[str] | None) -> None:
    assert union("tags", lists) == found


def test_a_person_keeps_the_parts_that_the_first_list_gives() -> None:
    ours = [{"name": "Ánna B.", "role": "director"}, {"name": "Ánna B.", "role": "writer"}]
    theirs = [{"name": "anna b", "role": "actor"}, {"name": "Cy", "role": "actor"}]
    assert union("creators", [ours, theirs]) == [*ours, theirs[1]]


def test_the_earlier_one_wins_and_a_price_brings_its_currency() -> None:
    rows = [
        asset("a", currency="USD", attributes='{"minutes": 90}'),
        asset("b", price=5.0, currency="EUR", language="de", attributes='{"minutes": 91}'),
        asset("c", price=6.0, language="fr", attributes='{"series": "S"}'),
    ]
    made = one(rows)
    assert (made["price"], made["currency"], made["language"]) == (5.0, "EUR", "de")
    assert json.loads(made["attributes"]) == {"minutes": 90, "series": "S"}
    assert [row["asset_id"] for row in made["sources"]] == ["a", "b", "c"]


def test_a_placeholder_takes_the_title_of_what_is_described() -> None:
    made = one([asset("a", title="a", placeholder=True), asset("b", title="Bee")])
    assert (made["asset_id"], made["title"], made["placeholder"]) == ("a", "Bee", False)


def test_what_is_in_no_group_passes_unchanged() -> None:
    shelf = pl.DataFrame([asset(x) for x in "abc"], schema=SCHEMAS["silver/assets"])
    links = pl.DataFrame([("c", "c", "films", 0), ("a", "c", "films", 1)], LINKS, orient="row")
    found = joined(shelf, links).sort("asset_id")
    assert found["asset_id"].to_list() == ["b", "c"] and found["sources"][0] is None
    assert joined(shelf, links.clear()).drop("sources").equals(shelf)
