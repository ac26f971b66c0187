"""The gate is calibrated on held-out queries, and measured on others and on made-up strangers.

Half of the held-out queries say what is usual and set the threshold; how often the gate opens, and
how well it tells the two apart (the area under the ROC curve), is measured on the other half. The
strangers are the same queries with another history of the same length: `random` items; items of
`scattered` categories, never the same twice in a row; only `cold` items, the rarest tenth; and
`mixed`, drawn from the events of everybody, so that only the company is strange.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import rankdata

from hermes.core.errors import DataError
from hermes.core.progress import progress
from hermes.core.protocols import Query
from hermes.core.types import Array, Ints
from hermes.features.snapshot import Snapshot
from hermes.pipeline.recipe import GateSpec
from hermes.pipeline.recommender import Recommender
from hermes.ranking.gate import RECENT, SIGNS, Gate
from hermes.retrieval.channels import TrendingChannel

from .stages import Kitchen

FEWEST = 20  # held-out queries
Maker = Callable[[int, np.random.Generator], Ints]  # how many events, -> a history


def fit_gate(kitchen: Kitchen, spec: GateSpec) -> None:
    """Write the gate into the manifest; raises `DataError` with too few held-out queries."""
    rng = np.random.default_rng(kitchen.run.seed)
    rows = rng.permutation(kitchen.parts.judge)[: spec.queries]
    ordinary = [q for q in kitchen.queries(np.sort(rows)) if len(q.history) > 1]
    if len(ordinary) < FEWEST:
        raise DataError(
            f"gate: {len(ordinary)} held-out queries have a history, {FEWEST} are needed to"
            " calibrate it; raise labels.valid and labels.valid_users, or leave [gate] out"
        )
    ask = replace(kitchen.recommender(), stages=(), explainer=None)
    names = [
        s.channel.name for s in ask.sources.sources if not isinstance(s.channel, TrendingChannel)
    ]
    blank = Gate(
        channels=tuple(names) if len(names) > 1 else (),
        vectors=kitchen.snapshot.vectors,
        usual=usual(kitchen.snapshot.vectors, ordinary),
        mean=(0.0, 0.0),
        deviation=(1.0, 1.0),
    )
    makers = strangers(kitchen.snapshot, kitchen.parts.log.items)
    signs: dict[str, Array] = {}
    with progress("gate", len(ordinary) * (len(makers) + 1), "queries") as tell:
        signs["ordinary"] = read(blank, ask, ordinary, lambda: tell(1))
        for kind, maker in makers.items():
            odd = [replace(q, history=maker(len(q.history), rng)) for q in ordinary]
            signs[kind] = read(blank, ask, odd, lambda: tell(1))
    kitchen.manifest["gate"] = {
        "channels": blank.channels, "usual": blank.usual, "to": spec.to,
        **calibrated(signs, spec.rate, rng),
    }  # fmt: skip


def usual(vectors: Array, queries: list[Query]) -> float:
    """The mean cosine of neighbours in histories; 0 without vectors."""
    if not vectors.shape[1]:
        return 0.0
    each = [vectors[q.history[-RECENT:]] for q in queries]
    return float(np.mean(np.concatenate([(v[1:] * v[:-1]).sum(axis=1) for v in each])))


def strangers(at: Snapshot, events: Ints) -> dict[str, Maker]:
    """Makers of histories that nobody has.  events (N,): the items of the log"""
    counts = np.bincount(events, minlength=len(at.popularity))
    known = np.flatnonzero(counts)
    known = known[known > 0]
    rare = known[np.argsort(counts[known], kind="stable")[: max(20, len(known) // 10)]]
    kind = np.where(at.category.any(axis=1), at.category.argmax(axis=1), -1)
    shelves = [known[kind[known] == c] for c in np.unique(kind[known])]

    def scattered(n: int, rng: np.random.Generator) -> Ints:
        turns = [rng.permutation(len(shelves)) for _ in range(n // len(shelves) + 1)]
        return np.array([rng.choice(shelves[c]) for c in np.concatenate(turns)[:n]])

    makers: dict[str, Maker] = {
        "random": lambda n, rng: rng.choice(known, n),
        "cold": lambda n, rng: rng.choice(rare, n),
        "mixed": lambda n, rng: rng.choice(events, n),
    }
    return makers | ({"scattered": scattered} if len(shelves) > 1 else {})


def read(gate: Gate, ask: Recommender, queries: list[Query], tell: Callable[[], None]) -> Array:
    """The signs of each query.  -> (Q, 2)"""
    out = []
    for query in queries:
        out.append(gate.signs(query, ask(query).trace.brought))
        tell()
    return np.stack(out)


def calibrated(signs: dict[str, Array], rate: float, rng: np.random.Generator) -> dict[str, Any]:
    """Mean, deviation and threshold from one half, and how the other half and strangers fare."""
    first = rng.permutation(len(signs["ordinary"])) % 2 == 0
    own = signs["ordinary"][first]
    readable = np.isfinite(own).sum(axis=0) > 1
    mean, deviation = np.zeros(len(SIGNS)), np.full(len(SIGNS), np.inf)
    mean[readable] = np.nanmean(own[:, readable], axis=0)
    spread = np.nanstd(own[:, readable], axis=0)
    deviation[readable] = np.where(spread > 0, spread, np.inf)

    def strange(rows: Array) -> Array:
        z = (rows - mean) / deviation
        return np.asarray(np.where(np.isfinite(z), z, -1e9).max(axis=1))

    threshold = float(np.quantile(strange(own), 1 - rate))
    rest = {kind: strange(rows[~first]) for kind, rows in signs.items()}
    return {
        "mean": mean.tolist(),
        "deviation": np.where(np.isfinite(deviation), deviation, 1e9).tolist(),
        "threshold": threshold,
        "rate": rate,
        "queries": int((~first).sum()),
        "opens": {kind: float((found > threshold).mean()) for kind, found in rest.items()},
        "auroc": {
            kind: auroc(rest["ordinary"], found)
            for kind, found in rest.items()
            if kind != "ordinary"
        },
    }


def auroc(ordinary: Array, strange: Array) -> float:
    """The chance that a stranger is stranger than an ordinary query; a tie counts half.

    >>> auroc(np.array([0.0, 1.0]), np.array([1.0, 2.0]))
    0.875
    """
    ranks = rankdata(np.concatenate([ordinary, strange]))[len(ordinary) :]
    n = len(strange)
    return float((ranks.sum() - n * (n + 1) / 2) / (n * len(ordinary)))
