from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from hermes.core.errors import ConfigError, DataError
from hermes.data.gold import gold
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.domains.movielens import adapter
from hermes.domains.table import Table, of_options


def contents(lake: Lake) -> dict[str, list[dict[str, object]]]:
    tables = ("silver/events", "silver/assets", "silver/users", "quarantine")
    return {t: lake.scan(t).collect().sort("batch", "source", "line").to_dicts() for t in tables}


def test_every_row_is_counted_once(lake: Lake, films: Path, now: datetime) -> None:
    counts = ingest(lake, adapter, films, now)
    assert counts.rows == {"assets": 3, "events": 9, "users": 2}
    assert counts.new == {"assets": 3, "events": 5, "users": 2}
    assert counts.duplicates == {"assets": 0, "events": 1, "users": 0}
    assert counts.quarantined == {
        "events. malformed": 1, "events.asset_id unknown_item": 1, "events.value not_finite": 1,
    }  # fmt: skip


def test_quarantine_names_reason_field_file_line_and_row(lake: Lake) -> None:
    rows = {r["line"]: r for r in lake.scan("quarantine").collect().to_dicts()}
    assert set(rows) == {6, 7, 8}
    assert rows[6]["reason"] == "not_finite" and rows[6]["field"] == "value"
    assert rows[6]["source"] == "ratings.dat" and '"asset_id":"3"' in rows[6]["raw"]
    assert rows[8]["raw"] == "broken line"


def test_bronze_holds_every_line_as_it_came(lake: Lake) -> None:
    folder = next((lake.path / "bronze").glob("movielens-events-*"))
    bronze = lake.scan(f"bronze/{folder.name}").collect()
    assert bronze["line"].to_list() == list(range(1, 10))
    assert bronze.filter(pl.col("line") == 6)["value"].item() == "nan"


def test_ingesting_twice_changes_nothing(lake: Lake, films: Path, now: datetime) -> None:
    before, versions = contents(lake), lake.version("silver/events")
    again = ingest(lake, adapter, films, now + timedelta(days=1))
    assert again.unchanged
    assert contents(lake) == before and lake.version("silver/events") == versions


def test_the_same_events_in_another_file_are_duplicates(
    lake: Lake, films: Path, now: datetime
) -> None:
    lines = (films / "ratings.dat").read_text().splitlines()
    (films / "ratings.dat").write_text("\n".join([*reversed(lines[:5]), "2::3::5::90"]) + "\n")
    counts = ingest(lake, adapter, films, now)
    assert counts.new["events"] == 1 and counts.duplicates["events"] == 5


def test_a_changed_asset_ends_one_version_and_begins_another(
    lake: Lake, films: Path, now: datetime
) -> None:
    (films / "movies.dat").write_text("3::Heat (1995)::Crime|Drama\n")
    later = now + timedelta(days=30)
    ingest(lake, adapter, films, later)
    assets = lake.scan("silver/assets").collect()
    heat = assets.filter(pl.col("asset_id") == "3").sort("valid_from").to_dicts()
    assert [v["categories"] for v in heat] == [["Crime"], ["Crime", "Drama"]]
    assert [v["current"] for v in heat] == [False, True]
    assert heat[0]["valid_to"] == heat[1]["valid_from"] == later and heat[1]["valid_to"] is None
    others = assets.filter(pl.col("asset_id") != "3")
    assert len(others) == 2 and others["current"].all()


def test_items_nobody_describes_become_placeholders(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "log.csv").write_text("who,what\na,x\na,y\nb,x\n")
    lake = Lake(tmp_path / "lake")
    table = Table(of_options(tmp_path / "log.csv", "who", "what"))
    counts = ingest(lake, table, tmp_path, now)
    assert counts.new["events"] == 3 and counts.quarantined == {}
    assets = lake.scan("silver/assets").collect().sort("asset_id")
    assert assets["asset_id"].to_list() == ["x", "y"] and assets["placeholder"].all()


def test_an_id_of_another_domain_is_not_mixed_in(lake: Lake, tmp_path: Path, now: datetime) -> None:
    (tmp_path / "log.csv").write_text("who,what\na,1\na,x\n")
    counts = ingest(lake, Table(of_options(tmp_path / "log.csv", "who", "what")), tmp_path, now)
    assert counts.quarantined == {"events.asset_id id_taken": 1} and counts.new["events"] == 1


def test_events_in_memory_come_in_by_the_same_door(lake: Lake, now: datetime) -> None:
    row = {"event_id": "e1", "user_id": "7", "asset_id": "1", "kind": "click", "occurred_at": now}
    frame = pl.DataFrame([row, row, row | {"event_id": "e2", "asset_id": "?"}])
    first = lake.append_events(frame, "serving", now)
    assert first.new == {"events": 1} and first.duplicates == {"events": 1}
    assert first.quarantined == {"events.asset_id unknown_item": 1}
    assert lake.append_events(frame, "serving", now).unchanged
    assert lake.append_events(frame.head(1), "serving", now).new == {"events": 0}


def test_gold_follows_silver(lake: Lake, now: datetime) -> None:
    people = gold(lake, "histories").sort("user_id")
    assert people["assets"].to_list() == [["1", "2", "3"], ["2", "1"]]
    pairs = {(r["first"], r["then"]): r["pairs"] for r in gold(lake, "cooccurrence").to_dicts()}
    assert pairs == {("1", "2"): 1, ("1", "3"): 1, ("2", "3"): 1, ("2", "1"): 1}
    assert gold(lake, "popularity")["events"].sum() == 5
    row = {"user_id": "1", "asset_id": "1", "kind": "click", "occurred_at": now}
    lake.append_events(pl.DataFrame([row]), "serving", now)
    assert gold(lake, "histories")["events"].sum() == 6
    with pytest.raises(ConfigError, match="did you mean 'histories'"):
        gold(lake, "history")


def test_the_time_of_an_ingestion_must_know_its_zone(
    lake: Lake, films: Path, now: datetime
) -> None:
    with pytest.raises(DataError, match="zone"):
        ingest(lake, adapter, films, now.replace(tzinfo=None))
