"""What operators watch: the last requests of every worker, and which items were ever shown.

As with the numbers, each worker leaves its own in the folder that all share, and who is asked
reads everybody's. Nobody's name is kept, and memory is bounded: `KEPT` requests, a bit an item.
"""

from __future__ import annotations

import os
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from hermes.core.types import Bools, Ints
from hermes.pipeline.told import passed
from hermes.pipeline.trace import Degraded, Slate

from .traced import Passed, wired

KEPT = 50  # requests of each worker


class Failed(msgspec.Struct, gc=False):
    """A stage that did not do its part."""

    stage: str
    cause: str


class Passage(msgspec.Struct):
    """One request that was answered."""

    id: str
    at: datetime  # UTC
    surface: str
    newcomer: bool
    milliseconds: dict[str, float]  # by stage
    funnel: list[Passed]
    degraded: list[Failed]


class Row(NamedTuple):
    """What is noted of a request while somebody waits for it: references and counts."""

    id: str
    at: datetime
    surface: str
    newcomer: bool
    milliseconds: dict[str, float]
    spent: dict[str, float]  # by channel
    sizes: dict[str, int]
    degraded: list[Degraded]

    def passage(self) -> Passage:
        """In the words of the outside."""
        funnel = wired(passed(self.sizes, self.spent | self.milliseconds))
        failed = [Failed(d.stage, d.cause) for d in self.degraded]
        return Passage(
            self.id, self.at, self.surface, self.newcomer, self.milliseconds, funnel, failed
        )


class Watch:
    """One process' part, and the way to everybody's."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is where the workers of one server leave what they saw; None: one worker."""
        self.folder, self.last = folder, deque[Row](maxlen=KEPT)
        self.seen: Bools = np.zeros(0, bool)  # (I,) whether an item was on a slate
        self.left, self.count = 0, 0  # requests when it was last left, and now

    def note(self, slate: Slate, newcomer: bool) -> None:
        """One more."""
        query, trace = slate.query, slate.trace
        times, sizes = (trace.milliseconds, trace.spent), trace.sizes()
        about = (query.id, query.at, query.surface, newcomer)
        self.last.append(Row(*about, *times, sizes, trace.degraded))
        self.count += 1
        items: Ints = slate.items.items
        if len(items):
            if int(items.max()) >= len(self.seen):
                self.seen = np.append(self.seen, np.zeros(int(items.max()) + 1, bool))
            self.seen[items] = True

    def leave(self) -> None:
        """Write it where the others find it, when there is anything new."""
        if self.folder is None or self.left == self.count:
            return
        self.left = self.count
        for kind, body in (
            ("recent", msgspec.json.encode([row.passage() for row in self.last])),
            ("seen", np.packbits(self.seen).tobytes()),
        ):
            part = self.folder / f".{os.getpid()}.{kind}"
            part.write_bytes(body)
            part.replace(self.folder / f"{os.getpid()}.{kind}")

    def others(self, kind: str) -> list[bytes]:
        """What the other workers left."""
        found = sorted(self.folder.glob(f"*.{kind}")) if self.folder else []
        return [path.read_bytes() for path in found if path.stem != str(os.getpid())]

    def recent(self, limit: int) -> list[Passage]:
        """The last requests of all workers, newest first."""
        every = [row.passage() for row in self.last.copy()]
        for body in self.others("recent"):
            every += msgspec.json.decode(body, type=list[Passage])
        return sorted(every, key=lambda one: one.at, reverse=True)[:limit]

    def shown(self, n: int) -> Bools:
        """Which of n items were on any slate since the server started.  -> (n,)"""
        out = np.zeros(n, bool)
        for body in (np.packbits(self.seen).tobytes(), *self.others("seen")):
            bits = np.unpackbits(np.frombuffer(body, np.uint8)).astype(bool)[:n]
            out[: len(bits)] |= bits
        return out
