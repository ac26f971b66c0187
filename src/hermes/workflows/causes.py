"""Why somebody in the simulated world would want a thing: the law's preference, taken apart.

What a person wants of an item is, as in an analysis of variance, what everybody wants of it on
average (`popular`, its newness apart, which is `new`) and what this person wants beyond that
(`own`), each in log odds over the average item's. The true cause of an item's being wanted is the
largest of the three. Where it leads the next by little, two causes are as true as one; `clear` is
where it leads by one in log odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hermes.core.types import Array, Bools
from hermes.world.catalogue import NEWS
from hermes.world.truth import Truth

CAUSES = ("own", "popular", "new")
NAMES = {
    "because": "own",
    "like": "own",
    "taste": "own",
    "related": "own",
    "kin": "own",
    "popular": "popular",
    "new": "new",
}  # what a reason's code stands for; the others name no cause
CLEAR = 1.0  # log odds


@dataclass(frozen=True)
class Law:
    """The causes of a world at one moment."""

    truth: Truth
    day: float  # after the start

    def wanted(self, user: int) -> Array:
        """How much one person wants each thing of the world, in log odds.  -> (I,)"""
        every = np.arange(len(self.truth.items))
        users, days = np.full(len(every), user), np.full(len(every), self.day)
        return self.truth.preference(users, every, days)

    @cached_property
    def everybody(self) -> Array:
        """The mean over all people.  -> (I,)"""
        people = range(len(self.truth.people))
        return np.asarray(np.mean([self.wanted(user) for user in people], axis=0))

    @cached_property
    def new(self) -> Array:
        """What newness adds.  -> (I,)"""
        items = self.truth.items
        age = np.maximum(self.day - items.published, 0.0)
        late = 0.8 - 0.3 * np.minimum(age, 10.0)
        return np.where(items.domain == NEWS, late, 0.5 * np.exp(-age / 20.0))

    def causes(self, wanted: Array) -> Array:
        """Of what somebody wants of each thing (I,).  -> (I, 3)"""
        found = np.stack([wanted - self.everybody, self.everybody - self.new, self.new], axis=1)
        return np.asarray(found - found.mean(axis=0))


def named(codes: Sequence[str]) -> list[int]:
    """The causes that reasons name, as places in `CAUSES`."""
    found = dict.fromkeys(NAMES[code] for code in codes if code in NAMES)
    return [CAUSES.index(cause) for cause in found]


def clear(causes: Array) -> Bools:
    """Where the largest cause leads the next by `CLEAR`.  (n, 3) -> (n,)"""
    order = np.sort(causes, axis=1)
    return np.asarray(order[:, -1] - order[:, -2] >= CLEAR)
