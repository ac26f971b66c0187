"""Any CSV, JSON Lines or Parquet, by a mapping of its columns to the contract's fields."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl

from hermes.core.errors import ConfigError, DataError, nearest
from hermes.data import infer
from hermes.data import mapping as maps
from hermes.data.infer import draft
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source
from hermes.data.tabular import FORMATS, present, sniff, table

START = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
LISTS = ("categories", "tags", "creators")


@dataclass(frozen=True)
class Table:
    """Files by a mapping; without one, the mapping that lies in the folder or that is drafted."""

    mapping: maps.Mapping | None = None
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    name: str = "table"

    def open(self, path: Path) -> Source:
        """Assets, users, events; every column is looked for before anything is read."""
        found = self.mapping or find(path)
        parts = []
        for name, sources in maps.sources_of(found).items():
            for source in sources:
                check(name, source)
                parts.append(Part(name, source.file, partial(read, name, source, found.domain)))
        return Source(self.name, found.domain, tuple(parts), key(found))


def key(mapping: maps.Mapping) -> str:
    """The mapping, wherever its files lie."""
    told = mapping.model_dump(mode="json")
    for sources in (told["assets"], told["users"], told["events"]):
        for source in sources:
            source["file"] = Path(source["file"]).name
            for rare in ("creators", "key"):  # a mapping without them is the mapping it always was
                if not source[rare]:
                    del source[rare]
    return json.dumps(told, sort_keys=True)


def find(path: Path) -> maps.Mapping:
    """The mapping at `path`: a .toml, a folder with mapping.toml, or drafted from its files."""
    if path.suffix == ".toml":
        return maps.load(path)
    if path.is_dir():
        if (path / "mapping.toml").is_file():
            return maps.load(path / "mapping.toml")
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in FORMATS)
        if not files:
            raise DataError(f"{path}: no CSV, JSON Lines or Parquet file in this folder")
        return draft(files)
    return draft([path])


def of_options(
    events: Path, user: str, item: str, time: str | None = None, value: str | None = None,
    kind: str | None = None, split: str | None = None, assets: tuple[Path, ...] = (),
    users: tuple[Path, ...] = (), domain: str = "table", separator: str | None = None,
    encoding: str = "utf-8",
) -> maps.Mapping:  # fmt: skip
    """A mapping from the options of the command line; columns of assets are guessed by name."""
    chosen = {
        "user_id": user,
        "asset_id": item,
        "occurred_at": time,
        "value": value,
        "split": split,
    }
    columns = {name: column for name, column in chosen.items() if column}
    form = sniff(events, separator, encoding)
    fixed = "rating" if value else "interaction"
    if kind in form.columns:
        columns["kind"], fixed = str(kind), ""
    elif kind is not None:
        if kind not in WEIGHTS:
            raise ConfigError(
                f"--kind {kind!r} is neither a column nor a kind of event{nearest(kind, WEIGHTS)}"
            )
        fixed = kind
    log = maps.Source(
        file=events, columns=columns, kind=fixed, separator=separator, encoding=encoding
    )
    shelf = tuple(described(file, item, "assets", encoding) for file in assets)
    people = tuple(described(file, user, "users", encoding) for file in users)
    return maps.Mapping(domain=domain, assets=shelf, users=people, events=(log,))


def of_assets(
    assets: tuple[Path, ...], item: str | None = None, users: tuple[Path, ...] = (),
    user: str | None = None, domain: str = "table", separator: str | None = None,
    encoding: str = "utf-8",
) -> maps.Mapping:  # fmt: skip
    """A mapping from options without events; an item's column may be left to guess."""
    shelf = tuple(described(file, item, "assets", encoding, separator) for file in assets)
    people = tuple(described(file, user, "users", encoding, separator) for file in users)
    return maps.Mapping(domain=domain, assets=shelf, users=people)


def described(
    file: Path, key: str | None, name: str, encoding: str, separator: str | None = None
) -> maps.Source:
    """The columns of a file of assets or users, whose key has the name it has among the events."""
    form = sniff(file, separator, encoding)
    known = infer.role(form) == name
    drafted = infer.source(file, name, form) if known else maps.Source(file=file, columns={})
    columns, id_field = dict(drafted.columns), "asset_id" if name == "assets" else "user_id"
    if key in form.columns and key is not None:
        columns = {f: c for f, c in columns.items() if c != key} | {id_field: key}
        drafted = drafted.model_copy(update={"key": ()})
    elif key is not None or not (id_field in columns or drafted.key):
        raise DataError(f"{file}: no column {key or id_field!r}{nearest(key or '', form.columns)}")
    found = {"columns": columns, "encoding": form.encoding, "separator": separator}
    return drafted.model_copy(update=found)


