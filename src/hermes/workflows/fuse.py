"""How text, pictures and sound are weighed by what is asked, learned on a catalogue's own items.

See `lessons` for the questions. A share of the items is held out of learning: on one half of their
questions it is found what the fused cosine counts in hybrid search, beside BM25 and the meaning of
texts, and the other half says what that brings. Both go into the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np

from hermes.artifacts.bundle import Draft
from hermes.core.errors import DataError
from hermes.core.types import Array, Candidates, Floats, Ints
from hermes.data.catalogue import Catalogue
from hermes.encoders.base import Encoder, Vectors
from hermes.encoders.cache import encoded
from hermes.encoders.fusion import Fusion, Projected
from hermes.encoders.passages import passages, spread
from hermes.learn.alignment import Pairs, answers
from hermes.learn.fusion import FusionConfig, fused
from hermes.learn.run import Run
from hermes.pipeline.content import CUTS, added
from hermes.pipeline.fused import save
from hermes.pipeline.recipe import LEAST, FusionSpec
from hermes.retrieval.fused import FusedSearch
from hermes.retrieval.hybrid import HybridSearch
from hermes.retrieval.semantic import SemanticSearch
from hermes.retrieval.text_search import TextSearch

from .lessons import Lessons, Stock

HELD, KEPT = 2, 10  # items that are measured on and learned from, at least
CUT = 10  # of MRR
MOST = 200  # questions of each sort that are asked
DEPTH = 100  # candidates of each side


@dataclass(frozen=True)
class Ground:
    """A catalogue as its encoders see it."""

    catalogue: Catalogue
    stock: Stock
    encoder: Encoder[str]
    vectors: Mapping[str, Vectors]  # of whole items, by modality
    passages: Mapping[str, Array]  # see `content.Read`
    text: str  # the encoder of texts, as the recipe names it

    def cut(self, items: Ints) -> dict[int, str]:
        """What is left of the text of each item whose story is asked for."""
        stories, titles = self.stock.stories, self.catalogue.titles
        return {i: f"{titles[i]}. {stories[i][1]}" for i in items.tolist() if i in stories}

    def without(self, items: Ints) -> dict[str, Vectors]:
        """Vectors of the whole catalogue, texts of these items without what is asked for."""
        rest, text = self.cut(items), self.vectors["text"]
        rows = text.rows.copy()
        if rest:
            rows[list(rest)] = self.made(list(rest.values())).rows
        return {**self.vectors, "text": Vectors(rows, text.encoder)}

    def made(self, texts: list[str]) -> Vectors:
        """Of questions or texts."""
        return encoded(self.encoder, texts, what="texts").vectors


@dataclass(frozen=True)
class Fused:
    """What was learned, of all items, and what a bundle's manifest says of it."""

    fusion: Fusion
    items: Projected
    told: dict[str, Any]

    def save(self, draft: Draft, manifest: dict[str, Any]) -> None:
        """Into a bundle."""
        save(draft, self.fusion, self.items)
        manifest["fusion"] = self.told


def fit(spec: FusionSpec, ground: Ground, run: Run = Run()) -> Fused:
    """Learn on drawn items, and measure on those held; `DataError` where there is too little."""
    askable = ground.stock.askable()
    if len(askable) < LEAST:
        raise DataError(
            f"fusion: {len(askable)} items have a text of two passages, a picture or a recording, "
            f"{LEAST} are needed; leave it out"
        )
    drawn = run.rng().permutation(askable)[: spec.items]
    held, kept = parted(drawn, spec)
    vectors = ground.without(drawn)
    config = FusionConfig(
        d=min(spec.d, ground.encoder.d),
        schedule=replace(FusionConfig().schedule, epochs=spec.epochs),
    )
    lessons = ground.stock.learned(kept)
    pairs = Pairs(
        ground.made(lessons.texts),
        np.searchsorted(kept, lessons.items),
        np.array(lessons.asks),
        lessons.kind[kept],
    )
    learned = {name: Vectors(v.rows[kept], v.encoder) for name, v in vectors.items()}
    fusion = fused(pairs, learned, config, run)
    told = {"identity": fusion.identity, "encoders": dict(fusion.encoders), "learned": len(kept)}
    told |= Trial(ground, fusion, vectors, held).measured()
    return Fused(fusion, fusion.project(ground.vectors), told)


def parted(drawn: Ints, spec: FusionSpec) -> tuple[Ints, Ints]:
    """Items that are held out, and the others; `DataError` where there are too few of either."""
    part = round(spec.held * len(drawn))
    if part < HELD or len(drawn) - part < KEPT:
        raise DataError(
            f"fusion: of {len(drawn)} items {part} are held and {len(drawn) - part} learned from; "
            f"let fusion.items and fusion.held leave {HELD} and {KEPT} at least"
        )
    return drawn[:part], np.sort(drawn[part:])


