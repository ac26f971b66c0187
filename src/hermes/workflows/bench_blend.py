"""What blending by explicitness is worth: written queries, answered by each part and by all.

Every judged query is asked of full text alone, of vectors alone, of both, of behaviour without the
text, and of the whole recommender, with the leaning that explicitness gives and with constant ones.
Who asks is somebody: users of MovieLens-1M as their histories end, and a stranger. An answer that
depends on who asks counts as the share of people it is right for; the right answer to a text that
asks for nothing is what that person gets without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np

from hermes.artifacts.bundle import Bundle, code_hash
from hermes.core.errors import ArtifactError
from hermes.core.protocols import Query
from hermes.core.types import Array
from hermes.data.build import dataset
from hermes.data.lake import Lake
from hermes.evaluation.intervals import Comparison, bootstrap, paired
from hermes.evaluation.judged import KINDS, Judged, Shelf, read, satisfied
from hermes.pipeline.asked import Reader
from hermes.pipeline.assemble import Engine, assemble
from hermes.pipeline.queries import EPOCH
from hermes.pipeline.recipe import load
from hermes.pipeline.recommender import Recommender
from hermes.retrieval.understood import Understood

from .bench import Place
from .bench_quality import Ground, Row, above, below
from .bench_query import QUERIES
from .films import plotted
from .train import train

SETTINGS = ('data.domains=["movielens"]', "data.min_item_events=1")
PEOPLE = 20  # beside the stranger
SIZE = 20
SLOW = 8.0  # ms of a query with a text
SINGLE = ("words", "meaning", "behaviour")  # what the blend must beat
FOUND = {"words": "lexical", "meaning": "semantic", "words and meaning": "hybrid"}
CONSTANT = {"blend, every text leads": 0.5, "blend, no text leads": 0.15}
Ask = Callable[[int, str], list[str]]  # a user and a text -> asset ids, best first


@dataclass(frozen=True, slots=True)
class Constant(Reader):
    """Reads a text as any reader does, and takes all for equally explicit."""

    explicit: float

    def __call__(self, query: Query) -> tuple[Query, Understood, float]:
        """The query that stages read, what was understood, and the constant."""
        asked, read, _ = Reader(self.understand, self.search)(query)
        return asked, read, self.explicit


@dataclass(frozen=True)
class Systems:
    """A bundle's engine and the people who ask it."""

    engine: Engine
    people: tuple[int, ...]  # users by code; 0 is the stranger

    @classmethod
    def of(cls, engine: Engine, rng: np.random.Generator, people: int = PEOPLE) -> Systems:
        """With a sample of those who have a history, and the stranger."""
        known = np.flatnonzero(np.diff(engine.offsets) > 0)
        drawn = rng.choice(known, min(people, len(known)), replace=False)
        return cls(engine, (*sorted(drawn.tolist()), 0))

    def query(self, user: int, text: str) -> Query:
        """What a person asks when their history ends; a stranger asks now."""
        items, times = self.engine.history(user)
        at = EPOCH + timedelta(days=float(times[-1])) if len(times) else datetime.now(UTC)
        ages = (times[-1] - times).astype(np.float32) if len(times) else np.zeros(0, np.float32)
        return Query(
            id=f"user-{user}", at=at, user=user, history=items, ages=ages, text=text, size=SIZE,
            explain=False,
        )  # fmt: skip

    def slate(self, recommender: Recommender, user: int, text: str) -> list[str]:
        """Asset ids of what a person gets."""
        return self.named(recommender(self.query(user, text)).items.items)

    def named(self, items: Array) -> list[str]:
        """Asset ids."""
        return [self.engine.catalogue.items.names[item] for item in items.tolist()]

    def found(self, mode: str, _: int, text: str) -> list[str]:
        """Asset ids of what a search finds, whoever asks."""
        return self.named(self.engine.finder.find(text, SIZE, mode)[0].items)

    def silent(self, user: int, _: str) -> list[str]:
        """Asset ids of what a person gets who types nothing."""
        return self.slate(self.engine.recommender, user, "")

    def alone(self) -> dict[str, Ask]:
        """Each part without the others."""
        modes = self.engine.finder.modes()
        made: dict[str, Ask] = {
            name: partial(self.found, mode) for name, mode in FOUND.items() if modes[mode]
        }
        return made | {"behaviour": self.silent}

    def blends(self) -> dict[str, Ask]:
        """The recommender as it is served, and with constant explicitness."""
        own = self.engine.recommender
        made: dict[str, Ask] = {"blend": partial(self.slate, own)}
        reader = self.engine.finder.reader
        for name, value in CONSTANT.items():
            constant = Constant(reader.understand, reader.search, value)
            made[name] = partial(self.slate, replace(own, reader=constant))
        return made

    def shares(self, rows: Sequence[Judged]) -> dict[str, Array]:
        """Of each system, the share of people whose answer is right, query by query.  (Q,)"""
        shelf = Shelf(self.engine.catalogue)
        usual = {user: self.silent(user, "") for user in self.people}
        return {
            name: np.mean([right(rows, ask, user, shelf, usual[user]) for user in self.people], 0)
            for name, ask in {**self.alone(), **self.blends()}.items()
        }


