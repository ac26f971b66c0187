"""A model of a bundle, as it was when training ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hermes.artifacts.bundle import Bundle
from hermes.core.config import build, resolve
from hermes.core.types import Shape


def restored(bundle: Bundle, name: str) -> Any:
    """A model from its class, config and arrays."""
    entry = bundle.manifest["models"][name]
    cls = resolve(entry["class"])
    model = cls(build(cls.Config, entry["config"], name))
    return model.restore(shape_of(entry["shape"]), bundle.arrays(f"models/{name}"))


def shape_of(table: Mapping[str, Any]) -> Shape:
    """A shape from the manifest, where tuples are lists."""
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return Shape(**plain)
