"""How one item is drawn from those that are left, and with what probability.

A draw turns utilities into a distribution over the items still allowed; the policy draws from it
place by place, so the propensity it logs, of each item at its place given those above, is exact.
Plackett-Luce: Plackett. The analysis of permutations. Applied Statistics 24, 1975.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

import numpy as np

from hermes.core.errors import ConfigError
from hermes.core.types import Array, Bools


def generator(request: str) -> np.random.Generator:
    """The same for the same request, so that a slate can be replayed bit for bit."""
    digest = blake2b(request.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest)))


class Draw(Protocol):
    """A distribution over what may stand at the next place."""

    def distribution(self, utility: Array, allowed: Bools) -> Array:
        """(n,) utilities in units of the pool's span, (n,) -> (n,) sums to one over the allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpsilonGreedy:
    """The best, but with probability epsilon any of those left, the best among them."""

    epsilon: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.epsilon <= 1:
            raise ConfigError(f"epsilon: {self.epsilon} is not a probability; give 0 to 1")

    def distribution(self, utility: Array, allowed: Bools) -> Array:
        """(n,) -> (n,)"""
        p = np.where(allowed, self.epsilon / np.count_nonzero(allowed), 0.0)
        p[np.argmax(np.where(allowed, utility, -np.inf))] += 1 - self.epsilon
        return p


@dataclass(frozen=True, slots=True, kw_only=True)
class PlackettLuce:
    """Softmax over those left: the law of sorting by utility / temperature plus Gumbel noise."""

    temperature: float = 0.05  # in units of the pool's span of relevance

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ConfigError(f"temperature: {self.temperature} must be above 0")

    def distribution(self, utility: Array, allowed: Bools) -> Array:
        """(n,) -> (n,)"""
        z = np.where(allowed, utility, -np.inf) / self.temperature
        e = np.exp(z - z.max())
        return np.asarray(e / e.sum())
