from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hermes.core.errors import ConfigError, DataError
from hermes.data import merges
from hermes.data.build import dataset
from hermes.data.gold import gold
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.mapping import Mapping, Source
from hermes.data.resolve import Plan
from hermes.data.spec import DataSpec
from hermes.domains.table import Table

FILMS = DataSpec(domains=("movielens",))
PLOTS = [
    {"id": "p1", "name": "The Matrix", "at": 1999, "cast": ["Keanu Reeves"], "plot": "A hacker.",
     "kind": ["sci fi", "Cult"], "picture": "m.png", "cost": 9.5, "coin": "EUR"},
    {"id": "p2", "name": "Léon: The Professional", "at": 1994, "cast": ["Jean Reno"],
     "plot": "A cleaner.", "kind": [], "picture": None, "cost": None, "coin": None},
    {"id": "p3", "name": "Alien", "at": 1979, "cast": [], "plot": "In space.", "kind": ["Horror"],
     "picture": None, "cost": None, "coin": None},
]  # fmt: skip
COLUMNS = {
    "asset_id": "id", "title": "name", "published_at": "at", "text_content": "plot",
    "categories": "kind", "image_uri": "picture", "price": "cost", "currency": "coin",
}  # fmt: skip


def bring(lake: Lake, folder: Path, now: datetime, domain: str, rows: list[dict[str, Any]]) -> None:
    """Rows as assets of a domain, and a view of the first by somebody new."""
    folder = folder / domain
    folder.mkdir()
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / "plots.parquet")
    (folder / "log.csv").write_text(f"u,i,t\nviewer,{rows[0]['id']},2001-01-01\n")
    shelf = Source(file=folder / "plots.parquet", columns=COLUMNS, creators={"actor": "cast"})
    log = {"user_id": "u", "asset_id": "i", "occurred_at": "t"}
    seen = Source(file=folder / "log.csv", columns=log, kind="view")
    made = Mapping(domain=domain, assets=(shelf,), events=(seen,))
    counts = ingest(lake, Table(made), folder, now)
    assert not counts.quarantined


@pytest.fixture
def both(lake: Lake, tmp_path: Path, now: datetime) -> Lake:
    """The three films, and plots of two of them and of another."""
    bring(lake, tmp_path, now, "plots", PLOTS)
    return lake


@pytest.fixture
def one(both: Lake, now: datetime) -> Lake:
    """The same after `resolve`."""
    merges.record(both, merges.proposed(both, "movielens", "plots"), now)
    return both


def card(lake: Lake, asset_id: str, spec: DataSpec = FILMS) -> dict[str, Any]:
    shelf = dataset(lake, spec).catalogue
    found: dict[str, Any] = json.loads(shelf.cards[shelf.items.code(asset_id)])
    return found


def pair(lake: Lake, now: datetime, kept: str, other: str) -> None:
    merges.record(lake, merges.by_hand(kept, other), now)


def kept(lake: Lake) -> dict[str, str]:
    return dict(merges.links(lake).select("asset_id", "kept").iter_rows())


def test_two_domains_are_resolved_to_one_asset_for_each_film(one: Lake) -> None:
    found = merges.standing(one).select("kept", "other", "kept_source", "other_source", "why")
    assert [row[:4] for row in found.rows()] == [
        ("1", "p1", "movies.dat", "plots.parquet"),
        ("2", "p2", "movies.dat", "plots.parquet"),
    ]
    assert found["why"].to_list() == ["same title", "one title is the other with more"]


def test_the_other_fills_what_the_kept_one_lacks_and_lists_are_joined(one: Lake) -> None:
    film = card(one, "1")
    assert (film["title"], film["domain"], film["year"]) == ("The Matrix", "movielens", 1999)
    assert film["categories"] == ["Action", "Sci-Fi", "Cult"]
    assert film["creators"] == [{"name": "Keanu Reeves", "role": "actor"}]
    assert (film["text_content"], film["image_uri"]) == ("A hacker.", "m.png")
    assert (film["price"], film["currency"]) == (9.5, "EUR")
    assert film["sources"] == [
        {"asset_id": "1", "domain": "movielens", "source": "movies.dat"},
        {"asset_id": "p1", "domain": "plots", "source": "plots.parquet"},
    ]
    assert "sources" not in card(one, "3")


def test_the_kept_one_wins_where_both_speak(one: Lake) -> None:
    assert card(one, "2")["title"] == "Léon"


def test_events_of_the_other_are_of_the_kept_one_and_its_domain(both: Lake, now: datetime) -> None:
    before = dataset(both, FILMS)
    assert "viewer" not in before.users.names
    pair(both, now, "1", "p1")
    after = dataset(both, FILMS)
    assert len(after.interactions) == len(before.interactions) + 1
    user, item = after.users.code("viewer"), after.catalogue.items.code("1")
    log = after.interactions
    assert log.items[log.users == user].tolist() == [item]
    assert after.catalogue.items.names == before.catalogue.items.names


def test_an_event_is_worth_what_its_own_domain_says(one: Lake) -> None:
    log = dataset(one, FILMS, {"plots": {"view": 7.0}}).interactions
    assert sorted(log.weights.tolist()) == [1, 1, 1, 1, 1, 7]


def test_without_a_filter_nobody_is_lost_and_nobody_is_twice(one: Lake) -> None:
    assert dataset(one, DataSpec(min_item_events=0)).catalogue.items.names[1:] == (
        "1", "2", "3", "p3",
    )  # fmt: skip
    plots = DataSpec(domains=("plots",), min_item_events=0)
    with pytest.raises(DataError, match="no event passes"):
        dataset(one, plots)


