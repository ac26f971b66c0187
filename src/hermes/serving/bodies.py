"""A request's body: bounded in size and time, of a media type the route reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from .problems import Malformed, TooLarge, TooSlow, WrongMedia
from .settings import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

JSON = frozenset({"application/json"})
LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})


async def read(scope: Scope, receive: Receive, settings: Settings, media: Collection[str]) -> bytes:
    """All of it; raises `TooLarge`, `TooSlow`, `WrongMedia` or `Malformed`."""
    length, kind = -1, ""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            length = int(value)
        elif name == b"content-type":
            kind = value.decode("latin-1").partition(";")[0].strip().lower()
    if kind and kind not in media:
        raise WrongMedia(f"content-type {kind!r}; send {' or '.join(sorted(media))}")
    if length > settings.body_bytes:
        raise TooLarge(f"{length} bytes; the most is {settings.body_bytes}")
    try:
        async with asyncio.timeout(settings.body_seconds):
            return await collect(receive, length, settings.body_bytes)
    except TimeoutError as error:
        raise TooSlow(f"the body did not arrive within {settings.body_seconds:g} s") from error


async def collect(receive: Receive, length: int, most: int) -> bytes:
    """Chunks until the last, or until `length` bytes are here."""
    whole = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("the connection closed before the body was whole")
        whole += bytes(message.get("body", b""))
        if len(whole) > most:
            raise TooLarge(f"more than {most} bytes")
        if len(whole) == length or not message.get("more_body"):
            return whole


def media_type(scope: Scope) -> str:
    """Without its parameters."""
    for name, value in scope["headers"]:
        if name == b"content-type":
            return str(value.decode("latin-1").partition(";")[0].strip().lower())
    return ""