def right(rows: Sequence[Judged], ask: Ask, user: int, shelf: Shelf, usual: list[str]) -> Array:
    """Whether each query is rightly answered to one who usually gets `usual`.  (Q,)"""
    found = [satisfied(row, ask(user, row.text), shelf, usual) for row in rows]
    return np.array(found, np.float64)


def measure(place: Place) -> list[Row]:
    """Rows of every system on the queries that nothing was made with, and the time of an answer."""
    engine = assemble(served(Ground(place)))
    systems = Systems.of(engine, np.random.default_rng(0))
    rows = read(QUERIES, "test")
    return [*reported(rows, systems.shares(rows)), timed(systems, rows)]


def served(ground: Ground) -> Path:
    """A bundle of recipe `content` on films with their plots; what this very code made is kept."""
    path = ground.place.work / "content-films-with-plots"
    try:
        if Bundle.load(path).manifest["code"] == code_hash():
            return path
    except ArtifactError:
        pass  # there is none, or half of one
    plan, table = load("content", SETTINGS)
    lake = Lake(plotted(ground.place.folder(), ground.place.work))
    train(table, dataset(lake, plan.data), path, protocol="blend")
    return path


def reported(rows: Sequence[Judged], shares: Mapping[str, Array]) -> list[Row]:
    """Each system of all and by kind, then the blend beside the best single part."""
    kinds = np.array([row.kind for row in rows])
    rng, out = np.random.default_rng(0), list[Row]()
    for name, share in shares.items():
        each = ", ".join(f"{k} {share[kinds == k].mean():.2f}" for k in KINDS if (kinds == k).any())
        mean = bootstrap(share, rng)[0]
        out.append(above(f"{name}: right answers", mean, "", None, f"{len(rows)} queries; {each}"))
    asking = kinds != "empty"  # a search answers nothing where nothing is asked
    for label, some in (("", np.ones(len(rows), bool)), (", texts that ask", asking)):
        if not some.any():
            continue
        single = [name for name in SINGLE if name in shares]
        best = max(single, key=lambda name: float(shares[name][some].mean()))
        ours, theirs = shares["blend"][some], shares[best][some]
        name = f"blend{label}: right answers, asked the best alone"
        row = above(name, float(ours.mean()), "", float(theirs.mean()))
        out.append(row | {"note": f"{best}; {told(ours, theirs)}"})
    for name in [name for name in ("words and meaning", *CONSTANT) if name in shares]:
        ours = shares["blend"]
        gain = float((ours - shares[name]).mean())
        out.append(above(f"blend over {name}", gain, "", None, told(ours, shares[name])))
    return out


def told(ours: Array, theirs: Array) -> str:
    """The difference over queries, for a note."""
    more: Comparison = paired(ours, theirs, np.random.default_rng(0))
    return f"{more.mean:+.3f} [{more.low:+.3f}, {more.high:+.3f}], p {more.p:.4f}"


def timed(systems: Systems, rows: Sequence[Judged]) -> Row:
    """Milliseconds of processor time of an answer to a text, over people and queries."""
    took, recommender = list[float](), systems.engine.recommender
    for user in systems.people:
        for row in rows:
            if row.text.strip():
                query, began = systems.query(user, row.text), time.thread_time()
                recommender(query)
                took.append(1e3 * (time.thread_time() - began))
    p95 = float(np.quantile(took, 0.95))
    note = f"{len(took)} answers, {len(systems.engine.catalogue) - 1:,} items, p95 {p95:.1f} ms"
    return below("answer to a text: median", float(np.median(took)), "ms", SLOW) | {"note": note}
