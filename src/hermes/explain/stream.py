"""Server-sent events of a chat completion, from bytes to words; anything else is refused."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import msgspec

from hermes.core.errors import Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is read of one answer."""

    characters: int = 4000  # of its text
    bytes: int = 1 << 20  # of the stream
    line: int = 1 << 16  # bytes of one line


class Delta(msgspec.Struct):
    """What a chunk adds."""

    content: str | None = None
    tool_calls: list[Any] | None = None
    function_call: Any = None


class Choice(msgspec.Struct):
    """One of the answers; one is asked for."""

    delta: Delta = msgspec.field(default_factory=Delta)
    finish_reason: str | None = None


class Chunk(msgspec.Struct):
    """One event's data."""

    choices: list[Choice] = []
    error: Any = None


CHUNK = msgspec.json.Decoder(Chunk)


async def pieces(raw: AsyncIterator[bytes], limits: Limits) -> AsyncGenerator[str, None]:
    """The text piece by piece; raises `Unavailable` for what is no such stream, or has no end."""
    said, ended = 0, ""
    async with aclosing(events(raw, limits)) as found:
        async for data in found:
            if data == "[DONE]":
                break
            chunk = decoded(data)
            for choice in chunk.choices[:1]:
                ended = choice.finish_reason or ended
                text = choice.delta.content
                if text:
                    said += len(text)
                    if said > limits.characters:
                        raise Unavailable(f"it said more than {limits.characters} characters")
                    yield text
        else:
            if not ended:
                raise Unavailable("it broke off in the middle")
    if ended not in ("", "stop"):
        raise Unavailable(f"it ended with {ended[:40]!r}")
    if not said:
        raise Unavailable("it said nothing")


def decoded(data: str) -> Chunk:
    """One event; raises `Unavailable` for what is no chunk, an error, or the call of a tool."""
    try:
        chunk = CHUNK.decode(data)
    except msgspec.DecodeError as error:
        raise Unavailable("it sent an event that is no chunk of an answer") from error
    if chunk.error is not None:
        raise Unavailable("it sent an error in the middle of its answer")
    if any(c.delta.tool_calls or c.delta.function_call for c in chunk.choices):
        raise Unavailable("it called a tool; none is offered")
    return chunk


async def events(raw: AsyncIterator[bytes], limits: Limits) -> AsyncGenerator[str, None]:
    """The data of each event, comments and other fields left out."""
    data = list[str]()
    async with aclosing(lines(raw, limits)) as found:
        async for line in found:
            if not line and data:
                yield "\n".join(data)
                data.clear()
            elif line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
    if data:
        yield "\n".join(data)


async def lines(raw: AsyncIterator[bytes], limits: Limits) -> AsyncGenerator[str, None]:
    """Lines of UTF-8, whichever of the three signs ends them."""
    held, read = b"", 0
    async for chunk in raw:
        read += len(chunk)
        if read > limits.bytes:
            raise Unavailable(f"it sent more than {limits.bytes} bytes")
        held += chunk
        whole = held.replace(b"\r\n", b"\n")
        kept = b"\r" if whole.endswith(b"\r") else b""  # its other half may come
        *full, held = whole.removesuffix(b"\r").replace(b"\r", b"\n").split(b"\n")
        held += kept
        if len(held) > limits.line:
            raise Unavailable(f"it sent a line of more than {limits.line} bytes")
        for line in full:
            yield text(line)
    if held.strip():
        yield text(held.rstrip(b"\r"))


def text(line: bytes) -> str:
    """Raises `Unavailable` for what is not UTF-8."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unavailable("it sent what is not UTF-8") from error
