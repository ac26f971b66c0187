"""CSV, JSON Lines and Parquet as frames with line numbers; a broken line is kept as `malformed`."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from hermes.core.errors import ConfigError, DataError, nearest

from .files import blocks, decode, opened

SEPARATORS = ",\t;|"
FORMATS = {
    ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "jsonl", ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".dat": "csv",
}  # fmt: skip
csv.field_size_limit(1 << 24)


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is written."""

    kind: str  # parquet, jsonl or csv
    columns: tuple[str, ...]
    separator: str = ","
    encoding: str = "utf-8"


def sniff(path: Path, separator: str | None = None, encoding: str = "utf-8") -> Format:
    """From the suffix, else the first bytes; raises `DataError` on what is no table."""
    with opened(path).open("rb") as file:
        start = file.read(1 << 16)
    if not start.strip():
        raise DataError(f"{path}: is empty")
    kind = FORMATS.get(path.suffix.lower())
    if start.startswith(b"PAR1") or kind == "parquet":
        return Format("parquet", tuple(parquet(path).collect_schema().names()))
    if b"\0" in start:
        raise DataError(f"{path}: holds zero bytes; it is neither text nor Parquet")
    if encoding == "utf-8" and start.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    first = decode(start.partition(b"\n")[0], encoding, path, 1).rstrip("\r")
    if kind == "jsonl" or first.startswith("{"):
        row = told(first)
        return Format("jsonl", tuple(row or ()), encoding=encoding)
    best = separator or max(SEPARATORS, key=first.count)
    if len(best) != 1 or best in "\r\n":
        raise ConfigError(f"{path}: separator {best!r}: must be one sign, such as , or ;")
    header = [name.strip() for name in next(csv.reader([first], delimiter=best))]
    if len(set(header)) != len(header):
        raise DataError(f"{path}: two columns of its header have one name: {', '.join(header)}")
    return Format("csv", tuple(header), best, encoding)


def parquet(path: Path) -> pl.LazyFrame:
    """The file, if it is whole."""
    try:
        scan = pl.scan_parquet(path, glob=False)
        scan.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path}: is no whole Parquet file: {error}") from error
    return scan


def table(
    path: Path, rows: int, names: Mapping[str, str] | None = None, form: Format | None = None
) -> Iterator[pl.DataFrame]:
    """Frames of about `rows` rows; `names` (field: column) chooses and renames columns."""
    form = form or sniff(path)
    if form.kind == "jsonl":
        frames = jsonl(path, form.encoding)
    elif form.kind == "parquet":
        chosen = {c: c for c in form.columns} if names is None else names
        present(path, chosen, form)
        yield from pieces(path, rows, chosen)
        return
    else:
        frames = separated(path, form)
    if names is not None and form.kind == "csv":
        present(path, names, form)
    for frame in frames:
        yield frame if names is None else renamed(frame, names)


def present(path: Path, names: Mapping[str, str], form: Format) -> None:
    """Every wanted column, else `DataError` with the nearest name."""
    for column in names.values():
        if column not in form.columns:
            raise DataError(f"{path}: no column {column!r}{nearest(column, form.columns)}")


