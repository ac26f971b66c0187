"""What colours are called, as it was learned from photographs that a person judged.

A colour's words by their nearest examples (`colours`), moved by a table over the neighbourhood of
every example, the colour and the light; a picture's words are the shares of its places, combined as
a weighted geometric mean. `learn.naming` finds the numbers, which the package carries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Self

import numpy as np
from PIL import Image

from hermes.core.errors import ArtifactError
from hermes.core.types import Array, Floats

from .colours import PLACES, WORDS, Palette, apart, examples, palette, weighed
from .pictures import Limits, opened

SOFT, NEAR = 4.0, 8.0  # widths in CIELAB of a word's reach, and of an example's neighbourhood
FLOOR = 0.02  # share that a word has where it is not seen
TRACE = 1e-3  # share up to which a word is not told
FARTHEST = -30.0  # log of the least vote


@dataclass(frozen=True)
class Naming:
    """The numbers that were learned."""

    table: Floats  # (F, W) of each feature for each word
    mix: Floats  # (len(PLACES),) what a place's share counts for

    def __post_init__(self) -> None:
        """Refuse numbers for other words, examples or places."""
        wanted = (len(examples()[1]) + 8, len(WORDS)), (len(PLACES),)
        if (self.table.shape, self.mix.shape) != wanted:
            raise ArtifactError(
                f"naming: arrays of {self.table.shape} and {self.mix.shape}, wanted {wanted};"
                " learn it again with tools/fit_colours.py"
            )

    @classmethod
    @cache
    def load(cls) -> Self:
        """What the package carries."""
        with (files(__package__) / "naming.npz").open("rb") as file, np.load(file) as arrays:
            return cls(arrays["table"], arrays["mix"])

    def shares(self, seen: Palette) -> Array:
        """Of each word, summing to 1.  -> (W,)"""
        logits = votes(seen) + features(seen) @ self.table
        told = np.exp(logits - logits.max(1, keepdims=True))
        told /= told.sum(1, keepdims=True)
        each = np.log(seen.shares @ told + FLOOR)  # (places, W)
        above = np.maximum(np.exp(self.mix @ each / self.mix.sum()) - FLOOR, 0)
        out: Array = above / max(float(above.sum()), 1e-12)
        return out


def votes(seen: Palette) -> Array:
    """Logarithm of how near each word is to each colour, 0 for the nearest.  -> (n, W)"""
    logs = -apart(seen.lab) / (2 * SOFT**2)
    return np.maximum(logs - logs.max(1, keepdims=True), FARTHEST)


def features(seen: Palette) -> Array:
    """Nearness to every example, one, the colour, and the light.  -> (n, F)"""
    squared = ((weighed(seen.lab)[:, None] - examples()[0]) ** 2).sum(-1)
    n = len(seen.lab)
    parts = (np.exp(-squared / (2 * NEAR**2)), np.ones((n, 1)), seen.lab / 50)
    return np.concatenate([*parts, np.broadcast_to(seen.light, (n, 4))], axis=1)


def colours(picture: Image.Image, k: int = 3) -> list[tuple[str, float]]:
    """The k words of the largest shares of a picture's thing.  RGB -> (word, share)"""
    shares = Naming.load().shares(palette(picture))
    ranked = np.argsort(-shares, kind="stable")[:k]
    return [(WORDS[i], float(shares[i])) for i in ranked if shares[i] > TRACE]


@dataclass(frozen=True)
class Hues:
    """An encoder of pictures' bytes: the roots of the shares of `WORDS`, of which rows are unit."""

    naming: Naming
    limits: Limits = Limits()

    @property
    def identity(self) -> str:
        """`vision:words:` and a hash of the numbers."""
        body = self.naming.table.tobytes() + self.naming.mix.tobytes()
        return f"vision:words:{hashlib.sha256(body).hexdigest()[:8]}"

    @property
    def d(self) -> int:
        """Length of a vector."""
        return len(WORDS)

    def encode(self, things: Sequence[bytes]) -> Floats:
        """Unit rows; `DataError` for what is no picture.  n -> (n, W)"""
        seen = [palette(opened(thing, self.limits)) for thing in things]
        rows = [np.sqrt(self.naming.shares(one)) for one in seen]
        return np.array(rows, np.float32).reshape(-1, self.d)
