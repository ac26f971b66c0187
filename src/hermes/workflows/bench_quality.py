"""How good the recommender is on public data, beside its floors and beside its peers.

Each part is a function of a `Ground`; `only` picks some. Without a folder of data sets nothing can
be compared with published figures, so the simulated world is measured and no floor is claimed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Bundle, code_hash
from hermes.core.config import resolve
from hermes.core.errors import ArtifactError, ConfigError
from hermes.core.types import Ints
from hermes.data.build import dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.evaluation.intervals import Comparison, Interval, bootstrap
from hermes.evaluation.metrics import table
from hermes.evaluation.offline import OTHER, retriever_ranks
from hermes.evaluation.splits import Cases, Split, leave_one_out
from hermes.evaluation.summary import DRAWN, Evaluation
from hermes.models.retrievers.transition import Transition

from . import peers
from .bench import Place
from .evaluate import Plan, evaluate, opened

Row = dict[str, Any]
LOO = Plan(protocol="loo", ks=(10, 200))
REFERENCE = ("data.min_item_events=5",)  # films with fewer ratings are dropped
MINUTE = 60.0


@dataclass(frozen=True)
class Ground:
    """Where a part finds its data and leaves its bundles."""

    place: Place

    def raw(self, name: str) -> Path:
        """A data set's folder."""
        if self.place.data is None or not (self.place.data / name).is_dir():
            raise ConfigError(f"no data set {name} in {self.place.data}; give its folder's parent")
        return self.place.data / name

    def lake(self, name: str, adapter: Any, raw: Path) -> Path:
        """The lake of a data set; what it already holds is not read again."""
        path = self.place.work / f"lake-{name}"
        ingest(Lake(path), adapter, raw, datetime.now(UTC))
        return path

    def films(self) -> Path:
        """The lake of MovieLens-1M."""
        adapter = resolve("hermes.domains.movielens:adapter")
        return self.lake("movielens-1m", adapter, self.raw("movielens-1m"))

    @cached_property
    def split(self) -> Split:
        """MovieLens-1M under the reference protocol."""
        data = dataset(Lake(self.films()), DataSpec(min_item_events=5))
        return leave_one_out(data.interactions)

    def cascade(
        self,
        recipe: str,
        name: str,
        lake: Path,
        settings: tuple[str, ...],
        against: str | None = None,
    ) -> tuple[Evaluation, float]:
        """A recipe's figures and its minutes of training; what this very code made is kept.

        against: a recipe that was measured here before, for a paired test.
        """
        wanted, kept = opened(recipe, settings)[0], self.place.work / f"{recipe}-{name}"
        source, given = (str(kept), ()) if current(kept, wanted) else (recipe, settings)
        other = self.place.work / f"{against}-{name}" if against else None
        pantry = self.place.work / "fitted"
        found = evaluate(source, lake, LOO, settings=given, keep=kept, against=other, pantry=pantry)
        seconds = Bundle.load(kept).manifest["seconds"]["all"]
        return found, float(seconds) / MINUTE


def current(kept: Path, recipe: dict[str, Any]) -> bool:
    """Whether a bundle is whole and was made by this code from this recipe."""
    try:
        made = Bundle.load(kept).manifest
    except ArtifactError:
        return False
    return bool(made["code"] == code_hash() and made["recipe"] == recipe)


def measure(place: Place) -> list[Row]:
    """Rows of the table, each with its interval, its floor and whether that holds.

    The parts that train for long run only when `place.full`, or when named in `place.only`. Raises
    `ConfigError` for a part nobody knows.
    """
    usual = tuple(name for name in PARTS if place.full or name not in LONG)
    wanted, ground = place.named("quality", PARTS, usual), Ground(place)
    if place.data is None:
        return world(ground)
    return [row for name in wanted for row in PARTS[name](ground)]


def neighbours(ground: Ground) -> list[Row]:
    """Co-transition neighbours alone, fitted on training only."""
    split = ground.split
    began = time.perf_counter()
    model = Transition().fit(split.train)
    seconds = time.perf_counter() - began
    ranks = retriever_ranks(model, split.test, length=200)
    name = "MovieLens-1M, co-transition neighbours"
    floors = {"hr@10": 0.271, "ndcg@10": 0.155}
    note = f"{len(split.test):,} users, {split.train.shape.n_items - 1:,} films, leave one out"
    rows = ranked(name, ranks, split.test, floors, note)
    return [*rows, below(f"{name}: fit", seconds, "s", 5.0)]


