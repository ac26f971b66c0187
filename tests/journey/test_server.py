"""A real server in its own processes: asked, killed, started again, flushed into a lake."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import polars as pl
import pytest

from hermes.core.types import Shape
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.data.columns import admit
from hermes.data.dataset import Dataset
from hermes.data.interactions import Interactions
from hermes.data.lake import Lake
from hermes.data.log import Log
from hermes.data.shelf import catalogue
from hermes.pipeline.recipe import load
from hermes.workflows.bench_serve import rows
from hermes.workflows.train import train

ITEMS = [f"item/{n} 🦊" for n in range(40)]
USERS = [f"user/{n}" for n in range(60)]
SERVE = [sys.executable, "-c", "from hermes.cli import main; main()", "serve"]


def shelf() -> Catalogue:
    """Through the lake's own door, so that cards are what they are in production."""
    rows = [
        {"asset_id": i, "domain": "films", "title": f"Film {i}", "line": n}
        for n, i in enumerate(ITEMS)
    ]
    return catalogue(admit(pl.DataFrame(rows), "assets").good)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng, items = np.random.default_rng(0), shelf()
    people = np.repeat(np.arange(1, len(USERS) + 1), 8)
    did = np.concatenate([rng.permutation(np.arange(1, len(items)))[:8] for _ in USERS])
    shape = Shape(n_users=len(USERS) + 1, n_items=len(items))
    when = 20_000 + np.arange(len(people)) / 100
    log = Interactions.sort(people, did, when, np.ones(len(people), np.float32), shape)
    out = tmp_path_factory.mktemp("journey") / "bundle"
    data = Dataset(Vocabulary.of(USERS), items, log, (), "hash of nothing but this test")
    train(load("first")[1], data, out)
    return out


class Server:
    """`hermes serve`, and a connection to it."""

    def __init__(self, bundle: Path, folder: Path, *more: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.errors = folder / "errors.txt"
        command = [
            *SERVE,
            str(bundle),
            "--port",
            str(self.port),
            "--log",
            str(folder / "log.db"),
            "--workers",
            "1",
            *more,
        ]
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
            )

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"content-type": "application/json"}
            link.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = link.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            link.close()

    def ready(self, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.process.poll() is None, self.errors.read_text()
            try:
                if self.ask("GET", "/health/ready")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"not ready: {self.errors.read_text()}")

    def end(self, how: signal.Signals) -> int:
        """To the whole group when it is killed, as a machine that dies does."""
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        return self.process.wait(60)


@contextmanager
def serving(bundle: Path, folder: Path, *more: str) -> Iterator[Server]:
    server = Server(bundle, folder, *more)
    try:
        server.ready()
        yield server
    finally:
        if server.process.poll() is None:
            server.end(signal.SIGKILL)


def event(number: int, user: str = "user/1") -> dict[str, Any]:
    return {
        "event_id": f"e{number}",
        "user_id": user,
        "asset_id": ITEMS[number % len(ITEMS)],
        "kind": "click",
        "occurred_at": datetime.now(UTC).isoformat(),
    }


def test_what_was_answered_202_is_there_after_kill_9(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, "--tier", "3") as server:
        kept = [n for n in range(30) if server.ask("POST", "/v1/events", event(n, "new"))[0] == 202]
        assert len(kept) == 30
        server.end(signal.SIGKILL)
    with serving(bundle, tmp_path, "--tier", "3") as again:
        status, past = again.ask("GET", "/v1/users/new")
        assert status == 200
        assert past["events"] == 30
        slate = again.ask("POST", "/v1/recommendations", {"user": "new", "k": 40})[1]
        assert not slate["newcomer"]
        assert not {i["asset_id"] for i in slate["items"]} & {ITEMS[n] for n in kept}


def test_from_a_slate_to_an_event_to_rows_of_the_lake(bundle: Path, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    with serving(bundle, tmp_path, "--tier", "3", "--lake", str(lake.path)) as server:
        for name in ITEMS:
            row = {"domain": "films", "title": name}
            assert server.ask("PUT", f"/v1/assets/{quote(name, safe='')}", row)[0] == 200
        status, slate = server.ask(
            "GET", f"/v1/recommendations/users/{quote('user/2', safe='')}?k=5"
        )
        assert status == 200
        first = slate["items"][0]
        done = {
            **event(0, "user/2"),
            "asset_id": first["asset_id"],
            "request_id": slate["request_id"],
            "position": first["position"],
            "propensity": first["propensity"],
        }
        assert server.ask("POST", "/v1/events", done)[0] == 202
        assert server.end(signal.SIGTERM) == 0
    events, shown = (lake.scan(name).collect() for name in ("silver/events", "exposures"))
    assert events.select("user_id", "asset_id", "request_id").rows() == [
        ("user/2", first["asset_id"], slate["request_id"])
    ]
    exposure = shown.row(0, named=True)
    assert exposure["request_id"] == slate["request_id"]
    assert exposure["items"] == [item["asset_id"] for item in slate["items"]]
    assert exposure["propensities"] == [item["propensity"] for item in slate["items"]]


def test_two_workers_see_each_others_events_at_once(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, "--tier", "3", "--workers", "2") as server:
        for n in range(40):
            assert server.ask("POST", "/v1/events", event(n, "shared"))[0] == 202
            assert server.ask("GET", "/v1/users/shared")[1]["events"] == n + 1
        assert server.end(signal.SIGTERM) == 0


def test_every_exposure_of_an_orderly_end_is_in_the_log(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, "--tier", "3") as server:
        for _ in range(25):
            assert server.ask("POST", "/v1/recommendations", {"user": "user/1"})[0] == 200
        assert server.end(signal.SIGTERM) == 0
    log = Log(tmp_path / "log.db")
    assert log.counts()["exposures"] == 25
    log.close()


def refused(*arguments: str) -> str:
    done = subprocess.run(
        [*SERVE, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_missing_bundle_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    assert "hermes train" in refused(str(tmp_path / "nothing"))


def test_a_damaged_bundle_ends_the_server_with_the_files_name(bundle: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(bundle, broken)
    with (broken / "users.safetensors").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\xff")
    said = refused(str(broken), "--log", str(tmp_path / "log.db"), "--port", "18099")
    assert "users.safetensors is damaged" in said


def test_a_log_that_is_no_log_is_named_before_the_server_listens(
    bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "log.db").write_bytes(b"no database at all, just bytes" * 99)
    assert "log.db cannot be used" in refused(str(bundle), "--log", str(tmp_path / "log.db"))


def test_the_benchmark_measures_a_real_server(bundle: Path) -> None:
    found = rows(bundle, tiers=(3,), rate=50.0, seconds=1.0, workers=1, closed=0.5)
    assert [row["unit"] for row in found] == ["ms", "ms", "requests/s", "MB"]
    assert found[0]["note"] == "50 requests, 0 failed"
    assert 0 < found[0]["value"] <= found[1]["value"]
    assert found[2]["value"] > 10
    assert 20 < found[3]["value"] < 2000
