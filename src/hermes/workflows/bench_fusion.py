"""Which modality answers which question, and what it brings to weigh them by the question.

See `looks` for the things and the questions. All is learned by the same loop on the same pairs: on
text alone, on vision alone, on both with equal weights, and on both with weights by the question.
MRR@10 is the mean over questions of one over the rank of the first thing that answers, 0 below the
tenth, among things that nothing was learned on. A weight is the mean over questions of one kind and
things that have text and a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np

from hermes.core.errors import Unavailable
from hermes.core.types import Array, Bools, Floats
from hermes.encoders.base import Encoder, Vectors, beside
from hermes.encoders.cache import Cache, encoded
from hermes.encoders.fusion import Fusion, Projected
from hermes.encoders.naming import Hues, Naming
from hermes.encoders.text import text_encoder
from hermes.encoders.vision import Descriptors, DescriptorsConfig
from hermes.evaluation.intervals import bootstrap, paired
from hermes.learn.alignment import Pairs
from hermes.learn.fusion import FusionConfig, fused
from hermes.retrieval.fused import FusedSearch

from . import looks
from .bench import Place
from .bench_quality import above
from .looks import Questions, Thing

Row = dict[str, Any]
CUT = 10  # of MRR
LEADS = 0.5  # weight above which one of two modalities leads
ENCODERS = ("catalogue", "minilm")  # of texts
SPEED, LARGE, ROUNDS = "speed", 10_000, 300  # items and queries of what is timed
LEARNED = FusionConfig()  # chosen on things that are learned from, a fifth of them held out
RIVALS: dict[str, tuple[tuple[str, ...], FusionConfig]] = {
    "text only": (("text",), LEARNED),
    "vision only": (("vision",), LEARNED),
    "equal weights": (
        ("text", "vision"),
        FusionConfig(weights="equal"),
    ),
}
FITTED = DescriptorsConfig(sample=400)
Modalities = dict[str, Vectors]


@dataclass(frozen=True)
class Ground:
    """The things, what is learned from and what is asked, before any text is encoded."""

    place: Place

    @cached_property
    def things(self) -> list[Thing]:
        """All of them."""
        return looks.stock(self.place.folder(), self.cache)

    @cached_property
    def cache(self) -> Cache:
        """Vectors by the hash of what they were made from."""
        return Cache(self.place.work / "vectors.db")

    @cached_property
    def vision(self) -> Vectors:
        """Shapes, by what pictures that are learned from have in common, and words of colours."""
        bodies = [thing.picture for thing in self.things]
        seen = [t.picture for t in self.things if t.picture is not None and not t.held]
        shapes = encoded(Descriptors.fit(seen, FITTED), bodies, self.cache, what="pictures")
        hues = encoded(Hues(Naming.load()), bodies, self.cache, what="colours")
        return beside(shapes.vectors, hues.vectors)


@dataclass(frozen=True)
class Trial:
    """One encoder of texts: what was learned from, and what is asked of what."""

    encoder: Encoder[str]
    pairs: Pairs
    learning: Modalities
    asked: Questions
    queries: Vectors  # (Q, D)
    things: list[Thing]  # (I,) held out
    held: Modalities

    def learned(self, names: Sequence[str], config: FusionConfig) -> tuple[Fusion, Projected]:
        """Fusion on some modalities, and the things that are asked for as it sees them."""
        fusion = fused(self.pairs, {name: self.learning[name] for name in names}, config)
        return fusion, fusion.project({name: self.held[name] for name in names})

    def query(self, row: int) -> Vectors:
        """One question's vector."""
        return Vectors(self.queries.rows[row : row + 1], self.queries.encoder)

    def reciprocal(self, fusion: Fusion, items: Projected) -> Array:
        """One over the rank of the first answer.  (Q,)"""
        scores = [fusion.score(self.query(row), items) for row in range(len(self.queries.rows))]
        return reciprocal(np.stack(scores), self.asked.answers)

    def weights(self, fusion: Fusion, items: Projected) -> Floats:
        """Of every question and thing.  (Q, I, M)"""
        rows = range(len(self.queries.rows))
        return np.stack([fusion.weights(self.query(row), items) for row in rows])


