"""Names in a recipe become classes, and tables become their configs; nothing is ever evaluated."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

from .errors import ConfigError, nearest

ALLOWED = (
    "hermes.models.retrievers.",
    "hermes.models.rankers.",
    "hermes.retrieval.",
    "hermes.policy.",
    "hermes.domains.",
)


def resolve(name: str) -> Any:
    """`package.module:Class`, from allow-listed packages only; else `ConfigError`."""
    module, _, attribute = name.partition(":")
    if not module.startswith(ALLOWED) or not attribute.isidentifier():
        raise ConfigError(f"{name!r} is not module:Class below {', '.join(ALLOWED)}")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise ConfigError(f"{name!r}: {error}; is the extra that brings it installed?") from error
    except AttributeError as error:
        raise ConfigError(f"{name!r}: {module} has no {attribute}") from error


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
    """`value` as `kind`: nested dataclasses, tuples, unions with None, and plain scalars."""
    if dataclasses.is_dataclass(kind) and isinstance(value, Mapping):
        return build(kind, value, path)  # type: ignore[arg-type]
    if get_origin(kind) is tuple and isinstance(value, list):
        inner = get_args(kind)[0]
        return tuple(convert(inner, v, f"{path}[{i}]") for i, v in enumerate(value))
    options = get_args(kind) or (kind,)
    if float in options and type(value) is int:
        return float(value)
    scalars = tuple(o for o in options if isinstance(o, type))
    literal = value in options if isinstance(value, str | int) else False
    if scalars and not (
        isinstance(value, scalars) and (type(value) is not bool or bool in scalars)
    ):
        raise ConfigError(f"{path}: {value!r} is not {' or '.join(s.__name__ for s in scalars)}")
    if not scalars and get_args(kind) and not literal:
        raise ConfigError(f"{path}: {value!r}{nearest(str(value), map(str, options))}")
    return value
