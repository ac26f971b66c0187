"""The same rows in Redis, for many processes: one question and one answer for all that is read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import polars as pl

from hermes.core.errors import ConfigError, DataError, Unavailable
from hermes.core.extras import extra
from hermes.core.types import Ints

from . import wire
from .online import Mark, Memory, Told, chosen, grouped, layouts, take
from .rolling import ITEM, USER, Rolling
from .times import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ring import Layout

CHUNK = 1000  # keys that are written at once
ROOM = 1 << 17  # numbers


class Remote:
    """Redis at an address; raises `Unavailable` when it does not answer within the deadline.

    Raises `ConfigError` for an address that is none.
    """

    def __init__(
        self,
        url: str,
        rollings: Sequence[Rolling] = (ITEM, USER),
        deadline: float = 0.05,  # seconds, of a read
        patience: float = 2.0,  # seconds, of a write that others get in the way of
        prefix: str = "hermes:features",
    ) -> None:
        self.redis: Any = extra("redis", "standard")
        self.local = threading.local()
        self.layouts, self.patience, self.prefix = layouts(rollings), patience, prefix
        self.url = shown(url)
        never = extra("redis.retry", "standard").Retry(
            extra("redis.backoff", "standard").NoBackoff(), 0
        )
        try:
            self.client: Any = self.redis.Redis.from_url(
                url, socket_timeout=deadline, socket_connect_timeout=deadline, retry=never
            )
        except ValueError as error:
            raise ConfigError(f"{self.url} is no address of a Redis: {error}") from error

    def places(self, layout: Layout, keys: Iterable[str]) -> list[bytes]:
        """Where rows are; another definition has other places."""
        rolling = layout.rolling
        head = f"{self.prefix}:{rolling.name}:{rolling.identity[:16]}:"
        return [(head + key).encode() for key in keys]

    def marked(self, layout: Layout, log: str) -> bytes:
        """Where it stands how far a log was taken in."""
        rolling = layout.rolling
        return f"{self.prefix}-marks:{rolling.name}:{rolling.identity[:16]}:{log}".encode()

    def reached(self, name: str, log: str) -> int:
        """`Online.reached`"""
        with self.guard():
            return int(self.client.get(self.marked(chosen(self.layouts, name), log)) or 0)

    def add(self, name: str, events: pl.DataFrame, mark: Mark | None = None) -> bool:
        """`Online.add`; in one step, whatever others write meanwhile."""
        layout = chosen(self.layouts, name)
        keys, rows = grouped(layout.rolling, events)
        places = self.places(layout, keys)
        marks = [] if mark is None else [self.marked(layout, mark.log)]

        def step(pipe: Any) -> bool:
            pipe.watch(*places, *marks)
            if mark is not None and int(pipe.get(marks[0]) or 0) != mark.before:
                return False
            states = self.rows(layout, pipe.mget(places) if places else [])
            take(layout, states, rows, events)
            pipe.multi()
            self.put(pipe, layout, places, states)
            if mark is not None:
                pipe.set(marks[0], mark.after)
            pipe.execute()
            return True

        return self.persist(step) if places or marks else True

    def put(self, pipe: Any, layout: Layout, places: Sequence[bytes], states: Ints) -> None:
        """Rows, which go when nothing of them is in a window any more."""
        window = layout.rolling.longest
        life = (window.span + window.grain) // 1000 + 1  # milliseconds
        for place, blob in zip(places, wire.packed(states), strict=True):
            pipe.set(place, blob, px=life)

    def persist(self, step: Callable[[Any], bool]) -> bool:
        """Do a step again until nobody came between."""
        until = time.monotonic() + self.patience
        with self.guard(), self.client.pipeline() as pipe:
            while True:
                try:
                    return step(pipe)
                except self.redis.WatchError as error:
                    if time.monotonic() > until:
                        raise Unavailable(
                            f"Redis at {self.url}: others kept writing the same keys for"
                            f" {self.patience} s; send the events again"
                        ) from error

    def read(self, keys: Mapping[str, Sequence[str]], at: datetime) -> dict[str, Told]:
        """`Online.read`"""
        t = moment(at)
        wanted = {name: chosen(self.layouts, name) for name in keys}
        places = [p for name, asked in keys.items() for p in self.places(wanted[name], asked)]
        blobs = self.ask(places) if places else []
        out, first = dict[str, Told](), 0
        for name, asked in keys.items():
            states = self.rows(wanted[name], blobs[first : first + len(asked)])
            out[name] = Told(*wanted[name].read(states, np.arange(len(asked)), t))
            first += len(asked)
        return out

    def ask(self, places: Sequence[bytes]) -> list[bytes | None]:
        """MGET, without the client's way of putting a question together, which takes longer."""
        parts = [b"*%d\r\n$4\r\nMGET\r\n" % (len(places) + 1)]
        parts += [b"$%d\r\n%b\r\n" % (len(place), place) for place in places]
        with self.guard():
            connection = self.client.connection_pool.get_connection()
            try:
                connection.send_packed_command([b"".join(parts)])
                blobs: list[bytes | None] = connection.read_response()
            finally:
                self.client.connection_pool.release(connection)
        return blobs

    def rows(self, layout: Layout, blobs: Sequence[bytes | None]) -> Ints:
        """States of keys, until the next call; `DataError` for what somebody else wrote.  (n, Z)"""
        states = self.room(len(blobs) * layout.size).reshape(-1, layout.size)
        try:
            wire.unpacked(blobs, states)
            return states
        except DataError as error:
            raise DataError(
                f"Redis at {self.url}, features {layout.rolling.name}: {error}; another program"
                f" writes under {self.prefix!r}: give another prefix"
            ) from error

    def room(self, n: int) -> Ints:
        """Numbers to be overwritten, the thread's own; asking the system each time takes longer."""
        kept: Ints | None = getattr(self.local, "room", None)
        if kept is None or len(kept) < n:
            self.local.room = kept = np.empty(max(n, ROOM), np.int64)
        return kept[:n]

    def load(self, memory: Memory) -> int:
        """Put all rows of a store in memory in the place of what is there; how many they were."""
        written = 0
        for name, layout in memory.layouts.items():
            chosen(self.layouts, name)
            pairs = list(memory.places[name].items())
            for i in range(0, len(pairs), CHUNK):
                part = pairs[i : i + CHUNK]
                states = memory.states[name][[row for _, row in part]]
                with self.guard(), self.client.pipeline(transaction=False) as pipe:
                    self.put(pipe, layout, self.places(layout, [key for key, _ in part]), states)
                    pipe.execute()
            written += len(pairs)
        return written

    def close(self) -> None:
        """Let go of the connections."""
        self.client.close()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """What Redis complains of, as `Unavailable`."""
        try:
            yield
        except self.redis.WatchError:
            raise
        except self.redis.RedisError as error:
            raise Unavailable(
                f"Redis at {self.url} does not answer: {error}; is it running?"
            ) from error


def shown(url: str) -> str:
    """An address for messages, without the password.

    >>> shown("redis://:secret@cache:6379/1")
    'redis://cache:6379/1'
    """
    head, at, tail = url.rpartition("@")
    return f"{urlsplit(head).scheme}://{tail}" if at else url