def measure(place: Place) -> list[Row]:
    """Rows with each encoder of texts, and how long a query takes; `only` picks some.

    A transformer whose weights are not here is a row that says so. Raises `ConfigError` for a name
    nobody knows.
    """
    wanted = place.named("fusion", (*ENCODERS, SPEED))
    ground, rows = Ground(place), list[Row]()
    for name in wanted:
        if name == SPEED:
            rows.append(speed(np.random.default_rng(0)))
            continue
        try:
            rows += shown(name, trial(name, ground))
        except Unavailable as error:
            rows.append({"name": f"fusion, {name}", "value": None, "note": str(error)})
    return rows


def trial(name: str, ground: Ground) -> Trial:
    """Texts and questions encoded, things cut into those that are learned from and those held."""
    things = ground.things
    held = np.array([thing.held for thing in things])
    texts = [thing.text for thing in things]
    known = [text for text, out in zip(texts, held, strict=True) if not out]
    lessons = looks.lessons([thing for thing in things if not thing.held])
    encoder = text_encoder(name, [*known, *lessons[0]], np.random.default_rng(0))
    asked = looks.questions([thing for thing in things if thing.held])
    both = {"text": made(encoder, texts, ground.cache), "vision": ground.vision}
    return Trial(
        encoder,
        Pairs(
            made(encoder, lessons[0], ground.cache),
            lessons[1],
            lessons[2],
            looks.kinds([t for t in things if not t.held]),
        ),
        {k: part(v, ~held) for k, v in both.items()},
        asked,
        made(encoder, asked.texts, ground.cache),
        [thing for thing in things if thing.held],
        {k: part(v, held) for k, v in both.items()},
    )


def made(encoder: Encoder[str], said: Sequence[str], cache: Cache) -> Vectors:
    """Of texts."""
    return encoded(encoder, said, cache, what="texts").vectors


def part(vectors: Vectors, rows: Bools) -> Vectors:
    """Some of them."""
    return Vectors(vectors.rows[rows], vectors.encoder)


def shown(name: str, one: Trial) -> list[Row]:
    """All rows of one encoder of texts."""
    fusion, items = one.learned(("text", "vision"), LEARNED)
    found = {what: one.reciprocal(*one.learned(*how)) for what, how in RIVALS.items()}
    found["text as encoded"] = reciprocal(
        one.queries.rows @ one.held["text"].rows.T, one.asked.answers
    )
    ours, look = one.reciprocal(fusion, items), one.asked.look
    rows = list[Row]()
    for what, values in {**found, "fusion": ours}.items():
        note = f"looks {values[look].mean():.3f}, plots {values[~look].mean():.3f}"
        rows.append(cell(f"{name}, {what}: MRR@{CUT}", values, note=note))
    best = max((what for what in found if "equal" not in what), key=lambda w: found[w].mean())
    for rival in (best, "equal weights"):
        rows.append(gain(f"{name}, fusion over {rival}: MRR@{CUT}", ours, found[rival]))
    return rows + leads(name, one, one.weights(fusion, items)) + examples(name, one, fusion, items)


def speed(rng: np.random.Generator, items: int = LARGE) -> Row:
    """Milliseconds of a query against drawn items with text and mostly a picture, one core."""

    def draw(*shape: int) -> Floats:
        return rng.normal(size=shape).astype(np.float32)

    d, wide = 128, 200
    tables = {"text": draw(wide + 1, d), "vision": draw(143, d)}
    made = dict.fromkeys(tables, "drawn")
    fusion = Fusion("drawn", made, draw(2 * wide + 1, d), draw(wide, d), tables)
    there = np.stack([np.ones(items + 1, bool), rng.random(items + 1) < 0.8], axis=1)
    keys = draw(items + 1, 2, d) * there[..., None]
    search, took = FusedSearch(fusion, Projected(keys, there), Drawn()), list[float]()
    for _ in range(ROUNDS):
        vector = draw(1, wide)
        began = perf_counter()
        search.near(vector, CUT)
        took.append((perf_counter() - began) * 1e3)
    note = f"{items:,} items, two modalities of {d} values, p99 {np.percentile(took, 99):.2f} ms"
    return above("fusion, served: a query, p50", float(np.median(took)), "ms", None, note)


