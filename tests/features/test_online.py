from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from hermes.core.errors import ConfigError, DataError, Unavailable
from hermes.features.batch import as_of
from hermes.features.online import Mark, Memory, Online
from hermes.features.remote import Remote
from hermes.features.rolling import DAY, ITEM, TASTE, USER, Rolling, Window
from hermes.features.times import MOMENT

START = datetime(2026, 1, 1, tzinfo=UTC)
ALL = (ITEM, USER, TASTE)


Make = Callable[..., Online]


@pytest.fixture(params=["memory", "redis"])
def made(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a store of either kind, empty."""
    if request.param == "memory":
        yield Memory
        return
    address, _ = request.getfixturevalue("own_redis")
    stores = list[Remote]()

    def remote(rollings: tuple[Rolling, ...] = (ITEM, USER)) -> Remote:
        stores.append(Remote(address, rollings, deadline=5.0))
        return stores[-1]

    yield remote
    for store in stores:
        store.client.flushall()
        store.close()


def log(n: int, seed: int = 0) -> pl.DataFrame:
    """Events of forty days in order of time, many at one moment."""
    rng = np.random.default_rng(seed)
    minutes = np.sort(rng.integers(0, 40 * 24 * 60, n)) // 7 * 7
    return pl.DataFrame(
        {
            "user_id": [f"u{i}" for i in rng.integers(0, 5, n)],
            "asset_id": [f"i{i}" for i in rng.integers(0, 9, n)],
            "category": [f"c{i}" for i in rng.integers(0, 3, n)],
            "occurred_at": [START + timedelta(minutes=int(m)) for m in minutes],
            "weight": rng.choice([1.0, 2.0, -1.0, 0.3], n),
            "value": [None if v < 1 else float(v) for v in rng.integers(0, 6, n)],
        },
        schema_overrides={"occurred_at": MOMENT, "value": pl.Float64},
    )


def test_what_is_served_is_to_the_bit_what_training_saw(made: Make) -> None:
    events, store = log(150), made(ALL)
    for rolling in ALL:
        batch = as_of(rolling, events).to_numpy()
        served = []
        for i in range(len(events)):
            key = "\x1f".join(events[name][i] for name in rolling.keys)
            told = store.read({rolling.name: [key]}, events["occurred_at"][i])[rolling.name]
            served.append(told.values[0])
            store.add(rolling.name, events[i])
        assert np.stack(served).tobytes() == batch.astype(np.float32).tobytes()


def test_many_events_at_once_are_what_they_are_one_by_one(made: Make) -> None:
    events, at = log(300), START + timedelta(days=41)
    once, slowly = made(), Memory()
    once.add("item", events)
    for i in range(len(events)):
        slowly.add("item", events[i])
    asked = {"item": [f"i{i}" for i in range(9)]}
    found, wanted = once.read(asked, at)["item"].values, slowly.read(asked, at)["item"].values
    assert found.tobytes() == wanted.tobytes()


def test_what_two_read_of_one_log_counts_once(made: Make) -> None:
    events, one = log(100), made()
    two = made() if isinstance(one, Remote) else one
    assert one.reached("item", "log") == 0
    assert one.add("item", events[:60], Mark("log", 0, 60))
    assert not two.add("item", events[:70], Mark("log", 0, 70))
    assert two.reached("item", "log") == 60
    assert two.add("item", events[60:], Mark("log", 60, 100))
    assert two.add("item", events[:0], Mark("log", 100, 130))
    assert (one.reached("item", "log"), one.reached("item", "other")) == (130, 0)
    plain, asked = Memory(), {"item": [f"i{i}" for i in range(9)]}
    plain.add("item", events)
    at = START + timedelta(days=41)
    found, wanted = one.read(asked, at)["item"].values, plain.read(asked, at)["item"].values
    assert found.tobytes() == wanted.tobytes()


def test_of_too_many_keys_in_memory_those_go_that_were_idle_longest() -> None:
    store, at = Memory((ITEM,)), START + timedelta(days=41)
    events = log(300)
    store.add("item", events)
    last = events.group_by("asset_id").agg(pl.col("occurred_at").max()).sort("occurred_at")
    assert store.forget(at, most=3) == 6
    assert set(store.places["item"]) == set(last["asset_id"][-3:])


def test_one_read_tells_of_users_and_items_in_the_order_asked(made: Make) -> None:
    events, store = log(50), made()
    store.add("item", events)
    store.add("user", events)
    asked = {"user": ["u1"], "item": ["i3", "i99", "i1", "i3"]}
    told = store.read(asked, START + timedelta(days=40))
    assert told["user"].values.shape == (1, len(USER.names))
    assert told["item"].values[0].tobytes() == told["item"].values[3].tobytes()
    np.testing.assert_equal(told["item"].values[1], list(ITEM.blank.values()))
    assert store.read({"item": []}, START)["item"].values.shape == (0, len(ITEM.names))


def test_a_key_whose_events_lie_beyond_the_time_is_not_told(made: Make) -> None:
    events, store = log(50), made()
    store.add("item", events)
    told = store.read({"item": ["i1", "i99"]}, START - timedelta(days=1))["item"]
    assert told.ahead.tolist() == [True, False]
    assert np.isnan(told.values[0]).all()


def test_events_that_are_refused_leave_no_trace(made: Make) -> None:
    events, store, at = log(50), made(), START + timedelta(days=40)
    store.add("item", events)
    before = store.read({"item": ["i1"]}, at)["item"].values
    with pytest.raises(DataError, match="divide them first"):
        store.add("item", events.with_columns(weight=pl.lit(np.inf)))
    with pytest.raises(DataError, match="before 1970"):
        store.add(
            "item", events.with_columns(pl.lit(START).dt.offset_by("-80y").alias("occurred_at"))
        )
    with pytest.raises(DataError, match="no column 'value'"):
        store.add("item", events.drop("value"))
    assert store.read({"item": ["i1"]}, at)["item"].values.tobytes() == before.tobytes()


def test_what_is_not_kept_is_refused_with_the_nearest_name(made: Make) -> None:
    with pytest.raises(ConfigError, match="did you mean 'item'"):
        made().read({"items": ["i1"]}, START)
    with pytest.raises(ConfigError, match="longer grain"):
        made((Rolling("item", ("asset_id",), (Window("7d", 7 * DAY),)),))
    with pytest.raises(DataError, match="zone"):
        made().read({"item": ["i1"]}, START.replace(tzinfo=None))


def test_many_writers_lose_no_event(made: Make) -> None:
    store, events = made(), log(40)
    lock = threading.Lock() if isinstance(store, Memory) else None

    def write(part: pl.DataFrame) -> None:
        for i in range(len(part)):
            if lock:
                with lock:
                    store.add("item", part[i].with_columns(asset_id=pl.lit("hot")))
            else:
                store.add("item", part[i].with_columns(asset_id=pl.lit("hot")))

    threads = [threading.Thread(target=write, args=(events[k::4],)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    at = START + timedelta(days=40)
    told = store.read({"item": ["hot"]}, at)["item"].values
    wanted = as_of(
        ITEM,
        events.with_columns(asset_id=pl.lit("hot")),
        pl.DataFrame({"asset_id": ["hot"], "at": [at]}, schema_overrides={"at": MOMENT}),
    ).to_numpy()
    assert told.tobytes() == wanted.tobytes()


def test_memory_forgets_what_has_left_every_window() -> None:
    store, events = Memory(), log(50)
    store.add("item", events)
    late = events[:1].with_columns(
        asset_id=pl.lit("late"), occurred_at=pl.lit(START + timedelta(days=60)).cast(MOMENT)
    )
    store.add("item", late)
    at = START + timedelta(days=75)
    before = store.read({"item": ["late", "i1"]}, at)["item"].values
    assert store.forget(at) == events["asset_id"].n_unique()
    assert store.read({"item": ["late", "i1"]}, at)["item"].values.tobytes() == before.tobytes()


def test_redis_takes_over_what_memory_learned(own_redis: tuple[str, int]) -> None:
    memory, events, at = Memory(), log(200), START + timedelta(days=40)
    memory.add("item", events)
    memory.add("user", events)
    remote = Remote(own_redis[0], deadline=5.0, prefix="taken")
    assert remote.load(memory) == 14
    asked = {"item": [f"i{i}" for i in range(9)], "user": ["u0", "u1"]}
    for name, told in remote.read(asked, at).items():
        assert told.values.tobytes() == memory.read(asked, at)[name].values.tobytes()
    life = remote.client.pttl(remote.places(remote.layouts["item"], ["i1"])[0]) / 86_400_000
    assert 30 < life <= 32.1  # days, after which nothing of it counts
    remote.close()


def test_rows_that_somebody_else_wrote_are_named(own_redis: tuple[str, int]) -> None:
    remote = Remote(own_redis[0], deadline=5.0, prefix="foreign")
    place = remote.places(remote.layouts["item"], ["i1"])[0]
    for blob in (b"\xff", b"\x00", b"\x02" * 5000, b"\x00\xff\xff\x7f", b"\xff" * 12):
        remote.client.set(place, blob)
        with pytest.raises(DataError, match="another program"):
            remote.read({"item": ["i1"]}, START)
    remote.close()


def test_redis_that_hangs_is_unavailable_within_the_deadline(
    own_redis: tuple[str, int],
) -> None:
    address, pid = own_redis
    remote = Remote(address, deadline=0.05)
    remote.read({"item": ["i1"]}, START)
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.perf_counter()
        with pytest.raises(Unavailable, match="is it running"):
            remote.read({"item": ["i1"]}, START)
        assert time.perf_counter() - began < 0.5
    finally:
        os.kill(pid, signal.SIGCONT)
    remote.close()


def test_redis_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match="is it running"):
        Remote(f"redis://127.0.0.1:{port}").read({"item": ["i1"]}, START)
    with pytest.raises(Unavailable, match="is it running"):
        Remote(f"redis://127.0.0.1:{port}").add("item", log(3))
