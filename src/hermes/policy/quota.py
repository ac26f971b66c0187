"""At most so many of one kind on a slate: one category, one creator, one domain."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hermes.core.errors import ConfigError
from hermes.core.types import Bools, Ints


@dataclass(frozen=True, slots=True)
class Quota:
    """No kind may hold more than `share` of the slate, nor more than `count` of its places."""

    codes: Ints  # (I,) the kind of each item, say its first category; code 0 is never limited
    share: float = 1.0
    count: float = math.inf
    name: str = "quota"

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1 or not self.count >= 1:
            raise ConfigError(
                f"{self.name}: share {self.share} must lie in 0..1 and count {self.count} be 1 "
                "or more, or nothing would be left"
            )

    def limit(self, size: int) -> int:
        """Items of one kind on a slate of `size`, at least one."""
        return max(1, math.floor(min(self.share * size + 1e-9, self.count)))

    def binds(self, items: Ints, size: int) -> bool:
        """Whether the best `size` of these items, best first, break it."""
        counts = np.bincount(self.codes[items[:size]])
        return bool(counts[1:].max(initial=0) > self.limit(size))

    def tally(self, items: Ints, size: int) -> Tally:
        """A count that starts at nothing, over a pool."""
        return Tally(self.codes[items], self.limit(size))


class Tally:
    """What a slate holds so far, and which positions of the pool are still open."""

    def __init__(self, kinds: Ints, limit: int) -> None:
        self.kinds, self.limit = kinds, limit
        self.counts: dict[int, int] = {}
        self.open: Bools = np.ones(len(kinds), bool)  # (n,)

    def add(self, position: int) -> None:
        """This position of the pool is on the slate now."""
        kind = int(self.kinds[position])
        if not kind:
            return
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] >= self.limit:
            self.open = self.open & (self.kinds != kind)
