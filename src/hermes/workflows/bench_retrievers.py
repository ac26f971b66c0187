"""Every retriever on MovieLens-1M, fitted in one run, beside the better of BPR and EASE.

The reference protocol: films of five ratings and more, the last event of each user is the test, the
whole catalogue without what the user has had, ties against the model. The figures among 100 drawn
items are there for comparison with papers only; `evaluation/sampled` says why they mislead.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hermes.core.errors import HermesError
from hermes.core.types import Array, Ints
from hermes.evaluation.intervals import Interval, paired
from hermes.evaluation.metrics import table
from hermes.evaluation.offline import retriever_ranks
from hermes.evaluation.sampled import negatives, sampled_ranks
from hermes.evaluation.splits import Split
from hermes.models.base import Retriever

from .bench import Place
from .bench_quality import Ground, Row, above, ranked
from .stages import made

KS, LENGTH, DRAWN = (10,), 200, 100


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A model, the best config found for it on validation, and what it has to reach."""

    model: str  # module:Class
    config: Mapping[str, Any] = field(default_factory=dict)  # empty: its own defaults
    hr: float | None = None  # HR@10 on the full catalogue, at least
    ndcg: float | None = None
    drawn: float | None = None  # HR@10 against 100 drawn items, at least
    long: bool = False  # learns for more than a few minutes

    def name(self) -> str:
        """The name of its class."""
        return self.model.partition(":")[2]


TEN = {"epochs": 10, "batch": 32, "lr": 2e-3, "warmup": 200, "decay": True, "average": 0.998}
BASELINES = (
    Entry(model="hermes.models.retrievers.bpr:BPR", config={"d": 128, "l2": 0.01, "epochs": 40}),
    Entry(model="hermes.models.retrievers.ease:EASE", config={"neighbours": 300, "length": 50}),
)
SEQUENCE = {
    "d": 128,
    "schedule": {
        "epochs": 16,
        "batch": 32,
        "lr": 1.5e-3,
        "warmup": 200,
        "decay": True,
        "average": 0.998,
        "patience": 16,
    },
}
FACTORS = {  # of LightGCN, whose vectors are served as factors of recent items
    "layers": 1,
    "loss": "softmax",
    "l2": 1e-5,
    "length": 50,
    "decay": 1.0,
    "own": False,
    "schedule": {"epochs": 10, "batch": 16384, "lr": 0.02, "decay": True},
}
ENTRIES = (
    Entry(model="hermes.models.retrievers.ials:IALS", config={"length": 30}),
    Entry(
        model="hermes.models.retrievers.lightgcn:LightGCN",
        config=FACTORS,
        drawn=0.672,
        long=True,
    ),
    Entry(model="hermes.models.retrievers.ode:NeuralODE", drawn=0.583, long=True),
    Entry(
        model="hermes.models.retrievers.hyperbolic:Hyperbolic",
        config={"schedule": TEN},
        drawn=0.498,
        long=True,
    ),
    Entry(
        model="hermes.models.retrievers.diffusion:Diffusion",
        config={"schedule": TEN},
        drawn=0.521,
        long=True,
    ),
    Entry(
        model="hermes.models.retrievers.hstu:HSTU", config=SEQUENCE, hr=0.320, ndcg=0.185, long=True
    ),
    Entry(
        model="hermes.models.retrievers.sasrec:SASRec",
        config=SEQUENCE,
        hr=0.315,
        ndcg=0.182,
        drawn=0.761,
        long=True,
    ),
)


@dataclass(frozen=True)
class Bench:
    """The split, and what every target is drawn against."""

    split: Split
    drawn: Ints  # (T, 100)

    def fitted(self, entry: Entry) -> tuple[Retriever[Any], float]:
        """The model and the seconds its fit took."""
        model = made(entry.model, entry.config, f"{entry.name()}.config", Retriever)
        began = time.perf_counter()
        model.fit(self.split.train)
        return model, time.perf_counter() - began

    def measured(self, entry: Entry) -> tuple[list[Row], Array]:
        """The rows of one model, and its NDCG@10 of every user.  -> rows, (Q,)"""
        model, seconds = self.fitted(entry)
        cases, name = self.split.test, f"MovieLens-1M, {entry.name()}"
        ranks = retriever_ranks(model, cases, LENGTH)
        few = sampled_ranks(model, cases, LENGTH, self.drawn)
        note = f"{len(cases):,} users, {cases.known.shape.n_items - 1:,} films, leave one out"
        rows = ranked(name, ranks, cases, {"hr@10": entry.hr, "ndcg@10": entry.ndcg}, note)
        asked = {"hr@10": entry.drawn, "ndcg@10": None}
        label, note = f"{name}, against {DRAWN} drawn films", "for comparison with papers only"
        rows += ranked(label, few, cases, asked, note)
        rows.append(above(f"{name}: fit", seconds, "s", None))
        return rows, table(ranks, cases.offsets, KS)["ndcg@10"]


def measure(place: Place) -> list[Row]:
    """BPR and EASE, then each model and what it gains on the better of the two.

    The long ones run only when `place.full`, or when named in `place.only`; a model that cannot be
    measured is a row that says why. Raises `ConfigError` for a model nobody knows.
    """
    wanted = chosen(place)
    split = Ground(place).split
    bench = Bench(split, negatives(split.test, DRAWN, np.random.default_rng(0)))
    rows, gains = list[Row](), dict[str, Array]()
    for entry in BASELINES:
        found, gains[entry.name()] = bench.measured(entry)
        rows += found
    best = max(gains, key=lambda name: float(gains[name].mean()))
    for entry in wanted:
        try:
            found, gain = bench.measured(entry)
        except HermesError as error:
            found = [{"name": f"MovieLens-1M, {entry.name()}", "value": None, "note": str(error)}]
        else:
            found.append(ahead(entry.name(), gain, best, gains[best]))
        rows += found
    return rows


def chosen(place: Place) -> list[Entry]:
    """The entries to measure besides the two that are always there."""
    names = [entry.name() for entry in (*BASELINES, *ENTRIES)]
    usual = [entry.name() for entry in ENTRIES if place.full or not entry.long]
    wanted = place.named("retrievers", names, usual)
    return [entry for entry in ENTRIES if entry.name() in wanted]


def ahead(name: str, gain: Array, best: str, reference: Array) -> Row:
    """By how much a model is better than the better of BPR and EASE, on the same users."""
    found = paired(gain, reference, np.random.default_rng(0))
    difference = Interval(found.mean, found.low, found.high)
    label = f"MovieLens-1M, {name} over {best}: ndcg@10"
    return above(label, difference, "", 0.0, f"p = {found.p:.4f}") | {"holds": found.low > 0}
