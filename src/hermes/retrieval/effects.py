"""A channel that can tell everybody's wish from a person's own, both in log odds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Floats, Ints, Odds, Queries

from .channels import Bounded, interest
from .embedding import EmbeddingChannel, Index


class Model(Protocol):
    """Main and own effects, see `models/retrievers/effects`."""

    items: Floats  # (I, D)

    def embed(self, queries: Queries) -> Floats:
        """(B,) -> (B, D)"""

    def odds(self, history: Ints, items: Ints) -> Odds:
        """The own and the main effect.  (H,), (n,)"""

    def evidence(self, history: Ints, items: Ints) -> Ints:
        """The item of the history that adds most, or 0.  (H,), (n,) -> (n,)"""


class EffectsChannel(EmbeddingChannel):
    """Candidates by their effects, and what these are of any item."""

    def __init__(self, name: str, model: Model, index: Index, *, length: int = 200) -> None:
        super().__init__(name, model.embed, index, length=length)
        self.model = model

    def evidence(self, query: Query, items: Ints) -> Ints:
        """What the query is about that adds most to each own effect, 0: nothing.  (n,) -> (n,)"""
        return self.model.evidence(self.learned(interest(query, self.length)[0]), items)

    def odds(self, query: Query, items: Ints) -> Odds:
        """What this person wants more than everybody, and what everybody wants; 0 of the unknown.

        items (n,)
        """
        history = self.learned(interest(query, self.length)[0])
        return self.model.odds(history, self.learned(items))

    def learned(self, codes: Ints) -> Ints:
        """Items that came later are nothing that it knows.  (n,) -> (n,)"""
        return np.where(codes < len(self.model.items), codes, 0)


def odds_of(channels: Mapping[str, object]) -> tuple[str, EffectsChannel | None]:
    """The channel that can tell wishes apart, under its name; none where there is none."""
    for name, channel in channels.items():
        inner = channel.inner if isinstance(channel, Bounded) else channel
        if isinstance(inner, EffectsChannel):
            return name, inner
    return "", None
