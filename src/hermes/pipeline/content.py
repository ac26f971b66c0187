"""What of a bundle reads and compares items by what they are: encoders, vectors, the graph."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ArtifactError
from hermes.core.types import Floats
from hermes.data.catalogue import Catalogue
from hermes.encoders.base import Encoder, Vectors
from hermes.encoders.ngrams import NGrams
from hermes.encoders.text import SentenceEncoder, located
from hermes.retrieval.graph import Graph
from hermes.retrieval.query import Understanding
from hermes.retrieval.semantic import SemanticSearch
from hermes.retrieval.suggest import Suggestions
from hermes.retrieval.text_search import TextSearch
from hermes.retrieval.visual import Visual

from .asked import Reader


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

    @classmethod
    def of(cls, bundle: Bundle, catalogue: Catalogue, popularity: Floats) -> Finder:
        """From a bundle; raises `ArtifactError` when a vector's encoder is not in it."""
        search = TextSearch(catalogue)
        made = bundle.manifest.get("encoders", {})
        semantic = visual = None
        if "text" in made:
            vectors = Vectors.restore(bundle.arrays("content.text"))
            semantic = SemanticSearch.of_items(vectors, text_encoder(bundle, vectors.encoder))
        if "vision" in made:
            visual = Visual(Vectors.restore(bundle.arrays("content.vision")))
        reader = Reader(Understanding(catalogue), search)
        return cls(catalogue, search, reader, semantic, visual, popularity, Lock())

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
