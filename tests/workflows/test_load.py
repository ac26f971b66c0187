"""The load generator is honest about waiting, and light."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from hermes.core.errors import Unavailable
from hermes.workflows.load import Plan, drive, run

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@contextmanager
def server(answer: Callable[[int], bytes]) -> Iterator[int]:
    """A server that gives the n-th request `answer(n)`; an empty answer closes the connection."""
    count, lock = iter(range(1 << 30)), threading.Lock()

    def serve(link: socket.socket) -> None:
        with link, contextlib.suppress(ConnectionError):
            while link.recv(65536):
                with lock:
                    reply = answer(next(count))
                if not reply:
                    return
                link.sendall(reply)

    def accept() -> None:
        while True:
            try:
                link, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(link,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def test_a_stall_is_charged_to_all_who_had_to_wait() -> None:
    def stalls(n: int) -> bytes:
        if n == 20:
            time.sleep(0.5)
        return ANSWER

    with server(stalls) as port:
        found = drive(Plan(port=port, bodies=["{}"], rate=100.0, seconds=1.5))
    assert len(found.latencies) == 150
    waited = np.sum(np.array(found.latencies) > 0.1)
    assert waited > 20  # about 40 were due while it stood still, not only the one it held up


def test_requests_arrive_at_the_rate_that_was_asked() -> None:
    with server(lambda _: ANSWER) as port:
        found = drive(Plan(port=port, bodies=["{}"], rate=200.0, seconds=1.0))
    assert len(found.latencies) == 200
    assert 0.7 < found.seconds < 2.5


def test_a_failed_answer_is_counted_and_quoted() -> None:
    refused = b"HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy"
    with server(lambda n: refused if n % 2 else ANSWER) as port:
        found = drive(Plan(port=port, bodies=["{}"], seconds=0.2, connections=2))
    assert 0.3 < found.failed / len(found.latencies) < 0.7
    assert found.errors[0].startswith("HTTP/1.1 503")


def test_an_answer_in_pieces_is_read_whole() -> None:
    long = b"HTTP/1.1 200 OK\r\ncontent-length: 500000\r\n\r\n" + b"x" * 500_000
    with server(lambda _: long) as port:
        found = drive(Plan(port=port, bodies=["{}"], rate=50.0, seconds=0.2))
    assert len(found.latencies) == 10
    assert not found.failed


def test_a_server_that_goes_away_is_an_error() -> None:
    with server(lambda n: b"" if n == 5 else ANSWER) as port, pytest.raises(Unavailable):
        drive(Plan(port=port, bodies=["{}"], rate=100.0, seconds=0.5))


def test_a_process_of_its_own_gives_the_same_kind_of_result() -> None:
    with server(lambda _: ANSWER) as port:
        found = run(Plan(port=port, bodies=['{"user": "🦊"}'], rate=50.0, seconds=0.4))
    assert len(found.latencies) == 20


def test_a_request_costs_the_generator_little() -> None:
    with server(lambda _: ANSWER) as port:
        found = run(Plan(port=port, bodies=["{}"], seconds=0.5, connections=4))
    assert 0 < found.cpu / len(found.latencies) < 500e-6  # seconds; 20e-6 on an idle machine
