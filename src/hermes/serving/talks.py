"""Conversations of the agent, in a SQLite file beside the event log that all workers share.

A conversation's id is drawn at random and says nothing; what is remembered stays on the server, is
given back to its own user only, and goes when it is old or when there are too many.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

from hermes.core.errors import Unavailable
from hermes.pipeline.agent import Kept

SCHEMA = """
CREATE TABLE IF NOT EXISTS talks(
  id TEXT PRIMARY KEY, user TEXT NOT NULL, at REAL NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS talks_by_age ON talks(at);
"""
PUT = (
    "INSERT INTO talks VALUES (?,?,?,?) "
    "ON CONFLICT(id) DO UPDATE SET at = excluded.at, body = excluded.body "
    "WHERE json_extract(CAST(talks.body AS TEXT), '$.turn') = ? RETURNING id"
)
OLD = (
    "DELETE FROM talks WHERE at < ? OR id IN "
    "(SELECT id FROM talks ORDER BY at DESC LIMIT -1 OFFSET ?)"
)
DAY = 86400.0  # seconds
EVERY = 64  # conversations put between two looks for old ones


class Talks:
    """What conversations remember, by id."""

    def __init__(
        self, path: Path, most: int, days: float = 7.0, clock: Callable[[], float] = time.time
    ) -> None:
        self.path, self.most, self.days, self.clock = path, most, days, clock
        self.lock, self.written = Lock(), 0
        self.file: sqlite3.Connection | None = None  # opened when first asked for

    def get(self, conversation: str, user: str) -> Kept | None:
        """What is remembered; None for an id that is unknown, too old or of another user."""
        row = self.run("SELECT user, at, body FROM talks WHERE id = ?", conversation)
        if not row or row[0][0] != user or row[0][1] < self.clock() - self.days * DAY:
            return None
        return msgspec.json.decode(row[0][2], type=Kept)

    def put(self, conversation: str, user: str, kept: Kept, over: int) -> bool:
        """Remember it; the oldest go when there are more than the most.

        False, and nothing is changed, where the conversation is not at the turn `over` any more.
        """
        body = msgspec.json.encode(kept)
        done = self.run(PUT, conversation, user, self.clock(), body, over)
        self.written += 1
        if self.written % EVERY == 1:
            self.run(OLD, self.clock() - self.days * DAY, self.most)
        return bool(done)

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Its rows; raises `Unavailable` when the file does not answer."""
        try:
            with self.lock:
                if self.file is None:
                    self.file = opened(self.path)
                with self.file:
                    return self.file.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise Unavailable(f"conversations in {self.path}: {error}; see its disk") from error

    def close(self) -> None:
        """Let the file go."""
        with self.lock:
            if self.file is not None:
                self.file.close()
                self.file = None


def opened(path: Path) -> sqlite3.Connection:
    """The file with its table."""
    file = sqlite3.connect(path, timeout=2.0, check_same_thread=False)
    file.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + SCHEMA)
    return file


def fresh() -> str:
    """An id for a new conversation that nobody guesses."""
    return secrets.token_urlsafe(18)
