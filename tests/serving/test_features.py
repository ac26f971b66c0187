"""Features of users as of now, over HTTP, from both kinds of store."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from hermes.core.errors import ConfigError
from hermes.data.log import Entry, Log
from hermes.features.batch import as_of
from hermes.features.rolling import USER
from hermes.features.times import MOMENT
from hermes.serving.features import Features, opened
from hermes.serving.settings import Settings, load

from .conftest import ITEMS, Client, engine, house

DAYS = 86400.0


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    """What the setting says."""
    if request.param == "memory":
        yield "memory"
        return
    address, _ = request.getfixturevalue("own_redis")
    yield address
    import redis

    with redis.Redis.from_url(address) as client:
        client.flushall()


Start = Callable[..., Client]


@pytest.fixture
def start(tmp_path: Path, store: str) -> Iterator[Start]:
    """A worker on one log, as many as wanted; its bundle's events are so many days old."""
    made = []

    def begin(ages: tuple[float, ...] = (9000, 9000, 9000, 9000), **more: Any) -> Client:
        small = engine(ITEMS)
        small.times[:] = time.time() / DAYS - np.array(ages)
        made.append(house(tmp_path, small, **{"features": store, "features_seconds": 5.0, **more}))
        return Client(made[-1])

    yield begin
    for deps in made:
        deps.close()


def event(user: str, seconds: float = 60, **more: Any) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(seconds=seconds)
    told = {"user_id": user, "asset_id": "item-1", "kind": "click", "occurred_at": at.isoformat()}
    return {**told, **more}


def told(client: Client, user: str) -> dict[str, float]:
    out = client.get(f"/v1/users/{user}/features")
    assert out.status_code == 200, out.text
    return dict(zip(out.json()["names"], out.json()["values"], strict=True))


def test_an_answer_says_what_it_is_and_of_when(start: Start, store: str) -> None:
    out = start().get("/v1/users/ann/features").json()
    assert out["names"] == list(USER.names)
    assert (out["user_id"], out["definition"]) == ("ann", USER.identity)
    assert out["store"] == ("memory" if store == "memory" else "redis")
    assert abs(datetime.fromisoformat(out["at"]) - datetime.now(UTC)) < timedelta(seconds=10)


def test_a_user_nobody_saw_has_the_features_of_no_events(start: Start) -> None:
    blank = {n: None if math.isnan(v) else v for n, v in USER.blank.items()}
    client = start()
    assert told(client, "nobody/at all") == told(client, "🦊") == blank


def test_an_event_is_seen_by_the_next_read(start: Start) -> None:
    client = start()
    for n in (1, 2, 3):
        assert client.post("/v1/events", json=event("dora", 60 + n)).status_code == 202
        assert told(client, "dora")["user.count.1d"] == n


def test_an_event_another_process_took_is_seen_by_the_next_read_and_counts_once(
    start: Start,
) -> None:
    one, two = start(), start()
    assert told(two, "ann") == told(one, "ann")
    for n in range(4):
        assert (one, two)[n % 2].post("/v1/events", json=event("ann", 60 + n)).status_code == 202
        assert told(two, "ann")["user.count.7d"] == told(one, "ann")["user.count.7d"] == n + 1


def test_an_event_sent_twice_counts_once(start: Start) -> None:
    client, same = start(), event("ann", event_id="e1")
    for _ in range(2):
        client.post("/v1/events", json=same)
    assert told(client, "ann")["user.count.30d"] == 1


def test_what_the_log_held_before_the_start_counts(start: Start) -> None:
    start().post("/v1/events", json=[event("ann", 60 + n) for n in range(3)])
    assert told(start(), "ann")["user.count.1d"] == 3


def test_the_bundle_s_histories_count_where_they_are_in_a_window(start: Start) -> None:
    found = told(start((9000.0, 20.0, 3.0, 0.5)), "ann")
    assert [found[f"user.count.{w}"] for w in ("1d", "7d", "30d")] == [0, 1, 2]
    assert found["user.since"] == pytest.approx(3, abs=0.01)
    assert found["user.weight.30d"] == 0  # nobody knows what they were worth


def test_an_event_of_the_bundle_that_is_in_the_log_too_counts_once(start: Start) -> None:
    first = start()
    at = (datetime.now(UTC) - timedelta(days=2)).replace(microsecond=0)
    first.post("/v1/events", json=event("ann", asset_id="item-3", occurred_at=at.isoformat()))
    second = start()
    small = second.app.deps.engine
    small.times[2], small.items[2] = at.timestamp() / DAYS, small.catalogue.items.code("item-3")
    assert told(second, "ann")["user.count.7d"] == 1


