"""What the feature store promises: how fast, how equal on both sides, and deaf to the future.

The log is made here: ten million events of a hundred thousand keys over sixty days for the windows,
a million of ten thousand items and five thousand users over forty days for the rest, some items
far more often than others.
"""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from hermes.core.errors import DataError, Unavailable
from hermes.features.batch import as_of, changes
from hermes.features.leaks import leaks, refuse
from hermes.features.online import Memory, Online
from hermes.features.remote import Remote
from hermes.features.rolling import DAY, ITEM, USER, Rolling, Window
from hermes.features.temporal import join
from hermes.features.times import MOMENT

from .bench import Place
from .bench_quality import Row, above, below

START = datetime(2026, 1, 1, tzinfo=UTC)
WEEK = Rolling("key", ("key",), (Window("7d", 7 * DAY),), sums=("x",), means=())
TIMES = 50  # pandas' seconds over ours
MOST = 1.0  # ms, p99 of a read
SLATE, READS, WARM = 200, 3000, 200


def measure(
    place: Place, rows: int = 10_000_000, keys: int = 100_000, events: int = 1_000_000
) -> list[Row]:
    """Rows of each measurement, or of those in `place.only`."""
    parts: dict[str, Callable[[], list[Row]]] = {
        "rolling": lambda: rolling(rows, keys),
        "asof": lambda: asof(shop_log(events)),
        "online": lambda: online(shop_log(events)),
        "parity": lambda: parity(shop_log(max(1, events // 250))),
        "leak": lambda: leak(shop_log(max(1, events // 250))),
    }
    return [row for name in place.named("features", parts) for row in parts[name]()]


def key_log(rows: int, keys: int) -> pl.DataFrame:
    """Events in order of time, every key as often."""
    rng = np.random.default_rng(0)
    times = np.sort(rng.integers(0, 60 * DAY, rows))
    made = {"key": rng.integers(0, keys, rows), "occurred_at": times, "x": rng.random(rows)}
    return pl.DataFrame(made).with_columns(pl.col("occurred_at").cast(MOMENT))


def shop_log(events: int, items: int = 10_000, users: int = 5_000) -> pl.DataFrame:
    """Events of a shop in order of time, whose items' popularity falls with their rank."""
    rng = np.random.default_rng(0)
    likely = 1 / np.arange(10, items + 10)
    item = rng.choice(items, events, p=likely / likely.sum())
    times = START.timestamp() * 1e6 + np.sort(rng.integers(0, 40 * DAY, events))
    made = {
        "asset_id": item,
        "user_id": rng.integers(0, users, events),
        "occurred_at": times.astype(np.int64),
        "weight": rng.choice([1.0, 2.0, 3.0], events),
        "value": rng.integers(1, 6, events).astype(np.float64),
    }
    names = pl.col("asset_id", "user_id").cast(pl.String)
    return pl.DataFrame(made).with_columns(names, pl.col("occurred_at").cast(MOMENT))


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds on the clock, seconds of processors, and what came of it."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return time.perf_counter() - wall, time.process_time() - cpu, found


def rolling(rows: int, keys: int) -> list[Row]:
    """Count and sum of seven days as of each event, beside pandas on the same rows."""
    log = key_log(rows, keys)
    ours = as_of(WEEK, log)  # compiles, and has memory from the system
    with urgent() as priority:
        tries = [timed(lambda: as_of(WEEK, log))[:2] for _ in range(5)]
    seconds, cpu = sorted(tries)[2]
    note = f"{rows:,} rows, {keys:,} keys: {seconds:.2f} s, median of 5; processors {cpu:.2f} s"
    note += f"; {priority}"
    speed = above("7-day count and sum", rows / seconds, "rows/s", None, note)
    try:
        pandas = importlib.import_module("pandas")
    except ModuleNotFoundError:
        absent = {"name": "7-day count and sum, over pandas", "value": None, "floor": TIMES}
        return [speed, absent | {"note": "pandas is not installed; pip install pandas"}]
    with urgent():
        peer, peer_cpu, theirs = timed(peer_of(pandas, log))
    equal = np.array_equal(ours["key.count.7d"], theirs[0])
    equal &= np.allclose(ours["key.x.7d"], theirs[1], rtol=1e-6, atol=2e-5)  # they are 32 bits wide
    note = f"pandas {pandas.__version__}: {peer:.1f} s on all rows, processors {peer_cpu:.1f} s"
    note += "; results equal" if equal else "; RESULTS DIFFER"
    ratio = above("7-day count and sum, over pandas", peer / seconds, "times", TIMES, note)
    return [speed, ratio | {"holds": bool(equal and peer / seconds >= TIMES)}]


def peer_of(pandas: Any, log: pl.DataFrame) -> Callable[[], Any]:
    """The faster of the ways in which pandas can be asked; its answers in the order of the log."""
    columns = {name: log[name].to_numpy() for name in log.columns}
    frame = pandas.DataFrame(columns).set_index("occurred_at")
    order = np.argsort(columns["key"], kind="stable")

    def work() -> Any:
        windows = frame.groupby("key")["x"].rolling("7D", closed="left")
        out = np.empty((2, len(log)))
        for i, found in enumerate((windows.count(), windows.sum())):
            out[i, order] = np.nan_to_num(found.to_numpy())
        return out

    return work


def asof(log: pl.DataFrame) -> list[Row]:
    """Joining examples, one an event, to the item table that was known at each."""
    table = changes(ITEM, log)
    examples = log.select("asset_id", at="occurred_at")
    seconds, _, _ = timed(lambda: join(examples, table, ITEM.keys, blank=ITEM.blank))
    note = f"{len(examples):,} examples, a table of {len(table):,} rows"
    return [above("ASOF join", seconds, "s", None, note)]


def online(log: pl.DataFrame) -> list[Row]:
    """One user and two hundred items, read from memory and from Redis."""
    memory = Memory()
    began = time.perf_counter()
    for name in ("item", "user"):
        memory.add(name, log)
    seconds = time.perf_counter() - began
    rows = [above("online, events taken in", len(log) / seconds, "events/s", None, "in memory")]
    with urgent() as note:
        rows += latency("memory", memory, log, note)
    try:
        with redis() as (address, process):
            remote = Remote(address, deadline=5.0)
            remote.load(memory)
            with urgent(process) as note:
                parser = "hiredis" if find_spec("hiredis") else "the client without hiredis"
                rows += latency("Redis", remote, log, f"{note}, {parser}")
            remote.close()
    except Unavailable as error:
        absent = {"name": "online, Redis: p99", "value": None, "unit": "ms", "floor": MOST}
        rows.append(absent | {"note": str(error)})
    return rows


@contextmanager
def urgent(*processes: int) -> Iterator[str]:
    """Run before all others where that is allowed, as what serves would; what a note says of it."""
    wanted = (0, *processes)
    try:
        for process in wanted:
            os.sched_setscheduler(process, os.SCHED_FIFO, os.sched_param(1))
        note = "real-time priority"
    except PermissionError:
        note = "usual priority"
    try:
        yield note
    finally:
        for process in wanted:
            with suppress(PermissionError):
                os.sched_setscheduler(process, os.SCHED_OTHER, os.sched_param(0))


def latency(name: str, store: Online, log: pl.DataFrame, priority: str) -> list[Row]:
    """Percentiles of a read; items as popular as in the log."""
    rng, at = np.random.default_rng(1), log["occurred_at"][-1] + timedelta(minutes=1)
    took = []
    for _ in range(WARM + READS):
        picked = rng.integers(0, len(log), SLATE)
        keys = {"user": [log["user_id"][int(picked[0])]], "item": log["asset_id"][picked].to_list()}
        began = time.perf_counter()
        store.read(keys, at)
        took.append(1e3 * (time.perf_counter() - began))
    half, late = np.percentile(took[WARM:], [50, 99]).tolist()
    note = f"1 user and {SLATE} items, {READS:,} reads one after another, {priority}"
    return [
        above(f"online, {name}: p50", half, "ms", None, note),
        below(f"online, {name}: p99", late, "ms", MOST) | {"note": note},
    ]


@contextmanager
def redis() -> Iterator[tuple[str, int]]:
    """A Redis of our own, its address and process; `Unavailable` without a server to start."""
    server = shutil.which("redis-server")
    if server is None:
        raise Unavailable("no redis-server on the PATH (Debian: apt-get install redis-server)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "redis.sock"
        command = [server, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 10
            while not path.exists():
                if time.monotonic() > until:
                    raise Unavailable(f"{server} did not open {path} within ten seconds")
                time.sleep(0.01)
            yield f"unix://{path}", process.pid
        finally:
            process.kill()
            process.wait()


def parity(log: pl.DataFrame) -> list[Row]:
    """The share of values that are the same bits in batch, by ASOF join and event by event."""
    equal, total = 0, 0
    for kind in (ITEM, USER):
        batch = bits(as_of(kind, log))
        table = changes(kind, log)
        asked = log.select(*kind.keys, at="occurred_at")
        joined = bits(join(asked, table, kind.keys, blank=kind.blank).select(kind.names))
        served, store = np.empty_like(batch), Memory([kind])
        for i in range(len(log)):
            event = log[i]
            told = store.read({kind.name: [event[kind.keys[0]][0]]}, event["occurred_at"][0])
            served[i] = told[kind.name].values.view(np.int32)[0]
            store.add(kind.name, event)
        equal += int(((batch == joined) & (batch == served)).sum())
        total += batch.size
    note = f"{len(log):,} events, {len(ITEM.names) + len(USER.names)} features of item and user"
    return [above("training and serving, equal bits", equal / total, "", 1.0, note)]


def bits(features: pl.DataFrame) -> Any:
    """What floats are made of.  (n, F) int32"""
    return np.ascontiguousarray(features.to_numpy()).view(np.int32)


def leak(log: pl.DataFrame) -> list[Row]:
    """Whether a feature of the whole log is refused by its name, and honest ones are not."""
    examples = log.select("asset_id", at="occurred_at")

    def planted(log: pl.DataFrame, examples: pl.DataFrame) -> pl.DataFrame:
        total = log.group_by("asset_id").agg(pl.len().alias("planted"))
        joined = examples.join(total, on="asset_id", how="left", maintain_order="left")
        return as_of(ITEM, log, examples).with_columns(joined["planted"])

    try:
        refuse(leaks(planted, log, examples, np.random.default_rng(0)))
        said = ""
    except DataError as error:
        said = str(error)
    right = "planted in" in said and "item." not in said
    return [above("a planted leak is refused", float(right), "", 1.0, said)]
