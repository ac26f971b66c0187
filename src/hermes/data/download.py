"""Public data sets from where their owners offer them: the only code that uses the network."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hermes.core.errors import ConfigError, DataError, Unavailable, nearest

BLOCK = 1 << 16  # bytes
GROUPLENS = "https://files.grouplens.org/datasets/movielens"


@dataclass(frozen=True, slots=True)
class Offer:
    """An archive, and the terms its owner asks for."""

    url: str
    terms: str


OFFERS = {
    f"movielens-{name}": Offer(f"{GROUPLENS}/{file}.zip", terms)
    for name, file, terms in (
        ("100k", "ml-100k", "research use, no redistribution"),
        ("1m", "ml-1m", "research use, no redistribution"),
        ("latest-small", "ml-latest-small", "non-commercial use"),
        ("25m", "ml-25m", "research use, no redistribution"),
    )
}


def offer(name: str) -> Offer:
    """By name; `ConfigError` with the nearest one."""
    if name not in OFFERS:
        raise ConfigError(f"no data set {name!r}{nearest(name, OFFERS)}")
    return OFFERS[name]


def download(url: str, to: Path, told: Callable[[float], None] | None = None) -> str:
    """Fetch an archive and unpack it into `to`, whole or not at all; returns its sha256.

    Raises `Unavailable` when the address does not answer, `DataError` when `to` is taken or what
    came is no archive.
    """
    if to.exists() and any(to.iterdir()):
        raise DataError(f"{to}: is not empty; choose another folder or use what is there")
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".download-") as part:
        archive = Path(part) / "archive.zip"
        digest = fetch(url, archive, told)
        whole = Path(part) / "whole"
        unpack(archive, whole, url)
        if to.exists():
            to.rmdir()
        whole.rename(to)
    return digest


def fetch(url: str, file: Path, told: Callable[[float], None] | None) -> str:
    """The bytes behind an address; returns their sha256."""
    total = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, file.open("wb") as out:
            expected = int(answer.headers.get("Content-Length") or 0)
            while block := answer.read(BLOCK):
                out.write(block)
                total.update(block)
                if told:
                    told(len(block))
    except urllib.error.HTTPError as error:
        error.close()
        raise Unavailable(f"{url}: {error}; fetch it elsewhere and give the folder") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise Unavailable(f"{url}: {error}; fetch it elsewhere and give the folder") from error
    if expected and file.stat().st_size != expected:
        raise Unavailable(f"{url}: {file.stat().st_size} of {expected} bytes came; try again")
    return total.hexdigest()


def unpack(archive: Path, to: Path, url: str) -> None:
    """All files of the archive's one folder, without their way there."""
    try:
        with zipfile.ZipFile(archive) as packed:
            to.mkdir()
            for entry in packed.infolist():
                name = Path(entry.filename).name
                if entry.is_dir() or not name:
                    continue
                with packed.open(entry) as source, (to / name).open("wb") as out:
                    shutil.copyfileobj(source, out)
    except zipfile.BadZipFile as error:
        raise DataError(f"{url}: what came is no whole zip archive: {error}") from error
