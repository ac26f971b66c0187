"""How often the film that a person means comes first, by words, by meaning and by both.

See `known` for what is asked. MRR@10 is the mean over queries of one over the rank of the film
meant, 0 below the tenth. The encoder of the catalogue is fitted on all plots of Wikipedia; how the
two scores are added is learned on other films than those asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import polars as pl

from hermes.core.errors import Unavailable
from hermes.core.types import Array, Floats
from hermes.encoders.base import Encoder
from hermes.encoders.cache import Cache, encoded
from hermes.encoders.passages import passages, spread, windows
from hermes.encoders.text import text_encoder
from hermes.evaluation.intervals import bootstrap, paired
from hermes.retrieval.hybrid import Fusion, HybridSearch
from hermes.retrieval.semantic import SemanticSearch
from hermes.retrieval.text_search import TextSearch

from . import known
from .bench import Place
from .known import Known

Row = dict[str, Any]
CUT = 10  # of MRR
GAIN = 1.1  # of the hybrid over the best of its two sides
WEIGHTED = 0.5  # MRR@10 with a transformer
FAST = 1.0  # ms of BM25
ITEMS = 10_000  # films of which BM25's time is taken
ENCODERS = {"catalogue": windows, "minilm": passages}  # how a text is cut for each
NAMES = ("bm25", *ENCODERS)
SEED = 0


@dataclass(frozen=True)
class Ground:
    """What is searched, what is asked, and the vectors that were made before."""

    place: Place

    @cached_property
    def asked(self) -> Known:
        """The films and queries that are reported."""
        return known.asked(self.place.folder())

    @cached_property
    def tuning(self) -> Known:
        """The films and queries that the weights are learned on."""
        return known.tuning(self.place.folder())

    @cached_property
    def cache(self) -> Cache:
        """Vectors by the hash of what they were made from."""
        return Cache(self.place.work / "vectors.db")

    @cached_property
    def words(self) -> Array:
        """MRR of BM25, query by query.  (Q,)"""
        search = TextSearch(self.asked.catalogue)
        return reciprocal((search.find(text, CUT) for text in self.asked.texts), self.asked)


@dataclass(frozen=True, slots=True)
class Kept:
    """An encoder whose vectors are kept, queries' too."""

    encoder: Encoder[str]
    cache: Cache

    @property
    def identity(self) -> str:
        """Of the encoder."""
        return self.encoder.identity

    @property
    def d(self) -> int:
        """Length of a vector."""
        return self.encoder.d

    def encode(self, things: Sequence[str]) -> Floats:
        """(n, D)"""
        return encoded(self.encoder, things, self.cache).vectors.rows


def measure(place: Place) -> list[Row]:
    """Rows of BM25, and of each encoder alone and with BM25; `only` picks bm25, or encoders.

    A transformer whose weights are not here is a row that says so. Raises `ConfigError` for a name
    nobody knows.
    """
    wanted = place.named("search", NAMES)
    ground, rows = Ground(place), list[Row]()
    if "bm25" in wanted:
        rows += [row("plot told again, BM25: MRR@10", ground.words, None, size(ground.asked))]
        rows += [speed(ground)]
    for name, cut in ENCODERS.items():
        if name not in wanted:
            continue
        try:
            rows += both(name, cut, ground)
        except Unavailable as error:
            rows.append({"name": f"plot told again, {name}", "value": None, "note": str(error)})
    return rows


