"""From settings to a listening server: granian's workers, and the flusher beside them."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import signal
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
from pydantic import SecretStr

from hermes.artifacts.bundle import read_manifest
from hermes.core.errors import HermesError
from hermes.data.log import Log
from hermes.retrieval.ranges import matchers

from .settings import Settings, load

SHARED = (
    "faiss", "fastapi", "jinja2", "numba", "scipy.linalg", "scipy.ndimage", "scipy.optimize",
    "scipy.sparse", "scipy.special", "tantivy", "hermes.explain.guard", "hermes.explain.reasons",
    "hermes.policy.constraints", "hermes.retrieval.query", "hermes.serving.schemas",
)  # fmt: skip  # modules that every worker needs and that start no thread
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """As `listen`, in a process of its own, so that the caller may have used any library before.

    Workers are forked, and a fork brings no threads: who waits for a pool of polars' in a worker
    waits for ever. SIGTERM, SIGINT and SIGHUP are passed on where this is the main thread; what
    listens ends with this process, however that ends. Raises `SystemExit` where a worker failed.
    """
    usable(settings)
    child = subprocess.Popen(
        [sys.executable, "-m", "hermes.serving.launch"],
        env=environ(settings),
        stdin=subprocess.PIPE,
    )
    try:
        with passed_on(child):
            code = child.wait()
    finally:
        child.terminate()
        child.communicate()
    if code:
        sys.exit(code if code > 0 else 128 - code)


def listen(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C; raises `ArtifactError` or `DataError` before it listens.

    Only for a process that has done nothing else, see `serve`. The workers read the settings from
    the environment, which is set here.
    """
    usable(settings)
    with numbers(settings) as chosen:
        kept = environ(chosen)
        os.environ.clear()
        os.environ.update(kept)
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
        preload()
        server.serve()


def preload() -> None:
    """Libraries that workers share from here on, as they are forked: some 70 MB each less.

    None that starts a thread: a fork brings none, and who waits for one waits for ever.
    """
    for name in SHARED:
        importlib.import_module(name)
    matchers()  # spaCy, without torch
    gc.freeze()


def usable(settings: Settings) -> None:
    """Raises `ArtifactError` or `DataError` where bundle or log cannot be served."""
    read_manifest(settings.bundle)
    Log(settings.event_log()).close()


def environ(settings: Settings) -> dict[str, str]:
    """The environment in which these settings, and no others, are read again."""
    names = {f"HERMES_{name.upper()}": name for name in type(settings).model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in names}
    for name, field in names.items():
        value = getattr(settings, field)
        if value is not None:
            hidden = isinstance(value, SecretStr)
            kept[name] = value.get_secret_value() if hidden else str(value)
    return kept


@contextmanager
def passed_on(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Signals that end or renew a server go to it meanwhile."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def pass_on(number: int, _: object) -> None:
        child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def outlived() -> None:
    """Ends this process, orderly, when the one that started it is gone."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


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


if __name__ == "__main__":
    threading.Thread(target=outlived, daemon=True).start()
    try:
        listen(load())
    except HermesError as error:
        sys.exit(f"hermes: {error}")
