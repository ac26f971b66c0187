"""How good the graph family is on check-ins without an order, beside its papers and its peers.

Gowalla in the split that came with LightGCN. A model learns from training alone and ranks, for
every test user, all places but those the user has been to. Recall@20 and NDCG@20 are means over
users; a place is relevant or not, and the ideal has min(20, relevant) places, as in the evaluation
of that paper.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from hermes.core.config import resolve
from hermes.core.errors import ConfigError
from hermes.core.types import Ints
from hermes.data.build import dataset
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.evaluation.intervals import Interval, bootstrap
from hermes.evaluation.metrics import ndcg, recall
from hermes.evaluation.offline import retriever_ranks
from hermes.evaluation.splits import Split, given
from hermes.models.base import Retriever
from hermes.pipeline.recipe import load

from . import peers
from .bench import Place, figure
from .bench_quality import Ground, Row, above
from .stages import made

METRICS = {"recall@20": recall, "ndcg@20": ndcg}
BEST = (0.190, 0.158)  # recall@20 and ndcg@20 that the best of the family must reach
STRETCH = (0.192, 0.160)
RIVALS = {"als": "ALS", "bpr": "BPR"}  # of `implicit`


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of the family, with recall@20 and ndcg@20 as its paper has them."""

    model: str  # module:Class
    published: tuple[float, float]
    floors: tuple[float | None, float | None] = (None, None)
    slow: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)  # where recipe `graph` has none


HOME = "hermes.models.retrievers"
FAMILY = {
    "gfcf": Member(model=f"{HOME}.gfcf:GFCF", published=(0.1849, 0.1518)),
    "bspm": Member(model=f"{HOME}.bspm:BSPM", published=(0.1920, 0.1597)),
    "lightgcn": Member(
        model=f"{HOME}.lightgcn:LightGCN",
        published=(0.1830, 0.1554),
        floors=(0.180, 0.152),
        slow=True,
        config={
            "loss": "softmax",  # the paper's own needs 400 epochs
            "d": 128,
            "schedule": {"epochs": 12, "batch": 8192, "lr": 2e-2, "decay": True},
        },
    ),
    "ultragcn": Member(model=f"{HOME}.ultragcn:UltraGCN", published=(0.1862, 0.1580), slow=True),
}
NAMES = (*FAMILY, *RIVALS)
Both = tuple[Interval, ...]  # of recall@20 and of ndcg@20


@dataclass(frozen=True)
class CheckIns:
    """The split, read when it is first asked for."""

    place: Place

    @cached_property
    def split(self) -> Split:
        """Gowalla as it was cut for LightGCN."""
        ground = Ground(self.place)
        adapter = resolve("hermes.domains.gowalla:adapter")
        data = dataset(Lake(ground.lake("gowalla", adapter, ground.raw("gowalla"))), DataSpec())
        if data.split is None:
            raise ConfigError(f"the lake of gowalla in {self.place.work} has no split; delete it")
        return given(data.interactions, data.split)

    def figures(self, ranks: Ints) -> Both:
        """Recall@20 and NDCG@20 of the ranks of all targets.  (T,) -> two"""
        offsets = self.split.test.offsets
        values = np.stack([metric(ranks, offsets, 20) for metric in METRICS.values()], axis=1)
        return tuple(bootstrap(values, np.random.default_rng(0)))


def measure(place: Place) -> list[Row]:
    """Rows of each model, and of the best one unless only some were asked for.

    Those that learn for long are measured only when `place.full`, or when named in `place.only`.
    Raises `ConfigError` without check-ins or for a name nobody knows.
    """
    if place.data is None:
        raise ConfigError("bench graph needs check-ins: give --data, a folder that holds gowalla")
    usual = tuple(n for n in NAMES if place.full or n not in FAMILY or not FAMILY[n].slow)
    wanted = place.named("graph", NAMES, usual)
    checkins, rows = CheckIns(place), list[Row]()
    reached = dict[str, Both]()
    for name in wanted:
        if name in FAMILY:
            reached[name], found = member(name, FAMILY[name], checkins)
            rows += found
    if not place.only:
        rows += best(reached)
    return rows + rivals(tuple(RIVALS[n] for n in wanted if n in RIVALS), checkins)


def member(name: str, one: Member, checkins: CheckIns) -> tuple[Both, list[Row]]:
    """Its figures, and they and its seconds as rows."""
    split = checkins.split
    model: Retriever[Any] = made(one.model, settings(name), f"bench graph, {name}", Retriever)
    began = time.perf_counter()
    model.fit(split.train)
    seconds = time.perf_counter() - began
    longest = int(split.test.history_lengths().max())
    began = time.perf_counter()
    found = checkins.figures(retriever_ranks(model, split.test, length=longest))
    took = (time.perf_counter() - began) / len(split.test)
    title = f"Gowalla, {type(model).__name__}"
    users = f"{len(split.test):,} users, {split.train.shape.n_items - 1:,} places"
    rows = [
        above(f"{title}: {metric}", value, "", floor, f"{users}; published {published:.4f}")
        for metric, value, floor, published in zip(
            METRICS, found, one.floors, one.published, strict=True
        )
    ]
    note = f"wall clock; then {1e3 * took:.1f} ms a user to score and rank"
    return found, [*rows, above(f"{title}: fit", seconds, "s", None, note)]


def settings(name: str) -> Mapping[str, Any]:
    """The config that recipe `graph` has for a model of this name; the family's otherwise."""
    channels = load("graph")[0].channels
    return next((c.config for c in channels if c.name == name), FAMILY[name].config)


def best(reached: dict[str, Both]) -> list[Row]:
    """The rows of whoever has the highest recall, which must reach what the family promises."""
    name = max(reached, key=lambda name: reached[name][0].mean)
    return [
        above(f"Gowalla, best of the family: {m}", v, "", floor, f"{name}; stretch {figure(more)}")
        for m, v, floor, more in zip(METRICS, reached[name], BEST, STRETCH, strict=True)
    ]


def rivals(names: tuple[str, ...], checkins: CheckIns) -> list[Row]:
    """Peers on the same split, measured in this run."""
    rows = list[Row]()
    for peer in peers.measured(checkins.split, names=names) if names else ():
        note = f"fitted in {peer.seconds:.1f} s, its own defaults"
        rows += [
            above(f"Gowalla, {peer.name}: {metric}", value, "", None, note)
            for metric, value in zip(METRICS, checkins.figures(peer.ranks), strict=True)
        ]
    return rows
