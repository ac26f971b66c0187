"""Fitted models kept for other recipes: the same model, data, seed and code need no second fit."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from hermes.artifacts.bundle import code_hash
from hermes.core.types import Array
from hermes.models.base import Model


class Pantry:
    """A folder of arrays, each under the hash of all that they were learned from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def place(self, model: Model[Any, Any], data: Any, seed: int) -> Path:
        """Where such a model lies, or would lie."""
        total = hashlib.sha256(f"{code_hash()} {type(model)} {model.config!r} {seed}".encode())
        digest(data, total)
        return self.folder / f"{total.hexdigest()[:32]}.safetensors"

    def taken(self, place: Path) -> tuple[dict[str, Array], float] | None:
        """The arrays that lie there, if any do and they are whole, and the seconds they took."""
        if not place.exists():
            return None
        try:
            with safe_open(place, "np") as file:
                arrays = {name: file.get_tensor(name) for name in list(file.keys())}
                return arrays, float(file.metadata()["seconds"])
        except (OSError, SafetensorError, KeyError, ValueError):
            return None

    def keep(self, place: Path, arrays: dict[str, Array], seconds: float) -> None:
        """Whole or not at all."""
        part, rows = (
            place.with_suffix(".part"),
            {k: np.ascontiguousarray(v) for k, v in arrays.items()},
        )
        save_file(rows, part, {"seconds": f"{seconds:.3f}"})
        part.replace(place)


def digest(data: Any, total: Any) -> None:
    """Every array of nested dataclasses, and the rest as it is written."""
    if isinstance(data, np.ndarray):
        total.update(f"{data.dtype}{data.shape}".encode())
        total.update(np.ascontiguousarray(data).tobytes())
    elif is_dataclass(data) and not isinstance(data, type):
        for each in fields(data):
            total.update(each.name.encode())
            digest(getattr(data, each.name), total)
    else:
        total.update(repr(data).encode())