def rivals(ground: Ground) -> list[Row]:
    """Peers on the same split, measured in this run."""
    rows = []
    for peer in peers.measured(ground.split):
        floors = {"hr@10": None, "ndcg@10": None}
        note = f"fitted in {peer.seconds:.1f} s, its own defaults"
        rows += ranked(f"MovieLens-1M, {peer.name}", peer.ranks, ground.split.test, floors, note)
    return rows


def quick(ground: Ground) -> list[Row]:
    """What a user runs first."""
    found, minutes = ground.cascade("quick", "movielens-1m", ground.films(), REFERENCE)
    name = "MovieLens-1M, recipe quick, cascade"
    rows = of(found, "cascade", name, {"hr@10": 0.295, "ndcg@10": 0.165})
    return [*rows, *better(found, name), below(f"{name}: training", minutes, "min", 5.0)]


def quality(ground: Ground) -> list[Row]:
    """The best this house can do, and its sequence model alone."""
    found, minutes = ground.cascade("quality", "movielens-1m", ground.films(), REFERENCE)
    name = "MovieLens-1M, recipe quality"
    rows = of(found, "cascade", f"{name}, cascade", {"hr@10": 0.329, "ndcg@10": 0.189})
    rows += of(found, "channel.sasrec", f"{name}, SASRec", {"hr@10": 0.315, "ndcg@10": 0.182})
    rows += better(found, name)
    return [*rows, above(f"{name}: training", minutes, "min", None)]


CHANNELS = {  # of recipe `full`: what each must reach alone, HR@10, NDCG@10, HR@10 against `DRAWN`
    "HSTU": ("channel.hstu", 0.320, 0.185, None),
    "SASRec": ("channel.sasrec", 0.315, 0.182, 0.761),
    "Diffusion": ("channel.diffusion", None, None, 0.521),
    "NeuralODE": ("channel.ode", None, None, 0.583),
}


def full(ground: Ground) -> list[Row]:
    """Everything there is, against the recipe above on the same users."""
    ground.cascade("quality", "movielens-1m", ground.films(), REFERENCE)
    name = "MovieLens-1M, recipe full"
    found, minutes = ground.cascade("full", "movielens-1m", ground.films(), REFERENCE, "quality")
    rows = of(found, "cascade", f"{name}, cascade", {"hr@10": None, "ndcg@10": None})
    for title, (channel, hr, gain, drawn) in CHANNELS.items():
        rows += of(found, channel, f"{name}, {title}", {"hr@10": hr, "ndcg@10": gain})
        rows.append(against_drawn(found, channel, f"{name}, {title}", "recall@10", drawn))
    for pair in (p for p in found.paired if p.b == OTHER and p.metric == "ndcg@10"):
        rows.append(gained(f"{name}: cascade over quality's, ndcg@10", pair.result))
    for metric, floor in {"recall@10": 0.83, "ndcg@10": 0.60}.items():
        rows.append(against_drawn(found, "cascade", f"{name}, cascade", metric, floor))
    return [*rows, above(f"{name}: training", minutes, "min", None)]


def liked(ground: Ground) -> list[Row]:
    """Ratings of 4 and 5 only."""
    settings = ("data.min_value=4.0", "data.min_item_events=1")
    found, _ = ground.cascade("quality", "movielens-1m-liked", ground.films(), settings)
    floors = {"recall@10": 0.165, "recall@200": 0.62}
    name = "MovieLens-1M, ratings of 4 and 5, recipe quality, cascade"
    return of(found, "cascade", name, floors, f"{found.items:,} films")


def beauty(ground: Ground) -> list[Row]:
    """Amazon Beauty: short histories."""
    adapter = resolve("hermes.domains.sequences:adapter")
    lake = ground.lake("amazon-beauty", adapter, ground.raw("amazon-beauty"))
    found, _ = ground.cascade("quality", "amazon-beauty", lake, ())
    floors = {"hr@10": 0.092, "ndcg@10": 0.053}
    rows = of(found, "cascade", "Amazon Beauty, recipe quality, cascade", floors)
    open_ended = dict.fromkeys(floors)
    return rows + of(found, "channel.sasrec", "Amazon Beauty, SASRec", open_ended)


