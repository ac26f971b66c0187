"""How fast a bundle is served: a real server in processes of its own, measured at the client."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ArtifactError, Unavailable
from hermes.core.types import Array
from hermes.core.vocab import Vocabulary

from .bench import Place
from .bench_quality import REFERENCE, Ground, world
from .load import Plan, Result, run

MB = 1e6
EVENTS = 5000  # of one request
FLOORS = {2: (450.0, 1000.0), 3: (3500.0, 500.0)}  # tier: requests/s in a closed loop, MB
TRIVIAL = 10_000.0  # requests/s the generator must be able to send, not to be what is measured
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    port: int
    process: subprocess.Popen[bytes]

    def memory(self) -> float:
        """Megabytes of the process and all its descendants, pages they share counted once."""
        return sum(held(pid) for pid in tree(self.process.pid)) / MB


def measure(place: Place) -> list[dict[str, Any]]:
    """The `quality` bundle of MovieLens-1M; without data, the `quick` bundle of the world.

    A bundle that another part left is served as it is; else it is trained first.
    """
    name = "quick-world" if place.data is None else "quality-movielens-1m"
    try:
        Bundle.load(place.work / name)
    except ArtifactError:
        prepare(Ground(place))
    return rows(place.work / name)


def prepare(ground: Ground) -> None:
    """Train what is to be served."""
    if ground.place.data is None:
        world(ground)
    else:
        ground.cascade("quality", "movielens-1m", ground.films(), REFERENCE)


def rows(
    bundle: Path, tiers: Sequence[int] = (2, 3), rate: float = 200.0, seconds: float = 60.0,
    workers: int = 0, closed: float = 10.0, say: Say = lambda _: None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Latency at `rate` requests a second for `seconds`, throughput, memory, by tier."""
    out: list[dict[str, Any]] = []
    bodies = questions(bundle, 10_000)
    for tier in tiers:
        with running(bundle, tier, workers) as server:
            say(f"tier {tier}: warming")
            run(Plan(port=server.port, bodies=bodies[-500:], rate=50.0, seconds=3.0))
            say(f"tier {tier}: {rate:g} requests a second for {seconds:g} s")
            steady = run(Plan(port=server.port, bodies=bodies, rate=rate, seconds=seconds))
            say(f"tier {tier}: closed loop")
            full = run(Plan(port=server.port, bodies=bodies, seconds=closed, connections=8))
            out += figures(tier, rate, steady, full, server.memory())
            if tier < 3:
                say(f"tier {tier}: after a new event of every user")
                stir(server.port, bundle)
                stirred = run(Plan(port=server.port, bodies=bodies, rate=rate, seconds=seconds / 3))
                out += moved(tier, rate, stirred)
    return out


def stir(port: int, bundle: Path) -> None:
    """One new event of every user, so that nothing remembered of them holds any more."""
    known = Bundle.load(bundle)
    users = Vocabulary.restore(prefixed(known.arrays("users"), "users."))
    items = Vocabulary.restore(prefixed(known.arrays("catalogue"), "items."))
    event = {"asset_id": items.names[1], "kind": "rating", "value": 5.0}
    event["occurred_at"] = datetime.now(UTC).isoformat()
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for i in range(1, len(users), EVENTS):
        rows = [json.dumps({**event, "user_id": user}) for user in users.names[i : i + EVENTS]]
        head = {"content-type": "application/x-ndjson"}
        link.request("POST", "/v1/events", "\n".join(rows), head)
        answer = link.getresponse()
        if answer.status != 202:
            raise Unavailable(f"the server refused events: {answer.read()[:300]!r}")
        answer.read()


def moved(tier: int, rate: float, found: Result) -> list[dict[str, Any]]:
    """Rows of the load in which every user is encoded anew; nothing is asked of them."""
    name = f"tier {tier}, {rate:g} requests/s, each user with a new event"
    note = f"{len(found.latencies)} requests, {found.failed} failed; no user's vector is remembered"
    return [
        {"name": f"{name}: {word}", "value": found.percentile(q), "unit": "ms", "note": note}
        for word, q in (("p50", 50), ("p99", 99))
    ]


def figures(
    tier: int, rate: float, steady: Result, full: Result, memory: float
) -> list[dict[str, Any]]:
    """Rows of the table."""
    least, most = FLOORS.get(tier, (0.0, float("inf")))
    asked = tier == 2
    note = f"{len(steady.latencies)} requests, {steady.failed + full.failed} failed"
    p50, p99 = steady.percentile(50), steady.percentile(99)
    speed = (len(full.latencies) - full.failed) / full.seconds
    clean = not steady.failed and not full.failed
    name = f"tier {tier}, {rate:g} requests/s arriving at random"
    return [
        {
            "name": f"{name}: p50", "value": p50, "unit": "ms", "note": note,
            "floor": 3.2 if asked else None, "holds": clean and p50 <= 3.2 if asked else None,
        },
        {
            "name": f"{name}: p99", "value": p99, "unit": "ms",
            "note": f"the generator's own delay at p99: {steady.late * 1e3:.2f} ms",
            "floor": 8.1 if asked else None, "holds": clean and p99 <= 8.1 if asked else None,
        },
        {
            "name": f"tier {tier}, closed loop of 8 connections", "value": speed,
            "unit": "requests/s", "floor": least, "holds": clean and speed >= least,
            "note": f"p50 {full.percentile(50):.2f} ms, p99 {full.percentile(99):.2f} ms",
        },
        {
            "name": f"tier {tier}, memory of all processes", "value": memory, "unit": "MB",
            "floor": most, "holds": memory <= most, "note": "proportional set size, after the load",
        },
    ]  # fmt: skip


def questions(bundle: Path, count: int) -> list[str]:
    """Bodies for distinct users in random order, again from the first when they run out."""
    users = Vocabulary.restore(prefixed(Bundle.load(bundle).arrays("users"), "users.")).names[1:]
    order = np.random.default_rng(0).permutation(len(users))
    chosen = [users[i] for i in np.resize(order, count)]
    return [json.dumps({"user": user, "k": 20}) for user in chosen]


def prefixed(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """The arrays whose names begin so, without it."""
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


@contextmanager
def running(bundle: Path, tier: int, workers: int = 0) -> Iterator[Running]:
    """`hermes serve` with a log of its own, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="hermes-bench-") as folder:
        port = free()
        command = [
            sys.executable, "-c", "from hermes.cli import main; main()", "serve", str(bundle),
            "--port", str(port), "--tier", str(tier), "--workers", str(workers),
            "--log", f"{folder}/log.db",
        ]  # fmt: skip
        with (Path(folder) / "errors").open("wb") as errors:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            ready(process, port, Path(folder) / "errors")
            yield Running(port, process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def ready(process: subprocess.Popen[bytes], port: int, errors: Path, seconds: float = 120) -> None:
    """Wait for it; raises `Unavailable` with what it said."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            link.request("GET", "/health/ready")
            if link.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            link.close()
    process.kill()
    raise Unavailable(f"the server did not start: {errors.read_text('utf-8')[-500:].strip()}")


def free() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def tree(root: int) -> list[int]:
    """A process and its descendants, from /proc."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            parents[int(folder.name)] = int(fields[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def held(pid: int) -> int:
    """Bytes of memory, its proportional set size; 0 when the process has just ended."""
    try:
        lines = (Path("/proc") / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
