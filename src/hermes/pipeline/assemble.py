"""A bundle becomes a recommender, in the size of the tier it is served on.

Tier 1 runs the networks in PyTorch, tier 2 their exported graphs in ONNX Runtime, tier 3 runs none:
closed forms and indexes only. Tiers 2 and 3 never import torch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.artifacts.factors import Factors
from hermes.artifacts.onnx_session import Session
from hermes.artifacts.trees import Trees
from hermes.core.config import build, resolve
from hermes.core.errors import ArtifactError
from hermes.core.protocols import Channel, Query
from hermes.core.types import Array, Candidates, Floats, Ints, Queries, Shape
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.data.dataset import vocabularies
from hermes.explain.reasons import Reasons
from hermes.features.columns import Columns
from hermes.features.examples import Examples
from hermes.features.snapshot import Snapshot
from hermes.models.neighbours import Neighbours
from hermes.policy.diversity import MMR
from hermes.policy.exploration import EpsilonGreedy
from hermes.policy.quota import Quota
from hermes.policy.rules import Rules
from hermes.policy.slatewise import Slatewise
from hermes.ranking.scorer import Features, RankerScorer, Score
from hermes.retrieval.channels import NeighbourChannel, TrendingChannel
from hermes.retrieval.embedding import EmbeddingChannel, Encoder, Remembered, unpadded
from hermes.retrieval.index import VectorIndex
from hermes.retrieval.text_search import TextChannel, TextSearch

from . import lead
from .blend import Blend
from .recipe import ChannelSpec, Light, Recipe, parse
from .recommender import Recommender, Stage
from .sources import Source, Sources

SCALES = {"rrf": "rank", "normalised": "zscore", "learned": "zscore"}


@dataclass(frozen=True)
class Engine:
    """A bundle that answers, and what a server needs beside the recommender."""

    recommender: Recommender
    catalogue: Catalogue
    search: TextSearch
    users: Vocabulary
    contexts: tuple[Vocabulary, ...]  # of page, device and referrer; empty where none is known
    offsets: Ints  # (U+1,) user u's events are rows offsets[u] to offsets[u+1]
    items: Ints  # (N,)
    times: Array  # (N,) days since the epoch
    manifest: Mapping[str, Any]
    tier: int
    item_vectors: Floats  # (I, D) unit rows, for diversity
    path: Path

    def history(self, user: int) -> tuple[Ints, Array]:
        """Items and times of a user's events in the bundle; empty for a stranger."""
        span = slice(self.offsets[user], self.offsets[user + 1]) if user else slice(0, 0)
        return self.items[span], self.times[span]


def assemble(path: Path, tier: int = 2) -> Engine:
    """Load a bundle and build its recommender; raises `ArtifactError` when it is not whole."""
    bundle = Bundle.load(path)
    try:
        return engine(bundle, path, tier)
    except KeyError as error:
        raise ArtifactError(
            f"{path}: it lacks {error}, so another version made it; train it again"
        ) from error


def engine(bundle: Bundle, path: Path, tier: int) -> Engine:
    """All the parts of a bundle."""
    recipe = parse(dict(bundle.manifest["recipe"]))
    catalogue = Catalogue.restore(bundle.arrays("catalogue"))
    known = bundle.arrays("users")
    at = Snapshot.restore(bundle.arrays("snapshot"))
    offsets, items, times = known["offsets"], known["items"], known["times"]
    if len(offsets) < 2 or offsets[-1] != len(items) or len(items) != len(times):
        raise ArtifactError(f"{path}: the histories are inconsistent; train the bundle again")
    users, contexts = vocabularies(known)
    search = TextSearch(catalogue)
    made = recommender(bundle, recipe, catalogue, at, tier, search)
    recall(bundle, made, offsets, items)
    return Engine(
        recommender=made,
        catalogue=catalogue,
        search=search,
        users=users,
        contexts=contexts,
        offsets=offsets,
        items=items,
        times=times,
        manifest=bundle.manifest,
        tier=tier,
        item_vectors=at.vectors,
        path=path,
    )


