"""Names in a recipe become classes, and tables become their configs; nothing is ever evaluated."""

from __future__ import annotations

import dataclasses
import importlib
import tomllib
from collections.abc import Mapping
from types import ModuleType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from .errors import ConfigError, nearest

ALLOWED = (
    "hermes.models.retrievers.",
    "hermes.models.rankers.",
    "hermes.models.ensemble",
    "hermes.retrieval.",
    "hermes.policy.",
    "hermes.domains.",
)


def resolve(name: str) -> Any:
    """`package.module:Class`, from allow-listed packages only; else `ConfigError`.

    Only what the module itself makes public: nothing private, nothing that it imported.
    """
    module, _, attribute = name.partition(":")
    public = attribute.isidentifier() and not attribute.startswith("_")
    if not module.startswith(ALLOWED) or not public:
        raise ConfigError(f"{name!r} is not module:Class below {', '.join(ALLOWED)}")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise ConfigError(f"{name!r}: {error}; is the extra that brings it installed?") from error
    except AttributeError as error:
        raise ConfigError(f"{name!r}: {module} has no {attribute}") from error
    if isinstance(found, ModuleType) or getattr(found, "__module__", module) != module:
        raise ConfigError(f"{name!r}: {attribute} is not made in {module}")
    return found


def build(cls: type, table: Mapping[str, Any], where: str = "") -> Any:
    """A config dataclass from a table; an unknown key or a wrong type is a `ConfigError`."""
    hints = get_type_hints(cls)
    fields = {f.name: hints[f.name] for f in dataclasses.fields(cls) if f.init}
    values = {}
    for key, value in table.items():
        path = f"{where}.{key}" if where else key
        if key not in fields:
            raise ConfigError(f"unknown key {path!r}{nearest(key, fields)}")
        values[key] = convert(fields[key], value, path)
    try:
        return cls(**values)
    except TypeError as error:
        raise ConfigError(f"{where or cls.__name__}: {error}") from error


def convert(kind: Any, value: Any, path: str) -> Any:
    """`value` as `kind`: nested dataclasses, tuples, tables, literals, unions, plain scalars."""
    options = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    if isinstance(value, Mapping):
        for option in options:
            if isinstance(option, type) and dataclasses.is_dataclass(option):
                return build(option, value, path)
            if get_origin(option) is dict:
                return dict(value)
    for option in options:
        if get_origin(option) is tuple and isinstance(value, list | tuple):
            inner = get_args(option)[0]
            return tuple(convert(inner, v, f"{path}[{i}]") for i, v in enumerate(value))
        if get_origin(option) is Literal:
            if value in get_args(option):
                return value
            raise ConfigError(f"{path}: {value!r}{nearest(str(value), map(str, get_args(option)))}")
    plain = tuple(o for o in options if isinstance(o, type))
    if type(value) is int and int not in plain and float in plain:
        return float(value)
    if isinstance(value, plain) and (type(value) is not bool or bool in plain):
        return value
    raise ConfigError(f"{path}: {value!r} is not {' or '.join(map(name_of, options))}")


def name_of(kind: Any) -> str:
    """For a message."""
    return kind.__name__ if isinstance(kind, type) else str(kind)


def override(table: dict[str, Any], setting: str) -> dict[str, Any]:
    """`a.b.0.c=value` laid over a nested table; the value is TOML, or a bare word.

    `-a.b` takes something out of it. Raises `ConfigError` on a malformed setting or a path through
    something that is not a table.
    """
    if setting.startswith("-") and "=" not in setting:
        return without(table, setting.removeprefix("-"))
    path, found, text = setting.partition("=")
    if not found or not all(path.split(".")):
        raise ConfigError(f"--set {setting!r}: write key=value, or -key to leave one out")
    try:
        value = tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        value = text
    *parents, last = path.split(".")
    node = below(table, parents, path)
    if not isinstance(node, dict):
        raise ConfigError(f"--set {path!r}: the last but one step is not a table")
    node[last] = value
    return table


def without(table: dict[str, Any], path: str) -> dict[str, Any]:
    """A nested table without one of its parts; raises `ConfigError` when it has no such part."""
    *parents, last = path.split(".")
    node = below(table, parents, path)
    if isinstance(node, list):
        node.remove(named(node, last, path))
    elif isinstance(node, dict) and last in node:
        del node[last]
    else:
        known = map(str, node) if isinstance(node, dict) else ()
        raise ConfigError(f"--set -{path}: no {last!r}{nearest(last, known)}")
    return table


def below(table: dict[str, Any], parents: list[str], path: str) -> Any:
    """What a path leads to, tables made where there are none yet."""
    node: Any = table
    for key in parents:
        if isinstance(node, list):
            node = named(node, key, path)
        elif isinstance(node, dict):
            node = node.setdefault(key, {})
        else:
            raise ConfigError(f"--set {path!r}: {key!r} is not a table")
    return node


def named(tables: list[Any], key: str, path: str) -> Any:
    """One of an array of tables, by its number or its `name`."""
    for number, table in enumerate(tables):
        if key in (str(number), table.get("name")):
            return table
    names = [str(t.get("name", i)) for i, t in enumerate(tables)]
    raise ConfigError(f"--set {path!r}: no {key!r}{nearest(key, names)}")
