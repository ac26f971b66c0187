"""A small world behind a real server, and a real browser in front of it."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from hermes.learn.run import Run
from hermes.serving.routes.pages import BUILT
from hermes.workflows.demo import Demo, fill, learn

from ..conftest import require

SERVE = [sys.executable, "-c", "from hermes.cli import main; main()", "serve"]
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
# Layout shifts that no input caused, and how long each input took until the next frame.
WATCH = """
window.shifts = []; window.inputs = [];
new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) shifts.push(e.value); })
  .observe({type: "layout-shift", buffered: true});
new PerformanceObserver(list => { for (const e of list.getEntries()) inputs.push(e.duration); })
  .observe({type: "event", durationThreshold: 16});
"""  # noqa: E501


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", default="", help="Where the documents' pictures are drawn.")


@dataclass
class World:
    """A bundle of the tiny world, and its pictures."""

    bundle: Path
    pictures: Path
    user: str  # somebody the models know
    item: str


@dataclass
class House:
    """`hermes serve` on a port that stays its own when it is started again."""

    world: World
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            text = json.dumps(body) if body is not None else None
            link.request(method, path, text, {"content-type": "application/json"})
            answer = link.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            link.close()

    def knows(self, user: str, events: int) -> Any:
        """A person, once that many events have come: the page sends them after it has changed."""
        until = time.monotonic() + 15
        while True:
            status, person = self.ask("GET", f"/v1/users/{user}")
            if (status, person.get("events")) == (200, events):
                return person
            assert time.monotonic() < until, (status, person)
            time.sleep(0.05)

    def start(self) -> None:
        command = [*SERVE, str(self.world.bundle), "--port", str(self.port), "--workers", "1"]
        command += ["--log", str(self.folder / "log.db")]
        env = {**os.environ, "HERMES_PICTURES": str(self.world.pictures), "HERMES_ARRIVALS": "1"}
        with (self.folder / "errors.txt").open("a") as errors:
            self.process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=errors, env=env, start_new_session=True
            )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self.process.poll() is None, (self.folder / "errors.txt").read_text()
            try:
                if self.ask("GET", "/health/ready")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError((self.folder / "errors.txt").read_text())

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(30)


@pytest.fixture(scope="session")
def built() -> Path:
    """The application as `make web` builds it."""
    require((BUILT / "index.html").is_file(), "the application is not built: make web")
    return BUILT


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> World:
    """Made once for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    demo = Demo(work=shared / "web", scale="tiny")
    with (shared / "web.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lake = fill(demo, datetime.now(UTC), lambda _: None)
        bundle, data = learn(demo, lake, "first", Run(seed=0), lambda _: None)
    busiest = int(np.diff(data.interactions.offsets())[1:].argmax()) + 1
    names = data.catalogue.items.names
    item = next(name for name in names if name.startswith("film"))
    return World(bundle.path, demo.raw / "pictures", data.users.names[busiest], item)


@pytest.fixture(scope="session")
def house(built: Path, world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    out = House(world, tmp_path_factory.mktemp("house"), port)
    out.start()
    try:
        yield out
    finally:
        out.end()


@pytest.fixture(scope="module")
def chromium(browser: str) -> Iterator[Browser]:
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=browser, args=QUIET)
        yield opened
        opened.close()


@dataclass
class Visit:
    """A page somebody looks at, and what went wrong on it."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def to(self, path: str) -> Page:
        """There, and settled: the first words are drawn and the pictures in sight have come."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("main h1")
        self.settled()
        return self.page

    def settled(self) -> None:
        """No part of the page waits for an answer."""
        self.page.wait_for_selector("[aria-busy=true]", state="detached")


@contextmanager
def visit(chromium: Browser, house: House, **how: Any) -> Iterator[Visit]:
    """A fresh browser profile; `how` goes to Playwright."""
    context: BrowserContext = chromium.new_context(**how)
    context.set_default_timeout(15_000)
    context.add_init_script(WATCH)
    page = context.new_page()
    out = Visit(page, house.address)
    page.on("console", lambda m: out.wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: out.wrong.append(str(error)))
    try:
        yield out
    finally:
        context.close()