def recall(bundle: Bundle, made: Recommender, offsets: Ints, items: Ints) -> None:
    """Give encoders the vectors of users that training left, under what they were made from."""
    for channel in (source.channel for source in made.sources.sources):
        if not isinstance(channel, EmbeddingChannel):
            continue
        encoder, length = channel.encoder, channel.length
        kept = bundle.manifest["models"][channel.name].get("remembered", 0)
        if isinstance(encoder, Remembered) and kept:
            known = bundle.arrays(f"models/{channel.name}.users")
            rows = np.zeros((kept, length), np.int64)
            for row, user in zip(rows, known["users"], strict=True):
                past = items[offsets[user] : offsets[user + 1]][-length:]
                row[length - len(past) :] = past
            ages = np.zeros(rows.shape, np.float32)
            encoder.learn(Queries(known["users"], rows, ages), known["vectors"])


def recommender(
    bundle: Bundle,
    recipe: Recipe,
    catalogue: Catalogue,
    at: Snapshot,
    tier: int,
    search: TextSearch | None = None,
) -> Recommender:
    """The request of a recipe, from the parts of a bundle; without `search` it reads no text."""
    specs = [c for c in recipe.channels if tier in c.tiers and servable(bundle, c.name, tier)]
    channels = [
        Source(channel=channel_of(bundle, c, recipe.light, tier), deadline=c.deadline)
        for c in specs
    ]
    kind = recipe.slate
    learned = bundle.manifest.get("blend", {}).get("3" if tier == 3 else "2", {})
    weights = lead.weighed(learned, [c.name for c in specs])
    if search is not None:
        channels.append(Source(channel=TextChannel(lead.CHANNEL, search), when="text"))
    diverse = MMR(
        vectors=at.vectors,
        weight=0.3 if kind.diversity is None else kind.diversity,
        threshold=kind.threshold,
    )
    whole = catalogue.fields[:, 1]
    return Recommender(
        sources=Sources(channels, TrendingChannel("popularity", np.exp(at.popularity))),
        blend=Blend(scale=SCALES[recipe.blend.method], weights=weights),  # type: ignore[arg-type]
        rules=Rules.of(catalogue),
        policy=Slatewise(
            diversity=diverse,
            quotas=(Quota(whole, share=kind.quota),) if kind.quota < 1 else (),
            draw=EpsilonGreedy(epsilon=kind.epsilon) if kind.epsilon else None,
        ),
        stages=() if tier == 3 else stages(bundle, recipe, at, tier),
        explainer=Reasons(catalogue, {s.channel.name: s.channel for s in channels}),
        retrieve=recipe.light.keep if tier == 3 else recipe.blend.keep,
    )


def servable(bundle: Bundle, name: str, tier: int) -> bool:
    """Networks are not served on tier 3, nor what the bundle does not hold."""
    model = bundle.manifest["models"].get(name)
    return model is not None and not (tier == 3 and model["neural"])


def channel_of(bundle: Bundle, spec: ChannelSpec, light: Light, tier: int) -> Channel:
    """A model of the bundle as a source of candidates."""
    entry = bundle.manifest["models"][spec.name]
    if entry["embedder"]:
        index = VectorIndex.restore(bundle.arrays(f"models/{spec.name}.index"))
        encoder, asked = encoder_of(bundle, spec.name, tier)
        return EmbeddingChannel(spec.name, encoder, index, length=entry["length"], asked=asked)
    model = restored(bundle, spec.name)
    length = entry["length"]
    if tier == 3 and isinstance(model, Neighbours):
        model.shorten(light.neighbours)
        length = min(length, light.length)
    if spec.model.endswith(":Popularity"):
        stranger = Queries(np.zeros(1, np.int64), *([np.zeros((1, 1), np.int64)] * 2))  # type: ignore[arg-type]
        return TrendingChannel(spec.name, model.score(stranger)[0])
    return NeighbourChannel(spec.name, model, length=length, above=0.0)


