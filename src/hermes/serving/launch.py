"""From settings to a listening server: granian's workers, and the flusher beside them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server import Server

from hermes.artifacts.bundle import read_manifest
from hermes.data.log import Log

from .settings import Settings

log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C; raises `ArtifactError` or `DataError` before it listens.

    The workers read the settings from the environment, which is set here.
    """
    read_manifest(settings.bundle)
    Log(settings.event_log()).close()
    with numbers(settings) as chosen:
        for name, value in chosen.model_dump(exclude_none=True).items():
            os.environ[f"HERMES_{name.upper()}"] = str(value)
        server = Server(
            "hermes.serving.worker:create",
            address=chosen.host,
            port=chosen.port,
            interface=Interfaces.ASGI,
            factory=True,
            workers=chosen.processes(),
            websockets=False,
            log_enabled=False,
            workers_kill_timeout=10,
            http1_settings=HTTP1Settings(header_read_timeout=10_000),
        )
        if chosen.lake is not None:
            flusher = Flusher(chosen.event_log(), chosen.lake, chosen)
            server.on_startup(flusher.start)
            server.on_shutdown(flusher.stop)
        server.serve()


@contextmanager
def numbers(settings: Settings) -> Iterator[Settings]:
    """With several workers, a folder where they leave their numbers, gone afterwards."""
    if settings.processes() == 1:
        yield settings
        return
    folder = Path(tempfile.mkdtemp(prefix="hermes-numbers-"))
    try:
        yield settings.model_copy(update={"numbers": folder})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Flusher:
    """Moves the log into the lake, in a process of its own, so that no worker loads the lake."""

    def __init__(self, path: Path, lake: Path, settings: Settings) -> None:
        self.command = [
            sys.executable, "-m", "hermes.data.flush", str(path), str(lake),
            "--days", str(settings.log_days),
        ]  # fmt: skip
        self.seconds, self.stopping = settings.flush_seconds, threading.Event()
        self.thread = threading.Thread(target=self.run, name="flusher", daemon=True)

    def start(self) -> None:
        """At the interval of the settings."""
        self.thread.start()

    def stop(self) -> None:
        """Once more, after the last worker."""
        self.stopping.set()
        self.thread.join()
        self.flush()

    def run(self) -> None:
        """Until stopped."""
        while not self.stopping.wait(self.seconds):
            self.flush()

    def flush(self) -> None:
        """What fails stays in the log, and is tried again."""
        done = subprocess.run(self.command, capture_output=True, text=True, check=False)
        if done.returncode:
            log.error("flush", code=done.returncode, cause=done.stderr.strip()[-500:])
