"""What of a bundle reads and compares items by what they are: encoders, vectors, the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock

import msgspec
import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ArtifactError, ConfigError, nearest
from hermes.core.protocols import Query
from hermes.core.types import Array, Bools, Candidates, Floats, Ints, strongest
from hermes.data.catalogue import Catalogue
from hermes.encoders.base import Encoder, Vectors
from hermes.encoders.ngrams import NGrams
from hermes.encoders.passages import passages, spread, windows
from hermes.encoders.text import SentenceEncoder, located
from hermes.features.content import Content
from hermes.policy.constraints import parse
from hermes.retrieval.facets import chosen
from hermes.retrieval.fused import FusedSearch
from hermes.retrieval.graph import Graph
from hermes.retrieval.hybrid import Fusion, HybridSearch
from hermes.retrieval.query import Understanding
from hermes.retrieval.semantic import Search, SemanticSearch
from hermes.retrieval.suggest import Suggestions
from hermes.retrieval.text_search import TextSearch
from hermes.retrieval.understood import Understood
from hermes.retrieval.visual import Visual

from .asked import Reader, spans
from .fused import opened

FUSIONS = {"ngrams": Fusion(0.25, 18.8)}  # learned by `hermes bench search`
SENTENCES = Fusion(0.17, 31.3)  # of sentence transformers
EVERYTHING: Mapping[str, Sequence[str]] = {}
CUTS = {"catalogue": windows}  # how texts are cut for an encoder; for the others into sentences


class Card(msgspec.Struct):
    """What encoders read of a card."""

    text_content: str | None = None
    image_uri: str | None = None
    audio_uri: str | None = None
    categories: list[str] = []


@dataclass(frozen=True)
class Finder:
    """Everything that answers to words, pictures and relations, made once a bundle.

    The graph and the suggestions are made when they are first asked for.
    """

    catalogue: Catalogue
    search: TextSearch
    reader: Reader
    semantic: SemanticSearch | None  # None: the bundle holds no text encoder
    visual: Visual | None  # None: it holds no vectors of pictures
    popularity: Floats  # (I,)
    lock: Lock
    fused: FusedSearch | None = None  # None: the recipe has no fusion
    joined: float = 0.0  # what its cosine counts beside BM25 and the meaning of texts

    @classmethod
    def of(
        cls, bundle: Bundle, catalogue: Catalogue, popularity: Floats, cache: Path | None = None
    ) -> Finder:
        """From a bundle; raises `ArtifactError` when a vector's encoder is not in it.

        cache: a file that keeps the vectors of pictures and sound that came since.
        """
        search = TextSearch(catalogue)
        made = bundle.manifest.get("encoders", {})
        semantic = visual = fused = None
        if "text" in made:
            parts, encoder = bundle.arrays("content.passages"), text_encoder(bundle, made["text"])
            rows, owner = arrived(catalogue, parts, encoder, bundle)
            semantic = SemanticSearch(Vectors(rows, made["text"]), owner, encoder)
            if "fusion" in bundle.manifest:
                first = int(bundle.manifest["items"])
                new = [msgspec.json.decode(c, type=Card) for c in catalogue.cards[first:]]
                files = [{"vision": c.image_uri, "audio": c.audio_uri} for c in new]
                fused = opened(bundle, encoder, texts(catalogue, first), files, cache)
        if "vision" in made:
            visual = Visual(Vectors.restore(bundle.arrays("content.vision")))
        reader = Reader(Understanding(catalogue), search)
        joined = bundle.manifest.get("fusion", {}).get("hybrid", 0.0)
        return cls(catalogue, search, reader, semantic, visual, popularity, Lock(), fused, joined)

    @cached_property
    def hybrid(self) -> HybridSearch | None:
        """Words and meaning together."""
        if self.semantic is None:
            return None
        sums = replace(added(self.semantic.encoder.identity), fused=self.joined)
        return HybridSearch(self.search, self.semantic, sums, self.fused)

    def modes(self) -> dict[str, Search | None]:
        """The searches by name; None where the bundle does not hold what one needs."""
        return {
            "lexical": self.search,
            "semantic": self.semantic,
            "hybrid": self.hybrid,
            "fused": self.fused,
        }

    def weights(self, text: str, read: Understood, mode: str) -> dict[str, float] | None:
        """What each modality counts for a text that was searched for, for an item like the mean.

        None where the bundle or the mode does not fuse, or the text left no words to search for.
        """
        words = wanted(text, read)
        if self.fused is None or mode not in ("hybrid", "fused") or not words:
            return None
        return self.fused.weights(self.fused.encoder.encode([words])) or None

    def find(
        self,
        text: str,
        k: int,
        mode: str = "",
        plain: Sequence[str] = (),
        of: Mapping[str, Sequence[str]] = EVERYTHING,
    ) -> tuple[Candidates, Understood, str]:
        """At most k items on offer that a text asks for, what was understood, and the mode.

        Without a mode it is the best there is; `of` are values by facet. A text that only filters,
        `sci-fi after 1990`, is answered by what is best known. `ConfigError` for a mode or a value
        that cannot be had.
        """
        name = mode or ("hybrid" if self.semantic else "lexical")
        if name not in self.modes():
            raise ConfigError(f"mode {name!r}{nearest(name, self.modes())}")
        search = self.modes()[name]
        if search is None:
            lacks = "fusion" if name == "fused" else "text encoder"
            raise ConfigError(f"mode {name}: the bundle holds no {lacks}; use lexical")
        read = self.reader.read(text, spans(plain))
        query = self.reader.asked(Query(id="search", at=datetime.now(UTC), text=text), read)
        fits = self.catalogue.available & parse(query, self.catalogue).mask(self.catalogue)
        fits &= chosen(self.catalogue, of)
        fits[query.exclude] = False
        fits[0] = False
        if words := wanted(text, read):
            return search.find(words, k, np.flatnonzero(~fits)), read, name
        if query.anchor:
            fits[query.anchor] = False
            return self.like(query.anchor, k, fits), read, name
        best = strongest(np.where(fits, self.popularity, -np.inf).astype(np.float32), k)
        best = best[fits[best]]
        return Candidates(best, {"score": self.popularity[best]}), read, name

    def like(self, anchor: int, k: int, fits: Bools) -> Candidates:
        """At most k of the items that fit, near another by meaning, or by the graph without texts.

        fits (I,)
        """
        if self.semantic is not None:
            near = self.semantic.vectors[self.semantic.owner == anchor].mean(0)[None]
            return self.semantic.near(near, k, np.flatnonzero(~fits))
        reached = self.graph.walk(np.array([anchor]), np.ones(1, np.float32)).scores
        best = strongest(np.where(fits & (reached > 0), reached, -np.inf).astype(np.float32), k)
        best = best[np.isfinite(reached[best]) & fits[best] & (reached[best] > 0)]
        return Candidates(best, {"score": reached[best]})

    @cached_property
    def made_graph(self) -> Graph:
        """Made now; see `graph`."""
        return Graph.of(self.catalogue)

    @property
    def graph(self) -> Graph:
        """The knowledge graph; whoever asks first waits until it is made."""
        with self.lock:
            return self.made_graph

    @cached_property
    def suggestions(self) -> Suggestions:
        """Names by how they begin."""
        return Suggestions(self.catalogue, self.popularity)


def wanted(text: str, read: Understood) -> str:
    """The words that are searched for: what no filter took; `hi!` is a title, too."""
    return read.semantic.strip() or ("" if read.constraints else text)


def added(encoder: str) -> Fusion:
    """What BM25 and the cosine of texts by an encoder of this identity count in hybrid search."""
    return FUSIONS.get(encoder.split(":")[1], SENTENCES)


def arrived(
    catalogue: Catalogue, parts: Mapping[str, Array], encoder: Encoder[str], bundle: Bundle
) -> tuple[Floats, Ints]:
    """Passages' vectors and owners, with those of items that came since.  -> (P, D), (P,)"""
    rows, owner = parts["rows"].astype(np.float32), parts["owner"]
    first = int(bundle.manifest["items"])
    if len(catalogue) == first:
        return rows, owner
    late = [pieces(text, bundle) for text in texts(catalogue, first)]
    said, whose = spread(late)
    made = encoder.encode(said)
    return np.concatenate([rows, made]), np.concatenate([owner, whose + first])


