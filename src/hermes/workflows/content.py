"""What a recipe reads of items, as one table: encoders run over the catalogue before any model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from hermes.artifacts.bundle import Draft
from hermes.core.types import Array, Floats
from hermes.data.catalogue import Catalogue
from hermes.encoders.base import Vectors
from hermes.encoders.cache import Cache, encoded
from hermes.encoders.ngrams import NGrams, NGramsConfig
from hermes.encoders.text import text_encoder
from hermes.features.content import Content
from hermes.pipeline.recipe import ContentSpec


class Card(msgspec.Struct):
    """What encoders read of a card."""

    text_content: str | None = None
    image_uri: str | None = None
    audio_uri: str | None = None


def texts(catalogue: Catalogue) -> list[str]:
    """Title and text of each item, empty for the unknown.  -> (I,)"""
    cards = (msgspec.json.decode(card, type=Card) for card in catalogue.cards)
    pairs = zip(catalogue.titles, cards, strict=True)
    return [f"{title}. {card.text_content or ''}".strip(". ") for title, card in pairs]


@dataclass(frozen=True)
class Read:
    """What was read of a catalogue, and all that reads the same of a new item."""

    known: Content
    vectors: dict[str, Vectors]  # by modality
    table: Floats  # (I, D)
    encoders: dict[str, dict[str, Array]]  # what was fitted here, by modality

    def save(self, draft: Draft, manifest: dict[str, Any]) -> None:
        """Into a bundle: the columns' names, the vectors, and who made them."""
        draft.arrays("content", self.known.arrays())
        manifest["encoders"] = {name: v.encoder for name, v in self.vectors.items()}
        for name, vectors in self.vectors.items():
            draft.arrays(f"content.{name}", vectors.arrays())
        for name, arrays in self.encoders.items():
            draft.arrays(f"encoders.{name}", arrays)


def read(spec: ContentSpec, catalogue: Catalogue, seed: int = 0, cache: Path | None = None) -> Read:
    """Run the encoders that a recipe asks for.

    cache: a file in which vectors are kept, so that what did not change is not encoded again.
    """
    vectors, encoders = dict[str, Vectors](), dict[str, dict[str, Array]]()
    kept = Cache(cache) if cache else None
    if spec.text:
        said, rng = texts(catalogue), np.random.default_rng(seed)
        encoder = text_encoder(spec.text, said, rng, NGramsConfig(d=spec.d))
        vectors["text"] = encoded(encoder, said, kept, what="texts").vectors
        if isinstance(encoder, NGrams):
            encoders["text"] = encoder.arrays()
    rows = [v.rows for v in vectors.values()]
    known = Content.of(catalogue, [r.shape[1] for r in rows])
    return Read(known, vectors, known.table(catalogue, *rows), encoders)