def both(name: str, cut: Callable[[str], list[str]], ground: Ground) -> list[Row]:
    """An encoder alone, and with BM25 by weights that were learned on other films."""
    texts = known.plots(ground.place.folder()).select(
        pl.format("{}. {}", "title", pl.col("extract").fill_null(""))
    )
    rng = np.random.default_rng(SEED)
    encoder = Kept(text_encoder(name, texts.to_series().to_list(), rng), ground.cache)
    tuned = searches(ground.tuning, encoder, cut)
    pools = [tuned.pool(text) for text in ground.tuning.texts]
    fusion = Fusion.learned(pools, ground.tuning.targets.tolist())
    search = searches(ground.asked, encoder, cut, fusion)
    asked = ground.asked
    alone = reciprocal((search.semantic.find(text, CUT) for text in asked.texts), asked)
    mixed = reciprocal((search.find(text, CUT) for text in asked.texts), asked)
    best, which = max((alone, name), (ground.words, "BM25"), key=lambda one: one[0].mean())
    more = paired(mixed, best, np.random.default_rng(SEED))
    note = (
        f"{fusion.lexical:.2f} BM25 + {fusion.semantic:.1f} cosine, learned on "
        f"{len(pools)} queries for other films; {more.mean:+.3f} [{more.low:+.3f}, "
        f"{more.high:+.3f}] over {which} alone, p {more.p:.4f}"
    )
    label = f"plot told again, {name}"
    rows = [
        row(f"{label}: MRR@10", alone, None, f"{encoder.identity}, nearest passage"),
        row(f"{label} and BM25: MRR@10", mixed, WEIGHTED if name == "minilm" else None, note),
    ]
    gain = float(mixed.mean() / best.mean())
    return [*rows, cell(f"{label} and BM25: over the best alone", gain, "x", GAIN, which)]


def searches(
    asked: Known, encoder: Encoder[str], cut: Callable[[str], list[str]], fusion: Fusion = Fusion()
) -> HybridSearch:
    """Both searches over a catalogue, by what is written of its items."""
    pieces, owner = spread([cut(written(card)) for card in asked.catalogue.cards])
    vectors = encoded(encoder, pieces).vectors
    semantic = SemanticSearch(vectors, owner, encoder)
    return HybridSearch(TextSearch(asked.catalogue), semantic, fusion)


def written(card: bytes) -> str:
    """What a card says of its item at length."""
    return str(msgspec.json.decode(card).get("text_content") or "")


def reciprocal(found: Any, asked: Known) -> Array:
    """One over the rank of what was meant, 0 where it is not found.  (Q,)

    >>> from hermes.core.types import Candidates
    >>> one = Candidates(np.array([4, 2]))
    >>> reciprocal([one, one], Known(None, ("a", "b"), np.array([2, 3]))).tolist()
    [0.5, 0.0]
    """
    pairs = zip(found, asked.targets, strict=True)
    ranks = [np.flatnonzero(one.items[:CUT] == target) for one, target in pairs]
    return np.array([1 / (at[0] + 1) if len(at) else 0.0 for at in ranks])


def speed(ground: Ground) -> Row:
    """Milliseconds of BM25 for a told plot, the median over queries, among ten thousand films."""
    films = (
        known.plots(ground.place.folder()).drop_nulls("extract").with_columns(film=pl.col("plot"))
    )
    search = TextSearch(known.shelf(films.sample(min(ITEMS, len(films)), seed=SEED)))
    took = list[float]()
    for text in ground.asked.texts:
        began = time.perf_counter()
        search.find(text, 20)
        took.append(1e3 * (time.perf_counter() - began))
    note = f"{len(took)} told plots of {words(ground.asked):.0f} words, best 20"
    value = float(np.median(took))
    made = cell(f"BM25, {ITEMS:,} films: median", value, "ms", FAST, note)
    return made | {"holds": value < FAST}


def words(asked: Known) -> float:
    """Of a query, on average."""
    return float(np.mean([len(text.split()) for text in asked.texts]))


def size(asked: Known) -> str:
    """How much is asked of how much."""
    return f"{len(asked.texts):,} told plots, {len(asked.catalogue) - 1:,} films"


def row(name: str, values: Array, floor: float | None, note: str) -> Row:
    """A mean over queries with its interval."""
    mean = bootstrap(values, np.random.default_rng(SEED))[0]
    return cell(name, mean.mean, "", floor, note) | {"low": mean.low, "high": mean.high}


def cell(name: str, value: float, unit: str, floor: float | None, note: str) -> Row:
    """A figure that must reach its floor, where it has one."""
    holds = None if floor is None else value >= floor
    return {
        "name": name, "value": value, "unit": unit, "floor": floor, "holds": holds, "note": note
    }  # fmt: skip
