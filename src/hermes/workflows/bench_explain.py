"""Whether explanations are true: of the score, of the ranker, and of the world.

Completeness: what the parts of a score miss of its difference from the baseline. Faithfulness: a
part is deleted by giving its features the baseline's values, and the ranker is asked again; how
much more that moves the score for the largest part than for one drawn among all parts. True causes:
in simulated worlds on which nothing here was chosen, whether an item's reasons name the largest
cause of the law (`causes`, `spoken`). Milliseconds: of the stage `attribution` for slates of 20.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.core.config import resolve
from hermes.core.errors import ArtifactError
from hermes.core.protocols import Query
from hermes.core.types import Array
from hermes.data.build import dataset
from hermes.data.lake import Lake
from hermes.evaluation.cascade import patient
from hermes.evaluation.intervals import Interval
from hermes.pipeline import recipe as recipes
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import Engine, assemble
from hermes.pipeline.attributed import started
from hermes.pipeline.recommender import Recommender
from hermes.pipeline.trace import Slate
from hermes.world.scale import END
from hermes.world.truth import Truth

from . import spoken
from .bench import Place
from .bench_quality import Ground, Row, above
from .exposed import looked_at
from .knower import Knower
from .train import train

SCALE = "small"
SEEDS = (41, 42)  # of the worlds that are reported; everything was chosen on 31
PEOPLE = 300  # whose slates are taken apart, in each world
SIZE = 20
FEWEST = 5  # events of a history
MISSED, TIMES, SPENT = 0.01, 3.0, 5.0  # floors


@dataclass(frozen=True)
class Shown:
    """Slates of one bundle, taken apart."""

    engine: Engine
    slates: list[Slate]

    @classmethod
    def of(cls, engine: Engine, made: Recommender, queries: Iterable[Query]) -> Shown:
        """Every query's, asked once more before, so that nothing compiles in between."""
        ready = [replace(q, attribute=True) for q in queries]
        for query in ready[:3]:
            made(query)
        return cls(replace(engine, recommender=made), [made(query) for query in ready])


def measure(place: Place) -> list[Row]:
    """Worlds first; the films of MovieLens-1M where they are asked for, since that takes long."""
    usual = ("world", "films") if place.full and place.data is not None else ("world",)
    wanted = place.named("explain", PARTS, usual)
    return [row for name in wanted for row in PARTS[name](Ground(place))]


def world(ground: Ground) -> list[Row]:
    """Recipe `shown` in worlds of its own."""
    rows, hits = list[Row](), list[Array]()
    for seed in SEEDS:
        engine = assemble(trained(ground, seed))
        knower = knowing(ground, seed)
        queries = list(people(engine, datetime.fromtimestamp(END, UTC)))
        shown = Shown.of(engine, patient(engine.recommender), queries)
        hits.append(spoken.counts(engine, shown.slates, knower))
        if seed == SEEDS[0]:
            rows = taken_apart("the simulated world, recipe shown", engine, queries, shown)
    return [*rows, *spoken.rows(np.concatenate(hits))]


def films(ground: Ground) -> list[Row]:
    """Recipe `quick` on MovieLens-1M; a bundle that is there already is taken as it is."""
    out, lake = ground.place.work / "quick-movielens-1m", ground.films()
    if not whole(out):
        plan, table = recipes.load("quick")
        train(table, dataset(Lake(lake), plan.data), out)
    engine = assemble(out)
    at = datetime.fromtimestamp(float(engine.times.max()) * 86400, UTC)
    queries = list(people(engine, at))
    shown = Shown.of(engine, patient(engine.recommender), queries)
    return taken_apart("MovieLens-1M, recipe quick", engine, queries, shown)


PARTS: dict[str, Callable[[Ground], list[Row]]] = {"world": world, "films": films}


def trained(ground: Ground, seed: int, settings: tuple[str, ...] = ()) -> Path:
    """The bundle of a world, trained unless it lies there."""
    out = ground.place.work / ("-".join(["explain", str(seed), *(["other"] if settings else [])]))
    if whole(out):
        return out
    plan, table = recipes.load("shown", settings)
    train(table, dataset(small(ground, seed), plan.data), out)
    return out


def small(ground: Ground, seed: int) -> Lake:
    """The lake of a small world, made unless it is there."""
    from hermes.world import write

    raw = ground.place.work / f"world-{SCALE}-{seed}"
    if not raw.is_dir():
        write(raw, SCALE, seed, pictures=False)
    return Lake(ground.lake(f"world-{seed}", resolve("hermes.domains.world:adapter"), raw))


