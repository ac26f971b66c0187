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
from hermes.encoders.base import Vectors, beside
from hermes.encoders.cache import Cache, encoded
from hermes.encoders.clap import Clap, ClapConfig
from hermes.encoders.florence import Florence, FlorenceConfig
from hermes.encoders.media import content as body
from hermes.encoders.naming import Hues, Naming
from hermes.encoders.ngrams import NGrams, NGramsConfig
from hermes.encoders.passages import passages, spread
from hermes.encoders.text import text_encoder
from hermes.encoders.vision import Descriptors
from hermes.features.content import Content
from hermes.learn.run import Run, told
from hermes.pipeline.content import CUTS, Card, texts
from hermes.pipeline.recipe import ContentSpec, FusionSpec

from .fuse import Fused, Ground, fit
from .lessons import Stock


@dataclass(frozen=True)
class Read:
    """What was read of a catalogue, and all that reads the same of a new item."""

    known: Content
    vectors: dict[str, Vectors]  # by modality
    table: Floats  # (I, D)
    encoders: dict[str, dict[str, Array]]  # what was fitted here, by modality
    passages: dict[str, Array]  # rows (P, D) of half precision and the owner of each, (P,)
    fused: Fused | None = None  # how they are weighed by what is asked

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
        if self.fused is not None:
            self.fused.save(draft, manifest)


def read(
    spec: ContentSpec,
    catalogue: Catalogue,
    run: Run = Run(),
    fusion: FusionSpec | None = None,
    cache: Path | None = None,
) -> Read:
    """Run the encoders that a recipe asks for, and learn how to weigh what they say.

    cache: a file in which vectors are kept, so that what did not change is not encoded again.
    """
    vectors, encoders = dict[str, Vectors](), dict[str, dict[str, Array]]()
    kept, parts = Cache(cache) if cache else None, dict[str, Array]()
    looks = seen(spec, catalogue, kept, fusion is not None) if spec.vision else None
    sounds = heard(spec, catalogue, kept) if spec.audio else None
    stock = stocked(catalogue, looks, sounds) if fusion is not None else None
    if spec.text:
        said, rng = texts(catalogue), np.random.default_rng(run.seed)
        known = [*said, *stock.words()] if stock else said
        encoder = text_encoder(spec.text, known, rng, NGramsConfig(d=spec.d))
        vectors["text"] = encoded(encoder, said, kept, what="texts").vectors
        pieces, owner = spread([CUTS.get(spec.text, passages)(text) for text in said])
        found = encoded(encoder, pieces, kept, what="passages").vectors
        parts = {"rows": found.rows.astype(np.float16), "owner": owner}
        if isinstance(encoder, NGrams):
            encoders["text"] = encoder.arrays()
    if looks is not None:
        vectors["vision"], encoders["vision"] = looks.vectors, looks.fitted
    if sounds is not None:
        vectors["audio"] = sounds
    fused = None
    if fusion is not None and stock is not None:
        shown = dict(vectors) if looks is None else vectors | {"vision": looks.named()}
        fused = fit(fusion, Ground(catalogue, stock, encoder, shown, parts, spec.text), run)
    rows = [v.rows for v in vectors.values()]
    content = Content.of(catalogue, [r.shape[1] for r in rows])
    return Read(content, vectors, content.table(catalogue, *rows), encoders, parts, fused)


@dataclass(frozen=True)
class Seen:
    """What was seen of pictures."""

    vectors: Vectors
    fitted: dict[str, Array]  # by the encoder
    hues: Vectors | None  # words of colours, where fusion is learned

    def named(self) -> Vectors:
        """What pictures show beside what their colours are called."""
        assert self.hues is not None
        return beside(self.vectors, self.hues)


def seen(spec: ContentSpec, catalogue: Catalogue, kept: Cache | None, name: bool) -> Seen:
    """Pictures' vectors and what was fitted; items without a picture that can be read have none.

    name: whether their colours are named as well.
    """
    bodies = media([card.image_uri for card in cards(catalogue)], spec.root)
    given = [body for body in bodies if body is not None]
    if not given:
        raise DataError("content.vision: no item has a picture below content.root; leave it out")
    hues = encoded(Hues(Naming.load()), bodies, kept, what="colours").vectors if name else None
    if spec.vision != "descriptors":
        florence = Florence(FlorenceConfig(weights=spec.vision))
        return Seen(encoded(florence, bodies, kept, what="pictures").vectors, {}, hues)
    encoder = Descriptors.fit(given)
    found = encoded(encoder, bodies, kept, what="pictures").vectors
    return Seen(found, encoder.arrays(), hues)


def stocked(catalogue: Catalogue, looks: Seen | None, sounds: Vectors | None) -> Stock:
    """What can be asked of each item."""
    hues = None if looks is None else looks.hues
    heard = np.zeros(len(catalogue), bool) if sounds is None else sounds.present
    return Stock.of(catalogue, cards(catalogue), hues, heard)


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
            out.append(body(uri, Path(root) if root else None) if uri else None)
        except HermesError as error:
            out.append(None)
            missing.append(str(error))
    if missing:
        told(f"{len(missing)} of {len(uris)} files could not be read, the first: {missing[0]}")
    return out


def cards(catalogue: Catalogue) -> list[Card]:
    """What encoders read of each item.  -> (I,)"""
    return [msgspec.json.decode(card, type=Card) for card in catalogue.cards]
