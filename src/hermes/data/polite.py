"""A service's JSON over HTTP, asked politely: not too often, again after a pause, never twice.

An answer is kept in a folder under the hash of its address, written whole or not at all, so that a
run that was broken off goes on where it stopped, and a second one asks for nothing.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from hermes.core.errors import ConfigError, DataError, Unavailable

from .fetch import Answered, Care, fetch

GONE, BUSY = 404, 429
LONGEST = 60.0  # seconds it is left alone at once, whatever it asks


@dataclass
class Service:
    """One host, one key."""

    base: str  # address up to the paths, without a slash at its end
    kept: Path  # folder of answers
    care: Care
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    rate: float = 20.0  # questions a second, at most
    tries: int = 5
    sleep: Callable[[float], None] = time.sleep
    asked: int = 0  # questions that were sent
    last: float = field(default=-1e9, repr=False)

    def get(self, path: str, **params: str | int) -> dict[str, Any] | None:
        """The object at a path, from the folder if it is there; None where there is none (404).

        Raises `ConfigError` where the key is refused, `Unavailable` when it fails `tries` times,
        `DataError` when the answer is no JSON object.
        """
        url = f"{self.base}/{path}" + (f"?{urlencode(sorted(params.items()))}" if params else "")
        file = self.kept / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
        if file.is_file():
            return told(file.read_bytes(), str(file))
        body = self.answer(url)
        found = told(body, url)
        self.kept.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(body)
        part.replace(file)
        return found

    def answer(self, url: str) -> bytes:
        """The bytes; `null` where there is nothing."""
        for trial in range(1, self.tries + 1):
            self.pause()
            try:
                self.asked += 1
                return fetch(url, self.care, self.headers).body
            except Unavailable as error:
                status = error.status if isinstance(error, Answered) else None
                if status == GONE:
                    return b"null"
                if status in (401, 403):
                    raise ConfigError(f"{url}: refuses the key ({status})") from error
                lasting = status is not None and status < 500 and status != BUSY
                if lasting or trial == self.tries:
                    raise Unavailable(f"{error}, after {trial} tries") from error
                wait = error.wait if isinstance(error, Answered) else None
                self.sleep(min(LONGEST, 0.5 * 2**trial if wait is None else wait))
        raise AssertionError

    def pause(self) -> None:
        """Keep to the rate."""
        left = self.last + 1 / self.rate - time.monotonic()
        if left > 0:
            self.sleep(left)
        self.last = time.monotonic()


def told(body: bytes, where: str) -> dict[str, Any] | None:
    """The object that bytes say."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any] | None)
    except msgspec.DecodeError as error:
        raise DataError(f"{where}: answered with no JSON object: {error}") from error
