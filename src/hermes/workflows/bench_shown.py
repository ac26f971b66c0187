"""What it is worth to learn from what was shown, by the law of worlds that nothing was chosen on.

Clicks a page: what the law expects of the first ten of a slate, place by place. Compared are the
recipe `shown`, the same cascade learned from events alone, the most popular, and the best of the
catalogue for whoever knows the law.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Array, Ints
from hermes.evaluation.cascade import patient
from hermes.evaluation.intervals import bootstrap, flip_test
from hermes.pipeline.assemble import Engine, assemble
from hermes.world.scale import END, SLOTS
from hermes.world.truth import Truth

from .bench import Place
from .bench_explain import SEEDS, knowing, people, trained
from .bench_quality import Ground, Row, above
from .crossed import ratio

EVENTS = (
    "data.shown=false", "-channels.effects", "labels.days=0.0", "labels.last=1",
    "prerank.keep=200", "rank.shown=false", "-rank.config", "rank.negatives=100",
)  # fmt: skip
DESKTOP = 1
NAMES = (
    "recipe shown", "the same learned from events alone", "most popular", "who knows the law"
)  # fmt: skip


def measure(place: Place) -> list[Row]:
    """Rows over the people of all worlds."""
    ground = Ground(place)
    found = np.concatenate([np.array(list(clicks(ground, seed))) for seed in SEEDS])
    title = "the simulated world, clicks a page of ten by the law"
    rows = [
        above(f"{title}: {name}", bootstrap(column, np.random.default_rng(0))[0], "", None, "")
        for name, column in zip(NAMES, found.T, strict=True)
    ]
    rows[0]["note"] = f"{len(found)} people of {len(SEEDS)} worlds"
    for peer in (1, 2):
        gain, low, high = ratio(found[:, 0], found[:, peer], np.random.default_rng(0))
        p = flip_test(found[:, 0] - found[:, peer], np.random.default_rng(0))
        row = above(f"{title}: over {NAMES[peer]}", gain, "times", 1.0, f"p = {p:.4f}")
        rows.append(row | {"low": low, "high": high})
    return rows


def clicks(ground: Ground, seed: int) -> Iterator[list[float]]:
    """For each person of a world, the clicks that the law expects of each of `NAMES`."""
    engines = [assemble(trained(ground, seed, s)) for s in ((), EVENTS)]
    law = Law(knowing(ground, seed).truth, engines[0])
    asked = [people(engine, datetime.fromtimestamp(END, UTC)) for engine in engines]
    made = [patient(engine.recommender) for engine in engines]
    for both in zip(*asked, strict=True):
        slates = [one(query) for one, query in zip(made, both, strict=True)]
        query = both[0]
        pages = [slate.items.items for slate in slates]
        pages.append(slates[0].trace.brought["popularity"].top("score", SLOTS).items)
        yield [*(law.clicks(query, page[:SLOTS]) for page in pages), law.most(query)]


class Law:
    """A world's law, asked in an engine's codes."""

    def __init__(self, truth: Truth, engine: Engine) -> None:
        self.truth, self.engine = truth, engine
        names = engine.catalogue.items.names
        self.items = np.zeros(len(names), np.int64)  # code in the world
        self.items[1:] = truth.item_codes(names[1:])

    def clicks(self, query: Query, page: Ints) -> float:
        """Expected of a page, by one who sits at a desktop when the log ends.  page (k,)"""
        return float(self.chances(query, self.items[page], np.arange(len(page))).sum())

    def most(self, query: Query) -> float:
        """Of the page that they would click most, of what they have not had."""
        every = np.setdiff1d(np.arange(1, len(self.items)), query.history)
        first = self.chances(query, self.items[every], np.zeros(len(every), np.int64))
        return self.clicks(query, every[np.argsort(-first)[:SLOTS]])

    def chances(self, query: Query, items: Ints, places: Ints) -> Array:
        """Of a click on each.  (n,), (n,) -> (n,)"""
        user = self.truth.user_codes([self.engine.users.names[query.user]])[0]
        n, day = len(items), float(self.truth.size.days)
        users, days = np.full(n, user), np.full(n, day)
        return self.truth.click(users, items, days, places, np.full(n, DESKTOP))
