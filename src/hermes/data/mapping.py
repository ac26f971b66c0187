"""What a TOML file says of tables: which file, and which of its columns is which field."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from hermes.core.errors import ConfigError, DataError, nearest

from .rules import TABLES, WEIGHTS, names

KNOWN = {field for table in TABLES.values() for field in names(table)}


class Source(BaseModel):
    """One file, and its columns by the fields of the contract."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    file: Path  # below the folder of the mapping, unless absolute
    columns: dict[str, str]  # field: column
    separator: str | None = None  # None: found out
    encoding: str = "utf-8"
    kind: str = ""  # of all events of the file, where no column says it
    lists: str = "|"  # between the entries of categories, tags and creators
    creators: dict[str, str] = {}  # role: column that names those who had it
    key: tuple[str, ...] = ()  # columns that make an asset's id together, where none alone does

    @field_validator("columns")
    @classmethod
    def fields(cls, columns: dict[str, str]) -> dict[str, str]:
        """Only fields of the contract."""
        for field in columns:
            if field not in KNOWN:
                raise ValueError(f"no field {field!r} in the contract{nearest(field, KNOWN)}")
        return columns

    @model_validator(mode="after")
    def once(self) -> Source:
        """Nothing is said in two ways."""
        for way, field in (("creators", "creators"), ("key", "asset_id")):
            if getattr(self, way) and field in self.columns:
                raise ValueError(f"columns.{field} and {way} say the same; leave one of them out")
        return self

    def read(self) -> dict[str, str]:
        """Every column that is read, by what it becomes; parts of a field are `field.part`."""
        roles = {f"creators.{role}": column for role, column in self.creators.items()}
        return self.columns | roles | {f"key.{n}": one for n, one in enumerate(self.key)}

    @field_validator("kind")
    @classmethod
    def known(cls, kind: str) -> str:
        """Only kinds of the contract."""
        if kind and kind not in WEIGHTS:
            raise ValueError(f"no kind of event {kind!r}{nearest(kind, WEIGHTS)}")
        return kind


class Mapping(BaseModel):
    """The files of a source."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    domain: str = "table"  # of all assets, where no column says it
    assets: tuple[Source, ...] = ()
    users: tuple[Source, ...] = ()
    events: tuple[Source, ...] = ()


def load(path: Path) -> Mapping:
    """A mapping file; `ConfigError` names what is wrong in it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    mapping = checked(raw, str(path))
    below = {
        table: tuple(s.model_copy(update={"file": path.parent / s.file}) for s in sources)
        for table, sources in sources_of(mapping).items()
    }
    return mapping.model_copy(update=below)


def checked(raw: dict[str, Any], where: str) -> Mapping:
    """`raw` as a mapping, else `ConfigError` with the nearest valid word."""
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    valid = Source.model_fields if len(first["loc"]) > 1 else Mapping.model_fields
    hint = nearest(str(first["loc"][-1]), valid) if first["type"] == "extra_forbidden" else ""
    raise ConfigError(f"{where}: {place}: {first['msg']}{hint}")


def sources_of(mapping: Mapping) -> dict[str, tuple[Source, ...]]:
    """By table, in the order in which they are read."""
    return {"assets": mapping.assets, "users": mapping.users, "events": mapping.events}


def dump(mapping: Mapping) -> str:
    """The mapping as TOML that `load` reads."""
    lines = [f"domain = {quote(mapping.domain)}"]
    for table, sources in sources_of(mapping).items():
        for source in sources:
            lines += ["", f"[[{table}]]", f"file = {quote(str(source.file))}"]
            plain = {"separator": source.separator, "kind": source.kind or None}
            lines += [f"{key} = {quote(value)}" for key, value in plain.items() if value]
            if source.encoding != "utf-8":
                lines.append(f"encoding = {quote(source.encoding)}")
            if source.lists != "|":
                lines.append(f"lists = {quote(source.lists)}")
            if source.key:
                lines.append(f"key = [{', '.join(map(quote, source.key))}]")
            for name in ("columns", "creators"):
                if told := getattr(source, name):
                    lines.append(f"[{table}.{name}]")
                    lines += [f"{bare(field)} = {quote(column)}" for field, column in told.items()]
    return "\n".join(lines) + "\n"


def bare(key: str) -> str:
    """A key of TOML, in quotes where it needs them."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quote(key)


def quote(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
