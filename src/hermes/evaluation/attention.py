"""What DIN reads of a history in the light of a candidate, for people to look at.

Zhou et al. Deep interest network for click-through rate prediction. KDD 2018, figure 5: the weights
of the activation unit, as they are, neither normalised nor all positive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.core.progress import Advance
from hermes.core.protocols import Query
from hermes.core.types import Array, Floats, Ints
from hermes.data.catalogue import Catalogue
from hermes.pipeline.assemble import Engine
from hermes.pipeline.restore import restored

from .cascade import patient
from .intervals import Interval, bootstrap

SHOWN, EVENTS = 10, 20  # candidates and last events of a picture
LATE = 5  # last events, against those before them
FEWEST = 2 * LATE  # events of a history that is read


@dataclass(frozen=True, slots=True)
class Reading:
    """One person's history read for the best candidates."""

    user: str
    candidates: tuple[str, ...]  # (n,) titles, best first
    events: tuple[str, ...]  # (L,) titles, oldest first
    weights: Floats  # (n, L)


@dataclass(frozen=True, slots=True)
class Attention:
    """Some people's readings, and what holds over many; deviations are within a candidate's row."""

    ranker: str  # its name in the bundle
    readings: tuple[Reading, ...]
    users: int
    kind: Interval  # deviations that an event of the candidate's kind weighs more than another
    late: Interval  # deviations that the last `LATE` events weigh more than those before


def attentive(bundle: Bundle) -> str:
    """The ranker of a bundle that is a DIN with attention, by name; empty where none is."""
    for name, entry in bundle.manifest["models"].items():
        whole = f"models/{name}.safetensors" in bundle.manifest["files"]
        pooled = entry["config"].get("pooling", "attention") == "attention"
        if entry["class"].endswith(":DIN") and whole and pooled:
            return str(name)
    return ""


def attention(
    bundle: Bundle,
    engine: Engine,
    queries: Iterable[Query],
    name: str,
    advance: Advance = lambda _: None,
    shown: int = 2,
) -> Attention:
    """Ask for each query's slate and read its history; `queries` need `FEWEST` events each.

    name: of the ranker, see `attentive`; shown: how many readings are kept, the first ones.
    """
    model: Any = restored(bundle, name)
    length, asked = int(model.shape.history), patient(engine.recommender)
    readings, kinds, recency, users = list[Reading](), list[float](), list[float](), 0
    for query in queries:
        pool = asked(query).trace.pools
        items = next(reversed([p.items for stage, p in pool.items() if stage != "policy"]))
        history = query.columns(length).history[0]
        there = history > 0
        weights = model.attention(items, history)[:, there]
        kind, late = leanings(weights, items, history[there], engine.catalogue)
        kinds.append(kind)
        recency.append(late)
        users += 1
        advance(1)
        if len(readings) < shown:
            readings.append(reading(engine, query, items, history[there], weights))
    rng = np.random.default_rng(0)
    told = [np.array([v for v in values if np.isfinite(v)]) for values in (kinds, recency)]
    nobody = Interval(float("nan"), float("nan"), float("nan"))
    spans = [bootstrap(v, rng)[0] if len(v) else nobody for v in told]
    return Attention(name, tuple(readings), users, *spans)


def reading(engine: Engine, query: Query, items: Ints, events: Ints, weights: Floats) -> Reading:
    """The best candidates and the last events, in words."""
    title = engine.catalogue.titles.__getitem__
    return Reading(
        engine.users.names[query.user],
        tuple(map(title, items[:SHOWN].tolist())),
        tuple(map(title, events[-EVENTS:].tolist())),
        weights[:SHOWN, -EVENTS:],
    )


def leanings(
    weights: Floats, items: Ints, events: Ints, catalogue: Catalogue
) -> tuple[float, float]:
    """How much more events of the candidate's kind weigh, and late ones, in deviations of a row.

    weights (n, L), items (n,), events (L,); NaN where there is nothing to compare.
    """
    spread = weights.std(axis=1, keepdims=True)
    z = (weights - weights.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
    same = np.asarray((catalogue.category[items] @ catalogue.category[events].T).toarray()) > 0
    late = np.broadcast_to(np.arange(len(events)) >= len(events) - LATE, z.shape)
    return apart(z, same), apart(z, late)


def apart(values: Array, chosen: Array) -> float:
    """Mean of the chosen less mean of the others; NaN where one of them is empty.

    >>> apart(np.array([1.0, 2.0, 3.0]), np.array([False, False, True]))
    1.5
    """
    if chosen.all() or not chosen.any():
        return float("nan")
    return float(values[chosen].mean() - values[~chosen].mean())
