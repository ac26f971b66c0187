"""What is said beside a feature table, and how one knows that it is still what was said."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

import hermes
from hermes.core.errors import ArtifactError, DataError

from .rolling import Rolling
from .temporal import KNOWN
from .times import moment

FORMAT = "hermes-features/1"
MANIFEST = "manifest.json"
REQUIRED = ("name", "version", "keys", "schema", "rows", "created", "definition", "sha256", "seal")


def described(
    name: str,
    table: pl.DataFrame,
    keys: Sequence[str],
    now: datetime,
    definition: Rolling | Mapping[str, object] | None,
) -> dict[str, Any]:
    """All of a manifest that does not depend on the bytes of the table.

    Raises `DataError` for rows that became known only after `now`.
    """
    late = table.with_row_index("row").filter(pl.col(KNOWN).to_physical() > moment(now))
    if len(late):
        raise DataError(
            f"features {name!r}: {len(late)} of {len(table)} rows became known after {now}, such as"
            f" row {late['row'][0]} at {late[KNOWN][0]}; no row is known before it is made"
        )
    said = definition.said() if isinstance(definition, Rolling) else dict(definition or {})
    return {
        "format": FORMAT,
        "name": name,
        "keys": list(keys),
        "schema": {column: str(dtype) for column, dtype in table.schema.items()},
        "rows": len(table),
        "known": [str(table[KNOWN].min()), str(table[KNOWN].max())] if len(table) else [],
        "definition": {"sha256": hashed(said), "said": said},
        "created": now.isoformat(),
        "hermes": hermes.__version__,
    }


def hashed(said: Mapping[str, object]) -> str:
    """64 hexadecimal digits that stand for a table of words and numbers."""
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a version; `ArtifactError` unless it is what was written."""
    file = path / MANIFEST
    try:
        said = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file} cannot be read: {error}; read another version") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ArtifactError(f"{file} is no manifest of {FORMAT}; read another version")
    if missing := [key for key in REQUIRED if key not in said]:
        raise ArtifactError(f"{file} lacks {', '.join(missing)}; read another version")
    if hashed({key: value for key, value in said.items() if key != "seal"}) != said["seal"]:
        raise ArtifactError(f"{file} was changed after it was written; read another version")
    if said["version"] != path.name:
        raise ArtifactError(f"{path} holds version {said['version']}; put it back where it was")
    return said


def synced(path: Path) -> str:
    """Have a file on the disk, not to be written again; its SHA-256."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        found = hashlib.file_digest(file, "sha256").hexdigest()
    path.chmod(0o444)
    return found


def flush(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
