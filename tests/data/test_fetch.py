from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hermes.core.errors import ConfigError, DataError, Unavailable
from hermes.data.fetch import Care, fetch, public


class Host(BaseHTTPRequestHandler):
    """A host that is kind, vast, slow, cut off or elsewhere, by the path."""

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].strip("/")
        if name.startswith("to:"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("to:")[2])
            self.end_headers()
            return
        if name == "drip":  # a header that never ends, each byte of it in time
            for _ in range(40):
                try:
                    self.wfile.write(b"H")
                except OSError:
                    return
                time.sleep(0.05)
            return
        self.send_response(404 if name == "gone" else 200)
        self.send_header("Content-Type", "text/html" if name == "page" else "image/png; x=y")
        if name == "vast":
            self.send_header("Content-Length", str(10**9))
        if name == "short":
            self.send_header("Content-Length", "100")
        self.end_headers()
        for _ in range(40 if name in ("slow", "endless") else 1):
            try:
                self.wfile.write(b"x" * (1000 if name == "endless" else 10))
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.05 if name == "slow" else 0)

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def care(host: str) -> Care:
    return Care(hosts=(host,), private=True, largest=5000, kinds=("image/",))


def test_what_is_allowed_comes_with_its_kind(host: str, care: Care) -> None:
    found = fetch(f"http://{host}/a.png?size=2", care)
    assert (found.body, found.kind) == (b"x" * 10, "image/png")
    assert fetch(f"http://{host}/to:/a.png", care).url == f"http://{host}/a.png"


@pytest.mark.parametrize(
    ("path", "error", "why"),
    [
        ("gone", Unavailable, "answered 404"),
        ("page", DataError, "is text/html, wanted image/"),
        ("vast", DataError, "1,000,000,000 bytes are more than"),
        ("endless", DataError, "more than the 5,000 bytes allowed came"),
        ("short", Unavailable, "10 of 100 bytes came|IncompleteRead"),
        ("to:http://elsewhere.example/a.png", DataError, "is not on the list"),
        ("to:file:///etc/passwd", DataError, "only http and https"),
        ("to:/to:/to:/to:/a.png", DataError, "redirected more than"),
    ],
)
def test_what_is_not_is_refused_with_its_reason(
    host: str, care: Care, path: str, error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        fetch(f"http://{host}/{path}", care)


@pytest.mark.parametrize("path", ["slow", "drip"])
def test_a_host_that_drips_is_left_in_time(host: str, care: Care, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unavailable, match="took too long"):
        fetch(f"http://{host}/{path}", replace(care, seconds=0.3))
    assert time.monotonic() - began < 1.5


@pytest.fixture
def internet(host: str, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, list[str]], list[str]]:
    """Names and their addresses, of which each is used once; all of them lead to `host`.

    The second value is who was connected to.
    """
    names: dict[str, list[str]] = {}
    reached: list[str] = []
    port = int(host.rpartition(":")[2])

    def look_up(name: str, at: int, **_: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (names[name].pop(0), at))]

    def reach(at: tuple[str, int], timeout: float) -> socket.socket:
        reached.append(at[0])
        link = socket.socket()
        link.settimeout(timeout)
        link.connect(("127.0.0.1", port))
        return link

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", reach)
    return names, reached


def test_a_redirection_to_a_private_address_is_not_followed(
    internet: tuple[dict[str, list[str]], list[str]],
) -> None:
    names, reached = internet
    names |= {"out.example": ["93.184.216.34"], "in.example": ["10.0.0.1"]}
    care = Care(hosts=(".example",))
    with pytest.raises(
        DataError, match=r"in\.example: resolves to 10\.0\.0\.1, which is not a pub"
    ):
        fetch("http://out.example/to:http://in.example/a.png", care)
    assert reached == ["93.184.216.34"]


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(
    internet: tuple[dict[str, list[str]], list[str]],
) -> None:
    names, reached = internet
    names["turns.example"] = ["93.184.216.34", "127.0.0.1"]
    assert fetch("http://turns.example/a.png", Care(hosts=(".example",))).body
    assert reached == ["93.184.216.34"] and names["turns.example"] == ["127.0.0.1"]


@pytest.mark.parametrize(
    "address",
    ["::7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "fec0::1", "fe80::1%eth0", "100.64.0.1"],
)
def test_an_address_that_wraps_a_private_one_is_private(address: str) -> None:
    assert not public(address)


def test_a_private_address_is_not_asked_whatever_its_name(
    host: str, care: Care, monkeypatch: pytest.MonkeyPatch
) -> None:
    careful = replace(care, private=False)
    with pytest.raises(DataError, match="not a public address"):
        fetch(f"http://{host}/a.png", careful)
    for address in ("10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "224.0.0.1"):
        known = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, 80))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *a, known=known, **k: known)
        with pytest.raises(DataError, match="not a public address"):
            fetch("http://pictures.example/a.png", replace(careful, hosts=("pictures.example",)))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://pictures.example/a",
        "http://evil.example/a",
        "http://pictures.example@evil.example/a",
        "http://notpictures.example/a",
        "http://pictures.example:8080/a",
        "http://pictures.example/a b",
        "http:///a",
        "http://[::1/a",
        "data:image/png;base64,AAAA",
    ],
)
def test_only_listed_hosts_by_plain_addresses(url: str) -> None:
    with pytest.raises(DataError):
        fetch(url, Care(hosts=("pictures.example", ".cdn.example")))


def test_nobody_there_is_said(care: Care) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match="refused"):
        fetch(f"http://127.0.0.1:{port}/a", replace(care, hosts=(f"127.0.0.1:{port}",)))
    with pytest.raises(ConfigError, match="must be above 0"):
        Care(seconds=0)
