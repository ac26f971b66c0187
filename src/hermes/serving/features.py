"""Features of users as of now: a store that follows the event log, whichever process wrote it.

What is read has taken in every event that was answered with 202 before. The store is the memory of
this process, or a Redis that all processes and machines share; there each event counts once, since
whoever takes events in moves the log's mark in the same step.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import structlog

from hermes.core.errors import DataError, Unavailable
from hermes.core.types import Floats
from hermes.data.log import Log
from hermes.data.rules import WEIGHTS
from hermes.features.online import Mark, Memory, Online
from hermes.features.remote import Remote
from hermes.features.rolling import DAY, USER
from hermes.features.times import EPOCH, MOMENT

from .settings import Settings

if TYPE_CHECKING:
    from hermes.pipeline.assemble import Engine

Row = tuple[str, int, float | None, float | None]  # user, microseconds, weight, value
KIND = USER
NAME = KIND.name
SCHEMA = {"user_id": pl.String, "occurred_at": pl.Int64, "weight": pl.Float64, "value": pl.Float64}
HISTORY = "history"  # the mark of the bundle's events
WHOLE = 1 << 62  # where that mark stands when all of them were taken in
PORTION = {"memory": 2000, "redis": 500}  # events taken in at once
SKEW = timedelta(minutes=5)  # that a client's clock may be ahead
MOST = 1e6  # of a value; a larger one is no grade
AGAIN = 10.0  # seconds after which a store that did not answer is tried once more
TIDY = 600.0  # seconds between two looks for what has left every window
SECOND = 1_000_000  # microseconds
LONGEST = 10_000  # characters of a user's id
log = structlog.get_logger()


class Features:
    """A store, and how far it has come in the bundle's histories and in the log."""

    def __init__(self, store: Online, written: Log, engine: Engine, most: int = 50_000) -> None:
        """most: users kept in memory; beyond it the longest idle go."""
        self.store, self.written, self.engine, self.most = store, written, engine, most
        self.name = "memory" if isinstance(store, Memory) else "redis"
        self.identity = written.identity()
        self.past, self.seen = 0, 0  # rows of the bundle and of the log
        self.looked, self.tidied = False, 0.0
        self.wait, self.lock = 0.0, threading.Lock()

    def follow(self, at: datetime) -> None:
        """Take in all that is new; raises `Unavailable`."""
        with self.lock:
            if not self.looked:
                self.look()
            while self.step(at):
                if isinstance(self.store, Memory):
                    self.tidy(self.store, at)

    def look(self) -> None:
        """Ask the store how far it has come; others may have brought it there, or emptied it."""
        self.past = self.store.reached(NAME, HISTORY)
        self.seen, self.looked = self.store.reached(NAME, self.identity), True

    def step(self, at: datetime) -> bool:
        """Take in one portion; False when there was none left."""
        portion = PORTION[self.name]
        if self.past < WHOLE:
            rows, reached = self.histories(at, portion)
            mark = Mark(HISTORY, self.past, reached)
        else:
            found = self.written.events(self.seen, portion)
            if not found:
                return False
            rows = [(user, micros(t), WEIGHTS[kind], v) for _, user, _, kind, v, t in found]
            mark = Mark(self.identity, self.seen, found[-1][0])
        if not self.store.add(NAME, frame(rows, at), mark):
            self.look()
        elif self.past < WHOLE:
            self.past = mark.after
        else:
            self.seen = mark.after
        return True

    def histories(self, at: datetime, portion: int) -> tuple[list[Row], int]:
        """The bundle's next events that are in a window and not in the log, and the row after them.

        Of these it is known when they were, not what they were worth.
        """
        engine, first = self.engine, self.past
        recent = np.flatnonzero(engine.times[first:] * DAY >= opening(at))[:portion] + first
        times = np.round(engine.times[recent] * DAY).astype(np.int64)
        users = np.searchsorted(engine.offsets, recent, side="right") - 1
        out, before, known = list[Row](), -1, set[tuple[str, int]]()
        rows = zip(users.tolist(), engine.items[recent].tolist(), times.tolist(), strict=True)
        for user, item, time in rows:
            name = engine.users.names[user]
            if user != before:
                known = {(e.item, round(e.at)) for e in self.written.recent(name, portion)}
                before = user
            if (engine.catalogue.items.names[item], round(time / SECOND)) not in known:
                out.append((name, time, None, None))
        return out, int(recent[-1]) + 1 if len(recent) == portion else WHOLE

    def tidy(self, memory: Memory, at: datetime) -> None:
        """Forget who is in no window any more, and beyond `most` users the longest idle."""
        many = len(memory.places[NAME]) > 1.25 * self.most
        if many or at.timestamp() > self.tidied + TIDY:
            self.tidied = at.timestamp()
            gone = memory.forget(at, self.most)
            if many:
                log.warning("features", forgotten=gone, most=self.most)

    async def tick(self, at: datetime) -> None:
        """Now and then: `refresh`, beside the event loop where others are waited for."""
        if isinstance(self.store, Memory):
            self.refresh(at)
        elif at.timestamp() >= self.wait:
            await asyncio.to_thread(self.refresh, at)

    def refresh(self, at: datetime) -> None:
        """Follow, and look again at a store that others write; a failure is put down."""
        try:
            self.looked = False
            self.follow(at)
            if isinstance(self.store, Memory):
                self.tidy(self.store, at)
        except Unavailable as error:
            self.wait = at.timestamp() + AGAIN
            log.warning("features", store=self.name, cause=str(error))

    async def told(self, user: str, at: datetime) -> tuple[Floats, datetime]:
        """Features of a user (F,) and the time they are of, `at` or a little later.

        Raises `DataError` for what is no id, `Unavailable` when the store does not answer.
        """
        if not 0 < len(user) <= LONGEST:
            raise DataError(f"user_id: 1 to {LONGEST} characters, found {len(user)}")
        if isinstance(self.store, Memory):
            return self.read(user, at)
        return await asyncio.to_thread(self.read, user, at)

    def read(self, user: str, at: datetime) -> tuple[Floats, datetime]:
        """`told`; a user whose client's clock is ahead is read at the latest time it may show."""
        self.follow(at)
        told = self.store.read({NAME: [user]}, at)[NAME]
        if told.ahead[0]:
            at += SKEW
            told = self.store.read({NAME: [user]}, at)[NAME]
        row: Floats = told.values[0]
        return row, at

    def close(self) -> None:
        """Let go of the store."""
        if isinstance(self.store, Remote):
            self.store.close()


