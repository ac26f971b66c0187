"""What each worker of a server leaves in a folder where the others find it, a file of each kind.

What a worker left that has ended is added to one file for all that have, `ended`, so that neither
a count is lost nor a file stays for each worker that ever was. A lock keeps who reads from seeing a
worker twice, or not at all, while it is added.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ENDED = "ended"
Merge = Callable[[Sequence[bytes]], bytes]


@dataclass
class Left:
    """One process' part of the folder, and the way to the others'."""

    folder: Path | None  # None: this is the only worker
    merges: Mapping[str, Merge]  # by kind, how what was left is added up
    own: str = field(default_factory=lambda: str(os.getpid()))
    written: set[str] = field(default_factory=set)  # kinds

    def leave(self, kind: str, body: bytes) -> None:
        """Write it where the others find it, in place of what was there."""
        if self.folder is None:
            return
        self.fold(kind)
        replaced(self.folder / f"{self.own}.{kind}", body)
        self.written.add(kind)

    def others(self, kind: str) -> list[bytes]:
        """What the other workers left, those that have ended included."""
        if self.folder is None:
            return []
        with locked(self.folder, fcntl.LOCK_SH):
            found = sorted(path for path in self.folder.glob(f"*.{kind}") if whole(path))
            return [path.read_bytes() for path in found if path.stem != self.own]

    def fold(self, kind: str) -> None:
        """Add what workers left that have ended; one of our number is gone when we are new.

        Who is killed after the sum is written and before the files that are in it are gone leaves
        them to be added once more: a count may be too high by then, never too low.
        """
        if self.folder is None or not self.ended(kind):
            return
        with locked(self.folder, fcntl.LOCK_EX):
            gone = self.ended(kind)  # another may have been faster
            if gone:
                total = self.folder / f"{ENDED}.{kind}"
                before = [total.read_bytes()] if total.exists() else []
                bodies = [path.read_bytes() for path in gone]
                replaced(total, self.merges[kind]([*before, *bodies]))
            for path in gone:
                path.unlink()

    def ended(self, kind: str) -> list[Path]:
        """Files of workers that are no more."""
        if self.folder is None:
            return []
        found = [path for path in self.folder.glob(f"*.{kind}") if path.stem.isdecimal()]
        if kind in self.written:
            found = [path for path in found if path.stem != self.own]
        return [path for path in found if path.stem == self.own or not lives(int(path.stem))]


def whole(path: Path) -> bool:
    """Whether it is a worker's file, or that of all that ended, and not one half written."""
    return path.stem.isdecimal() or path.stem == ENDED


def replaced(path: Path, body: bytes) -> None:
    """Written whole or not at all; by no `*.kind` is it found before."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(body)
    part.replace(path)


def lives(process: int) -> bool:
    """Whether a process of this number is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def locked(folder: Path, how: int) -> Iterator[None]:
    """The folder, for readers together or for one who changes it."""
    with (folder / ".lock").open("a") as file:
        fcntl.flock(file, how)
        yield
