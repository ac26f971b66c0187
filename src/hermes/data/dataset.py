"""The lake as training, evaluation and serving read it: codes, a log and a catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from hermes.core.types import Array, Ints
from hermes.core.vocab import Vocabulary

from .catalogue import Catalogue
from .interactions import Interactions


@dataclass(frozen=True)
class Dataset:
    """Everything known of one lake under one recipe's filters."""

    users: Vocabulary  # user ids
    catalogue: Catalogue  # its `items` are the asset ids
    interactions: Interactions  # every event that passed the recipe's filters
    user_field_names: tuple[Vocabulary, ...]  # (G,) values of each user attribute, e.g. gender
    hash: str  # sha256 of what the lake held
    split: Ints | None = None  # (N,) 0 train, 1 valid, 2 test: for the `given` protocol

    def arrays(self) -> dict[str, Array]:
        """Users, their attributes and histories, for a bundle."""
        log = self.interactions
        out = {f"users.{k}": v for k, v in self.users.arrays().items()}
        return out | {
            "offsets": log.offsets(),
            "items": log.items,
            "times": log.times,
            "user_fields": log.user_fields,
        }
