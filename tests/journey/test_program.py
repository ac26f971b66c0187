"""A program that has used libraries with threads serves as `hermes serve` does."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from .conftest import Server, serving

PROGRAM = """
import sys
import polars as pl
from hermes.serving import launch, settings

counted = pl.LazyFrame({"a": list(range(100_000))}).group_by("a").len().collect()
given = dict(zip((name.lstrip("-") for name in sys.argv[2::2]), sys.argv[3::2]))
launch.serve(settings.load(bundle=sys.argv[1], **given))
print("and went on with", len(counted), file=sys.stderr)
"""


@pytest.fixture
def server(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    program = [sys.executable, "-c", PROGRAM]
    with serving(bundle, tmp_path, "--tier", "3", "--workers", "2", program=program) as made:
        yield made


def gone(processes: list[psutil.Process]) -> bool:
    """Within some seconds."""
    return not psutil.wait_procs(processes, timeout=20)[1]


def test_a_program_that_has_used_polars_serves_and_goes_on_after_sigterm(server: Server) -> None:
    below = psutil.Process(server.process.pid).children(recursive=True)
    status, slate = server.ask("POST", "/v1/recommendations", {"user": "user/1", "k": 5})
    assert (status, len(slate["items"])) == (200, 5)
    assert server.end(signal.SIGTERM) == 0
    assert "and went on with 100000" in server.said()
    assert gone(below)


def test_what_listens_ends_with_a_program_that_is_killed(server: Server) -> None:
    below = psutil.Process(server.process.pid).children(recursive=True)
    assert len(below) == 3  # who listens, and two workers
    server.process.kill()
    assert gone(below)


def test_a_worker_that_dies_ends_the_program_with_its_code(server: Server) -> None:
    (listening,) = psutil.Process(server.process.pid).children()
    listening.children()[0].kill()
    assert server.process.wait(30) == 1
    assert "and went on" not in server.said()


def until(true: Callable[[], bool]) -> None:
    """Within a minute."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_hangup_renews_the_workers_and_loses_no_count(server: Server, tmp_path: Path) -> None:
    (listening,) = psutil.Process(server.process.pid).children()
    before = {one.pid for one in listening.children()}
    for _ in range(20):
        assert server.ask("POST", "/v1/recommendations", {"user": "user/1"})[0] == 200
    server.process.send_signal(signal.SIGHUP)
    until(lambda: not before & {one.pid for one in listening.children()})
    now = {str(one.pid) for one in listening.children()}
    assert len(now) == 2
    (folder,) = tmp_path.glob("hermes-numbers-*")
    until(lambda: {path.stem for path in folder.glob("*.json")} == {*now, "ended"})
    assert server.ask("GET", "/v1/platform/stages")[1]["requests"] == 20
    assert server.end(signal.SIGINT) == 0  # as Ctrl-C does
    assert "and went on" in server.said()
    assert not folder.exists()
