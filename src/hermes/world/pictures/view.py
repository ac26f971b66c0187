"""What a picture may know of an asset: what anybody can read of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class View:
    """The facts that are drawn."""

    domain: str
    title: str
    genre: str  # its first category
    maker: str
    others: tuple[str, ...]
    year: int
    attributes: Mapping[str, Any]

    @classmethod
    def of(cls, asset: Mapping[str, Any]) -> View:
        """From a row in the contract's columns."""
        names = [creator["name"] for creator in asset["creators"]]
        return cls(
            asset["domain"],
            asset["title"],
            asset["categories"][0],
            names[0],
            tuple(names[1:]),
            asset["published_at"].year,
            json.loads(asset["attributes"] or "{}"),
        )