class Drawn:
    """Stands where an encoder of queries does; its vectors are drawn."""

    identity, d = "drawn", 200

    def encode(self, things: Sequence[str]) -> Floats:
        """Nothing is said.  n -> (n, D)"""
        return np.zeros((len(things), self.d), np.float32)


def gain(name: str, ours: Array, theirs: Array) -> Row:
    """Mean difference on the same questions, which must be above chance."""
    more = paired(ours, theirs, np.random.default_rng(0))
    row = above(name, more.mean, "", 0.0, f"same questions, p {more.p:.4f}")
    return row | {"holds": more.mean > 0 and more.p < 0.01, "low": more.low, "high": more.high}


def leads(name: str, one: Trial, weights: Floats) -> list[Row]:
    """Mean weights where there is a choice, and the largest of what is not there.

    The rows of one kind of thing and the other kind of question show that it is the question which
    decides: films with a poster are asked for both ways.
    """
    present = np.stack([v.present for v in one.held.values()], axis=1)  # (I, M)
    both, film = present.all(1), np.array([t.plot is not None for t in one.things])
    look = one.asked.look
    rows = list[Row]()
    for what, asked, things, side, floor in (
        ("vision, looks asked of clothes", look, both & ~film, 1, LEADS),
        ("vision, looks asked of films with a poster", look, both & film, 1, None),
        ("text, plots asked of films with a poster", ~look, both & film, 0, LEADS),
        ("text, plots asked of clothes", ~look, both & ~film, 0, None),
    ):
        values = weights[np.ix_(asked, things)][:, :, side].mean(1)
        led = f"leads for {(values > LEADS).mean():.0%}"
        note = f"{asked.sum()} questions, {led}; {things.sum()} things with text and picture"
        rows.append(cell(f"{name}, weight of {what}", values, floor, note))
    absent = float(weights[:, ~present].max())
    row = above(f"{name}, weight of a missing picture, at most", absent, "", 0.0)
    return [*rows, row | {"holds": absent == 0.0, "note": f"{(~present).sum()} films without one"}]


def examples(name: str, one: Trial, fusion: Fusion, items: Projected) -> list[Row]:
    """Two questions, each with what it finds among things that have both.

    The plot is not repeated: it is as its source tells it.
    """
    both = np.all([v.present for v in one.held.values()], axis=0)
    plots = [
        row for row in np.flatnonzero(~one.asked.look) if both[one.asked.answers[row].argmax()]
    ]
    film = one.things[int(one.asked.answers[plots[0]].argmax())]
    asked = (
        ('"visually stunning red dress"', "visually stunning red dress", 1),
        (f"the plot of {film.name}", one.asked.texts[plots[0]], 0),
    )
    rows = list[Row]()
    for label, text, side in asked:
        query = Vectors(one.encoder.encode([text]), one.encoder.identity)
        found = fusion.find(query, Projected(items.keys[both], items.present[both]), 1)
        top = [thing for thing, there in zip(one.things, both, strict=True) if there][
            int(found.items[0])
        ]
        shares = {m: float(found.columns[f"weight.{m}"][0]) for m in fusion.names}
        said = ", ".join(f"{m} {share:.2f}" for m, share in shares.items())
        title = f"{name}, {label}: weight of {fusion.names[side]}"
        value = shares[fusion.names[side]]
        rows.append(above(title, value, "", LEADS, f"finds {top.name}: {said}"))
    return rows


def reciprocal(scores: Array, answers: Bools) -> Array:
    """One over the rank of the first answer, 0 below the tenth; ties count against it.  -> (Q,)

    >>> reciprocal(np.array([[3., 2., 2.]]), np.array([[False, True, False]])).round(2).tolist()
    [0.33]
    """
    best = np.where(answers, scores, -np.inf).max(1, keepdims=True)
    rank = 1 + ((scores >= best) & ~answers).sum(1)
    out: Array = np.where(np.isfinite(best[:, 0]) & (rank <= CUT), 1 / rank, 0.0)
    return out


def cell(name: str, values: Array, floor: float | None = None, note: str = "") -> Row:
    """A mean over questions, with its interval."""
    mean = bootstrap(np.asarray(values, float), np.random.default_rng(0))[0]
    return above(name, mean, "", floor, note)
