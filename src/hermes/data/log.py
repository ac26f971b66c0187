"""The log of what was done and shown: SQLite in WAL mode, written by one thread in groups.

An event is on disk (`synchronous=FULL`) before its future resolves. An exposure is written within
`interval` seconds and survives the death of the process, though not of the machine.
"""

from __future__ import annotations

import contextlib
import mmap
import secrets
import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hermes.core.errors import DataError, Unavailable

T = TypeVar("T")

VERSION = 1
PAGE = 4096  # bytes
FLAGS = 1 << 20  # users share a flag now and then, and then cost a look into the file
SCHEMA = """
CREATE TABLE IF NOT EXISTS events(
  id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL UNIQUE, user TEXT NOT NULL,
  item TEXT NOT NULL, kind TEXT NOT NULL, value REAL, at REAL NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS events_of_user ON events(user, id);
CREATE TABLE IF NOT EXISTS exposures(
  id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL, at REAL NOT NULL,
  body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS assets(
  id INTEGER PRIMARY KEY AUTOINCREMENT, asset_id TEXT NOT NULL, at REAL NOT NULL, body TEXT);
CREATE INDEX IF NOT EXISTS assets_of_id ON assets(asset_id, id);
CREATE TABLE IF NOT EXISTS marks(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT OR IGNORE INTO marks VALUES('identity', random() & 0xffffffffffff);
"""
EVENT = (
    "INSERT INTO events(event_id, user, item, kind, value, at, body) VALUES (?,?,?,?,?,?,?) "
    "ON CONFLICT(event_id) DO NOTHING"
)
# One statement for a whole group: the interpreter is free while SQLite parses and writes it.
EXPOSURES = (
    "INSERT INTO exposures(request_id, at, body) "
    "SELECT value->>'request_id', value->>'at', value FROM json_each(?)"
)
ASSET = "INSERT INTO assets(asset_id, at, body) VALUES (?,?,?)"
NEWS = "SELECT id, user FROM events WHERE id > ? ORDER BY id"
EVENTS = "SELECT id, user, item, kind, value, at FROM events WHERE id > ? ORDER BY id LIMIT ?"
RECENT = "SELECT item, kind, value, at FROM events WHERE user = ? ORDER BY id DESC LIMIT ?"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event that passed the contract."""

    event_id: str
    user: str
    item: str
    kind: str
    value: float | None
    at: float  # seconds since the epoch
    body: str  # the whole event as JSON

    def row(self) -> tuple[Any, ...]:
        """As the statement wants it."""
        return self.event_id, self.user, self.item, self.kind, self.value, self.at, self.body


@dataclass(frozen=True, slots=True)
class Recent:
    """One event of a user, as the next request needs it."""

    item: str
    kind: str
    value: float | None
    at: float  # seconds since the epoch


class Exposure(msgspec.Struct, frozen=True):
    """One slate as it was shown; the lists are parallel, and positions count from 0."""

    request_id: str
    at: float  # seconds since the epoch
    user_id: str
    surface: str
    bundle: str
    tier: int
    items: list[str]
    propensities: list[float | None]
    scores: list[float | None]


@dataclass(frozen=True, slots=True)
class Job:
    """Rows that stand or fall together, and who waits for them."""

    statement: str
    rows: Sequence[tuple[Any, ...]]
    done: Future[int]


class Bell:
    """Rung by whichever process has written events, heard by all at the price of a memory access.

    Eight bytes in a file beside the log, which say nothing but that they are others than before.
    """

    def __init__(self, path: Path) -> None:
        """Raises `DataError` when there is no room for the eight bytes."""
        try:
            with path.open("ab+") as file:
                if file.tell() < 8:
                    file.write(bytes(8))  # not a hole: a full disk must refuse here, not later
                    file.flush()
                self._bytes = mmap.mmap(file.fileno(), 8)
        except (OSError, ValueError) as error:
            raise DataError(f"{path} cannot be used beside the event log: {error}") from error

    def ring(self) -> None:
        """After the commit, so that who hears it finds the events."""
        self._bytes[:] = secrets.token_bytes(8)

    def heard(self) -> bytes:
        """Another value than last time: somebody wrote."""
        return self._bytes[:]


class Log:
    """Many readers and, in each process, one writing thread."""

    def __init__(
        self, path: Path, *, interval: float = 0.05, limit: int = 0, pending: int = 20_000
    ) -> None:
        """`interval` seconds between groups, `limit` bytes on disk (0: none), exposures kept
        in memory while the disk refuses them: `pending`. Raises `DataError` on a foreign file."""
        self.path, self.interval, self.pending = path, interval, pending
        self._encode = msgspec.json.Encoder().encode
        self.lost = 0  # exposures the disk never took
        self.failing = ""  # why the last group failed
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer, self._reader = connect(path), connect(path)
        self._bell, self._flags = Bell(path.with_name(path.name + "-bell")), bytearray(FLAGS)
        self._heard, self._last = self._bell.heard(), 0
        self._meet()
        if limit:
            self._writer.execute(f"PRAGMA max_page_count={max(limit // PAGE, 16)}")
        self._jobs: deque[Job] = deque()
        self._shown: deque[bytes] = deque()
        self._wake, self._closing, self._lock = threading.Event(), False, threading.Lock()
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def append(self, events: Sequence[Entry]) -> Future[int]:
        """Resolves to the number of new events when they are durable; an id known is skipped."""
        return self._submit(EVENT, [event.row() for event in events])

    def put_asset(self, asset_id: str, at: float, body: str | None) -> Future[int]:
        """Resolves when durable; a `body` of None takes the asset off the shelf."""
        return self._submit(ASSET, [(asset_id, at, body)])

    def expose(self, slate: Exposure) -> None:
        """Written with the next group."""
        self._shown.append(self._encode(slate))

    def recent(self, user: str, limit: int = 1000) -> list[Recent]:
        """The user's last events in this log, oldest first, as committed by any process."""
        if self._bell.heard() != self._heard:
            self.listen()
        if not self._flags[hash(user) % FLAGS]:  # most users have done nothing since the bundle
            return []
        rows = self._reader.execute(RECENT, (user, limit)).fetchall()
        return [Recent(*row) for row in reversed(rows)]

    def listen(self) -> None:
        """See who has new events; call it now and then, for a writer that died before it rang."""
        self._heard = self._bell.heard()  # before the look: what comes meanwhile rings again
        for number, user in self._reader.execute(NEWS, (self._last,)):
            self._flags[hash(user) % FLAGS], self._last = 1, number

    def assets(self, after: int) -> list[tuple[int, str, str | None, float]]:
        """(id, asset_id, body, at) of what was put online since row `after`, in order."""
        found = "SELECT id, asset_id, body, at FROM assets WHERE id > ? ORDER BY id"
        return self._reader.execute(found, (after,)).fetchall()

    def events(self, after: int, most: int) -> list[tuple[int, str, str, str, float | None, float]]:
        """(id, user, item, kind, value, at) of the events since row `after`, in order."""
        return self._reader.execute(EVENTS, (after, most)).fetchall()

    def identity(self) -> str:
        """What tells this log from every other."""
        found = "SELECT value FROM marks WHERE name = 'identity'"
        return f"{self._reader.execute(found).fetchone()[0]:x}"

    def counts(self) -> dict[str, int]:
        """Rows by table; a table only grows at its end, so that the last id tells."""
        names = ("events", "exposures", "assets")
        found = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)"
        return {name: self._reader.execute(found, (name,)).fetchone()[0] for name in names}

    def close(self) -> None:
        """Write what waits and close; every future is resolved by then."""
        with self._lock:
            self._closing = True
        self._wake.set()
        self._thread.join()
        self._writer.close()
        self._reader.close()

    def _meet(self) -> None:
        self._last = self._reader.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0]
        for (user,) in self._reader.execute("SELECT DISTINCT user FROM events"):
            self._flags[hash(user) % FLAGS] = 1

    def _submit(self, statement: str, rows: list[tuple[Any, ...]]) -> Future[int]:
        done: Future[int] = Future()
        with self._lock:
            if self._closing:
                done.set_exception(Unavailable(f"{self.path}: the log is closed"))
                return done
            self._jobs.append(Job(statement, rows, done))
        self._wake.set()
        return done

    def _write(self) -> None:
        while not self._closing or self._jobs or self._shown:
            self._wake.wait(self.interval)
            self._wake.clear()
            jobs = take(self._jobs)
            shown = take(self._shown)
            if jobs or shown:
                self._commit(jobs, shown)
            if self._closing and self.failing:
                self.lost += len(self._shown)
                return

    def _commit(self, jobs: list[Job], shown: list[bytes]) -> None:
        db = self._writer
        try:
            db.execute(f"PRAGMA synchronous={'FULL' if jobs else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE")
            counts = [sum(db.execute(j.statement, row).rowcount for row in j.rows) for j in jobs]
            if shown:
                db.execute(EXPOSURES, ((b"[" + b",".join(shown) + b"]").decode(),))
            db.execute("COMMIT")
        except (
            sqlite3.Error,
            ValueError,
            OverflowError,
        ) as error:
            self._undo(jobs, shown, error)
            return
        self.failing = ""
        if jobs:
            self._bell.ring()
        for job, count in zip(jobs, counts, strict=True):
            job.done.set_result(count)

    def _undo(self, jobs: list[Job], shown: list[bytes], error: Exception) -> None:
        if self._writer.in_transaction:
            with contextlib.suppress(sqlite3.Error):  # SQLite may have rolled back by itself
                self._writer.execute("ROLLBACK")
        self.failing = f"{self.path}: {error}"
        self.lost += max(len(shown) - self.pending, 0)
        self._shown.extendleft(reversed(shown[-self.pending :]))
        for job in jobs:
            job.done.set_exception(
                Unavailable(
                    f"the event log cannot be written: {error}; nothing was kept, try again"
                )
            )


def take(queue: deque[T]) -> list[T]:
    """All that waits now."""
    return [queue.popleft() for _ in range(len(queue))]


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the schema in place; raises `DataError` when the file is not a log."""
    try:
        db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise DataError(f"{path}: a log of version {version}; this hermes writes {VERSION}")
        db.execute("PRAGMA journal_mode=WAL")
        if version == 0:
            db.executescript(SCHEMA)
            db.execute(f"PRAGMA user_version={VERSION}")
    except sqlite3.Error as error:
        raise DataError(f"{path} cannot be used as the event log: {error}") from error
    return db