@dataclass(frozen=True)
class Trial:
    """What was learned, asked about items that nothing was learned on."""

    ground: Ground
    fusion: Fusion
    vectors: Mapping[str, Vectors]  # of all items, without what is asked for
    held: Ints  # codes

    def measured(self) -> dict[str, Any]:
        """MRR@10 and mean weights by the sort of question, and what fusion counts in hybrid."""
        asked = self.ground.stock.asked(self.held)
        rows = some(asked)
        queries = self.ground.made([asked.texts[row] for row in rows]).rows
        search = FusedSearch(self.fusion, self.fusion.project(self.vectors), self.ground.encoder)
        found = self.alone(asked, rows, queries, search)
        weights = [search.weights(query[None]) for query in queries]
        before, after, weight = self.joined(asked, rows, search)
        later = np.arange(len(rows)) % 2 == 1
        sorts, out = np.array([asked.sorts[row] for row in rows]), dict[str, Any]()
        for sort in dict.fromkeys(sorts.tolist()):
            own = sorts == sort
            shares = [one for one, there in zip(weights, own, strict=True) if there and one]
            out[sort] = {
                "questions": int(own.sum()),
                "mrr@10": {name: mean(values[own]) for name, values in found.items()},
                "weights": {m: mean([one[m] for one in shares]) for m in self.fusion.names},
                "hybrid": {"before": mean(before[own & later]), "fused": mean(after[own & later])},
            }
        return {"held": len(self.held), "hybrid": weight, "measured": out}

    def alone(
        self, asked: Lessons, rows: Ints, queries: Floats, search: FusedSearch
    ) -> dict[str, Array]:
        """One over the rank of the first answer among items held, fused and by one modality."""
        every = self.fusion.project({k: part(v, self.held) for k, v in self.vectors.items()})
        right = answers(np.array(asked.asks)[rows], asked.kind[self.held])
        right |= np.array(asked.items)[rows, None] == self.held
        out = dict[str, Array]()
        for name in ("fused", *self.fusion.names):
            present = every.present.copy()
            if name != "fused":
                present &= np.array(self.fusion.names) == name
            only = FusedSearch(self.fusion, ahead(every.keys, present), self.ground.encoder)
            places = np.arange(1, len(self.held) + 1)
            scores = [only.score(query[None], places).columns["score"] for query in queries]
            shown = np.where(present.any(1), np.stack(scores), -np.inf)
            out[name] = np.array([reciprocal(s, r) for s, r in zip(shown, right, strict=True)])
        return out

    def joined(self, asked: Lessons, rows: Ints, search: FusedSearch) -> tuple[Array, Array, float]:
        """One over the rank by words and meaning, the same with fusion, and what that counts.

        Of the half of questions it is learned on these are too good: see `measured`.
        """
        hybrid = self.hybrid(search)
        pools, targets = list[Candidates](), [asked.items[row] for row in rows]
        for row, target in zip(rows.tolist(), targets, strict=True):
            asks = asked.asks[row]
            alike = (asked.kind == asks).any(1) & (asks > 0)
            twins = np.flatnonzero(alike & (np.arange(len(alike)) != target))
            pools.append(hybrid.pool(asked.texts[row], DEPTH, twins))
        chosen = hybrid.fusion.joined(pools[::2], targets[::2])
        told = list(zip(pools, targets, strict=True))
        before, after = (
            np.array([reciprocal(sums.score(pool), pool.items == target) for pool, target in told])
            for sums in (hybrid.fusion, chosen)
        )
        return before, after, chosen.fused

    def hybrid(self, search: FusedSearch) -> HybridSearch:
        """The search that serves, of the catalogue without what is asked for."""
        ground, rest = self.ground, self.ground.cut(self.held)
        cards = list(ground.catalogue.cards)
        for item in rest:
            card = msgspec.json.decode(cards[item])
            cards[item] = msgspec.json.encode(
                card | {"text_content": ground.stock.stories[item][1]}
            )
        pieces, owner = spread([CUTS.get(ground.text, passages)(text) for text in rest.values()])
        kept = ~np.isin(ground.passages["owner"], list(rest))
        old = ground.passages["rows"][kept].astype(np.float32)
        table = np.concatenate([old, ground.made(pieces).rows])
        owners = np.concatenate(
            [ground.passages["owner"][kept], np.array(list(rest), np.int64)[owner]]
        )
        return HybridSearch(
            TextSearch(replace(ground.catalogue, cards=tuple(cards))),
            SemanticSearch(Vectors(table, ground.encoder.identity), owners, ground.encoder),
            added(ground.encoder.identity),
            search,
        )


def some(asked: Lessons) -> Ints:
    """Rows of at most `MOST` questions of each sort."""
    sorts = np.array(asked.sorts)
    return np.concatenate([np.flatnonzero(sorts == s)[:MOST] for s in dict.fromkeys(asked.sorts)])


def part(vectors: Vectors, items: Ints) -> Vectors:
    """Of some items."""
    return Vectors(vectors.rows[items], vectors.encoder)


def ahead(keys: Floats, present: Array) -> Projected:
    """With the unknown before them."""
    return Projected(
        np.concatenate([np.zeros_like(keys[:1]), keys]),
        np.concatenate([np.zeros_like(present[:1]), present]),
    )


def reciprocal(scores: Array, right: Array) -> float:
    """One over the rank of the first answer, 0 below the tenth; ties count against it.

    >>> reciprocal(np.array([3.0, 2.0, 2.0]), np.array([False, True, False]))
    0.3333333333333333
    """
    best = scores[right].max(initial=-np.inf)
    rank = 1 + int(((scores >= best) & ~right).sum())
    return 1 / rank if np.isfinite(best) and rank <= CUT else 0.0


def mean(values: Any) -> float:
    """Of what there is, 0 of nothing."""
    return float(np.mean(values)) if len(values) else 0.0
