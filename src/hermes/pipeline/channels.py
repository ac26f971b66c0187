"""The channels of a bundle: its models, and what reads items themselves."""

from __future__ import annotations

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.artifacts.onnx_session import Session
from hermes.core.protocols import Channel
from hermes.core.types import Floats, Queries
from hermes.data.catalogue import Catalogue
from hermes.models.neighbours import Neighbours
from hermes.retrieval.channels import Bounded, NeighbourChannel, TrendingChannel
from hermes.retrieval.cold_start import ColdStart
from hermes.retrieval.effects import EffectsChannel
from hermes.retrieval.embedding import EmbeddingChannel, Encoder, Remembered, unpadded
from hermes.retrieval.graph import Graph
from hermes.retrieval.hybrid import HybridChannel
from hermes.retrieval.index import VectorIndex
from hermes.retrieval.knowledge import GraphChannel
from hermes.retrieval.text_search import TextChannel

from . import lead
from .content import Finder, late_rows
from .recipe import ChannelSpec, ColdSpec, Light, Recipe
from .restore import restored
from .sources import Source

COLD, GRAPH = "cold_start", "graph"


def by_content(
    bundle: Bundle,
    recipe: Recipe,
    catalogue: Catalogue,
    finder: Finder | None,
    weights: dict[str, float],
) -> list[Source]:
    """Channels that read what items are: new items, the graph, texts; sets what the new count."""
    out = []
    cold, own = recipe.cold, recipe.knowledge
    if cold is not None and cold.channel in bundle.manifest["models"]:
        out.append(Source(channel=cold_start(bundle, cold, catalogue)))
        weights[COLD] = weights.get(cold.channel, 1.0)
    if own is not None:
        graph = Graph.of(catalogue) if finder is None else finder.graph
        walks = GraphChannel(GRAPH, graph, length=own.length, method=own.method)
        out.append(Source(channel=walks))
    if finder is not None:
        out.append(texts(finder))
    return out


def texts(finder: Finder) -> Source:
    """The channel that answers to words: by what they say, and by what they mean where it can."""
    if finder.hybrid is None:
        return Source(channel=TextChannel(lead.CHANNEL, finder.search), when="text")
    return Source(channel=HybridChannel(lead.CHANNEL, finder.hybrid), when="text")


def cold_start(bundle: Bundle, spec: ColdSpec, catalogue: Catalogue) -> ColdStart:
    """Items with fewer events than `spec` asks for, where their content places them."""
    model, length = (
        restored(bundle, spec.channel),
        bundle.manifest["models"][spec.channel]["length"],
    )
    events = np.bincount(bundle.arrays("users")["items"], minlength=len(catalogue))
    new = np.flatnonzero(events[: len(catalogue)] < spec.events)[1:]
    if len(catalogue) > len(model.items):
        model.grow(late_rows(bundle, catalogue, len(model.items)))
    places = model.catalogue()[new]
    return ColdStart(COLD, model.embed, new, places, catalogue.published[new], length=length)


def bounded(channel: Channel, items: int, catalogue: Catalogue) -> Channel:
    """As it is; in a catalogue that has grown, kept from what it has not learned."""
    whole = len(catalogue) == items or isinstance(channel, TrendingChannel)
    return channel if whole else Bounded(channel, items)


def servable(bundle: Bundle, name: str, tier: int) -> bool:
    """Networks are not served on tier 3, nor what the bundle does not hold."""
    model = bundle.manifest["models"].get(name)
    return model is not None and not (tier == 3 and model["neural"])


def channel_of(bundle: Bundle, spec: ChannelSpec, light: Light, tier: int) -> Channel:
    """A model of the bundle as a source of candidates."""
    entry = bundle.manifest["models"][spec.name]
    if entry["embedder"]:
        index = VectorIndex.restore(bundle.arrays(f"models/{spec.name}.index"))
        if spec.model.endswith(":MixedEffects"):
            model = restored(bundle, spec.name)
            return EffectsChannel(spec.name, model, index, length=entry["length"])
        encoder, asked = encoder_of(bundle, spec.name, tier)
        return EmbeddingChannel(spec.name, encoder, index, length=entry["length"], asked=asked)
    model = restored(bundle, spec.name)
    length = entry["length"]
    if tier == 3 and isinstance(model, Neighbours):
        model.shorten(light.neighbours)
        length = min(length, light.length)
    if spec.model.endswith(":Popularity"):
        none = np.zeros((1, 1), np.int64)
        stranger = Queries(np.zeros(1, np.int64), none, none.astype(np.float32))
        return TrendingChannel(spec.name, model.score(stranger)[0])
    return NeighbourChannel(spec.name, model, length=length, above=0.0)


def encoder_of(bundle: Bundle, name: str, tier: int) -> tuple[Encoder, bool]:
    """Queries to vectors, by the graph on tier 2, and whether it reads how a request is made."""
    graph = bundle.graph(name)
    if tier == 1 or graph is None:
        model = restored(bundle, name)
        return model.embed, "context" in getattr(getattr(model, "net", None), "inputs", ())
    session = Session(graph)

    def run(queries: Queries) -> Floats:
        return np.asarray(session.run(**unpadded(queries)))

    encode = run if "ages" in session.inputs else Remembered(run)
    return encode, "context" in session.inputs
