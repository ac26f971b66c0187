"""Items nobody has touched: found by what they are, in time to be recommended.

Strict: all events of a tenth of the items are taken out of training, whoever they are from, and
what is asked is how many of the items that a user really chose among them stand in the first 100
of the whole catalogue, old items among them, without what the user has had or turned down; what was
turned down is no history, as when a server asks. In the world that is done for five draws of the
items, since popularity by genre offers everybody the same hundred. The
peers know a new item by its categories: the mean popularity of the items that share them, for
everybody alike, and by how much of the user's history each category has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from hermes.core.config import resolve
from hermes.core.types import Array, Bools, Floats, Ints, strongest
from hermes.data.build import dataset
from hermes.data.dataset import Dataset
from hermes.data.interactions import Interactions
from hermes.data.lake import Lake
from hermes.evaluation.intervals import Interval, bootstrap
from hermes.models.base import Retriever
from hermes.pipeline.assemble import assemble
from hermes.pipeline.queries import after
from hermes.pipeline.recipe import load
from hermes.pipeline.restore import restored

from .bench import Place
from .bench_quality import Ground, Row, above
from .films import plotted
from .train import train

K, SHARE, POOLS = 100, 0.1, 1000
TIMES, REACH = 3.0, 0.9  # floors: times popularity by genre, share of pools with a new item
DRAWS = 5  # of the world's items: popularity by genre stands or falls with which a draw takes
Score = Callable[[Ints], Floats]  # users (B,) -> (B, I)


@dataclass(frozen=True)
class Strict:
    """A log without the events of some items, and those events."""

    log: Interactions
    cold: Bools  # (I,)
    users: Ints  # (Q,) who chose a cold item and has a history without them
    chosen: tuple[Ints, ...]  # (Q,) the cold items each of them chose

    @classmethod
    def of(cls, whole: Interactions, share: float, rng: np.random.Generator) -> Strict:
        """A share of the items that have events, drawn evenly, loses them all."""
        known = np.unique(whole.items[whole.weights > 0])
        cold = np.zeros(whole.shape.n_items, bool)
        cold[rng.permutation(known)[: max(1, round(share * len(known)))]] = True
        log = whole.take(~cold[whole.items])
        asked = whole.take(cold[whole.items] & (whole.weights > 0))
        left = np.diff(log.offsets()) > 0
        users = np.unique(asked.users)
        users = users[left[users]]
        starts, ends = asked.offsets()[users], asked.offsets()[users + 1]
        chosen = tuple(np.unique(asked.items[a:b]) for a, b in zip(starts, ends, strict=True))
        return cls(log, cold, users, chosen)

    def recall(self, score: Score, batch: int = 256) -> Array:
        """Share of what each user chose that is in the first `K`.  -> (Q,)"""
        out, seen = list[float](), had(self.log)
        for start in range(0, len(self.users), batch):
            users = self.users[start : start + batch]
            scores = np.array(score(users), np.float32)
            scores[seen[users].nonzero()] = -np.inf
            scores[:, 0] = -np.inf
            for row, own in enumerate(scores):
                chosen = self.chosen[start + row]
                out.append(float(np.isin(chosen, strongest(own, K)).mean()))
        return np.array(out)


def measure(place: Place) -> list[Row]:
    """MovieLens-1M with plots and cast where it is at hand, and the simulated world."""
    usual = ("films", "world") if place.data is not None else ("world",)
    wanted = place.named("cold", PARTS, usual)
    return [row for name in wanted for row in PARTS[name](Ground(place))]


def films(ground: Ground) -> list[Row]:
    """MovieLens-1M, films joined with their plots and casts."""
    only = ('data.domains=["movielens"]', "data.min_item_events=1")
    lake = plotted(ground.place.folder(), ground.place.work)
    return measured("MovieLens-1M with plots and cast", lake, ground.place.work, only)


def world(ground: Ground) -> list[Row]:
    """The simulated world, whose items have words and makers; in the small one the first hundred
    are a twenty-sixth of everything, so that little can be told apart."""
    from hermes.world import write

    raw = ground.place.work / "world-medium"
    if not raw.is_dir():
        write(raw, "medium", 0, pictures=False)
    lake = ground.lake("world-medium", resolve("hermes.domains.world:adapter"), raw)
    name, settings = "the simulated world", ("-channels.ease",)
    found = [asked(lake, ground.place.work, settings, draw) for draw in range(DRAWS)]
    each = ", ".join(f"{mean_ratio(one):.2f}" for one in found)
    return told(name, found, f"; {DRAWS} draws of them, against popularity by genre {each}")


@dataclass(frozen=True)
class Found:
    """What was found of the items that one draw took, and where the bundle lies."""

    strict: Strict
    recalls: dict[str, Array]  # (Q,) by system
    items: int
    bundle: Path


def measured(name: str, lake: Path, work: Path, settings: tuple[str, ...] = ()) -> list[Row]:
    """The rows of one draw."""
    return told(name, [asked(lake, work, settings, 0)], "")


def asked(lake: Path, work: Path, settings: tuple[str, ...], seed: int) -> Found:
    """Train recipe `content` without the cold items' events, and ask it for them."""
    plan, table = load("content", settings)
    data = dataset(Lake(lake), plan.data)
    strict = Strict.of(data.interactions, SHARE, np.random.default_rng(seed))
    out = work / f"cold-{lake.name}-{seed}"
    bundle = train(table, data, out, known=strict.log, protocol=f"cold-{seed}")
    everybody, own = popularity(data, strict.log)
    recalls = {
        "popularity by genre": strict.recall(everybody),
        "popularity by own genres": strict.recall(own),
        "content": strict.recall(by(restored(bundle, "content"), strict.log)),
    }
    return Found(strict, recalls, len(data.catalogue) - 1, out)


