"""A language model behind one protocol: it is given messages and streams words, or says why not.

`Endpoint` speaks to any server of OpenAI's `/v1/chat/completions` over server-sent events. Nothing
it does can hold a request up or fill memory: each wait has its end, each size its limit, a redirect
is not followed, and what keeps failing is not asked for a while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

import httpx

from hermes.core.errors import ConfigError, Unavailable

from .stream import Limits, pieces


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


class Language(Protocol):
    """What puts words together."""

    @property
    def name(self) -> str:
        """Of the model, as people are told it."""

    def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The answer piece by piece; raises `Unavailable` wherever it fails, early or late."""


class Switch(Protocol):
    """What keeps from calling that which keeps failing."""

    @property
    def state(self) -> str:
        """closed, open or half-open."""

    def ready(self) -> bool:
        """May the call be made?"""

    def note(self, succeeded: bool) -> None:
        """How the call went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long to wait, in seconds."""

    first: float = 5.0  # for the first word
    between: float = 3.0  # from one word to the next
    whole: float = 10.0  # for all of it


class Endpoint:
    """An OpenAI-compatible server; raises `ConfigError` for an address or key it cannot use."""

    def __init__(
        self,
        url: str,
        model: str,
        switch: Switch,
        key: str = "",
        deadlines: Deadlines = Deadlines(),
        limits: Limits = Limits(),
        words: int = 400,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ConfigError("HERMES_LANGUAGE_URL is no address such as http://host:8000/v1")
        if key and not (key.isascii() and key.isprintable()):
            raise ConfigError("HERMES_LANGUAGE_KEY holds signs that no header can carry")
        base = url.rstrip("/")
        self.url = base if base.endswith("/chat/completions") else f"{base}/chat/completions"
        self.host, self.name = parts.netloc, model
        self.switch, self.deadlines, self.limits, self.words = switch, deadlines, limits, words
        self.headers = {"accept": "text/event-stream", "accept-encoding": "identity"}
        self.headers |= {"authorization": f"Bearer {key}"} if key else {}

    @cached_property
    def trust(self) -> Any:
        """Certificates, read once; nothing where none are needed."""
        return httpx.create_ssl_context() if self.url.startswith("https:") else False

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The answer piece by piece; who stops listening early is no failure of the server."""
        if not self.switch.ready():
            raise Unavailable(f"{self.host} failed too often; it is left alone for a while")
        done: bool | None = None
        try:
            async with aclosing(self.asked(messages)) as said:
                async for piece in said:
                    yield piece
            done = True
        except Unavailable:
            done = False
            raise
        finally:
            if done is not None or self.switch.state == "half-open":
                self.switch.note(bool(done))

    async def asked(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """One request; every fault is an `Unavailable` that names the host and nothing secret."""
        began = time.monotonic()
        body = {
            "model": self.name,
            "messages": [asdict(one) for one in messages],
            "stream": True,
            "temperature": 0,
            "max_tokens": self.words,
        }
        client = httpx.AsyncClient(
            verify=self.trust, trust_env=False, follow_redirects=False, timeout=None
        )
        try:
            async with client:
                request = client.build_request("POST", self.url, json=body, headers=self.headers)
                async with asyncio.timeout(min(self.deadlines.first, self.deadlines.whole)):
                    response = await client.send(request, stream=True)
                try:
                    self.admit(response)
                    async with aclosing(self.timed(response, began)) as said:
                        async for piece in said:
                            yield piece
                finally:
                    await response.aclose()
        except TimeoutError as error:
            waited = time.monotonic() - began
            raise Unavailable(f"{self.host} kept silent; given up after {waited:.1f} s") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.host}: {type(error).__name__}") from error

    def admit(self, response: httpx.Response) -> None:
        """Raise `Unavailable` unless it is a stream of events."""
        if response.is_redirect:
            raise Unavailable(f"{self.host} sends elsewhere; that is not followed")
        if response.status_code != 200:
            raise Unavailable(f"{self.host} answered {response.status_code}")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "text/event-stream":
            raise Unavailable(f"{self.host} answered {kind[:60] or 'nothing'}, not an event stream")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise Unavailable(f"{self.host} packed its answer though it was asked not to")

    async def timed(self, response: httpx.Response, began: float) -> AsyncGenerator[str, None]:
        """The words, each within its deadline; what is no word makes no deadline longer."""
        loop, waits = asyncio.get_running_loop(), self.deadlines
        offset = loop.time() - time.monotonic()
        last = began + waits.whole
        due = min(began + waits.first, last)
        async with aclosing(pieces(response.aiter_raw(), self.limits)) as said:
            while True:
                async with asyncio.timeout_at(due + offset):
                    piece = await anext(said, None)
                if piece is None:
                    return
                yield piece
                due = min(time.monotonic() + waits.between, last)