def late_rows(bundle: Bundle, catalogue: Catalogue, first: int) -> Floats:
    """What items from `first` on are, as the bundle's models read it.  -> (I - first, D)

    Their texts are encoded here; pictures and sound only when the bundle is trained again.
    """
    known = Content.restore(bundle.arrays("content"))
    made, n = bundle.manifest["encoders"], len(catalogue)
    vectors = [np.zeros((n, width), np.float32) for width in known.widths]
    if "text" in made:
        encoder = text_encoder(bundle, made["text"])
        vectors[list(made).index("text")][first:] = encoder.encode(texts(catalogue, first))
    return known.table(catalogue, *vectors)[first:]


def texts(catalogue: Catalogue, first: int = 0) -> list[str]:
    """Title and text of each item from `first` on, empty for the unknown.  -> (I - first,)"""
    cards = (msgspec.json.decode(card, type=Card) for card in catalogue.cards[first:])
    pairs = zip(catalogue.titles[first:], cards, strict=True)
    return [f"{title}. {card.text_content or ''}".strip(". ") for title, card in pairs]


def pieces(text: str, bundle: Bundle) -> list[str]:
    """A text as its passages were cut for the bundle's encoder."""
    return CUTS.get(bundle.manifest["recipe"]["content"]["text"], passages)(text)


def text_encoder(bundle: Bundle, identity: str) -> Encoder[str]:
    """What made the bundle's vectors of texts, for queries; raises `ArtifactError` for another."""
    name = bundle.manifest["recipe"]["content"]["text"]
    if name == "catalogue":
        found: Encoder[str] = NGrams.restore(bundle.arrays("encoders.text"))
    else:
        found = SentenceEncoder(located(name), name.rpartition("/")[2])
    if found.identity != identity:
        raise ArtifactError(
            f"{bundle.path}: its texts were encoded by {identity}, here is {found.identity}; "
            "train it again"
        )
    return found
