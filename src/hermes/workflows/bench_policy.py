"""What the policy gains and what it costs: parity and diversity on slates of the simulated world.

Nobody is asked whether they like the slates: a cost is the share of NDCG by the ranker's own
scores that is given up, and parity is held against the relevance of the candidates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from hermes.core.protocols import Query
from hermes.evaluation.intervals import bootstrap
from hermes.learn.run import Run
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import Engine, assemble
from hermes.pipeline.told import explained
from hermes.policy.account import Account
from hermes.policy.exposure import Parity

from .bench import Place
from .demo import Demo, fill, learn

PEOPLE = 300
SIZE = 20
SLIDER = (0.1, 0.3, 0.5, 0.7, 0.9)  # where the diversity slider is put
MS = 0.3  # the policy's part of a request
Row = dict[str, Any]


def measure(place: Place) -> list[Row]:
    """On the demo's own bundle, which is trained unless it stands."""
    demo, quiet = Demo(work=place.work / "policy"), lambda _: None
    lake = fill(demo, datetime.now(UTC), quiet)
    bundle, _ = learn(demo, lake, demo.cascade, Run(seed=0), quiet)
    engine = assemble(bundle.path)
    queries = list(asked(engine))
    return [*fairness(engine, queries), *diversity(engine, queries), division()]


def asked(engine: Engine) -> Iterator[Query]:
    """Of people drawn at random, as they stand after all that is known of them."""
    rng, at = np.random.default_rng(0), datetime.now(UTC)
    for code in rng.permutation(np.arange(1, len(engine.users)))[:PEOPLE].tolist():
        user = engine.users.names[code]
        yield ask(engine, user, SIZE, at, f"bench {user}", explain=False)


def accounts(engine: Engine, queries: Sequence[Query], **given: Any) -> Iterator[Account]:
    """What the policy did to the slate of each query."""
    for query in queries:
        said = explained(engine.recommender.policy, engine.recommender(replace(query, **given)))
        assert said is not None
        yield said


def fairness(engine: Engine, queries: Sequence[Query]) -> list[Row]:
    """Slates that have parity without and with it, how far off, and for how much."""
    off = [one.fairness for one in accounts(engine, queries, fairness=False)]
    on = [one.fairness for one in accounts(engine, queries, fairness=True)]
    gaps = [abs(b.after["independent"] - b.merit["independent"]) for b in (*off, *on)]
    proved = sum(b.holds or b.note.startswith("no slate") for b in on) / len(on)
    note = f"{len(queries)} people of the small world, {SIZE} items, tolerance 0.1"
    name = "exposure parity"
    return [
        row(f"{name}: slates that have it without", [b.holds for b in off], "", note),
        row(f"{name}: slates that have it", [b.holds for b in on], "", note),
        row(f"{name}: it holds or is proved infeasible", [proved], "", note, floor=1.0),
        row(f"{name}: share of exposure off merit, without", gaps[: len(off)], "", note),
        row(f"{name}: share of exposure off merit", gaps[len(off) :], "", note),
        row(f"{name}: NDCG given up", [b.cost for b in on], "", note),
    ]


def diversity(engine: Engine, queries: Sequence[Query]) -> list[Row]:
    """Likeness and cost at each place of the slider."""
    rows = []
    for weight in SLIDER:
        told = [one.diversity for one in accounts(engine, queries, diversity=weight)]
        note = f"mean pairwise cosine, without {np.mean([one.before for one in told]):.3f}"
        rows.append(row(f"diversity {weight}: likeness", [one.after for one in told], "", note))
        rows.append(row(f"diversity {weight}: NDCG given up", [one.cost for one in told], "", ""))
    return rows


def division() -> Row:
    """How long it takes to divide 20 places among 50 candidates."""
    rng, times = np.random.default_rng(0), []
    for _ in range(PEOPLE):
        parity = Parity(cohorts=rng.integers(1, 3, 51))
        relevance = np.sort(rng.random(50) ** 2)[::-1]
        work = partial(parity.places, np.arange(1, 51), relevance, SIZE)
        began = perf_counter()
        work()
        times.append((perf_counter() - began) * 1e3)
    value = float(np.median(times))
    return {
        "name": "exposure parity: 50 candidates to 20 places, p50", "value": value, "unit": "ms",
        "floor": MS, "holds": value <= MS, "note": f"p99 {np.percentile(times, 99):.2f} ms",
    }  # fmt: skip


def row(
    name: str, values: Sequence[float], unit: str, note: str, floor: float | None = None
) -> Row:
    """A mean with its interval by bootstrap over people."""
    found = bootstrap(np.array(values, np.float64), np.random.default_rng(0))[0]
    holds = None if floor is None else found.mean >= floor
    return {"name": name, "value": found.mean, "unit": unit, "note": note, "floor": floor,
            "holds": holds, "low": found.low, "high": found.high}  # fmt: skip
