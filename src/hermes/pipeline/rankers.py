"""The rankers of a bundle as stages: what each has learned, added to the blend (ADR 0007).

One that learned from what pages showed has learned all of its score, and takes nothing of a blend
that was learned from events (ADR 0015).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.artifacts.factors import Factors
from hermes.artifacts.onnx_session import Session
from hermes.artifacts.trees import Trees
from hermes.core.protocols import Query
from hermes.core.types import Array, Candidates, Floats, Ints
from hermes.explain.attribution import Solver, of_any, of_factors, of_trees
from hermes.explain.attribution import mixed as mixture
from hermes.explain.groups import channel_groups, dense_groups, sparse_groups
from hermes.features.columns import ODDS, Columns
from hermes.features.examples import Examples
from hermes.features.snapshot import Snapshot
from hermes.ranking.gate import Gate
from hermes.ranking.scorer import Features, RankerScorer, Score
from hermes.retrieval.effects import EffectsChannel, odds_of

from .attributed import Sharing
from .recipe import Recipe
from .recommender import Stage
from .restore import restored


class Part(NamedTuple):
    """What a ranker adds to the blend, which features it reads, and how that is shared out."""

    score: Score
    read: Collection[str]
    solve: Solver
    hybrid: Score | None = None  # the same of rows that mix two items; None: `score` can


def stages(
    bundle: Bundle, recipe: Recipe, at: Snapshot, tier: int, channels: Mapping[str, object]
) -> tuple[Stage, ...]:
    """Pre-rank and fine-rank, where the bundle has them."""
    odds = odds_of(channels)[1]
    out = []
    for name, spec in recipe.stages.items():
        if name not in bundle.manifest["models"]:
            continue
        columns = columns_of(bundle.manifest["models"][name], at, odds)
        part = learned_part(bundle, name, at, tier)
        names = ("blend",) if not spec.shown else ODDS if columns.odds else ()
        start = [columns.names.index(name) for name in names]
        features = features_of(columns, part.read)
        shared = Sharing(
            features=features,
            learned=part.hybrid or part.score,
            columns=dense_groups(columns.names, groups_of(bundle, columns.channels)),
            codes=sparse_groups(len(columns.cardinalities)),
            solve=part.solve,
            start=start if spec.shown else None,
        )
        scorer = RankerScorer(name, features, added(part.score, start))
        out.append(Stage(scorer=scorer, keep=spec.keep, shared=shared))
    return tuple(out)


def groups_of(bundle: Bundle, channels: Sequence[str]) -> dict[str, str]:
    """The part of an attribution that each channel belongs to."""
    read = tuple(bundle.manifest.get("encoders", {}))
    return channel_groups(channels, bundle.manifest["models"], read)


def gate_of(bundle: Bundle, at: Snapshot, tier: int) -> Gate | None:
    """The gate before them, where the bundle has one; tier 3 has no ranker to keep it from."""
    said = bundle.manifest.get("gate")
    if said is None or tier == 3:
        return None
    return Gate(
        channels=tuple(said["channels"]),
        vectors=at.vectors,
        usual=said["usual"],
        mean=tuple(said["mean"]),
        deviation=tuple(said["deviation"]),
        threshold=said["threshold"],
        to=said["to"],
    )


def columns_of(
    entry: Mapping[str, Any], at: Snapshot, told: EffectsChannel | None = None
) -> Columns:
    """The features a ranker was fitted on; `told`: who tells the odds, where it reads any."""
    given, sparse = entry["columns"], entry["shape"]["sparse"]
    known = int(sparse[0]) if sparse else 0
    odds = told.odds if told is not None and given.get("odds") else None
    return Columns(tuple(given["channels"]), at, given["rich"], given["length"], known, odds)


def features_of(columns: Columns, read: Collection[str]) -> Features:
    """Dense, sparse and history of a pool; without columns where the ranker does not read them."""

    def features(query: Query, pool: Candidates) -> tuple[Floats, Ints, Ints]:
        none = np.zeros((len(pool), 0), np.int64)
        sparse = columns.sparse(query, pool) if "sparse" in read else none
        history = columns.history(query) if "history" in read else np.zeros(0, np.int64)
        return columns.dense(query, pool), sparse, history

    return features


def added(learned: Score, start: Sequence[int]) -> Score:
    """What some columns say, and what was learned to add to it."""
    if not start:
        return learned

    def scoring(dense: Floats, sparse: Ints, history: Ints) -> Floats:
        return np.asarray(learned(dense, sparse, history) + dense[:, start].sum(axis=1))

    return scoring


def learned_part(bundle: Bundle, name: str, at: Snapshot, tier: int) -> Part:
    """What a ranker adds to the blend."""
    graph, entry = bundle.graph(name), bundle.manifest["models"][name]
    whole = ("dense", "sparse", "history")
    if "members" in entry:
        return mixed(bundle, name, at, tier)
    if entry["class"].endswith(":LambdaMART"):
        trees = Trees.restore(bundle.arrays(f"models/{name}"))
        return Part(lambda dense, sparse, history: trees.score(dense), ("dense",), of_trees(trees))
    if entry["class"].endswith(":DeepFM"):
        arrays, sparse = bundle.arrays(f"models/{name}"), tuple(entry["shape"]["sparse"])
        factors = Factors.of(arrays, sparse, at.item_fields[: sparse[0]])
        score = lambda dense, sparse, history: factors.score(dense, sparse)
        hybrid = lambda dense, sparse, history: factors.score_parts(dense, sparse)
        if tier == 1:
            score = alone(restored(bundle, name))
        return Part(score, ("dense", "sparse"), of_factors(factors), hybrid)
    if tier == 1 or graph is None:
        score = alone(restored(bundle, name))
        return Part(score, whole, of_any(score))
    session = Session(graph)

    def run(dense: Floats, sparse: Ints, history: Ints) -> Floats:
        given: dict[str, Array] = {"dense": dense, "sparse": sparse, "history": history[None]}
        return np.asarray(session.run(**{k: given[k] for k in session.inputs}))

    return Part(run, session.inputs, of_any(run))


def mixed(bundle: Bundle, name: str, at: Snapshot, tier: int) -> Part:
    """An ensemble: what its members add, by their shares; only those that count are there."""
    shares: dict[str, float] = bundle.manifest["models"][name]["members"]
    parts = [learned_part(bundle, f"{name}.{member}", at, tier) for member in shares]
    loud = np.array(list(shares.values()), np.float32)

    def scoring(dense: Floats, sparse: Ints, history: Ints) -> Floats:
        each = np.stack([part.score(dense, sparse, history) for part in parts])  # (M, n)
        return np.asarray(loud @ each)

    def hybrid(dense: Floats, sparse: Ints, history: Ints) -> Floats:
        each = [(part.hybrid or part.score)(dense, sparse, history) for part in parts]
        return np.asarray(loud @ np.stack(each))

    solve = mixture([(s, p.solve) for s, p in zip(shares.values(), parts, strict=True)])
    read = {feature for part in parts for feature in part.read}
    return Part(scoring, read, solve, hybrid)


def alone(ranker: Any) -> Score:
    """A ranker for the rows of one query."""

    def scoring(dense: Floats, sparse: Ints, history: Ints) -> Floats:
        n = len(dense)
        ones, zeros = np.ones(n, np.float32), np.zeros(n, np.int64)
        rows = Examples(dense, sparse, zeros, history[None], ones, ones, ranker.shape)
        return np.asarray(ranker.score(rows))

    return scoring