def test_the_hash_moves_with_a_merge_and_undoing_restores_it(both: Lake, now: datetime) -> None:
    specs = (FILMS, DataSpec(), DataSpec(min_item_events=0))
    before = [dataset(both, spec).hash for spec in specs]
    assert len(merges.record(both, merges.proposed(both, "movielens", "plots"), now)) == 2
    during = [dataset(both, spec).hash for spec in specs]
    assert not set(before) & set(during)
    assert len(merges.undo(both, None, now)) == 2
    assert [dataset(both, spec).hash for spec in specs] == before


def test_a_merge_without_events_and_content_moves_the_hash_too(both: Lake, now: datetime) -> None:
    before = dataset(both, FILMS).hash
    pair(both, now, "2", "p3")
    assert dataset(both, FILMS).hash != before


def test_one_merge_of_several_is_undone_alone(one: Lake, now: datetime) -> None:
    first = merges.standing(one)["merge"][0]
    assert len(merges.undo(one, [first], now)) == 1
    assert merges.standing(one)["kept"].to_list() == ["2"]
    assert len(merges.undo(one, [first], now)) == 0  # undone twice is undone
    with pytest.raises(ConfigError, match=f"did you mean '{first}'"):
        merges.undo(one, [first[:-1]], now)


def test_resolving_again_records_nothing_and_keeps_what_was_undone_apart(
    one: Lake, now: datetime
) -> None:
    assert merges.proposed(one, "movielens", "plots").is_empty()
    merges.undo(one, None, now)
    assert merges.proposed(one, "movielens", "plots").is_empty()
    again = merges.proposed(one, "movielens", "plots", again=True)
    assert len(merges.record(one, again, now)) == 2 and len(merges.standing(one)) == 2
    assert len(one.scan(merges.TABLE).collect()) == 6  # nothing is ever rewritten
    assert len(merges.record(one, merges.by_hand("p1", "1"), now)) == 0  # the same pair, turned


def test_chains_and_cycles_are_one(both: Lake, tmp_path: Path, now: datetime) -> None:
    bring(both, tmp_path, now, "more", [{**PLOTS[0], "id": "q1", "cast": ["Carrie-Anne Moss"]}])
    pair(both, now, "p1", "q1")
    pair(both, now, "1", "p1")
    assert kept(both) == {"1": "1", "p1": "1", "q1": "1"}
    film = card(both, "1")
    assert [one["name"] for one in film["creators"]] == ["Keanu Reeves", "Carrie-Anne Moss"]
    assert [one["asset_id"] for one in film["sources"]] == ["1", "p1", "q1"]
    whole = dataset(both, FILMS)
    pair(both, now, "q1", "1")
    assert kept(both) == {"1": "1", "p1": "1", "q1": "1"}
    assert dataset(both, FILMS).hash == whole.hash
    first = merges.standing(both)["merge"][0]
    merges.undo(both, [first], now)  # the cycle holds what the chain held
    assert set(kept(both)) == {"1", "p1", "q1"}


def test_one_domain_is_resolved_in_itself_when_it_is_asked(
    both: Lake, tmp_path: Path, now: datetime
) -> None:
    rows = [{**PLOTS[2], "id": f"a{n}", "name": name} for n, name in enumerate(("Alien", "Aliens"))]
    more = [{**PLOTS[2], "id": f"b{n}"} for n in range(2)]
    bring(both, tmp_path, now, "more", [*rows, *more])
    found = merges.proposed(both, "more", "more")
    assert found.select("left", "right").rows() == [("a0", "b0"), ("a0", "b1")]
    merges.record(both, found, now)
    assert kept(both) == dict.fromkeys(("a0", "b0", "b1"), "a0")
    assert merges.proposed(both, "more", "more").is_empty()


def test_gold_follows_merges_and_their_undoing(both: Lake, now: datetime) -> None:
    def known() -> set[str]:
        return set(gold(both, "popularity")["asset_id"])

    assert known() == {"1", "2", "3", "p1"}
    pair(both, now, "1", "p1")
    assert known() == {"1", "2", "3"}
    merges.undo(both, None, now)
    assert known() == {"1", "2", "3", "p1"}


def test_a_threshold_that_nothing_reaches_merges_nothing(both: Lake, now: datetime) -> None:
    before = dataset(both, FILMS).hash
    found = merges.proposed(both, "movielens", "plots", Plan(threshold=1.0))
    assert found["left"].to_list() == ["1"]
    assert merges.record(both, found.clear(), now).is_empty()
    assert both.table(merges.TABLE) is None and dataset(both, FILMS).hash == before
    with pytest.raises(ConfigError, match=r"threshold 1\.5"):
        Plan(threshold=1.5)


def test_who_is_unknown_is_named_with_the_nearest(both: Lake, tmp_path: Path) -> None:
    now = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    with pytest.raises(ConfigError, match="no domain 'plot'; did you mean 'plots'"):
        merges.proposed(both, "movielens", "plot")
    with pytest.raises(ConfigError, match=r"no asset 'nine'$"):
        pair(both, now, "1", "nine")
    with pytest.raises(ConfigError, match="is itself already"):
        pair(both, now, "1", "1")
    with pytest.raises(DataError, match="holds no asset; ingest two sources first"):
        merges.proposed(Lake(tmp_path / "empty"), "a", "b")
    assert merges.undo(Lake(tmp_path / "empty"), None, now).is_empty()
