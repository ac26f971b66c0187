"""What operators watch: the last requests of every worker, and which items were ever shown.

As with the numbers, each worker leaves its own in the folder that all share, and who is asked
reads everybody's. Nobody's name is kept, and memory is bounded: `KEPT` requests, a bit an item.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from hermes.core.types import Bools, Ints
from hermes.pipeline.told import passed
from hermes.pipeline.trace import Degraded, Slate

from .left import Left
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
        self.left = Left(folder, {"recent": newest, "seen": ever})
        self.last = deque[Row](maxlen=KEPT)
        self.seen: Bools = np.zeros(0, bool)  # (I,) whether an item was on a slate
        self.told, self.count = 0, 0  # requests when it was last left, and now

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
        if self.told == self.count:
            for kind in self.left.merges:
                self.left.fold(kind)
            return
        self.told = self.count
        passages = [row.passage() for row in self.last]
        self.left.leave("recent", msgspec.json.encode(passages))
        self.left.leave("seen", np.packbits(self.seen).tobytes())

    def recent(self, limit: int) -> list[Passage]:
        """The last requests of all workers, newest first."""
        every = [row.passage() for row in self.last.copy()]
        return latest(every, self.left.others("recent"))[:limit]

    def shown(self, n: int) -> Bools:
        """Which of n items were on any slate since the server started.  -> (n,)"""
        out = np.zeros(n, bool)
        bits = united([np.packbits(self.seen).tobytes(), *self.left.others("seen")])[:n]
        out[: len(bits)] = bits
        return out


def latest(passages: Sequence[Passage], bodies: Sequence[bytes]) -> list[Passage]:
    """With what others have left, newest first."""
    every = list(passages)
    for body in bodies:
        every += msgspec.json.decode(body, type=list[Passage])
    return sorted(every, key=lambda one: one.at, reverse=True)


def newest(bodies: Sequence[bytes]) -> bytes:
    """Of what several have left as much as one leaves."""
    return msgspec.json.encode(latest((), bodies)[:KEPT])


def united(bodies: Sequence[bytes]) -> Bools:
    """What is in any of several sets of bits.  -> (n,)"""
    size = max(map(len, bodies))
    rows = [np.frombuffer(body.ljust(size, b"\0"), np.uint8) for body in bodies]
    return np.unpackbits(np.bitwise_or.reduce(rows)).astype(bool)


def ever(bodies: Sequence[bytes]) -> bytes:
    """Items that any of several have shown."""
    return np.packbits(united(bodies)).tobytes()
