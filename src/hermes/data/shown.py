"""What pages showed, and what was taken of it: the half of a log that events alone do not tell.

An event says that something was wanted, and nothing of what else stood there. What was shown and
passed over tells wanting from showing: a model that learns only from events learns what the page
before it liked to show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hermes.core.types import Array, Bools, Ints

NEVER = np.inf


@dataclass(frozen=True, slots=True)
class Shown:
    """R pages, each user's in the order of time; page r's places are offsets[r] to offsets[r+1]."""

    users: Ints  # (R,)
    times: Array  # (R,) float64 days since the epoch, when the page was shown
    offsets: Ints  # (R+1,)
    items: Ints  # (N,)
    places: Ints  # (N,) from 0
    when: Array  # (N,) the day on which something followed that speaks for the item, or `NEVER`

    def __len__(self) -> int:
        return len(self.users)

    @property
    def taken(self) -> Bools:
        """Whether anything followed.  -> (N,)"""
        return np.asarray(self.when < NEVER)

    def until(self, days: Array) -> Shown:
        """As known on a day of each page: nothing has followed that came later.  (R,)"""
        late = self.when > np.repeat(days, np.diff(self.offsets))
        return replace(self, when=np.where(late, NEVER, self.when))

    def take(self, pages: Array) -> Shown:
        """The chosen pages, in the order given.  (n,) codes or (R,) booleans"""
        chosen = np.arange(len(self))[pages]
        sizes = np.diff(self.offsets)[chosen]
        ends = np.cumsum(sizes)
        rows = np.arange(ends[-1] if len(ends) else 0)
        rows += np.repeat(self.offsets[chosen] - (ends - sizes), sizes)
        return Shown(
            self.users[chosen],
            self.times[chosen],
            np.concatenate([[0], ends]).astype(np.int64),
            self.items[rows],
            self.places[rows],
            self.when[rows],
        )

    def arrays(self) -> tuple[Array, ...]:
        """All columns."""
        return self.users, self.times, self.offsets, self.items, self.places, self.when
