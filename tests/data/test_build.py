from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hermes.core.errors import DataError
from hermes.data.build import DataSpec, dataset
from hermes.data.dataset import vocabularies
from hermes.data.infer import draft
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.domains.movielens import adapter
from hermes.domains.table import Table, of_options


def test_events_are_sorted_by_user_then_time_then_line(lake: Lake) -> None:
    data = dataset(lake, DataSpec())
    items, users = data.catalogue.items.names, data.users.names
    log = data.interactions
    seen = [(users[u], items[i]) for u, i in zip(log.users, log.items, strict=True)]
    assert seen == [("1", "1"), ("1", "2"), ("1", "3"), ("2", "2"), ("2", "1")]
    assert log.times[0] == pytest.approx(100 / 86400)


def test_the_filters_count_as_they_say(lake: Lake) -> None:
    assert len(dataset(lake, DataSpec(min_item_events=2)).catalogue) == 1 + 2
    liked = dataset(lake, DataSpec(min_value=4))
    assert liked.catalogue.items.names[1:] == ("1", "2") and len(liked.interactions) == 2
    busy = dataset(lake, DataSpec(min_user_events=3))
    assert busy.users.names[1:] == ("1",)
    assert len(dataset(lake, DataSpec(min_value=5, min_item_events=0)).catalogue) == 1 + 3
    with pytest.raises(DataError, match=r"no event passes data\.kinds = \('purchase',\) and"):
        dataset(lake, DataSpec(kinds=("purchase",)))


def test_a_lake_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        dataset(Lake(tmp_path / "nowhere"), DataSpec())


def test_the_catalogue_carries_what_people_read(lake: Lake) -> None:
    shelf = dataset(lake, DataSpec()).catalogue
    assert shelf.titles[1:] == ("The Matrix", "Léon", "Heat")
    card = json.loads(shelf.cards[1])
    assert card["categories"] == ["Action", "Sci-Fi"] and card["year"] == 1999
    assert shelf.published[3] == pytest.approx((date(1995, 1, 1) - date(1970, 1, 1)).days)
    assert not shelf.available[0] and shelf.available[1:].all()
    assert shelf.category.shape == (4, 4) and shelf.category[[1], :].sum() == 2


def test_users_carry_their_attributes(lake: Lake) -> None:
    data = dataset(lake, DataSpec())
    gender, age, job = data.user_field_names
    one = data.interactions.user_fields[data.users.code("1")]
    assert (gender.names[one[0]], age.names[one[1]]) == ("F", "under 18")
    assert job.names[one[2]] == "school student"


def test_the_hash_stands_for_the_content_alone(
    lake: Lake, tmp_path: Path, films: Path, now: datetime
) -> None:
    first = dataset(lake, DataSpec()).hash
    ingest(lake, adapter, films, now)
    other = Lake(tmp_path / "other")
    ingest(other, adapter, films, now, rows=2)
    assert dataset(lake, DataSpec()).hash == first == dataset(other, DataSpec()).hash
    row = {"user_id": "1", "asset_id": "1", "kind": "click", "occurred_at": now}
    lake.append_events(pl.DataFrame([row]), "serving", now)
    assert dataset(lake, DataSpec()).hash != first


def test_kinds_that_are_worth_nothing_are_no_history(lake: Lake, now: datetime) -> None:
    kinds = ("impression", "dismiss", "purchase")
    rows = [{"user_id": "1", "asset_id": "3", "kind": k, "occurred_at": now} for k in kinds]
    lake.append_events(pl.DataFrame(rows), "serving", now)
    data = dataset(lake, DataSpec())
    assert sorted(data.interactions.weights.tolist()) == [1, 1, 1, 1, 1, 3.0]
    assert data.refused is not None and data.refused.weights.tolist() == [-1.0]
    own = dataset(lake, DataSpec(), {"movielens": {"purchase": 9.0}})
    assert own.interactions.weights.max() == 9
    assert len(dataset(lake, DataSpec(kinds=("impression",))).interactions) == 1


def test_a_log_of_refusals_alone_is_named(lake: Lake, now: datetime) -> None:
    row = {"user_id": "1", "asset_id": "3", "kind": "dismiss", "occurred_at": now}
    lake.append_events(pl.DataFrame([row]), "serving", now)
    with pytest.raises(DataError, match="and speaks for an item"):
        dataset(lake, DataSpec(kinds=("dismiss",)))