def knowing(ground: Ground, seed: int) -> Knower:
    """Who knows the law of that world, and its pages."""
    data, truth = (
        dataset(small(ground, seed), recipes.load("shown")[0].data),
        Truth.of(SCALE, seed),
    )
    pages = data.shown
    assert pages is not None
    rates = looked_at(pages)
    items = truth.item_codes(data.catalogue.items.names[1:])
    users = truth.user_codes(data.users.names[1:])
    days = truth.days(pages.times * 86_400.0)
    pages = replace(pages, users=users[pages.users - 1], items=items[pages.items - 1], times=days)
    return Knower(truth, pages, rates)


def whole(path: Path) -> bool:
    """Whether a bundle lies there."""
    try:
        Bundle.load(path)
    except ArtifactError:
        return False
    return True


def people(engine: Engine, at: datetime) -> Iterator[Query]:
    """`PEOPLE` of those with a history, drawn evenly."""
    lengths = np.diff(engine.offsets)[1:]
    known = np.flatnonzero(lengths >= FEWEST) + 1
    for user in np.sort(np.random.default_rng(0).permutation(known)[:PEOPLE]).tolist():
        yield ask(engine, engine.users.names[user], SIZE, at, f"explain-{user}")


def taken_apart(name: str, engine: Engine, queries: list[Query], shown: Shown) -> list[Row]:
    """Completeness, faithfulness and time: of the cascade, and of its pre-ranker alone."""
    made = shown.engine.recommender
    deep = Shown.of(engine, replace(made, stages=made.stages[:1]), queries)
    rows = list[Row]()
    for kind, one in (("trees, Shapley", shown), ("DeepFM, integrated gradients", deep)):
        title, note = f"{name}, {kind}", f"{len(one.slates)} slates of {SIZE}"
        gap = np.concatenate([missed(slate) for slate in one.slates])
        rows += [
            below(f"{title}: largest gap of the parts", float(gap.max()), MISSED, note),
            times(f"{title}: deleting the largest part moves the score", moves(one), note),
            *milliseconds(title, one, note),
        ]
    return rows


def missed(slate: Slate) -> Array:
    """What the parts miss, as a share of the difference from the baseline.  -> (k,)

    A difference below a hundredth of the slate's largest counts as that hundredth.
    """
    found = slate.attribution
    assert found is not None
    want = slate.items.columns["score"].astype(np.float64) - found.base
    whole = np.maximum(np.abs(want), 0.01 * np.abs(want).max())
    return np.asarray(np.abs(sum(found.parts.values()) - want) / whole)


def moves(shown: Shown) -> Array:
    """How much deleting parts moves scores, mean of a slate: the largest, any, any other. (Q, 3)"""
    made, out = shown.engine.recommender, list[Array]()
    stage = made.stages[-1]
    apart, shared = made.attributor, stage.shared
    assert apart is not None and shared is not None
    for slate in shown.slates:
        game, mean = apart.game(made, slate.query, slate.items, slate.trace, stage)
        start = started(game, mean, shared)[0]
        players = len(game.names)
        without = np.concatenate([np.ones((1, players), bool), ~np.eye(players, dtype=bool)])
        learned = game.values(shared.learned, without)  # (1 + G, k)
        change = np.abs(learned[0] - learned[1:] + start.T)  # (G, k)
        assert slate.attribution is not None
        said, none = slate.attribution.parts, np.zeros(len(slate.items))
        parts = np.stack([said.get(name, none) for name in game.names])
        top = np.take_along_axis(change, np.abs(parts).argmax(axis=0)[None], axis=0)[0]
        other = (change.sum(axis=0) - top) / max(players - 1, 1)
        out.append(np.array([top.mean(), change.mean(), other.mean()]))
    return np.array(out)


def times(name: str, values: Array, note: str) -> Row:
    """The ratio of means, with an interval over slates drawn for both alike."""
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(values), (1000, len(values)))
    draws = values[picks].mean(axis=1)
    top, every, other = values.mean(axis=0)
    if not other > 0:
        return {"name": name, "value": None, "note": f"no second part moves a score; {note}"}
    low, high = np.quantile(draws[:, 0] / np.maximum(draws[:, 2], 1e-12), [0.025, 0.975])
    said = f"than one drawn among the others; {top / every:.2f} times one drawn among all; {note}"
    found = Interval(float(top / other), float(low), float(high))
    return above(name, found, "times", TIMES, said)


def milliseconds(name: str, shown: Shown, note: str) -> list[Row]:
    """Of the stage, median and 99th percentile."""
    spent = [slate.trace.milliseconds["attribution"] for slate in shown.slates]
    half, most = np.quantile(spent, [0.5, 0.99])
    median = below(f"{name}: attribution of {SIZE} items, p50", float(half), SPENT, note)
    return [
        median | {"unit": "ms"},
        above(f"{name}: attribution of {SIZE} items, p99", float(most), "ms", None, note),
    ]


def below(name: str, value: float, most: float, note: str) -> Row:
    """A figure that must not exceed its floor."""
    return {"name": name, "value": value, "floor": most, "holds": value <= most, "note": note}