def renamed(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Columns under the names of the contract's fields."""
    have = frame.columns
    chosen = [
        (pl.col(column) if column in have else pl.lit(None)).alias(field)
        for field, column in names.items()
    ]
    extra = [c for c in ("malformed",) if c in have]
    return frame.select(*chosen, "line", *extra)


def pieces(path: Path, rows: int, names: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """Slices of a Parquet file; the line is the number of the row, from 1."""
    scan = parquet(path).select(pl.col(column).alias(field) for field, column in names.items())
    start = 0
    while True:
        try:
            frame = scan.slice(start, rows).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(f"{path}: row {start + 1} and on can not be read: {error}") from error
        if not len(frame):
            return
        yield numbered(frame, start + 1)
        start += len(frame)


def numbered(frame: pl.DataFrame, first: int) -> pl.DataFrame:
    """With `line`."""
    if "line" in frame.columns:
        raise DataError("a column named `line` is reserved; rename it or leave it out")
    return frame.with_columns(pl.int_range(first, first + len(frame), dtype=pl.Int64).alias("line"))


def separated(path: Path, form: Format) -> Iterator[pl.DataFrame]:
    """A CSV file, all columns as text; quoting costs time only in files that quote."""
    stream = blocks(path, form.encoding)
    first = 1
    for lines in stream:
        if any('"' in line for line in lines):
            rest = itertools.chain(lines, itertools.chain.from_iterable(stream))
            yield from quoted(path, form, rest, first)
            return
        yield split(lines, form, first)
        first += len(lines)


def split(lines: list[str], form: Format, first: int) -> pl.DataFrame:
    """Lines without quotes."""
    width = len(form.columns)
    frame = pl.DataFrame({"text": lines}, schema={"text": pl.String})
    frame = frame.with_columns(pl.col("text").str.strip_suffix("\r"))
    frame = numbered(frame, first).filter((pl.col("text") != "") & (pl.col("line") > 1))
    parts = pl.col("text").str.split(form.separator)
    fits = parts.list.len() == width
    columns = [
        pl.when(fits).then(parts.list.get(i, null_on_oob=True)).alias(name)
        for i, name in enumerate(form.columns)
    ]
    return frame.select(*columns, "line", pl.when(~fits).then(pl.col("text")).alias("malformed"))


def quoted(path: Path, form: Format, lines: Iterable[str], first: int) -> Iterator[pl.DataFrame]:
    """Lines with quotes, which may hold separators and line ends; the line is a row's last."""
    reader = csv.reader((line + "\n" for line in lines), delimiter=form.separator)
    rows, places, broken = [], [], []
    width = len(form.columns)
    try:
        for row in reader:
            place = first + reader.line_num - 1
            if not row or place == 1:
                continue
            fits = len(row) == width
            rows.append(row if fits else [None] * width)
            places.append(place)
            broken.append(None if fits else form.separator.join(row).rstrip("\n"))
            if len(rows) == 200_000:
                yield gathered(rows, places, broken, form)
                rows, places, broken = [], [], []
    except csv.Error as error:
        raise DataError(
            f"{path}: line {first + reader.line_num - 1}: {error}; is a quote never closed?"
        ) from error
    if rows:
        yield gathered(rows, places, broken, form)


def gathered(
    rows: list[Any], places: list[int], broken: list[str | None], form: Format
) -> pl.DataFrame:
    """Rows as columns of text."""
    columns = dict(zip(form.columns, zip(*rows, strict=True), strict=True))
    schema = {
        **dict.fromkeys(form.columns, pl.String()),
        "line": pl.Int64(),
        "malformed": pl.String(),
    }
    return pl.DataFrame({**columns, "line": places, "malformed": broken}, schema=schema)


def told(line: str) -> dict[str, Any] | None:
    """The object on a line, None when there is none."""
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return row if isinstance(row, dict) else None


def jsonl(path: Path, encoding: str) -> Iterator[pl.DataFrame]:
    """One JSON object a line; keys that only some lines have are null in the others."""
    first = 1
    for lines in blocks(path, encoding):
        kept = [(first + i, line) for i, line in enumerate(lines) if line.strip()]
        first += len(lines)
        rows = [told(line) for _, line in kept]
        names = dict.fromkeys(name for row in rows if row for name in row)
        columns = {name: uniform(name, [(r or {}).get(name) for r in rows]) for name in names}
        broken = [
            None if row is not None else line for (_, line), row in zip(kept, rows, strict=True)
        ]
        places = pl.Series([place for place, _ in kept], dtype=pl.Int64)
        yield pl.DataFrame(
            {**columns, "line": places, "malformed": pl.Series(broken, dtype=pl.String)}
        )


def uniform(name: str, values: list[Any]) -> pl.Series:
    """One type a column: where values are of several, each that is no text becomes its JSON."""
    try:
        return pl.Series(name, values, strict=True)
    except (TypeError, pl.exceptions.PolarsError, OverflowError):
        texts = [
            v if v is None or isinstance(v, str) else msgspec.json.encode(v).decode()
            for v in values
        ]
        return pl.Series(name, texts, dtype=pl.String)
