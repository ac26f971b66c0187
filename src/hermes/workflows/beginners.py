"""What intent is worth to ordinary people of whom little is known yet.

Held-out users are asked about as if they had just come: without a name, and with nothing but their
last few distinct items. What they turned to next, which no model has seen, is looked for among the
first `TOP`, with intent and without.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ArtifactError
from hermes.core.progress import progress
from hermes.core.protocols import Query
from hermes.core.types import Array, Ints
from hermes.data.dataset import Dataset
from hermes.evaluation.cascade import patient
from hermes.evaluation.intervals import paired
from hermes.evaluation.metrics import list_ranks, ndcg
from hermes.evaluation.offline import queries
from hermes.evaluation.splits import Cases
from hermes.pipeline.assemble import assemble
from hermes.pipeline.recipe import load
from hermes.pipeline.recommender import Recommender

from .evaluate import Plan, divided
from .train import train

LENGTHS = (3, 5, 10)
TOP = 20
USERS = 1000


def rows(name: str, data: Dataset, out: Path, users: int = USERS) -> list[dict[str, Any]]:
    """A row a length; the bundle at `out` is trained on what came before, unless it is there."""
    cases = divided(data, Plan(protocol="loo", users=users)).test
    engine = assemble(held(data, out))
    found = []
    with progress("beginners", 2 * len(LENGTHS) * len(cases), "queries") as advance:
        for n in LENGTHS:
            short = [cut(q, n) for q in queries(cases)]
            bare = replace(engine.recommender, intent=None)
            more, less = (gains(r, short, cases) for r in (engine.recommender, bare))
            advance(2 * len(cases))
            told = paired(more, less, np.random.default_rng(0))
            note = (
                f"{more.mean():.4f} with intent, {less.mean():.4f} without, p {told.p:.3f};"
                f" {len(cases):,} held-out users, recipe first; asked: no sure loss"
            )
            label = f"{name}, known by their last {n} items: NDCG@{TOP} gained"
            bounds = {"low": told.low, "high": told.high, "floor": 0.0, "holds": told.high >= 0}
            found.append({"name": label, "value": told.mean, "note": note} | bounds)
    return found


def held(data: Dataset, out: Path) -> Path:
    """A bundle of recipe `first` that has not seen anybody's last event."""
    _, table = load("first")
    try:
        made = Bundle.load(out).manifest
        if (made["recipe"], made["data_hash"], made["protocol"]) == (table, data.hash, "loo"):
            return out
    except ArtifactError:
        pass
    known = divided(data, Plan(protocol="loo")).test.known
    return train(table, data, out, known=known, protocol="loo").path


def cut(query: Query, n: int) -> Query:
    """The same wish of somebody nobody knows, after their last n distinct items."""
    _, late = np.unique(query.history[::-1], return_index=True)
    last = np.sort(late)[:n]
    first: Ints = query.history[::-1][: last[-1] + 1][::-1] if len(last) else query.history[:0]
    ages = query.ages[len(query.history) - len(first) :]
    return replace(query, user=0, history=first, ages=ages, size=TOP, exclude=query.history)


def gains(recommender: Recommender, asked: list[Query], cases: Cases) -> Array:
    """NDCG of each case's slate.  -> (Q,)"""
    ask, bounds = patient(recommender), cases.offsets
    ranks = [
        list_ranks(ask(query).items.items, cases.targets[bounds[q] : bounds[q + 1]])
        for q, query in enumerate(asked)
    ]
    return ndcg(np.concatenate(ranks), bounds, TOP)