def test_what_was_turned_down_is_no_history_and_stands_until_it_is_chosen(
    lake: Lake, now: datetime
) -> None:
    rows = [
        {"user_id": "1", "asset_id": "3", "kind": "dismiss", "occurred_at": now},
        {"user_id": "2", "asset_id": "3", "kind": "dismiss", "occurred_at": now},
        {"user_id": "2", "asset_id": "3", "kind": "like", "occurred_at": now + timedelta(hours=1)},
    ]
    before = dataset(lake, DataSpec())
    lake.append_events(pl.DataFrame(rows), "serving", now)
    data = dataset(lake, DataSpec())
    assert data.hash != before.hash
    three, one = data.catalogue.items.code("3"), data.users.code("1")
    log, arrays = data.interactions, data.arrays()
    assert len(log) == len(before.interactions) + 1
    assert arrays["refused.items"].tolist() == [three]
    assert arrays["refused.offsets"][one : one + 2].tolist() == [0, 1]
    assert arrays["refused.offsets"][-1] == 1


def test_what_is_turned_down_after_all_that_is_known_is_not_turned_down_yet(
    lake: Lake, now: datetime
) -> None:
    later = {"user_id": "1", "asset_id": "3", "kind": "dismiss", "occurred_at": now}
    lake.append_events(pl.DataFrame([later]), "serving", now)
    data = dataset(lake, DataSpec())
    log = data.interactions
    assert replace(data.held(log), interactions=log).arrays()["refused.items"].tolist() == []
    click = {**later, "asset_id": "2", "kind": "click", "occurred_at": now + timedelta(hours=1)}
    lake.append_events(pl.DataFrame([click]), "serving", now)
    data = dataset(lake, DataSpec())
    assert len(data.held(data.interactions).arrays()["refused.items"]) == 1


def test_a_split_column_comes_through(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "log.csv").write_text("u,i,s\na,x,train\na,y,valid\na,z,test\n")
    lake = Lake(tmp_path / "lake")
    ingest(lake, Table(of_options(tmp_path / "log.csv", "u", "i", split="s")), tmp_path, now)
    split = dataset(lake, DataSpec()).split
    assert split is not None and split.tolist() == [0, 1, 2]


def test_one_user_with_fifty_thousand_events_of_one_item(tmp_path: Path, now: datetime) -> None:
    (tmp_path / "log.csv").write_text("u,i\n" + "a,x\n" * 50_000)
    lake = Lake(tmp_path / "lake")
    ingest(lake, Table(of_options(tmp_path / "log.csv", "u", "i")), tmp_path, now)
    log = dataset(lake, DataSpec()).interactions
    assert len(log) == 50_000 and np.all(np.diff(log.times) > 0) and set(log.items.tolist()) == {1}


def test_movielens_1m_has_the_published_counts(
    shared_data: Path, tmp_path: Path, now: datetime
) -> None:
    lake = Lake(tmp_path / "lake")
    counts = ingest(lake, adapter, shared_data / "movielens-1m", now)
    assert counts.new["events"] == 1_000_209 and counts.quarantined == {}
    whole = dataset(lake, DataSpec(min_item_events=5))
    shape = (len(whole.interactions), len(whole.catalogue) - 1, len(whole.users) - 1)
    assert shape == (999_611, 3_416, 6_040)
    liked = dataset(lake, DataSpec(min_value=4))
    assert len(liked.catalogue) - 1 == 3_533


def test_contexts_become_codes_and_the_frequent_come_first(tmp_path: Path, now: datetime) -> None:
    rows = [
        {"user_id": user, "asset_id": item, "occurred_at": f"2026-01-0{day}T00:00:00Z", **more}
        for day, (user, item, more) in enumerate(
            [
                ("a", "x", {"context": {"page": "film"}}),
                ("a", "y", {"context": {"page": "home"}}),
                ("b", "x", {"context": {"page": "home"}}),
                ("b", "y", {}),
            ],
            1,
        )
    ]
    events = tmp_path / "events.jsonl"
    events.write_text("\n".join(map(json.dumps, rows)) + "\n")
    ingest(Lake(tmp_path / "lake"), Table(draft([events])), tmp_path, now)
    data = dataset(Lake(tmp_path / "lake"), DataSpec())
    assert data.context_names[0].names == ("", "home", "film")
    assert data.interactions.contexts.tolist() == [[2, 0, 0], [1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert data.interactions.shape.context[:3] == (3, 1, 1)
    users, contexts = vocabularies(data.arrays())
    assert (users, contexts) == (data.users, data.context_names)
