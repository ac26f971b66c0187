"""One address of somebody else's, fetched with care: pictures and sounds that a catalogue names.

An address comes from outside, so it is not trusted: only hosts of an allow-list are asked, over
http or https, at the standard ports unless the list names another; never an address of this machine
or of a private network, whatever its name resolves to and wherever it redirects to (the address
that was checked is the one that is connected to); no more than so many bytes, in no more than so
many seconds in all, of no other kind than what was asked for.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import SplitResult, urljoin, urlsplit

from hermes.core.errors import ConfigError, DataError, Unavailable

PORTS = {"http": 80, "https": 443}
BLOCK = 1 << 16  # bytes
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # IPv4 behind a translator, RFC 6052
MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True, kw_only=True)
class Care:
    """What may be fetched."""

    hosts: tuple[str, ...] = ()  # `example.org`, `.example.org` with all below it, `host:port`
    largest: int = 16 << 20  # bytes
    seconds: float = 10.0  # for all of it
    kinds: tuple[str, ...] = ()  # starts of the content type, such as `image/`; empty: any
    hops: int = 3  # redirections that are followed
    private: bool = False  # addresses of private networks too; for tests and closed networks

    def __post_init__(self) -> None:
        """Refuse limits that let nothing through."""
        if self.largest < 1 or self.seconds <= 0 or self.hops < 0:
            raise ConfigError("fetch: largest and seconds must be above 0, hops not below")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came."""

    body: bytes = field(repr=False)
    kind: str  # its content type, without parameters
    url: str  # where it came from in the end


class Answered(Unavailable):
    """Somebody answered, but not with what was asked for."""

    def __init__(self, url: str, answer: http.client.HTTPResponse) -> None:
        super().__init__(f"{url}: answered {answer.status} {answer.reason}")
        self.status = answer.status
        told = answer.headers.get("Retry-After") or ""
        self.wait = float(told) if told.isdigit() else None  # seconds it asks to be left alone


def fetch(url: str, care: Care, headers: Mapping[str, str] = MappingProxyType({})) -> Fetched:
    """The bytes behind an address; `headers` go to the first host only.

    Raises `DataError` where the address or what came is not allowed, `Unavailable` where nobody
    answers, or not in time, `Answered` where the answer is an error.
    """
    first: tuple[str, str] | None = None
    deadline = time.monotonic() + care.seconds
    for _ in range(care.hops + 1):
        parts = permitted(url, care)
        try:
            first = first or parts[:2]
            own = headers if parts[:2] == first else {}
            with Asked(parts, care, deadline, own) as answer:
                if answer.status in MOVED:
                    url = urljoin(url, answer.headers.get("Location") or "")
                    continue
                if answer.status != http.HTTPStatus.OK:
                    raise Answered(url, answer)
                return Fetched(body(url, answer, care, deadline), kind(url, answer, care), url)
        except (OSError, http.client.HTTPException) as error:
            late = isinstance(error, TimeoutError) or time.monotonic() >= deadline
            why = "took too long" if late else str(error)
            raise Unavailable(f"{url}: {why or type(error).__name__}") from error
    raise DataError(f"{url}: redirected more than {care.hops} times")


def permitted(url: str, care: Care) -> SplitResult:
    """The parts of an address that the allow-list names; `DataError` for any other."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise DataError(f"{url}: is no address: {error}") from error
    if parts.scheme not in PORTS:
        raise DataError(f"{url}: only http and https are fetched")
    if parts.username is not None or not host or any(c <= " " for c in url):
        raise DataError(f"{url}: is no plain address of a host")
    named = host if port in (None, PORTS[parts.scheme]) else f"{host}:{port}"
    if not any(
        named == one or (one.startswith(".") and (named.endswith(one) or named == one[1:]))
        for one in care.hosts
    ):
        raise DataError(f"{url}: {named} is not on the list of hosts that may be asked")
    return parts


class Asked:
    """A request on a connection to an address that was checked first."""

    def __init__(
        self, parts: SplitResult, care: Care, deadline: float, headers: Mapping[str, str]
    ) -> None:
        self.headers = {"Accept-Encoding": "identity", **headers}
        host, left = parts.hostname or "", remaining(deadline)
        port = parts.port or PORTS[parts.scheme]
        address = checked(host, port, care)
        self.link: http.client.HTTPConnection = (
            http.client.HTTPSConnection(host, port, timeout=left)
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=left)
        )
        plain = socket.create_connection((address, port), timeout=left)
        self.fuse = Fuse(plain, deadline)
        try:
            self.link.sock = secured(plain, host) if parts.scheme == "https" else plain
        except OSError:
            self.fuse.close()
            plain.close()
            raise
        self.path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def __enter__(self) -> http.client.HTTPResponse:
        try:
            self.link.request("GET", self.path, headers=self.headers)
            return self.link.getresponse()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self.fuse.close()
        self.link.close()


class Fuse:
    """Cuts a connection at a moment: one read may not take too long, but a drip of reads can."""

    def __init__(self, link: socket.socket, at: float) -> None:
        self.link = link.dup()  # its own number, which nobody else is given while this one waits
        self.timer = threading.Timer(max(at - time.monotonic(), 0.0), self.cut)
        self.timer.daemon = True
        self.timer.start()

    def cut(self) -> None:
        """Whoever reads sees the end."""
        with suppress(OSError):
            self.link.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """No longer needed."""
        self.timer.cancel()
        self.link.close()


def secured(plain: socket.socket, host: str) -> socket.socket:
    """The same connection under TLS, whose certificate is the host's."""
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def checked(host: str, port: int, care: Care) -> str:
    """An address of the host; `DataError` when any of its addresses is not a public one."""
    found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    for address in found:
        if not care.private and not public(address):
            raise DataError(f"{host}: resolves to {address}, which is not a public address")
    return min(found)


def public(address: str) -> bool:
    """Whether the whole world knows it; of an IPv4 address inside one of IPv6, that one counts.

    >>> [public(a) for a in ("1.1.1.1", "10.0.0.1", "64:ff9b::1.1.1.1", "64:ff9b::10.0.0.1")]
    [True, False, True, False]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return public(str(inner))
        if ip.is_site_local or ip.is_reserved:
            return False
    return ip.is_global and not ip.is_multicast


def remaining(deadline: float) -> float:
    """Seconds left; raises `TimeoutError` when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def body(url: str, answer: http.client.HTTPResponse, care: Care, deadline: float) -> bytes:
    """All of it, unless it is too much."""
    told = answer.headers.get("Content-Length") or ""
    if told.isdigit() and int(told) > care.largest:
        raise DataError(f"{url}: {int(told):,} bytes are more than the {care.largest:,} allowed")
    kept = bytearray()
    while block := answer.read1(BLOCK):
        kept += block
        remaining(deadline)
        if len(kept) > care.largest:
            raise DataError(f"{url}: more than the {care.largest:,} bytes allowed came")
    remaining(deadline)
    if told.isdigit() and len(kept) < int(told):
        raise Unavailable(f"{url}: {len(kept):,} of {int(told):,} bytes came")
    return bytes(kept)


def kind(url: str, answer: http.client.HTTPResponse, care: Care) -> str:
    """What it says it is; `DataError` when that was not asked for."""
    said = answer.headers.get_content_type() if answer.headers.get("Content-Type") else ""
    if care.kinds and not said.startswith(care.kinds):
        raise DataError(f"{url}: is {said or 'of no kind'}, wanted {' or '.join(care.kinds)}")
    return said
