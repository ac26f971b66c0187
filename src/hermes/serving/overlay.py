"""Assets put online or taken off since the bundle was made, laid over its catalogue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from urllib.parse import quote

import msgspec
import numpy as np

from hermes.core.types import Bools
from hermes.data.catalogue import Catalogue
from hermes.data.log import Log

PICTURE = re.compile(rb'"image_uri": ?"')


@dataclass
class Shelf:
    """Cards by asset id that differ from the bundle's; the catalogue's `available` is kept true."""

    catalogue: Catalogue
    log: Log
    seen: int = 0  # the last row of the log that was read
    cards: dict[str, bytes] = field(default_factory=dict)
    shown: tuple[msgspec.Raw, ...] = field(init=False)  # by code, pictures as this server offers
    gone: set[str] = field(default_factory=set)
    came: dict[str, float] = field(default_factory=dict)  # when first put online, since the epoch

    def __post_init__(self) -> None:
        """Let no path of this machine out of the house."""
        self.shown = tuple(msgspec.Raw(offered(card)) for card in self.catalogue.cards)

    def follow(self) -> None:
        """Read what the log says since last time."""
        for row, asset_id, body, at in self.log.assets(self.seen):
            self.seen = row
            self.came.setdefault(asset_id, at)
            code = self.catalogue.items.code(asset_id)
            if code:
                self.catalogue.available[code] = body is not None and on_offer(body)
            if body is None:
                self.gone.add(asset_id)
                self.cards.pop(asset_id, None)
            else:
                self.gone.discard(asset_id)
                self.cards[asset_id] = offered(body.encode())

    @cached_property
    def pictured(self) -> Bools:
        """Which items have a picture.  -> (I,)"""
        cards = self.catalogue.cards
        return np.fromiter((PICTURE.search(card) is not None for card in cards), bool, len(cards))

    def card(self, asset_id: str) -> bytes | None:
        """The asset as JSON, None when nobody knows it or it was taken off."""
        if asset_id in self.gone:
            return None
        if asset_id in self.cards:
            return self.cards[asset_id]
        code = self.catalogue.items.code(asset_id)
        return bytes(self.shown[code]) if code else None

    def of(self, codes: Sequence[int]) -> list[msgspec.Raw]:
        """The cards of items by their codes."""
        shown = list(map(self.shown.__getitem__, codes))
        if self.cards:
            for i, code in enumerate(codes):
                online = self.cards.get(self.catalogue.items.names[code])
                if online is not None:
                    shown[i] = msgspec.Raw(online)
        return shown


class Offer(msgspec.Struct):
    """The one field of an asset that rules read."""

    available: bool = True


def offered(card: bytes) -> bytes:
    """A picture that lies on this machine becomes the address under which it is served."""
    if b'"image_uri":"/' not in card and b'"image_uri": "/' not in card:
        return card
    row = msgspec.json.decode(card)
    path = PurePosixPath(row["image_uri"])
    below = path.parts[path.parts.index("pictures") + 1 :] if "pictures" in path.parts else ()
    row["image_uri"] = "/pictures/" + quote("/".join(below or (path.name,)))
    return msgspec.json.encode(row)


def on_offer(body: str) -> bool:
    """Whether an asset put online says that it can be had."""
    return msgspec.json.decode(body, type=Offer).available