def test_what_is_served_is_to_the_bit_what_training_sees(start: Start) -> None:
    client, rng = start(), np.random.default_rng(5)
    sent = [
        event("ann", float(rng.integers(60, 29 * 86400)), value=float(rng.integers(1, 6)))
        for _ in range(40)
    ]
    client.post("/v1/events", json=sent)
    out = client.get("/v1/users/ann/features").json()
    log = pl.DataFrame(
        {
            "user_id": ["ann"] * 40,
            "occurred_at": [datetime.fromisoformat(e["occurred_at"]) for e in sent],
            "weight": [1.0] * 40,
            "value": [e["value"] for e in sent],
        },
        schema_overrides={"occurred_at": MOMENT},
    )
    asked = pl.DataFrame(
        {"user_id": ["ann"], "at": [datetime.fromisoformat(out["at"])]},
        schema_overrides={"at": MOMENT},
    )
    wanted = as_of(USER, log, asked).to_numpy()[0]
    assert np.array(out["values"], np.float32).tobytes() == wanted.tobytes()


@pytest.mark.parametrize(
    "poison",
    [
        {"value": 1e12},
        {"occurred_at": "2099-01-01T00:00:00Z"},
        {"occurred_at": "1970-01-01T00:00:00Z"},
        {"kind": "impression"},
    ],
)
def test_no_event_that_the_contract_allows_spoils_the_rest(
    start: Start, poison: dict[str, Any]
) -> None:
    client = start()
    client.post("/v1/events", json=[event("ann", 60 + n, **poison) for n in range(6)])
    client.post("/v1/events", json=event("ann", value=4.0))
    found = told(client, "ann")
    assert (found["user.value.1d"], found["user.count.1d"]) == (4, 7 if "value" in poison else 1)


def test_an_event_of_a_clock_that_is_ahead_counts(start: Start) -> None:
    client = start()
    client.post("/v1/events", json=event("ann", seconds=-60))
    assert told(client, "ann")["user.count.1d"] == 1


def test_an_id_beyond_all_measure_is_a_problem(start: Start) -> None:
    for name in ("", "u" * 10_001):
        out = start().get(f"/v1/users/{name}/features")
        assert (out.status_code, out.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("store", ["redis"], indirect=True)
def test_a_redis_that_was_emptied_is_filled_again(start: Start, store: str) -> None:
    import redis

    client = start((9000.0, 9000.0, 3.0, 9000.0))
    client.post("/v1/events", json=event("ann"))
    assert told(client, "ann")["user.count.7d"] == 2
    with redis.Redis.from_url(store) as other:
        other.flushall()
    asyncio.run(client.app.deps.features.tick(datetime.now(UTC)))
    assert told(client, "ann")["user.count.7d"] == 2


@pytest.mark.parametrize("store", ["redis"], indirect=True)
def test_a_redis_that_hangs_is_a_problem_at_once_and_events_are_taken_all_the_same(
    start: Start, own_redis: tuple[str, int]
) -> None:
    client = start(features_seconds=0.2)
    assert told(client, "ann")["user.count.1d"] == 0
    os.kill(own_redis[1], signal.SIGSTOP)
    try:
        before = time.perf_counter()
        assert client.post("/v1/events", json=event("ann")).status_code == 202
        out = client.get("/v1/users/ann/features")
        assert (out.status_code, out.json()["code"]) == (503, "unavailable")
        assert time.perf_counter() - before < 3
        asyncio.run(client.app.deps.features.tick(datetime.now(UTC)))  # notes it, raises nothing
    finally:
        os.kill(own_redis[1], signal.SIGCONT)
    assert told(client, "ann")["user.count.1d"] == 1


def test_a_redis_that_is_not_there_is_a_problem_that_does_not_tell_its_password(
    tmp_path: Path,
) -> None:
    deps = house(tmp_path, engine(ITEMS), features="redis://:geheim@127.0.0.1:1")
    asyncio.run(deps.features.tick(datetime.now(UTC)))
    out = Client(deps).get("/v1/users/ann/features")
    assert (out.status_code, out.json()["code"]) == (503, "unavailable")
    assert "127.0.0.1:1" in out.json()["detail"]
    assert "geheim" not in out.text
    deps.close()


def test_memory_holds_no_more_users_than_it_may(tmp_path: Path) -> None:
    log, now = Log(tmp_path / "log.db"), datetime.now(UTC)
    rows = [
        Entry(f"e{n}", f"u{n}", "i", "click", None, now.timestamp() - 1 - n, "{}")
        for n in range(90)
    ]
    log.append(rows).result()
    kept = Features(opened(Settings(), log, engine(ITEMS)).store, log, engine(ITEMS), most=10)
    kept.follow(now)
    asyncio.run(kept.tick(now))
    assert len(kept.store.places["user"]) == 10  # type: ignore[attr-defined]
    assert kept.read("u0", now)[0][0] == 1
    log.close()


def test_a_store_nobody_knows_is_refused_at_the_start(tmp_path: Path) -> None:
    for word in ("mysql://x", "redis://", "disk"):
        with pytest.raises(ConfigError, match="HERMES_FEATURES"):
            load(features=word)
