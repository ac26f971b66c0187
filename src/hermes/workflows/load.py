"""A load generator light enough to share two cores with the server it measures.

Plain sockets and `select` in a process of its own: about 20 microseconds a request. In the open
loop requests arrive as a Poisson process, and a latency counts from the moment a request was due,
so that a server that stalls is charged for all who had to wait (Tene's "coordinated omission").
"""

from __future__ import annotations

import gc
import heapq
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from hermes.core.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send; with `rate` 0 each connection sends again as soon as it is answered."""

    host: str = "127.0.0.1"
    port: int
    bodies: Sequence[str]  # sent in turn to `path`
    path: str = "/v1/recommendations"
    rate: float = 0.0  # requests a second
    seconds: float = 10.0
    connections: int = 32
    seed: int = 0


@dataclass(slots=True)
class Result:
    """What came back."""

    latencies: list[float] = field(default_factory=list)  # seconds, in the order of the answers
    errors: list[str] = field(default_factory=list)  # status lines that were not 2xx; at most 20
    failed: int = 0
    seconds: float = 0.0
    cpu: float = 0.0  # seconds of processor time the generator itself used
    late: float = 0.0  # seconds, the 99th percentile of how late the generator itself was

    def percentile(self, q: float) -> float:
        """Of the latencies, in milliseconds."""
        return float(np.percentile(self.latencies, q) * 1e3) if self.latencies else float("nan")


class Connection:
    """One keep-alive connection with at most one request on it."""

    __slots__ = ("buffer", "due", "filled", "need", "socket", "view")

    def __init__(self, plan: Plan) -> None:
        self.socket = socket.create_connection((plan.host, plan.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray(1 << 20)
        self.view = memoryview(self.buffer)
        self.filled, self.need, self.due = 0, 0, 0.0

    def fileno(self) -> int:
        """For `select`."""
        return self.socket.fileno()

    def send(self, request: bytes, due: float) -> None:
        """A request that should have left at `due`."""
        self.filled, self.need, self.due = 0, 0, due
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Read what is there; True when the answer is whole.  Raises `Unavailable` at its end."""
        got = self.socket.recv_into(self.view[self.filled :])
        if not got:
            raise Unavailable("the server closed a connection while it was being measured")
        self.filled += got
        if not self.need:
            end = self.buffer.find(b"\r\n\r\n", 0, self.filled)
            if end < 0:
                return False
            at = self.buffer.find(b"content-length: ", 0, end)
            self.need = end + 4 + int(self.buffer[at + 16 : self.buffer.find(b"\r", at)])
            if self.need > len(self.buffer):
                raise Unavailable(f"an answer of {self.need} bytes; the generator takes a megabyte")
        return self.filled >= self.need


def drive(plan: Plan) -> Result:
    """Run a plan in this process."""
    requests = [encode(plan, body) for body in plan.bodies]
    links = [Connection(plan) for _ in range(plan.connections)]
    gc.disable()
    began = time.process_time()
    try:
        loop = open_loop if plan.rate else closed_loop
        result = loop(plan, requests, links)
        result.cpu = time.process_time() - began
        return result
    finally:
        gc.enable()
        for link in links:
            link.socket.close()


def encode(plan: Plan, body: str) -> bytes:
    """A request as bytes."""
    raw = body.encode()
    head = (
        f"POST {plan.path} HTTP/1.1\r\nhost: {plan.host}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


def note(result: Result, link: Connection, now: float) -> None:
    """One answer."""
    result.latencies.append(now - link.due)
    if not link.buffer.startswith(b"HTTP/1.1 2"):
        result.failed += 1
        if len(result.errors) < 20:
            result.errors.append(link.buffer[: min(300, link.filled)].decode("latin-1"))


def closed_loop(plan: Plan, requests: list[bytes], links: list[Connection]) -> Result:
    """Every connection always has one request on it."""
    result, sent, clock = Result(), 0, time.perf_counter
    start = clock()
    for link in links:
        link.send(requests[sent % len(requests)], clock())
        sent += 1
    while clock() - start < plan.seconds:
        for link in select.select(links, (), (), 1.0)[0]:
            if link.receive():
                note(result, link, clock())
                link.send(requests[sent % len(requests)], clock())
                sent += 1
    result.seconds = clock() - start
    return result


def open_loop(plan: Plan, requests: list[bytes], links: list[Connection]) -> Result:
    """Requests leave when they are due, whatever the server does."""
    rng = np.random.default_rng(plan.seed)
    count = int(plan.rate * plan.seconds)
    due = deque(np.cumsum(rng.exponential(1 / plan.rate, count)).tolist())
    result, clock, sent = Result(), time.perf_counter, 0
    idle, busy, late = deque(links), set[Connection](), list[float]()
    start = clock()
    while due or busy:
        now = clock() - start
        while due and due[0] <= now and idle:
            link, when = idle.popleft(), due.popleft()
            late.append(now - when)
            link.send(requests[sent % len(requests)], start + when)
            busy.add(link)
            sent, now = sent + 1, clock() - start
        wait = max(due[0] - now, 0.0) if due and idle else 1.0
        for link in select.select(busy, (), (), wait)[0]:
            if link.receive():
                note(result, link, clock())
                busy.discard(link)
                idle.append(link)
    result.seconds = clock() - start
    tail = heapq.nlargest(max(len(late) // 100, 1), late)
    result.late = tail[-1] if tail else 0.0
    return result


def run(plan: Plan) -> Result:
    """Run a plan in a process of its own; raises `Unavailable` when that fails."""
    command = [sys.executable, "-m", "hermes.workflows.load"]
    text = json.dumps(asdict(plan))
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"the load generator failed: {done.stderr.strip()[-400:]}")
    return Result(**json.loads(done.stdout))


def main() -> None:
    """A plan as JSON on standard input, a result on standard output.

    The generator stands for machines elsewhere, so it goes before everything where that is allowed:
    a client that waits for the server's own cores would measure itself.
    """
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    given: dict[str, Any] = json.load(sys.stdin)
    json.dump(asdict(drive(Plan(**given))), sys.stdout)


if __name__ == "__main__":
    main()
