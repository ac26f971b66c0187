"""What a recipe reads of items, as one table: encoders run over the catalogue before any model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from hermes.artifacts.bundle import Draft
from hermes.core.errors import DataError, HermesError
from hermes.core.types import Array, Floats
from hermes.data.catalogue import Catalogue
from hermes.encoders.audio import LogMel, LogMelConfig
from hermes.encoders.base import Vectors
from hermes.encoders.cache import Cache, encoded
from hermes.encoders.clap import Clap, ClapConfig
from hermes.encoders.florence import Florence, FlorenceConfig
from hermes.encoders.media import content
from hermes.encoders.ngrams import NGrams, NGramsConfig
from hermes.encoders.passages import passages, spread
from hermes.encoders.text import text_encoder
from hermes.encoders.vision import Descriptors
from hermes.features.content import Content
from hermes.learn.run import told
from hermes.pipeline.content import CUTS, Card, texts
from hermes.pipeline.recipe import ContentSpec


@dataclass(frozen=True)
class Read:
    """What was read of a catalogue, and all that reads the same of a new item."""

    known: Content
    vectors: dict[str, Vectors]  # by modality
    table: Floats  # (I, D)
    encoders: dict[str, dict[str, Array]]  # what was fitted here, by modality
    passages: dict[str, Array]  # rows (P, D) of half precision and the owner of each, (P,)

    def save(self, draft: Draft, manifest: dict[str, Any]) -> None:
        """Into a bundle: the columns' names, the vectors, and who made them."""
        draft.arrays("content", self.known.arrays())
        manifest["encoders"] = {name: v.encoder for name, v in self.vectors.items()}
        for name, vectors in self.vectors.items():
            draft.arrays(f"content.{name}", vectors.arrays())
        for name, arrays in self.encoders.items():
            draft.arrays(f"encoders.{name}", arrays)
        if self.passages:
            draft.arrays("content.passages", self.passages)


def read(spec: ContentSpec, catalogue: Catalogue, seed: int = 0, cache: Path | None = None) -> Read:
    """Run the encoders that a recipe asks for.

    cache: a file in which vectors are kept, so that what did not change is not encoded again.
    """
    vectors, encoders = dict[str, Vectors](), dict[str, dict[str, Array]]()
    kept, parts = Cache(cache) if cache else None, dict[str, Array]()
    if spec.text:
        said, rng = texts(catalogue), np.random.default_rng(seed)
        encoder = text_encoder(spec.text, said, rng, NGramsConfig(d=spec.d))
        vectors["text"] = encoded(encoder, said, kept, what="texts").vectors
        pieces, owner = spread([CUTS.get(spec.text, passages)(text) for text in said])
        found = encoded(encoder, pieces, kept, what="passages").vectors
        parts = {"rows": found.rows.astype(np.float16), "owner": owner}
        if isinstance(encoder, NGrams):
            encoders["text"] = encoder.arrays()
    if spec.vision:
        vectors["vision"], encoders["vision"] = seen(spec, catalogue, kept)
    if spec.audio:
        vectors["audio"] = heard(spec, catalogue, kept)
    rows = [v.rows for v in vectors.values()]
    known = Content.of(catalogue, [r.shape[1] for r in rows])
    return Read(known, vectors, known.table(catalogue, *rows), encoders, parts)


def seen(
    spec: ContentSpec, catalogue: Catalogue, kept: Cache | None
) -> tuple[Vectors, dict[str, Array]]:
    """Pictures' vectors and what was fitted; items without a picture that can be read have none."""
    bodies = media([card.image_uri for card in cards(catalogue)], spec.root)
    given = [body for body in bodies if body is not None]
    if not given:
        raise DataError("content.vision: no item has a picture below content.root; leave it out")
    if spec.vision != "descriptors":
        florence = Florence(FlorenceConfig(weights=spec.vision))
        return encoded(florence, bodies, kept, what="pictures").vectors, {}
    encoder = Descriptors.fit(given)
    return encoded(encoder, bodies, kept, what="pictures").vectors, encoder.arrays()


def heard(spec: ContentSpec, catalogue: Catalogue, kept: Cache | None) -> Vectors:
    """Recordings' vectors; items without one that can be read have none."""
    bodies = media([card.audio_uri for card in cards(catalogue)], spec.root)
    if not any(bodies):
        raise DataError("content.audio: no item has a recording below content.root; leave it out")
    if spec.audio != "logmel":
        clap = Clap(ClapConfig(weights=spec.audio))
        return encoded(clap, bodies, kept, what="recordings").vectors
    return encoded(LogMel(LogMelConfig()), bodies, kept, what="recordings").vectors


def media(uris: Sequence[str | None], root: str) -> list[bytes | None]:
    """The bytes of each, None where there is none that may be read."""
    out, missing = list[bytes | None](), list[str]()
    for uri in uris:
        try:
            out.append(content(uri, Path(root) if root else None) if uri else None)
        except HermesError as error:
            out.append(None)
            missing.append(str(error))
    if missing:
        told(f"{len(missing)} of {len(uris)} files could not be read, the first: {missing[0]}")
    return out


def cards(catalogue: Catalogue) -> list[Card]:
    """What encoders read of each item.  -> (I,)"""
    return [msgspec.json.decode(card, type=Card) for card in catalogue.cards]
