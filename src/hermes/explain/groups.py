"""Which part of an attribution each channel and each feature of a ranker belongs to: one table.

| part | what it is |
|---|---|
| history | how the candidate sits beside the user's past: shared categories, years, likeness |
| sequence | channels that read the past in its order: what comes next |
| collaborative | channels that compare users and items by who chose what, and an item's own code |
| text, visual, audio | channels that read words, pictures, sounds; moods that a text asks for |
| content | a channel that reads several of those at once, or attributes alone |
| graph | the knowledge graph |
| popularity | how many choose it, ever and lately |
| freshness | when it came out and when it was first seen |
| facts | what the catalogue says of it: kind, maker, years, price |
| context | who asks, and how: page, device, the user's attributes |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hermes.core.errors import ConfigError, nearest
from hermes.core.types import Ints

GROUPS = (
    "history", "sequence", "collaborative", "text", "visual", "audio", "content", "graph",
    "popularity", "freshness", "facts", "context",
)  # fmt: skip
PLACE = {name: number for number, name in enumerate(GROUPS)}
NAMES = {"text": "text", "semantic": "text", "graph": "graph", "cold_start": "content"}
CLASSES = {
    "sequence": (
        "SASRec", "HSTU", "NeuralODE", "Session", "Transition", "Diffusion", "Hyperbolic",
    ),
    "collaborative": (
        "ItemKNN", "EASE", "IALS", "BPR", "LightGCN", "UltraGCN", "GFCF", "BSPM", "TwoTower",
        "Bridge",
    ),
    "popularity": ("Popularity",),
    "content": ("Content", "MixedEffects"),
}  # fmt: skip
MODALITIES = {"text": "text", "vision": "visual", "audio": "audio"}  # of a bundle's encoders
DENSE = {
    "popularity": ("popularity", "recent", "appeal", "main"),
    "freshness": ("first_seen", "year"),
    "facts": ("price",),
    "content": ("own",),
    "history": (
        "category.past", "category.last", "year.gap", "popularity.gap", "like.last", "like.mean",
        "like.max", "past.length",
    ),
}  # fmt: skip
BLEND = -1  # a feature made of all channels' scores: `blend` and `blend.gap`
OWN = 1 + 4  # sparse columns of the item: its code, domain, category, creator, half-decade


def channel_group(name: str, cls: str, encoders: Sequence[str]) -> str:
    """The part of a channel, by its name where it has no model, else by its model's class.

    encoders: the modalities that the bundle's content was read by. Raises `ConfigError` for a model
    that is in no part.

    >>> channel_group("near", "hermes.models.retrievers.ease:EASE", ())
    'collaborative'
    >>> channel_group("cold_start", "", ("vision",))
    'visual'
    """
    short = cls.rpartition(":")[2]
    of_class = {known: group for group, classes in CLASSES.items() for known in classes}
    found = of_class.get(short) or NAMES.get(name) or ("popularity" if not cls else None)
    if found is None:
        raise ConfigError(f"attribution: no part for the model {cls!r}{nearest(short, of_class)}")
    if found == "content" and len(encoders) == 1:
        return MODALITIES.get(encoders[0], "content")
    return found


def channel_groups(
    names: Sequence[str], models: Mapping[str, Any], encoders: Sequence[str]
) -> dict[str, str]:
    """The part of each channel, from a bundle's manifest."""
    return {n: channel_group(n, models.get(n, {}).get("class", ""), encoders) for n in names}


def dense_groups(names: Sequence[str], channels: Mapping[str, str]) -> Ints:
    """Of each dense column its part's place in `GROUPS`, or `BLEND`.  -> (Fd,)

    Raises `ConfigError` for a column that is in no part.
    """
    known = {name: group for group, columns in DENSE.items() for name in columns}
    known |= {f"{f}.{c}": g for c, g in channels.items() for f in ("score", "gap", "rank")}
    out = []
    for name in names:
        if name not in known and name not in ("blend", "blend.gap"):
            raise ConfigError(f"attribution: no part for the feature {name!r}")
        out.append(PLACE[known[name]] if name in known else BLEND)
    return np.array(out, np.int64)


def sparse_groups(count: int) -> Ints:
    """Of each sparse column: the item's code, what it is, who asks.  -> (Fs,)"""
    own = [PLACE["collaborative"], *[PLACE["facts"]] * (OWN - 1)]
    return np.array([*own, *[PLACE["context"]] * max(count - OWN, 0)][:count], np.int64)
