"""From the log into the lake, once."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from hermes.data import flush as flushing
from hermes.data.contract import Asset, Event
from hermes.data.flush import flush
from hermes.data.lake import Lake
from hermes.data.log import Entry, Exposure, Log

# ibis asks DuckDB by a name that DuckDB is about to drop
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def asset(name: str, **more: object) -> str:
    return Asset(asset_id=name, domain="films", title=f"Film {name}", **more).model_dump_json(  # type: ignore[arg-type]
        exclude_none=True
    )


def entry(number: int, item: str = "a") -> Entry:
    event = Event(
        event_id=f"e{number}", user_id="ü/1", asset_id=item, kind="click", occurred_at=NOW
    )
    body = event.model_dump_json(exclude_none=True)
    return Entry(f"e{number}", "ü/1", item, "click", None, NOW.timestamp(), body)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log with two assets, twenty events and ten exposures."""
    log = Log(tmp_path / "log.db")
    for name in "ab":
        log.put_asset(name, 1.0, asset(name)).result(5)
    log.append([entry(n) for n in range(20)]).result(5)
    for n in range(10):
        log.expose(
            Exposure(f"r{n}", 1e9, "ü/1", "home", "v", 2, ["a", "b"], [1.0, 0.5], [2.0, None])
        )
    log.close()
    return tmp_path / "log.db"


def table(lake: Lake, name: str) -> pl.DataFrame:
    return lake.scan(name).collect()


def test_events_assets_and_exposures_land(path: Path, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    assert flush(path, lake, NOW) == {"events": 20, "assets": 2, "exposures": 10}
    events = table(lake, "silver/events")
    assert sorted(events["event_id"]) == sorted(f"e{n}" for n in range(20))
    assert set(events["user_id"]) == {"ü/1"}
    assert table(lake, "silver/assets")["asset_id"].sort().to_list() == ["a", "b"]
    shown = table(lake, "exposures")
    assert shown["request_id"].sort().to_list() == [f"r{n}" for n in range(10)]
    assert shown["propensities"][0].to_list() == [1.0, 0.5]


def test_a_second_flush_adds_only_what_is_new(path: Path, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    flush(path, lake, NOW)
    log = Log(path)
    log.append([entry(20)]).result(5)
    log.close()
    assert flush(path, lake, NOW) == {"events": 1, "assets": 0, "exposures": 0}
    assert flush(path, lake, NOW) == {"events": 0, "assets": 0, "exposures": 0}
    assert len(table(lake, "silver/events")) == 21
    assert len(table(lake, "exposures")) == 10


@pytest.mark.parametrize("victim", ["ingest", "land_exposures", "remember"])
def test_a_flush_killed_at_any_step_loses_and_doubles_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    lake, whole, calls = Lake(tmp_path / "lake"), getattr(flushing, victim), []

    def dies_afterwards(*given: object, **more: object) -> None:
        whole(*given, **more)
        calls.append(victim)
        if victim != "remember" or len(calls) == 4:  # the first three write the plan
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(flushing, victim, dies_afterwards)
        with pytest.raises(KeyboardInterrupt):
            flush(path, lake, NOW)
    log = Log(path)
    log.append([entry(20)]).result(5)
    log.close()
    flush(path, lake, NOW)
    assert sorted(table(lake, "silver/events")["event_id"]) == sorted(f"e{n}" for n in range(21))
    assert len(table(lake, "exposures")) == 10


def test_what_landed_is_trimmed_but_recent_events_stay(path: Path, tmp_path: Path) -> None:
    flush(path, Lake(tmp_path / "lake"), NOW)
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM exposures").fetchone()[0] == 0
    assert db.execute("SELECT count(*) FROM events").fetchone()[0] == 20
    db.close()
    flush(path, Lake(tmp_path / "lake"), NOW.replace(year=2027))
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM events").fetchone()[0] == 0
    db.close()


def test_an_asset_taken_off_is_no_longer_available_in_the_lake(path: Path, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    flush(path, lake, NOW)
    log = Log(path)
    log.put_asset("a", 2.0, None).result(5)
    log.close()
    flush(path, lake, NOW)
    current = table(lake, "silver/assets").filter("current").sort("asset_id")
    assert current["available"].to_list() == [False, True]
    assert current["title"].to_list() == ["Film a", "Film b"]


def test_an_event_of_an_item_nobody_described_waits_in_the_quarantine(
    path: Path, tmp_path: Path
) -> None:
    log = Log(path)
    log.append([entry(30, item="unheard of")]).result(5)
    log.close()
    lake = Lake(tmp_path / "lake")
    flush(path, lake, NOW)
    assert table(lake, "quarantine")["reason"].to_list() == ["unknown_item"]
    assert len(table(lake, "silver/events")) == 20
