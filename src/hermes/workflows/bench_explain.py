"""Whether explanations are true: of the score, of the ranker, and of the world.

Completeness: what the parts of a score miss of its difference from the baseline. Faithfulness: a
part is deleted by giving its features the baseline's values, and the ranker is asked again; how
much more that moves the score for the largest part than for one drawn among all parts. True causes:
in simulated worlds on which nothing here was chosen, whether an item's reasons name the largest
cause of the law (`causes`). Milliseconds: of the stage `attribution` for slates of 20.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hermes.artifacts.bundle import Bundle
from hermes.core.config import resolve
from hermes.core.errors import ArtifactError, ConfigError, nearest
from hermes.core.protocols import Query
from hermes.core.types import Array, Bools
from hermes.data.build import dataset
from hermes.data.lake import Lake
from hermes.evaluation.cascade import patient
from hermes.evaluation.intervals import Interval, bootstrap
from hermes.explain.reasons import Reasons
from hermes.pipeline import recipe as recipes
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import Engine, assemble
from hermes.pipeline.recommender import Recommender
from hermes.pipeline.trace import Slate
from hermes.world.scale import END
from hermes.world.truth import Truth

from .bench import Place
from .bench_quality import Ground, Row, above
from .causes import Law, largest, named
from .exposed import looked_at
from .knower import Knower
from .train import train

SCALE = "small"
SEEDS = (41, 42)  # of the worlds that are reported; everything was chosen on 31
PEOPLE = 300  # whose slates are taken apart, in each world
SIZE = 20
FEWEST = 5  # events of a history
MISSED, TIMES, RIGHT, SPENT = 0.01, 3.0, 0.9, 5.0  # floors
WAYS = ((True, False), (True, True), (False, False), (False, True))  # sayable, over means
PAIR = [0, 1]  # taste and popular, said of everything


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
    for name in place.only:
        if name not in PARTS:
            raise ConfigError(f"no part {name!r} of bench explain{nearest(name, PARTS)}")
    usual = ("world", "films") if place.full and place.data is not None else ("world",)
    return [row for name in place.only or usual for row in PARTS[name](Ground(place))]


def world(ground: Ground) -> list[Row]:
    """Recipe `shown` in worlds of its own."""
    rows, hits = list[Row](), list[Array]()
    for seed in SEEDS:
        engine = assemble(trained(ground, seed))
        knower = knowing(ground, seed)
        queries = list(people(engine, datetime.fromtimestamp(END, UTC)))
        shown = Shown.of(engine, patient(engine.recommender), queries)
        hits.append(true_causes(shown, knower))
        if seed == SEEDS[0]:
            rows = taken_apart("the simulated world, recipe shown", engine, queries, shown)
    return [*rows, *causes(np.concatenate(hits))]


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
        game, _ = apart.game(made, slate.query, slate.items, slate.trace, stage)
        players = len(game.names)
        without = np.concatenate([np.ones((1, players), bool), ~np.eye(players, dtype=bool)])
        learned = game.values(shared.learned, without)  # (1 + G, k)
        change = np.abs(learned[0] - learned[1:] + game.terms.T * shared.blended)  # (G, k)
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


def true_causes(shown: Shown, knower: Knower) -> Array:
    """Whether reasons name the true cause, mean of a slate.  -> (Q, 4, 6)

    Of the causes that may be said of the item and of all, by the law as it is and over its means:
    all reasons of an item; the first alone; taste and popularity said of everything; how many
    causes are named; the share of items of which only one may be said; and what is named first by
    one who knows the law and guesses the person.
    """
    truth = knower.truth
    law, codes = Law(truth, float(truth.size.days)), shown.engine.catalogue.items.names
    every = {name: code for code, name in enumerate(truth.asset_ids())}
    out = list[Any]()
    for slate in shown.slates:
        user = truth.user_codes([shown.engine.users.names[slate.query.user]])[0]
        items = np.array([every[codes[code]] for code in slate.items.items.tolist()])
        all_causes, rows = law.causes(int(user)), list[Any]()
        guessed = knower.guessed(all_causes, int(user))
        for sayable, over_mean in WAYS:
            may = can_say(shown, slate) if sayable else None
            true = largest(all_causes, items, over_mean, may).tolist()
            told = [[r.code, *(m.code for m in r.more)] for r in slate.reasons]
            hits = [
                (t in named(c), t in named(c[:1]), t in PAIR, len(named(c)))
                for t, c in zip(true, told, strict=True)
            ]
            alone = may is not None and float((may.sum(axis=1) == 1).mean())
            guess = largest(guessed, items, over_mean, may)
            rows.append([*np.mean(hits, axis=0), float(alone), np.mean(guess == true)])
        out.append(rows)
    return np.array(out)


def can_say(shown: Shown, slate: Slate) -> Bools:
    """Which causes may be said of each item at all, by the limits of the reasons.  -> (k, 3)"""
    reasons = shown.engine.recommender.explainer
    assert isinstance(reasons, Reasons)
    seen = reasons.look(slate.query, slate.items)
    holds = [reasons.holds(seen, i) for i in range(len(slate.items))]
    return np.array([[h["own"], h["popular"], h["new"]] for h in holds])


def causes(hits: Array) -> list[Row]:
    """Rows of the true causes, over slates of all worlds."""
    rows = list[Row]()
    for which, (sayable, over_mean) in enumerate(WAYS):
        how = "over the law's means" if over_mean else "by the law"
        how += ", of what may be said of the item" if sayable else ", of all"
        both, first, pair, count, alone, limit = bootstrap(hits[:, which], np.random.default_rng(0))
        name = f"the simulated world, true cause {how}"
        peer = f"taste and popular said of everything: {pair.mean:.3f}"
        if sayable:
            peer = f"of {alone.mean:.2f} of the items no other may be said"
        note = f"{count.mean:.2f} causes an item; {peer}; {len(hits)} slates"
        floor = None if which else RIGHT
        rows.append(above(f"{name}: named by an item's reasons", both, "", floor, note))
        rows.append(above(f"{name}: named by the first reason", first, "", floor, ""))
        note = "every item and quality given, the person guessed from what was shown and taken"
        rows.append(above(f"{name}: named first by who knows the law", limit, "", None, note))
    return rows


def below(name: str, value: float, most: float, note: str) -> Row:
    """A figure that must not exceed its floor."""
    return {"name": name, "value": value, "floor": most, "holds": value <= most, "note": note}
