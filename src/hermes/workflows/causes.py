"""Why somebody in the simulated world would want a thing: the terms of its law, as causes.

The law (`world/truth`) adds up what a person's taste finds in an item (`taste`), what does not
depend on the person: its quality and its fashion (`popular`), and how new it is (`new`). Those are
the causes that a reason can name; the price and the share of a domain, which the law adds too, no
sentence names. The true cause of a person and an item is the largest of the three in log odds, as
the law has them or each over its mean in the catalogue for that person; of all three, or of those
that may be said of the item: that an unknown thing is popular is true in no case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hermes.core.types import Array, Bools, Ints
from hermes.world.catalogue import NEWS
from hermes.world.truth import QUALITY, TASTE, Truth

CAUSES = ("taste", "popular", "new")
NAMES = {
    "because": "taste",
    "like": "taste",
    "taste": "taste",
    "related": "taste",
    "kin": "taste",
    "popular": "popular",
    "new": "new",
}  # what a reason's code stands for; the others name no cause


@dataclass(frozen=True)
class Law:
    """The causes of a world at one moment."""

    truth: Truth
    day: float  # after the start

    def causes(self, user: int) -> Array:
        """Of everything in the world for one person, in log odds.  -> (I, 3)"""
        world, items = self.truth, self.truth.items
        every = np.arange(len(items))
        users, days = np.full(len(items), user), np.full(len(items), self.day)
        taste = TASTE * np.einsum("id,id->i", world.people.tastes(users, days), items.vectors)
        age = np.maximum(days - items.published, 0.0)
        late = 0.8 - 0.3 * np.minimum(age, 10.0)
        new = np.where(items.domain == NEWS, late, 0.5 * np.exp(-age / 20.0))
        popular = QUALITY * items.quality + world.trend(every, days) - new
        return np.stack([taste, popular, new], axis=1)


def named(codes: Sequence[str]) -> list[int]:
    """The causes that reasons name, as places in `CAUSES`."""
    found = dict.fromkeys(NAMES[code] for code in codes if code in NAMES)
    return [CAUSES.index(cause) for cause in found]


def largest(
    causes: Array, items: Ints, over_mean: bool = False, sayable: Bools | None = None
) -> Ints:
    """The true cause of each item, among those `sayable` (n, 3).  (I, 3), (n,) -> (n,)"""
    whole = (causes - causes.mean(axis=0) if over_mean else causes)[items]
    return np.asarray((whole if sayable is None else np.where(sayable, whole, -np.inf)).argmax(1))