def restored(bundle: Bundle, name: str) -> Any:
    """A model from its class, config and arrays."""
    entry = bundle.manifest["models"][name]
    cls = resolve(entry["class"])
    model = cls(build(cls.Config, entry["config"], name))
    return model.restore(shape_of(entry["shape"]), bundle.arrays(f"models/{name}"))


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


def shape_of(table: Mapping[str, Any]) -> Shape:
    """A shape from the manifest, where tuples are lists."""
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return Shape(**plain)


def stages(bundle: Bundle, recipe: Recipe, at: Snapshot, tier: int) -> tuple[Stage, ...]:
    """Pre-rank and fine-rank, where the bundle has them."""
    out = []
    for name, spec in (("prerank", recipe.prerank), ("rank", recipe.rank)):
        if spec is None or name not in bundle.manifest["models"]:
            continue
        columns = columns_of(bundle.manifest["models"][name], at)
        learned, read = learned_part(bundle, name, at, tier)
        scoring = added(learned, columns.names.index("blend"))
        features = features_of(columns, read)
        out.append(Stage(scorer=RankerScorer(name, features, scoring), keep=spec.keep))
    return tuple(out)


def columns_of(entry: Mapping[str, Any], at: Snapshot) -> Columns:
    """The features a ranker was fitted on."""
    given = entry["columns"]
    return Columns(tuple(given["channels"]), at, rich=given["rich"], length=given["length"])


def features_of(columns: Columns, read: Collection[str]) -> Features:
    """Dense, sparse and history of a pool; without columns where the ranker does not read them."""

    def features(query: Query, pool: Candidates) -> tuple[Floats, Ints, Ints]:
        none = np.zeros((len(pool), 0), np.int64)
        sparse = columns.sparse(query, pool) if "sparse" in read else none
        history = columns.history(query) if "history" in read else np.zeros(0, np.int64)
        return columns.dense(query, pool), sparse, history

    return features


def added(learned: Score, start: int) -> Score:
    """The blend, column `start`, and what was learned to add to it."""

    def scoring(dense: Floats, sparse: Ints, history: Ints) -> Floats:
        return np.asarray(learned(dense, sparse, history) + dense[:, start])

    return scoring


def learned_part(
    bundle: Bundle, name: str, at: Snapshot, tier: int
) -> tuple[Score, Collection[str]]:
    """What a ranker adds to the blend, and which features it reads."""
    graph, entry = bundle.graph(name), bundle.manifest["models"][name]
    if entry["class"].endswith(":LambdaMART"):
        trees = Trees.restore(bundle.arrays(f"models/{name}"))
        return (lambda dense, sparse, history: trees.score(dense)), ("dense",)
    if tier == 1:
        return alone(restored(bundle, name)), ("dense", "sparse", "history")
    if entry["class"].endswith(":DeepFM"):
        arrays, sparse = bundle.arrays(f"models/{name}"), tuple(entry["shape"]["sparse"])
        factors = Factors.of(arrays, sparse, at.item_fields)
        return (lambda dense, sparse, history: factors.score(dense, sparse)), ("dense", "sparse")
    if graph is None:
        return alone(restored(bundle, name)), ("dense", "sparse", "history")
    session = Session(graph)

    def run(dense: Floats, sparse: Ints, history: Ints) -> Floats:
        given: dict[str, Array] = {"dense": dense, "sparse": sparse, "history": history[None]}
        return np.asarray(session.run(**{k: given[k] for k in session.inputs}))

    return run, session.inputs


def alone(ranker: Any) -> Score:
    """A ranker for the rows of one query."""

    def scoring(dense: Floats, sparse: Ints, history: Ints) -> Floats:
        n = len(dense)
        ones, zeros = np.ones(n, np.float32), np.zeros(n, np.int64)
        rows = Examples(dense, sparse, zeros, history[None], ones, ones, ranker.shape)
        return np.asarray(ranker.score(rows))

    return scoring
