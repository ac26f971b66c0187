"""What the catalogue and a history hold for a claim."""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np

from hermes.core.compiled import compiled
from hermes.core.types import Array, Bools, Ints
from hermes.data.catalogue import Catalogue
from hermes.data.deeds import DEEDS

VERBS = {
    "listened to": ("music", "song", "podcast", "lastfm", "audio", "artist"),
    "read": ("book", "news", "article", "goodreads", "mind"),
    "bought": ("product", "amazon", "shop", "fashion", "beauty"),
    "watched": ("movie", "film", "video", "tmdb", "series", "tv"),
    "played": ("game",),
}
DONE = {
    "click": "looked",
    "view": "looked",
    "rating": "rated",
    "listen": "listened to",
    "read": "read",
    "finish": "finished",
    "share": "shared",
    "save": "saved",
    "like": "liked",
    "add_to_cart": "basket",
    "purchase": "bought",
}  # what may be said of a deed; of the others the domain's verb
PLAYED = ("watched", "listened to", "played")  # verbs a `play` may have
TOLD = ("director", "author", "artist", "actor", "brand", "publisher")  # the most telling first


class Maker(msgspec.Struct):
    """Somebody on a card."""

    name: str = ""
    role: str | None = None


class Card(msgspec.Struct):
    """What a card says of who made an item."""

    creators: list[Maker | str] | None = None


class Makers:
    """Who made what, in which part, from the catalogue's cards."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.of = lru_cache(1 << 16)(self.read)
        self.shared = lru_cache(1 << 16)(self.common)

    def read(self, item: int) -> frozenset[tuple[str, str]]:
        """Part and name of all whose part can be told."""
        card = msgspec.json.decode(self.catalogue.cards[item], type=Card)
        made = [m for m in card.creators or () if isinstance(m, Maker)]
        return frozenset((m.role, m.name) for m in made if m.role in TOLD and m.name)

    def common(self, named: tuple[int, ...], item: int) -> str:
        """The part that one and the same has in the item and in all that are named, or nothing."""
        both = self.of(item).intersection(*map(self.of, named))
        held = {part for part, _ in both}
        return next((part for part in TOLD if part in held), "")

    def near(self, categories: Ints, items: Ints, past: Ints) -> Bools:
        """Whether a reader would see in each item what speaks for it: a domain, a kind, a maker.

        categories (I, C) of every item, items (n,), past (n,) of the history -> (n,)
        """
        seen = akin(self.catalogue.domain, categories, items, past)
        for i in np.flatnonzero((past > 0) & ~seen).tolist():
            seen[i] = bool(self.shared((int(past[i]),), int(items[i])))
        return seen


def verb(domain: str) -> str:
    """What one does with an item of a domain, in the past.

    >>> verb("books"), verb("movielens"), verb("recipes")
    ('read', 'watched', 'chose')
    """
    words = domain.lower()
    return next((v for v, stems in VERBS.items() if words.startswith(stems)), "chose")


def did(domain: str, deed: int) -> str:
    """The verb of the strongest deed, which never says more than was done.

    >>> did("films", DEEDS.index("click")), did("films", DEEDS.index("play")), did("books", 0)
    ('looked', 'watched', 'read')
    """
    usual = verb(domain)
    if DEEDS[deed] == "play":
        return usual if usual in PLAYED else "played"
    return DONE.get(DEEDS[deed], usual)


@compiled
def strongest_deeds(history: Ints, deeds: Ints, items: Ints) -> Ints:
    """The strongest of what was done with each item.  (H,), (H,), (n,) -> (n,)"""
    out = np.zeros(len(items), np.int64)
    for i in range(len(items)):
        for h in range(len(history)):
            if history[h] == items[i]:
                out[i] = max(out[i], deeds[h])
    return out


@compiled
def akin(domain: Ints, categories: Ints, ours: Ints, theirs: Ints) -> Bools:
    """Whether two items are of one domain or of one category.  (I,), (I, C), (n,), (n,) -> (n,)

    >>> akin(np.array([0, 1, 2]), np.array([[0], [7], [7]]), np.array([1, 1]), np.array([0, 2]))
    array([False,  True])
    """
    out = np.zeros(len(ours), np.bool_)
    for i in range(len(ours)):
        out[i] = domain[ours[i]] == domain[theirs[i]]
        for one in categories[ours[i]]:
            for other in categories[theirs[i]]:
                out[i] |= one > 0 and one == other
    return out


@compiled
def favourites(
    categories: Ints, common: Array, recent: Ints, items: Ints, often: int, share: float,
    lift: float,
) -> Ints:  # fmt: skip
    """Of each item the category that is most above its share, 0 where none is enough.  -> (n,)"""
    counts = np.zeros(len(common), np.int64)
    for item in recent:
        for category in categories[item]:
            counts[category] += 1
    lifts = counts / len(recent) / common
    for category in range(len(common)):
        weak = counts[category] < often or counts[category] / len(recent) < share
        if weak or lifts[category] < lift or not category:
            lifts[category] = 0.0
    out = np.zeros(len(items), np.int64)
    for i in range(len(items)):
        for category in categories[items[i]]:
            if lifts[category] > lifts[out[i]]:
                out[i] = category
    return out
