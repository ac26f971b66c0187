"""What is made of the retrievers before any ranker, and how all of it does in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from inspect import isabstract
from pathlib import Path
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Bundle, Draft
from hermes.artifacts.export import export_encoder, quantise
from hermes.artifacts.onnx_session import Session
from hermes.core.config import build, resolve
from hermes.core.errors import ConfigError
from hermes.core.progress import progress
from hermes.core.protocols import Query
from hermes.core.types import Ints, strongest
from hermes.data.catalogue import Catalogue
from hermes.data.context import blank
from hermes.data.interactions import Interactions
from hermes.data.shown import Shown
from hermes.evaluation.cascade import Cascade, patient
from hermes.evaluation.intervals import bootstrap
from hermes.features.snapshot import Snapshot
from hermes.learn.batches import tensors
from hermes.learn.run import Run
from hermes.models.base import Embedder
from hermes.pipeline import assemble
from hermes.pipeline.blend import learn_weights, tabulate
from hermes.pipeline.queries import before
from hermes.pipeline.recipe import ChannelSpec, Recipe
from hermes.pipeline.recommender import Recommender
from hermes.retrieval.embedding import unpadded
from hermes.retrieval.index import VectorIndex

from .labels import Cut

BLEND_QUERIES = 1500
LARGE = 50_000  # items from which on an index is approximate
CALIBRATION = 500  # users whose vectors tune such an index
REMEMBERED = 20_000  # users whose vectors a bundle brings along
TRIED = 100  # users whose scores judge an 8-bit network
Extra = dict[str, Any]


@dataclass(frozen=True)
class Kitchen:
    """What the later stages are made from."""

    recipe: Recipe
    catalogue: Catalogue
    snapshot: Snapshot
    log: Interactions
    parts: Cut
    draft: Draft
    manifest: dict[str, Any]
    run: Run
    shown: Shown | None = None  # pages that may be learned from

    def recommender(self, tier: int = 2) -> Recommender:
        """The request as far as it is made."""
        half = Unfinished(self.draft.folder, self.manifest)
        made = assemble.recommender(half, self.recipe, self.catalogue, self.snapshot, tier)
        return patient(made)  # what is learned must not depend on how busy the machine is

    def queries(self, rows: Ints) -> Iterator[Query]:
        """As they were just before each event."""
        return before(self.log, rows, size=1)


class Unfinished(Bundle):
    """A draft that answers like a bundle; nothing has been hashed yet."""

    def graph(self, name: str) -> Path | None:
        """The ONNX file of a model, where it has one."""
        path = self.path / "models" / f"{name}.onnx"
        return path if path.exists() else None


def made(name: str, config: Mapping[str, Any], where: str, kind: type) -> Any:
    """A model that has learned nothing; raises `ConfigError` unless it is of `kind`."""
    cls: Any = resolve(name)
    if not (isinstance(cls, type) and issubclass(cls, kind)) or isabstract(cls):
        raise ConfigError(f"{where.removesuffix('.config')}.model: {name} is no {kind.__name__}")
    model: Any = cls
    return model(build(model.Config, config, where))


def export(model: Embedder[Any], spec: ChannelSpec, draft: Draft, log: Interactions) -> Extra:
    """The index over a model's items, and for a network the graph that encodes a query.

    Returns what the manifest should say of it.
    """
    vectors, users = model.catalogue(), asked(log)
    length = getattr(model.config, "length", 200)
    queries = model.embed(log.queries(users, length)) if len(vectors) > LARGE else None
    index = VectorIndex.build(vectors, exact_below=LARGE, queries=queries)
    draft.arrays(f"models/{spec.name}.index", index.arrays())
    if not hasattr(model, "net"):
        return {}
    past = np.arange(length)[None] % max(model.shape.n_items - 1, 1) + 1
    ages = np.arange(length, 0, -1, dtype=np.float32)[None]
    sample = {"user": np.ones(1, np.int64), "history": past, "ages": ages, "context": blank(1)}
    graph = draft.folder / "models" / f"{spec.name}.onnx"
    export_encoder(model.net, tensors(**sample), graph, np.random.default_rng(0))
    if spec.bits == 32:
        return {}
    given = [unpadded(log.queries(user, length)) for user in users[:TRIED, None]]
    return {"int8": asdict(quantise(graph, given, vectors))}


def remember(spec: ChannelSpec, draft: Draft, log: Interactions, entry: Extra) -> None:
    """Encode the users who were here last as tier 2 would, so that a new server need not.

    Only where the vector stays what it is until the user's next event.
    """
    graph = draft.folder / "models" / f"{spec.name}.onnx"
    session = Session(graph) if graph.exists() else None
    active = np.flatnonzero(np.diff(log.offsets()))
    if session is None or "ages" in session.inputs:
        return
    seen = log.times[log.offsets()[active + 1] - 1]
    users = np.sort(active[strongest(seen, REMEMBERED)])
    each = [unpadded(log.queries(user, entry["length"])) for user in users[:, None]]
    vectors = np.concatenate([session.run(**query) for query in each])
    draft.arrays(f"models/{spec.name}.users", {"users": users, "vectors": vectors})
    entry["remembered"] = len(users)


def asked(log: Interactions) -> Ints:
    """At most `CALIBRATION` users who did something, whose vectors are what an index is for."""
    active = np.flatnonzero(np.diff(log.offsets()))
    return np.sort(np.random.default_rng(0).permutation(active)[:CALIBRATION])


def fit_blend(kitchen: Kitchen) -> None:
    """Weights of the channels, apart for the tiers with and without networks."""
    kitchen.manifest["blend"] = {}
    if kitchen.recipe.blend.method != "learned":
        return
    rng = np.random.default_rng(kitchen.run.seed)
    rows = np.sort(rng.permutation(kitchen.parts.learn)[:BLEND_QUERIES])
    found = {}
    for tier in (2, 3):
        ask = kitchen.recommender(tier)
        names = [s.channel.name for s in ask.sources.sources]
        if not names:
            continue
        tables = []
        with progress(f"blend, tier {tier}", len(rows), "queries") as tell:
            for query in kitchen.queries(rows):
                tables.append(tabulate(ask(query).trace.brought))
                tell(1)
        found[str(tier)] = learn_weights(tables, kitchen.log.items[rows], names)
    kitchen.manifest["blend"] = found


def judged(kitchen: Kitchen, k: int = 10) -> None:
    """HR and NDCG of every system and stage, with intervals, on users kept from all fitting.

    What was seen is not shown again, so who came back to something is not asked.
    """
    rows, ranks = kitchen.parts.judge, dict[str, list[int]]()
    ask, rng = kitchen.recommender(), np.random.default_rng(kitchen.run.seed)
    cascade, rankers = Cascade(ask), [stage.scorer.name for stage in ask.stages]
    with progress("held-out users", len(rows), "queries") as tell:
        for query, target in zip(kitchen.queries(rows), kitchen.log.items[rows], strict=True):
            if (query.history == target).any():
                tell(1)
                continue  # a slate may not show it
            answer = cascade(query)
            lists = {name: ranking.items for name, ranking in answer.systems.items()}
            for name in rankers:  # where the gate opens none is asked, and the slate is its order
                lists[name] = answer.stages.get(name, lists["cascade"])
            for name, items in lists.items():
                hit = np.flatnonzero(items[:k] == target)
                ranks.setdefault(name, []).append(int(hit[0]) + 1 if len(hit) else 0)
            tell(1)
    for name, found in ranks.items():
        place = np.array(found)
        gain = np.where(place > 0, 1 / np.log2(np.maximum(place, 1) + 1), 0.0)
        both = bootstrap(np.stack([place > 0, gain], axis=1), rng)
        figures = dict(zip((f"hr@{k}", f"ndcg@{k}"), both, strict=True))
        kitchen.manifest["metrics"][name] = {key: i.mean for key, i in figures.items()}
        bounds = {key: [i.low, i.high] for key, i in figures.items()}
        kitchen.manifest.setdefault("intervals", {})[name] = bounds
