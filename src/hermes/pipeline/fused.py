"""The fusion of a bundle, over the items it was trained with and those that came since."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import structlog

from hermes.artifacts.bundle import Bundle, Draft
from hermes.core.errors import ArtifactError, HermesError, ShapeError
from hermes.core.types import Array
from hermes.encoders.base import Encoder, Vectors, beside
from hermes.encoders.cache import Cache, encoded
from hermes.encoders.fusion import Fusion, Projected
from hermes.encoders.media import content
from hermes.retrieval.fused import FusedSearch

log = structlog.get_logger()

Files = Mapping[str, str | None]  # addresses by modality
PART, ITEMS = "fusion", "fusion.items"  # of a bundle
SMALL = {"vision": "descriptors", "audio": "logmel"}  # encoders that a serving process can run


def save(draft: Draft, fusion: Fusion, items: Projected) -> None:
    """What was learned, and every item's keys in half precision with the identity they are of."""
    draft.arrays(PART, fusion.arrays())
    made = np.frombuffer(fusion.identity.encode(), np.uint8)
    keys = items.keys.astype(np.float16)
    draft.arrays(ITEMS, {"keys": keys, "present": items.present, "made": made})


def opened(
    bundle: Bundle,
    encoder: Encoder[str],
    texts: Sequence[str],
    files: Sequence[Files],
    cache: Path | None = None,
) -> FusedSearch:
    """The search of a bundle with `fusion`; raises `ArtifactError` for parts of two trainings.

    texts, files: of each item that came since, its text and its `vision` and `audio` by address;
    cache: a file of vectors, so that no engine encodes again what one before it has.
    """
    fusion, arrays = Fusion.restore(bundle.arrays(PART)), bundle.arrays(ITEMS)
    if arrays["made"].tobytes().decode() != fusion.identity:
        raise ArtifactError(f"{bundle.path}: {ITEMS} are of another fusion; train it again")
    items = Projected(arrays["keys"].astype(np.float32), arrays["present"])
    try:
        if texts:
            more = fusion.project(late(bundle, fusion, encoder, texts, files, cache))
            items = Projected(
                np.concatenate([items.keys, more.keys]),
                np.concatenate([items.present, more.present]),
            )
        return FusedSearch(fusion, items, encoder)
    except ShapeError as error:
        raise ArtifactError(f"{bundle.path}: {error}; train it again") from error


def late(
    bundle: Bundle,
    fusion: Fusion,
    encoder: Encoder[str],
    texts: Sequence[str],
    files: Sequence[Files],
    cache: Path | None = None,
) -> dict[str, Vectors]:
    """Vectors of what came since, of all that can be read of it without loading weights."""
    spec = bundle.manifest["recipe"]["content"]
    out = {"text": Vectors(encoder.encode(texts), encoder.identity)}
    for name, kind in SMALL.items():
        if name in fusion.encoders and spec.get(name) == kind:
            bodies = [body(one.get(name), spec.get("root", "")) for one in files]
            if any(bodies):
                fitted = bundle.arrays("encoders.vision") if name == "vision" else {}
                see = name == "vision"
                out[name] = seen(bodies, fitted, cache) if see else heard(bodies, cache)
    return out


def body(uri: str | None, root: str) -> bytes | None:
    """What lies at an address, None where it must not or cannot be read: then it takes no part."""
    try:
        return content(uri, Path(root) if root else None) if uri else None
    except HermesError:
        return None


def seen(
    bodies: Sequence[bytes | None], fitted: Mapping[str, Array], cache: Path | None = None
) -> Vectors:
    """Pictures by the bundle's descriptors, and by the words of their colours."""
    from hermes.encoders.naming import Hues, Naming
    from hermes.encoders.vision import Descriptors

    shapes = kept(Descriptors.restore(fitted), bodies, cache)
    return beside(shapes, kept(Hues(Naming.load()), bodies, cache))


def heard(bodies: Sequence[bytes | None], cache: Path | None = None) -> Vectors:
    """Recordings by what a spectrogram says of them."""
    from hermes.encoders.audio import LogMel

    return kept(LogMel(), bodies, cache)


def kept(
    encoder: Encoder[bytes], bodies: Sequence[bytes | None], cache: Path | None = None
) -> Vectors:
    """Vectors of all, from a file where they are there; one that fails is done without."""
    if cache is not None:
        try:
            return encoded(encoder, bodies, Cache(cache), what="arrivals").vectors
        except (HermesError, OSError, sqlite3.Error) as error:
            log.warning("arrivals are not kept", file=str(cache), error=str(error))
    return encoded(encoder, bodies, what="arrivals").vectors
