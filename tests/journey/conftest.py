"""A small bundle, and a server of it in processes of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from hermes.core.types import Shape
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.data.columns import admit
from hermes.data.dataset import Dataset
from hermes.data.interactions import Interactions
from hermes.data.shelf import catalogue
from hermes.pipeline.recipe import load
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


@pytest.fixture(scope="session")
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
    """`hermes serve`, or a program that serves and reads the same options; asked over HTTP."""

    def __init__(
        self, bundle: Path, folder: Path, *more: str, program: Sequence[str] = SERVE
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.errors = folder / "errors.txt"
        command = [
            *program,
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

    def said(self) -> str:
        return self.errors.read_text()

    def ready(self, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert self.process.poll() is None, self.said()
            try:
                if self.ask("GET", "/health/ready")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"not ready: {self.said()}")

    def end(self, how: signal.Signals) -> int:
        """To the whole group when it is killed, as a machine that dies does."""
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        return self.process.wait(60)


@contextmanager
def serving(
    bundle: Path, folder: Path, *more: str, program: Sequence[str] = SERVE
) -> Iterator[Server]:
    server = Server(bundle, folder, *more, program=program)
    try:
        server.ready()
        yield server
    finally:
        if server.process.poll() is None:
            server.end(signal.SIGKILL)
