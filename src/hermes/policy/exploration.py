"""How one item is drawn from those that are left, and with what probability.

A draw picks one of the items still allowed and says how likely that was; the policy asks it place
by place, so the propensity it logs, of each item at its place given those above, is exact.
Plackett-Luce: Plackett. The analysis of permutations. Applied Statistics 24, 1975.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

import numpy as np

from hermes.core.errors import ConfigError
from hermes.core.types import Array


def generator(request: str) -> np.random.Generator:
    """The same for the same request, so that a slate can be replayed bit for bit."""
    digest = blake2b(request.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest)))


class Draw(Protocol):
    """Which item takes the next place."""

    def pick(self, utility: Array, chance: float) -> tuple[int, float]:
        """A position and its exact probability.

        utility (n,) in units of the pool's span, -inf for what may not be picked, one item at
        least being allowed; chance uniform on [0, 1).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class EpsilonGreedy:
    """The best, but with probability epsilon any of those left, the best among them."""

    epsilon: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.epsilon <= 1:
            raise ConfigError(f"epsilon: {self.epsilon} is not a probability; give 0 to 1")

    def pick(self, utility: Array, chance: float) -> tuple[int, float]:
        """(n,) -> a position and its probability"""
        best, left = int(utility.argmax()), (utility > -np.inf).nonzero()[0]
        each = self.epsilon / len(left)
        if chance >= self.epsilon:
            return best, 1 - self.epsilon + each
        i = int(left[min(int(chance / each), len(left) - 1)])
        return i, each + (1 - self.epsilon) * (i == best)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlackettLuce:
    """Softmax over those left: the law of sorting by utility / temperature plus Gumbel noise."""

    temperature: float = 0.05  # in units of the pool's span of relevance

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ConfigError(f"temperature: {self.temperature} must be above 0")

    def pick(self, utility: Array, chance: float) -> tuple[int, float]:
        """(n,) -> a position and its probability"""
        worth = np.exp((utility - utility.max()) / self.temperature)
        reached = worth.cumsum()
        i = int(reached.searchsorted(chance * reached[-1], side="right"))
        if i == len(worth):  # rounding, at the very end
            i = int(worth.nonzero()[0][-1])
        return i, float(worth[i] / reached[-1])
