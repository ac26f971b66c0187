"""A model server of our own, for measuring and testing: it sends what it is told, as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STREAM = {"content-type": "text/event-stream"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One answer: bytes as they are sent, and pauses between them."""

    parts: Iterable[bytes | float] = ()  # a number is a pause, in seconds
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(STREAM))


def chunk(text: str, finish: str | None = None) -> bytes:
    """One event of a chat completion."""
    choice: dict[str, Any] = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}, ensure_ascii=False).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def spoken(pieces: Iterable[str], ends: bool = True) -> Script:
    """A stream of these pieces, with its end or without."""
    parts = [chunk(piece) for piece in pieces]
    return Script(parts=[*parts, chunk("", "stop"), DONE] if ends else parts)


@dataclass
class Speaker:
    """The server; `answer` makes a script of each request's body."""

    answer: Callable[[dict[str, Any]], Script]
    asked: list[dict[str, Any]] = field(default_factory=list)  # bodies, in order
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def speaking(answer: Callable[[dict[str, Any]], Script]) -> Iterator[Speaker]:
    """A server on a free port of this machine while the context lasts."""
    speaker, stop = Speaker(answer), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(size) or b"{}")
            speaker.asked.append(body)
            speaker.headers.append({k.lower(): v for k, v in self.headers.items()})
            script = speaker.answer(body)
            try:
                self.send_response(script.status)
                for name, value in script.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for part in script.parts:
                    if isinstance(part, float):
                        stop.wait(part)
                    else:
                        self.wfile.write(part)
                        self.wfile.flush()
                    if stop.is_set():
                        break
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    speaker.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield speaker
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()
