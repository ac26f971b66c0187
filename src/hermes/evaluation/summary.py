"""From ranks to figures: means with intervals, tests between systems, funnel and segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from hermes.core.types import Array, Ints

from . import beyond, segments
from .intervals import Comparison, Interval, bootstrap, paired
from .metrics import METRICS, table
from .offline import OTHER, TOP, Outcome
from .sampled import expected
from .splits import Split

DRAWN = 100
CURVE = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200)
Figures = Mapping[str, Mapping[str, Interval]]  # system or segment -> metric -> interval


@dataclass(frozen=True, slots=True)
class Pair:
    """`a` against `b` by one metric."""

    a: str
    b: str
    metric: str
    result: Comparison


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that a report shows and `hermes evaluate --json` writes."""

    name: str  # of the bundle or recipe
    protocol: str
    users: int
    items: int
    targets: int
    data_hash: str
    seconds: float
    repeats: int
    fresh: int
    degraded: Mapping[str, int]  # queries on which a part failed, by part
    ks: tuple[int, ...]
    systems: Figures
    paired: tuple[Pair, ...]
    funnel: Mapping[str, float]  # share of the targets left after each stage
    segments: Mapping[str, Figures]  # system -> segment -> metric
    sizes: Mapping[str, int]  # users in each segment
    beyond: Mapping[str, Mapping[str, float]]
    sampled: Figures  # against `DRAWN` items, for comparison with papers only
    curves: Mapping[str, Mapping[str, tuple[float, ...]]]  # metric -> system -> value at each k
    lorenz: Mapping[str, tuple[float, ...]]  # system -> exposure held by the least exposed items

    def document(self) -> dict[str, Any]:
        """As `hermes evaluate --json` writes it."""
        plain = asdict(self)
        paired = [
            {k: v for k, v in p.items() if k != "result"} | p["result"] for p in plain["paired"]
        ]
        first = ("protocol", "users", "items", "data_hash", "seconds", "systems")
        rest = (
            "name",
            "targets",
            "repeats",
            "fresh",
            "degraded",
            "funnel",
            "segments",
            "beyond",
            "sampled",
        )
        return {key: plain[key] for key in first + rest} | {"paired": paired}


def summarise(
    outcome: Outcome,
    split: Split,
    attributes: csr_array,
    *,
    name: str,
    data_hash: str,
    ks: tuple[int, ...],
    seed: int = 0,
) -> Evaluation:
    """Figures of every system; `attributes` (I, A) say what makes two items alike."""
    cases, rng = outcome.cases, np.random.default_rng(seed)
    each = {s: table(r, cases.offsets, ks) for s, r in outcome.ranks.items()}
    pairs = np.unique(split.train.users * split.train.shape.n_items + split.train.items)
    counts = np.bincount(pairs % split.train.shape.n_items, minlength=split.train.shape.n_items)
    counts[0] = 0
    chosen = (("hr", ks[0]), ("ndcg", ks[0]), ("recall", ks[-1]))
    parts = {s: segments.measure(r, cases, counts, chosen) for s, r in outcome.ranks.items()}
    some = next(iter(parts.values()))
    n_items = split.train.shape.n_items
    return Evaluation(
        name=name,
        protocol=split.protocol,
        users=len(cases),
        items=n_items - 1,
        targets=len(cases.targets),
        data_hash=data_hash,
        seconds=round(outcome.seconds, 2),
        repeats=cases.repeats,
        fresh=cases.fresh,
        degraded=dict(outcome.degraded),
        ks=ks,
        systems=intervals(each, rng),
        paired=tuple(compare(each, chosen, rng)),
        funnel={stage: float(alive.mean()) for stage, alive in outcome.survived.items()},
        segments={s: intervals(tables, rng) for s, tables in parts.items()},
        sizes={part: len(next(iter(tables.values()))) for part, tables in some.items()},
        beyond={
            s: apart(lists, counts, split.train.shape.n_users - 1, attributes)
            for s, lists in outcome.lists.items()
        },
        sampled=intervals({s: few(r, outcome) for s, r in outcome.ranks.items()}, rng),
        curves=curves(outcome, ks[-1]),
        lorenz={
            s: tuple(beyond.lorenz(beyond.exposure(lists, n_items)[1:])[1].tolist())
            for s, lists in outcome.lists.items()
        },
    )


def intervals(each: Mapping[str, Mapping[str, Array]], rng: np.random.Generator) -> Figures:
    """Bootstrap intervals of tables of per-user values."""
    out = {}
    for name, columns in each.items():
        if not columns:
            continue
        bounds = bootstrap(np.stack(list(columns.values()), axis=1), rng)
        out[name] = dict(zip(columns, bounds, strict=True))
    return out


def compare(
    each: Mapping[str, Mapping[str, Array]],
    chosen: tuple[tuple[str, int], ...],
    rng: np.random.Generator,
) -> list[Pair]:
    """Cascade and fusion against the channel best by the metric; cascade to fusion and `OTHER`.

    The best channel is picked on the same users, which leans against the system under test.
    """
    channels = [s for s in each if s.startswith("channel.")]
    out = []
    for name, k in chosen:
        metric = f"{name}@{k}"
        best = max(channels, key=lambda s: float(each[s][metric].mean()), default="")
        sides = (("fusion", best), ("cascade", best), ("cascade", "fusion"), ("cascade", OTHER))
        for a, b in sides:
            if a in each and b in each:
                result = paired(each[a][metric], each[b][metric], rng)
                out.append(Pair(a, b, metric, result))
    return out


def few(ranks: Ints, outcome: Outcome) -> dict[str, Array]:
    """What papers print that rank against `DRAWN` items; nothing where somebody has fewer left."""
    cases = outcome.cases
    seen = np.unique(cases.known.users * cases.known.shape.n_items + cases.known.items)
    counts = np.bincount(seen // cases.known.shape.n_items, minlength=cases.known.shape.n_users)
    others = (cases.known.shape.n_items - 2 - counts[cases.users])[cases.owners()]
    if others.min() < DRAWN:
        return {}
    hits, gains = expected(ranks, others, DRAWN, TOP)
    share = 1 / np.diff(cases.offsets)
    return {
        f"{name}@{TOP}": np.add.reduceat(each, cases.offsets[:-1]) * share
        for name, each in (("recall", hits), ("ndcg", gains))
    }


def apart(lists: Ints, counts: Ints, n_users: int, attributes: csr_array) -> dict[str, float]:
    """What is beyond accuracy, of the first `TOP` items of every list."""
    shown = beyond.exposure(lists, len(counts))[1:]
    return {
        f"coverage@{TOP}": beyond.coverage(lists, len(counts)),
        f"novelty@{TOP}": float(beyond.novelty(lists, counts, n_users).mean()),
        f"similarity@{TOP}": float(beyond.similarity(lists, attributes).mean()),
        f"gini@{TOP}": beyond.gini(shown),
    }


def curves(outcome: Outcome, deepest: int) -> dict[str, dict[str, tuple[float, ...]]]:
    """NDCG and recall of every system at the values of `CURVE` up to `deepest`."""
    ks = [k for k in CURVE if k <= deepest]
    return {
        metric: {
            s: tuple(float(METRICS[metric](r, outcome.cases.offsets, k).mean()) for k in ks)
            for s, r in outcome.ranks.items()
        }
        for metric in ("ndcg", "recall")
    }
