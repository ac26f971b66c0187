"""Pictures drawn from what an item is: one function, the same bytes for the same asset."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from hermes.core.errors import DataError, nearest

from . import books, films, music, news, products
from .view import View

SUFFIX = ".jpg"
ARTISTS = {
    "films": films.draw, "music": music.draw, "books": books.draw,
    "products": products.draw, "news": news.draw,
}  # fmt: skip
SIZES = {
    "films": films.SIZE, "music": music.SIZE, "books": books.SIZE,
    "products": products.SIZE, "news": news.SIZE,
}  # fmt: skip


def picture(asset: Mapping[str, Any]) -> bytes:
    """A JPEG of `SIZES[domain]` pixels for a row of the world's assets, so that a server can draw
    on demand; `DataError` for a domain the world does not have."""
    view = View.of(asset)
    if view.domain not in ARTISTS:
        raise DataError(f"no picture of the domain {view.domain!r}{nearest(view.domain, ARTISTS)}")
    return ARTISTS[view.domain](view, Random(f"{asset['asset_id']} {view.title}"))