def check(name: str, source: maps.Source) -> None:
    """Every column of the mapping is in its file, and an event knows who and what."""
    form = sniff(source.file, source.separator, source.encoding)
    needed = {"events": ("user_id", "asset_id"), "assets": ("asset_id",), "users": ("user_id",)}
    for wanted in needed[name]:
        if wanted not in source.columns and not (wanted == "asset_id" and source.key):
            raise ConfigError(f"{source.file}: the mapping of {name} lacks {wanted}")
    if form.kind != "jsonl":
        present(source.file, source.read(), form)


def read(name: str, source: maps.Source, domain: str, rows: int) -> Iterator[pl.DataFrame]:
    """Frames in the contract's columns."""
    form = sniff(source.file, source.separator, source.encoding)
    for given in table(source.file, rows, source.read(), form):
        frame = whole(split(given, source.lists), source) if name == "assets" else given
        made: dict[str, pl.Expr] = {}
        if name == "events":
            if "kind" not in source.columns:
                made["kind"] = pl.lit(source.kind or "interaction")
            if "occurred_at" not in source.columns:
                made["occurred_at"] = START + pl.col("line")
        if name == "assets":
            if "title" not in source.columns:
                made["title"] = pl.col("asset_id")
            if "domain" not in source.columns:
                made["domain"] = pl.lit(domain)
        yield frame.with_columns(**made)


def split(frame: pl.DataFrame, separator: str) -> pl.DataFrame:
    """Texts that are lists, as lists."""
    texts = [n for n in frame.columns if n.partition(".")[0] in LISTS]
    return frame.with_columns(
        pl.col(n).map_batches(partial(lists, separator), return_dtype=pl.List(pl.String))
        for n in texts
        if frame.schema[n] == pl.String
    )


def whole(frame: pl.DataFrame, source: maps.Source) -> pl.DataFrame:
    """Creators from a column for each role, and ids from several columns."""
    made: dict[str, pl.Expr] = {}
    roles = {f"creators.{role}": role for role in source.creators}
    for part, role in roles.items():
        if frame.schema[part] not in (pl.List(pl.String), pl.List(pl.Null), pl.Null):
            raise DataError(
                f"{source.file}: column {source.creators[role]!r} holds {frame.schema[part]};"
                " names are texts or lists of texts: map objects with name and role to `creators`"
            )
    if roles:
        named = (
            pl.col(n).cast(pl.List(pl.String)).list.eval(people(role)) for n, role in roles.items()
        )
        made["creators"] = pl.concat_list(one.fill_null([]) for one in named)
    parts = [name for name in frame.columns if name.startswith("key.")]
    if parts:
        said = pl.concat_str(parts, separator="\x1f", ignore_nulls=True)
        made["asset_id"] = said.map_batches(identities, return_dtype=pl.String)
    return frame.with_columns(**made).drop(*roles, *parts)


def people(role: str) -> pl.Expr:
    """Those of a list who have a name, with their role."""
    name = pl.element().str.strip_chars()
    return pl.struct(name=name, role=pl.lit(role)).filter(name.fill_null("") != "")


def identities(keys: pl.Series) -> pl.Series:
    """16 hexadecimal digits for each key, none for an empty one."""
    made = [hashlib.sha256(k.encode()).hexdigest()[:16] if k else None for k in keys.to_list()]
    return pl.Series(keys.name, made, dtype=pl.String)


def lists(separator: str, texts: pl.Series) -> pl.Series:
    """`A|B`, `["A", "B"]` or `['A', 'B']` as lists."""
    return pl.Series(
        texts.name,
        [None if t is None else entries(t, separator) for t in texts.to_list()],
        dtype=pl.List(pl.String),
    )


def entries(text: str, separator: str) -> list[str]:
    """The entries of one text."""
    if text.startswith("[") and text.endswith("]"):
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            found = None
        if isinstance(found, list):
            return [str(entry) for entry in found if str(entry).strip()]
    return [entry.strip() for entry in text.split(separator) if entry.strip()]


adapter = Table()