def world(ground: Ground) -> list[Row]:
    """The simulated world, where no data sets are at hand."""
    from hermes.world import write

    raw = ground.place.work / "world-small"
    if not raw.is_dir():
        write(raw, "small", 0)
    lake = ground.lake("world", resolve("hermes.domains.world:adapter"), raw)
    found, minutes = ground.cascade("quick", "world", lake, ())
    name = "the simulated world, recipe quick, cascade"
    rows = of(found, "cascade", name, {"hr@10": None, "ndcg@10": None})
    return [*rows, *better(found, name), above(f"{name}: training", minutes, "min", None)]


def ranked(
    name: str, ranks: Ints, cases: Cases, floors: Mapping[str, float | None], note: str
) -> list[Row]:
    """Rows of one list of ranks."""
    columns = table(ranks, cases.offsets, LOO.ks)
    values = np.stack([columns[metric] for metric in floors], axis=1)
    bounds = bootstrap(values, np.random.default_rng(0))
    pairs = zip(floors.items(), bounds, strict=True)
    return [above(f"{name}: {m}", b, "", floor, note) for (m, floor), b in pairs]


def of(
    found: Evaluation, system: str, name: str, floors: Mapping[str, float | None], note: str = ""
) -> list[Row]:
    """Rows of one system; one that is not there could not be measured."""
    if system not in found.systems:
        return [{"name": name, "value": None, "note": f"the recipe has no {system}"}]
    figures = found.systems[system]
    note = note or f"{found.users:,} users, {found.items:,} items, leave one out"
    if found.degraded and system == "cascade":
        parts = (f"{part} on {count:,} queries" for part, count in found.degraded.items())
        note += f"; not by the usual way: {', '.join(parts)}"
    return [above(f"{name}: {m}", figures[m], "", floor, note) for m, floor in floors.items()]


def against_drawn(
    found: Evaluation, system: str, name: str, metric: str, floor: float | None
) -> Row:
    """The row of a metric against drawn items, on average over all draws."""
    note = "on average over all draws, for comparison with papers only"
    title = f"{name} against {DRAWN} drawn films: {metric}"
    return above(title, found.sampled[system][metric], "", floor, note)


def better(found: Evaluation, name: str) -> list[Row]:
    """How much the fusion gains over the best channel, and whether that could be chance."""
    pairs = [p for p in found.paired if p.a == "fusion" and p.metric == "ndcg@10"]
    best = (pair.b.removeprefix("channel.") for pair in pairs)
    titles = (f"{name}: fusion over {channel}, ndcg@10" for channel in best)
    return [gained(title, p.result) for title, p in zip(titles, pairs, strict=True)]


def gained(name: str, result: Comparison) -> Row:
    """The row of a paired difference, which holds when it is above 0 and p below .01."""
    gain = Interval(result.mean, result.low, result.high)
    row = above(name, gain, "", 0.0, f"p = {result.p:.4f}")
    return row | {"holds": result.mean > 0 and result.p < 0.01}


def above(
    name: str, value: Interval | float, unit: str, floor: float | None, note: str = ""
) -> Row:
    """A row whose value must reach its floor."""
    bounds = value if isinstance(value, Interval) else None
    mean = bounds.mean if bounds else float(value)  # type: ignore[arg-type]
    return {
        "name": name,
        "value": mean,
        "unit": unit,
        "floor": floor,
        "holds": None if floor is None else mean >= floor,
        "low": bounds.low if bounds else None,
        "high": bounds.high if bounds else None,
        "note": note,
    }


def below(name: str, value: float, unit: str, most: float) -> Row:
    """A row whose value must not exceed its floor."""
    return above(name, value, unit, most) | {"holds": value <= most}


PARTS: dict[str, Callable[[Ground], list[Row]]] = {
    "neighbours": neighbours,
    "peers": rivals,
    "quick": quick,
    "quality": quality,
    "full": full,
    "liked": liked,
    "beauty": beauty,
}
LONG = ("quality", "full", "liked", "beauty")