def mean_ratio(one: Found) -> float:
    """Of one draw, content over popularity by genre."""
    return float(one.recalls["content"].mean() / one.recalls["popularity by genre"].mean())


def told(name: str, found: list[Found], more: str) -> list[Row]:
    """Rows over all draws; a person who chose items of several draws counts in each."""
    recalls = {
        peer: np.concatenate([one.recalls[peer] for one in found]) for peer in found[0].recalls
    }
    cold, first = sum(int(one.strict.cold.sum()) for one in found) // len(found), found[0]
    note = f"{len(recalls['content']):,} users, {cold:,} cold items of {first.items:,}{more}"
    rows = [
        row(f"{name}, {peer}: recall@{K} of cold items", r, note) for peer, r in recalls.items()
    ]
    ours, genre, own = recalls["content"], "popularity by genre", "popularity by own genres"
    rows.append(ratio(f"{name}, content against {genre}", ours, recalls[genre]))
    own_row = ratio(f"{name}, content against {own}", ours, recalls[own])
    return [
        *rows,
        own_row | {"floor": None, "holds": None},
        reach(name, first.bundle, first.strict),
    ]


def popularity(data: Dataset, log: Interactions) -> tuple[Score, Score]:
    """What is known of an item by its categories: by all alike, and by each user's own share."""
    kinds = np.asarray(data.catalogue.category.toarray(), np.float32)  # (I, G)
    events = np.bincount(log.items, minlength=len(kinds)).astype(np.float32)
    known = events > 0
    usual = (events[known] @ kinds[known]) / np.maximum(kinds[known].sum(0), 1)  # (G,)
    each = kinds / np.maximum(kinds.sum(1, keepdims=True), 1)
    matrix = log.matrix()

    def everybody(users: Ints) -> Floats:
        return np.tile(each @ usual, (len(users), 1))

    def own(users: Ints) -> Floats:
        share = np.asarray(matrix[users] @ kinds)
        share /= np.maximum(share.sum(1, keepdims=True), 1e-9)
        return np.asarray((share * usual) @ each.T, np.float32)

    return everybody, own


def by(model: Retriever[Any], log: Interactions) -> Score:
    """A retriever's scores, for what each user has liked."""
    liked = log.take(log.weights > 0)
    return lambda users: model.score(liked.queries(users, 200))


def had(log: Interactions) -> csr_array:
    """What each user did anything with, for or against.  -> (U, I)"""
    return replace(log, weights=np.ones_like(log.weights)).matrix()


def reach(name: str, out: Path, strict: Strict) -> Row:
    """In how many users' candidate pools a cold item stands."""
    ask = assemble(out).recommender
    rng = np.random.default_rng(0)
    users = np.sort(rng.permutation(strict.users)[:POOLS])
    pools = [ask(query).trace.pools["rules"] for query in after(strict.log, users)]
    found = np.array([strict.cold[pool.items].any() for pool in pools])
    note = (
        f"{len(users):,} users; {np.mean([strict.cold[p.items].sum() for p in pools]):.0f} a pool"
    )
    share = bootstrap(found.astype(float), rng)[0]
    return above(f"{name}: candidate pools with a cold item", share, "", REACH, note)


def row(name: str, values: Array, note: str) -> Row:
    """A mean over users with its interval."""
    return above(name, bootstrap(values, np.random.default_rng(0))[0], "", None, note)


def ratio(name: str, ours: Array, theirs: Array) -> Row:
    """How many times as much, with an interval over users drawn for both alike."""
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(ours), (1000, len(ours)))
    draws = ours[picks].mean(1) / theirs[picks].mean(1)
    low, high = np.quantile(draws, [0.025, 0.975])
    found = Interval(float(ours.mean() / theirs.mean()), float(low), float(high))
    return above(f"{name}: recall@{K} of cold items", found, "times", TIMES)


PARTS: dict[str, Callable[[Ground], list[Row]]] = {"films": films, "world": world}
