"""What was said of pictures, kept under the hash of their content: nobody is asked twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from hermes.core.errors import DataError, Unavailable
from hermes.core.progress import progress

from .cache import ASKED, Cache, attempt, digest

SCHEMA = (
    "create table if not exists captions"
    " (speaker text, content blob, said blob, primary key (speaker, content)) without rowid"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was said of a picture."""

    caption: str
    objects: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()  # of its regions, the background's among them

    @property
    def text(self) -> str:
        """All of it, each phrase once, to be searched.

        >>> Seen("A red dress.", ("dress",), ("dress", "white wall")).text
        'A red dress. dress white wall'
        """
        said = (self.caption, *self.objects, *self.concepts)
        return " ".join(dict.fromkeys(phrase for phrase in said if phrase))


class Speaker(Protocol):
    """Whoever can say what is in a picture."""

    @property
    def speaker(self) -> str:
        """Its name with all that its words depend on."""

    def describe(self, things: Sequence[bytes]) -> list[Seen]:
        """One answer a picture; raises `DataError` for what is no picture."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of some pictures."""

    seen: tuple[Seen | None, ...]  # in their order; None where there was no picture
    refused: dict[int, str] = field(default_factory=dict)  # place of a picture -> why
    reused: int = 0  # pictures that had been asked about before


def told(
    speaker: Speaker, pictures: Sequence[bytes | None], cache: Cache | None = None, batch: int = 16
) -> Told:
    """What a speaker says of all pictures, equal ones asked about once."""
    hashes = [None if picture is None else digest(picture) for picture in pictures]
    first = {h: i for i, h in reversed(list(enumerate(hashes))) if h is not None}
    known = loaded(cache, speaker.speaker, list(first)) if cache else {}
    reused = sum(h in known for h in hashes)
    todo, reasons = [h for h in first if h not in known], dict[bytes, str]()
    with progress("describe", len(todo), "pictures") as tell:
        for i in range(0, len(todo), batch):
            part = todo[i : i + batch]
            asked = [picture for h in part if (picture := pictures[first[h]]) is not None]
            answers = dict(zip(part, attempt(speaker.describe, asked), strict=True))
            new = {h: a for h, a in answers.items() if isinstance(a, Seen)}
            reasons |= {h: a for h, a in answers.items() if isinstance(a, str)}
            known |= new
            if cache:
                save(cache, speaker.speaker, new)
            tell(len(part))
    seen = tuple(None if h is None else known.get(h) for h in hashes)
    refused = {i: reasons[h] for i, h in enumerate(hashes) if h is not None and h in reasons}
    return Told(seen, refused, reused)


def loaded(cache: Cache, speaker: str, hashes: Sequence[bytes]) -> dict[bytes, Seen]:
    """What is there already, by content hash; `DataError` where it cannot be read."""
    found = dict[bytes, Seen]()
    with closing(cache.open()) as db, db:
        db.execute(SCHEMA)
        for i in range(0, len(hashes), ASKED):
            part = hashes[i : i + ASKED]
            marks = ",".join("?" * len(part))
            asked = f"select content, said from captions where content in ({marks})"
            for content, raw in db.execute(f"{asked} and speaker = ?", (*part, speaker)):
                try:
                    found[content] = msgspec.json.decode(raw, type=Seen)
                except msgspec.DecodeError as error:
                    raise DataError(f"{cache.path}: {error}; move it away, run again") from error
    return found


def save(cache: Cache, speaker: str, said: dict[bytes, Seen]) -> None:
    """Keep answers; those that are there already stay as they are."""
    rows = [(speaker, content, msgspec.json.encode(seen)) for content, seen in said.items()]
    try:
        with closing(cache.open()) as db, db:
            db.executemany("insert or ignore into captions values (?, ?, ?)", rows)
    except sqlite3.OperationalError as error:
        raise Unavailable(f"{cache.path}: {error}; free some space and run it again") from error
