"""Files as frames of text with line numbers, a bounded number of rows at a time."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl

from hermes.core.errors import DataError

BLOCK = 1 << 24  # bytes read at once


def blocks(path: Path, encoding: str) -> Iterator[list[str]]:
    """Whole lines; `DataError` when the file is not text in `encoding`."""
    rest, line = b"", 1
    with stream(path) as file:
        while block := chunk(file, path):
            if b"\0" in block:
                raise DataError(f"{path}: holds zero bytes near line {line}; it is not a text file")
            whole, cut, rest_of = (rest + block).rpartition(b"\n")
            rest = rest_of
            if cut:
                lines = decode(whole, encoding, path, line).split("\n")
                line += len(lines)
                yield lines
    if rest:
        yield [decode(rest, encoding, path, line)]


def stream(path: Path) -> BinaryIO:
    """The file's bytes, unpacked when it is gzip's, whatever it is called."""
    with opened(path).open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path)) if packed else path.open("rb")


def chunk(file: BinaryIO, path: Path) -> bytes:
    """The next bytes; `DataError` where what was packed is cut off or broken."""
    try:
        return file.read(BLOCK)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: is no whole gzip file: {error}") from error


def opened(path: Path) -> Path:
    """`path`, if it is a file."""
    if not path.is_file():
        raise DataError(f"{path}: {'a folder, no file' if path.is_dir() else 'no such file'}")
    return path


def decode(block: bytes, encoding: str, path: Path, line: int) -> str:
    """Text; `DataError` names the first line that is not."""
    try:
        return block.decode(encoding)
    except UnicodeDecodeError as error:
        at = line + block.count(b"\n", 0, error.start)
        raise DataError(
            f"{path}: line {at} is not {encoding}; name its encoding, for example latin-1"
        ) from error
    except LookupError as error:
        raise DataError(f"{path}: no encoding is called {encoding!r}") from error


def lines(path: Path, encoding: str = "utf-8") -> Iterator[pl.DataFrame]:
    """Frames of `line` and `text`, without empty lines."""
    first = 1
    for block in blocks(path, encoding):
        frame = pl.DataFrame({"text": block}).with_row_index("line", first)
        first += len(block)
        text = pl.col("text").str.strip_suffix("\r")
        kept = frame.select(pl.col("line").cast(pl.Int64), text).filter(pl.col("text") != "")
        yield kept


def fields(path: Path, separator: str, names: list[str], encoding: str) -> Iterator[pl.DataFrame]:
    """Lines split at a separator without quoting; a line of another width is `malformed`."""
    for frame in lines(path, encoding):
        split = pl.col("text").str.split(separator)
        fits = split.list.len() == len(names)
        columns = [
            pl.when(fits).then(split.list.get(i, null_on_oob=True)).alias(name)
            for i, name in enumerate(names)
        ]
        malformed = pl.when(~fits).then(pl.col("text")).alias("malformed")
        yield frame.select("line", *columns, malformed)