def opened(settings: Settings, written: Log, engine: Engine) -> Features:
    """The store that the settings name; raises `ConfigError`."""
    where = settings.features
    store: Online = Memory((KIND,))
    if where != "memory":
        store = Remote(where, (KIND,), deadline=settings.features_seconds)
    made = Features(store, written, engine, settings.features_users)
    Memory((KIND,)).read({NAME: [""]}, EPOCH)  # compiles, before anybody waits
    return made


def frame(rows: Sequence[Row], at: datetime) -> pl.DataFrame:
    """Events that count: in a window, not in the future, and worth something or of unknown worth.

    A value that is too large to be a grade is left out of the means.
    """
    table = pl.DataFrame(rows, SCHEMA, orient="row")
    last = micros((at + SKEW).timestamp())
    kept = table.filter(
        pl.col("occurred_at").is_between(opening(at), last, closed="left"),
        pl.col("weight").is_null() | (pl.col("weight") != 0),
    )
    grade = pl.when(pl.col("value").abs() <= MOST).then("value").alias("value")
    return kept.with_columns(pl.col("occurred_at").cast(MOMENT), grade)


def opening(at: datetime) -> int:
    """Microseconds since the epoch of the first moment that is in a window."""
    return KIND.longest.edge(micros(at.timestamp()))


def micros(seconds: float) -> int:
    """Microseconds."""
    return round(seconds * SECOND)
