"""Libraries that hermes can do without."""

from __future__ import annotations

import importlib
from types import ModuleType

from .errors import Unavailable


def extra(module: str, name: str) -> ModuleType:
    """A library that comes with the extra `name`; `Unavailable` says how to install it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise Unavailable(
            f"{module} is not installed; run pip install 'hermes-recommender[{name}]'"
        ) from error
