"""Feature tables on disk, by version: written once, whole or not at all, checked when read.

    ROOT/NAME/VERSION/table.parquet, manifest.json

The manifest holds the SHA-256 of the table and, as `seal`, that of all else it says. A version is
written in a folder that begins with a dot and renamed; what a writer that died left there is swept
away by the next. `NAME/ledger` lists all versions in the order they were written, those that were
let go too, for no name is used twice. The hashes find damage, not malice.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from hermes.core.errors import ArtifactError, ConfigError, DataError, NotFound

from .manifest import MANIFEST, described, flush, hashed, read_manifest, synced
from .rolling import Rolling
from .temporal import checked_table

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
TABLE, LEDGER = "table.parquet", "ledger"


@dataclass(frozen=True, slots=True)
class Version:
    """A version whose manifest has been checked; its table is, each time it is read."""

    path: Path
    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        """Its name."""
        return str(self.manifest["version"])

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that name who or what a row tells of."""
        return tuple(self.manifest["keys"])

    def frame(self, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The table, or some of its columns; `ArtifactError` if a byte has changed."""
        try:
            with (self.path / TABLE).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != self.manifest["sha256"]:
                    raise ArtifactError(
                        f"{self.path}: {TABLE} is damaged: it is not what was written; write"
                        " another version, and remove this one"
                    )
                file.seek(0)
                return pl.read_parquet(file, columns=list(columns) if columns else None)
        except FileNotFoundError as error:
            raise ArtifactError(f"{self.path}: {TABLE} is missing; read another version") from error
        except pl.exceptions.ColumnNotFoundError as error:
            raise DataError(f"{self.path}: {error}") from error


class Store:
    """A folder of feature tables; safe to share between processes of one machine.

    With `keep`, that many versions of a table stay; older ones go when a new one is written.
    """

    def __init__(self, root: Path, keep: int | None = None) -> None:
        if keep is not None and keep < 1:
            raise ConfigError(f"keep {keep}: at least the newest version stays; give 1 or more")
        self.root, self.keep = root, keep

    def write(
        self,
        name: str,
        table: pl.DataFrame,
        keys: Sequence[str],
        now: datetime,
        version: str | None = None,
        definition: Rolling | Mapping[str, object] | None = None,
    ) -> Version:
        """Keep a table under a version that was never used; the next number unless one is given.

        Every row says when it became known. Raises `DataError` for a version that is or was there,
        rows without that time or known only after `now`, and a disk that is full.
        """
        checked_table(table, keys, f"features {named(name)}")
        with self.guard(name), self.draft(name) as draft:
            table.write_parquet(draft / TABLE, compression="zstd", statistics=False)
            said = described(name, table, keys, now, definition)
            said["sha256"] = synced(draft / TABLE)
            with self.locked(name):
                said["version"] = self.free(name, version)
                said["seal"] = hashed(said)
                (draft / MANIFEST).write_text(json.dumps(said, indent=1, sort_keys=True), "utf-8")
                synced(draft / MANIFEST)
                path = self.root / name / said["version"]
                draft.rename(path)
                self.note(name, said["version"])
                if self.keep:
                    self.drop(name, self.keep)
        return Version(path, said)

    def read(self, name: str, version: str | None = None) -> Version:
        """A version, or the newest; raises `NotFound`, or `ArtifactError` for a damaged one."""
        there = self.versions(name)
        chosen = version or next(reversed(there), None)
        if chosen not in there:
            known = f"there is {', '.join(there)}" if there else "write one first"
            what = f"version {version} of features" if version else "features"
            raise NotFound(f"no {what} {name!r} in {self.root}; {known}")
        return Version(self.root / name / chosen, read_manifest(self.root / name / chosen))

    def tables(self) -> list[str]:
        """The names there are versions of."""
        if not self.root.is_dir():
            return []
        names = (p.name for p in self.root.iterdir() if NAME.fullmatch(p.name))
        return sorted(name for name in names if self.versions(name))

    def versions(self, name: str) -> list[str]:
        """Those of a table that are there, the newest last."""
        folder, noted = self.root / named(name), self.noted(name)
        if not folder.is_dir():
            return []
        there = sorted(p.name for p in folder.iterdir() if p.is_dir() and NAME.fullmatch(p.name))
        return [v for v in noted if v in there] + [v for v in there if v not in noted]

    def let_go(self, name: str, keep: int) -> list[str]:
        """Remove all but the `keep` newest versions; their names, which stay taken."""
        if keep < 1:
            raise ConfigError(f"keep {keep}: at least the newest version stays; give 1 or more")
        with self.guard(name), self.locked(name):
            return self.drop(name, keep)

    def drop(self, name: str, keep: int) -> list[str]:
        """What `let_go` does, for who has the lock."""
        gone, folder = self.versions(name)[:-keep], self.root / name
        for version in gone:
            self.note(name, version)
            aside = folder / f".{uuid.uuid4().hex}"
            (folder / version).rename(aside)
            shutil.rmtree(aside)
        return gone

    def free(self, name: str, version: str | None) -> str:
        """A version that never was; `DataError` if the one that is wanted was."""
        used = {*self.noted(name), *self.versions(name)}
        if version is None:
            return f"{1 + max((int(v) for v in used if v.isdecimal()), default=0):06d}"
        if named(version) in used:
            raise DataError(
                f"version {version} of features {name!r} was written before and is never"
                " overwritten; choose another name, or none to get the next number"
            )
        return version

    def noted(self, name: str) -> list[str]:
        """The ledger of a table."""
        file = self.root / named(name) / LEDGER
        return file.read_text("utf-8").split() if file.exists() else []

    def note(self, name: str, version: str) -> None:
        """Put a version into the ledger, once."""
        folder = self.root / name
        if version not in self.noted(name):
            with (folder / LEDGER).open("a", encoding="utf-8") as file:
                file.write(f"\n{version}\n")  # the line before may have been cut off
                file.flush()
                os.fsync(file.fileno())
        flush(folder)

    @contextmanager
    def draft(self, name: str) -> Iterator[Path]:
        """A folder of our own, gone at the end unless it was renamed; dead ones go first."""
        folder = self.root / named(name) / f".{uuid.uuid4().hex}"
        with self.locked(name):
            for other in folder.parent.glob(".*/"):
                sweep_away(other)
            folder.mkdir()
            held = os.open(folder, os.O_RDONLY)
            fcntl.flock(held, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held)

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """One process at a time; a lock goes with the process that has it."""
        (self.root / name).mkdir(parents=True, exist_ok=True)
        with (self.root / name / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def guard(self, name: str) -> Iterator[None]:
        """What the disk complains of, as one `DataError`."""
        try:
            yield
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataError(
                f"features {name!r} in {self.root}: {error}; nothing was written: free space or"
                " mend the folder and run it again"
            ) from error


def sweep_away(folder: Path) -> None:
    """Remove a draft whose writer is dead: nobody holds its lock."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:  # it is being written
        pass
    finally:
        os.close(held)


def named(name: str) -> str:
    """`name`, if a folder may be called so; raises `ConfigError`."""
    if not NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name for features or a version; use letters and digits")
    return name
