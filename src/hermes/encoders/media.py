"""The bytes behind an `image_uri` or `audio_uri`: a file under one folder, or an allowed host.

A catalogue is written by others. A path is followed only to a file inside the folder that was
given, after all links in it; an address is fetched only from hosts that were allowed. What the
bytes are is not asked here: `pictures` and `sounds` see for themselves.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from hermes.core.errors import DataError
from hermes.data.fetch import PORTS, Care, fetch


def content(uri: str, root: Path | None = None, care: Care = Care()) -> bytes:
    """The bytes of a file under `root`, or of an address whose host `care` allows.

    Raises `DataError` for what is not allowed, not there or too large, `Unavailable` when a host
    does not answer.
    """
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise DataError(f"{uri}: is no address: {error}") from error
    if parts.scheme in PORTS:
        return fetch(uri, care).body
    if parts.scheme not in ("", "file"):
        raise DataError(f"{uri}: only files, http and https are read")
    if parts.netloc not in ("", "localhost"):
        raise DataError(f"{uri}: is a file of another machine")
    if root is None:
        raise DataError(f"{uri}: is a file, and no folder was given that files may lie in")
    path = unquote(parts.path) if parts.scheme else uri
    return inside(path, root, care.largest)


def inside(path: str, root: Path, largest: int) -> bytes:
    """The bytes of a file that lies in a folder, wherever its path seems to lead.

    Raises `DataError` when it lies elsewhere, is no file, or has more than `largest` bytes.
    """
    try:
        home = root.resolve(strict=True)
        file = (home / path).resolve(strict=True)
        if not file.is_relative_to(home):
            raise DataError(f"{path}: lies outside {root}")
        if not file.is_file():
            raise DataError(f"{path}: is no file in {root}")
        with file.open("rb") as opened:
            body = opened.read(largest + 1)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise DataError(f"{path}: cannot be read in {root}: {error}") from error
    if len(body) > largest:
        raise DataError(f"{path}: more than the {largest:,} bytes that are read")
    return body
