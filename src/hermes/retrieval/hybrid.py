"""What a text says and what it means, in one order: BM25 and cosines, added.

Where a bundle fuses text, picture and sound, the cosine of that is a third part of the sum, by as
much as the query leans on other things than the text, which the first two parts have read already.

Scores, not ranks, are added: how far the best word match stands out says how much words are to be
trusted for this query. What a cosine is worth in units of BM25 is learned from queries whose item
is known, by the likelihood of that item among all candidates (a conditional logit).
McFadden. Conditional logit analysis of qualitative choice behavior. 1974.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import logsumexp, softmax

from hermes.core.errors import DataError
from hermes.core.protocols import Query, none
from hermes.core.types import Array, Candidates, Floats, Ints

from .channels import nothing
from .fused import WEIGHT, FusedSearch
from .semantic import SemanticChannel, SemanticSearch
from .text_search import TextSearch

DEPTH = 200  # candidates of each side
MOST = 200.0  # of the weight of a cosine


@dataclass(frozen=True, slots=True)
class Fusion:
    """What is added: `lexical` times BM25, `semantic` and `fused` times theirs."""

    lexical: float = 1.0
    semantic: float = 60.0
    fused: float = 0.0

    def score(self, pool: Candidates) -> Floats:
        """(n,)"""
        words, meaning = pool.columns["lexical"], pool.columns["semantic"]
        total = self.lexical * words + self.semantic * meaning
        if "fused" in pool.columns:
            total = total + self.fused * pool.columns["fused"]
        return np.asarray(total, np.float32)

    def joined(self, pools: Sequence[Candidates], targets: Sequence[int]) -> Fusion:
        """With the weight of `fused` that makes the items meant likeliest, the others as they are.

        It is 0 where none makes them likelier than that. Raises `DataError` where no query has its
        item among the candidates.
        """
        told = list[tuple[Array, Array, int]]()
        for pool, target in zip(pools, targets, strict=True):
            place = np.flatnonzero(pool.items == target)
            if len(place):
                rest = replace(self, fused=0.0).score(pool).astype(np.float64)
                told.append((rest, pool.columns["fused"].astype(np.float64), int(place[0])))
        if not told:
            raise DataError(
                "fusion: none of the queries has its item among the candidates; hold more items out"
            )

        def loss(weight: float) -> float:
            sums = [(rest + weight * near, place) for rest, near, place in told]
            return float(np.mean([logsumexp(total) - total[place] for total, place in sums]))

        best = float(minimize_scalar(loss, bounds=(0.0, MOST), method="bounded").x)
        return replace(self, fused=best if loss(best) < loss(0.0) else 0.0)

    @classmethod
    def learned(cls, pools: Sequence[Candidates], targets: Sequence[int]) -> Fusion:
        """The weights under which the item meant is likeliest among the candidates of its query.

        Queries whose item is not among their candidates say nothing. Raises `DataError` without
        any other.
        """
        told = list[tuple[Array, int]]()
        for pool, target in zip(pools, targets, strict=True):
            place = np.flatnonzero(pool.items == target)
            if len(place):
                columns = [pool.columns["lexical"], pool.columns["semantic"]]
                told.append((np.stack(columns, axis=1).astype(np.float64), int(place[0])))
        if not told:
            raise DataError("fusion: none of the queries has its item among the candidates")

        def loss(weights: Array) -> tuple[float, Array]:
            value, slope = 0.0, np.zeros(2)
            for table, place in told:
                scores = table @ weights
                value += logsumexp(scores) - scores[place]
                slope += softmax(scores) @ table - table[place]
            return value / len(told), slope / len(told)

        bounds = [(1e-3, None), (0, None)]
        best = minimize(loss, np.array([0.3, 10.0]), jac=True, bounds=bounds).x
        return cls(float(best[0]), float(best[1]))


class HybridSearch:
    """The searches over the same items, and how their scores are added."""

    def __init__(
        self,
        lexical: TextSearch,
        semantic: SemanticSearch,
        fusion: Fusion = Fusion(),
        fused: FusedSearch | None = None,
    ) -> None:
        self.lexical, self.semantic, self.fusion, self.fused = lexical, semantic, fusion, fused

    def find(self, text: str, k: int, without: Ints = none()) -> Candidates:
        """At most k items, best first; columns say each side's score and rank, 0 if not found."""
        pool = self.pool(text, max(k, DEPTH), without)
        if not len(pool):
            return nothing()
        return pool.with_column("score", self.fusion.score(pool)).top("score", k)

    def pool(self, text: str, depth: int = DEPTH, without: Ints = none()) -> Candidates:
        """The best of each side, with columns lexical, lexical_rank, semantic, semantic_rank.

        Where items are fused also fused, the cosine times what the query's weights leave to other
        modalities than the text, fused_rank, and a column a weight.
        """
        words = self.lexical.find(text, depth, without)
        vector = self.semantic.vector(text)
        meant = self.semantic.near(vector, depth, without)
        mixed = nothing()
        if self.fused is not None:
            mixed, score = self.fused.near_and_score(vector, depth, without)
        items = words.items
        for more in (meant.items, mixed.items):
            items = np.concatenate([items, more[~np.isin(more, items)]])
        found, rank = placed(words.items, items)
        near, near_rank = placed(meant.items, items)
        meaning = np.append(meant.columns["score"], np.float32(0))[near]
        far = near_rank == 0
        meaning[far] = self.semantic.likeness(vector, items[far])
        columns: dict[str, Array] = {
            "lexical": np.append(words.columns["score"], np.float32(0))[found].astype(np.float32),
            "lexical_rank": rank,
            "semantic": meaning.astype(np.float32),
            "semantic_rank": near_rank,
        }
        if self.fused is not None:
            known = score(items).columns
            lean = 1 - self.fused.weights(vector).get("text", 1.0)
            columns |= {k: v for k, v in known.items() if k.startswith(WEIGHT)}
            columns["fused"] = np.asarray(lean * known["score"], np.float32)
            columns["fused_rank"] = placed(mixed.items, items)[1]
        return Candidates(items, columns)

    def matched(self, text: str, items: Ints) -> list[str]:
        """The words of the text that each item holds, in their order.  (n,) -> n"""
        return self.lexical.matched(text, items)


class HybridChannel(SemanticChannel):
    """What says or means the same as the query's text; nothing when it has none."""

    def __init__(self, name: str, search: HybridSearch, *, repeats: bool = False) -> None:
        super().__init__(name, search, repeats=repeats)
        self.lexical = search.lexical

    def matched(self, query: Query, items: Ints) -> list[str]:
        """The words of the query that each item holds.  (n,) -> n"""
        return self.lexical.matched(query.text, items)


def placed(found: Ints, items: Ints) -> tuple[Ints, Ints]:
    """Where each item is among those found (their number if nowhere), and its rank from 1, else 0.

    >>> [part.tolist() for part in placed(np.array([7, 5]), np.array([5, 6]))]
    [[1, 2], [2, 0]]
    """
    order = np.argsort(found, kind="stable")
    where = np.minimum(np.searchsorted(found, items, sorter=order), max(len(found) - 1, 0))
    near = order[where] if len(found) else where
    there = found[near] == items if len(found) else np.zeros(len(items), bool)
    index = np.where(there, near, len(found))
    return index, np.where(there, index + 1, 0)
