"""What a text says and what it means, in one order: BM25 and cosines, added.

Scores, not ranks, are added: how far the best word match stands out says how much words are to be
trusted for this query. What a cosine is worth in units of BM25 is learned from queries whose item
is known, by the likelihood of that item among all candidates (a conditional logit).
McFadden. Conditional logit analysis of qualitative choice behavior. 1974.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from hermes.core.errors import DataError
from hermes.core.protocols import Query, none
from hermes.core.types import Array, Candidates, Floats, Ints

from .channels import nothing
from .semantic import SemanticChannel, SemanticSearch
from .text_search import TextSearch

DEPTH = 200  # candidates of each side


@dataclass(frozen=True, slots=True)
class Fusion:
    """What is added: `lexical` times BM25 and `semantic` times the cosine."""

    lexical: float = 1.0
    semantic: float = 60.0

    def score(self, pool: Candidates) -> Floats:
        """(n,)"""
        words, meaning = pool.columns["lexical"], pool.columns["semantic"]
        return np.asarray(self.lexical * words + self.semantic * meaning, np.float32)

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
    """Both searches over the same items, and how their scores are added."""

    def __init__(
        self, lexical: TextSearch, semantic: SemanticSearch, fusion: Fusion = Fusion()
    ) -> None:
        self.lexical, self.semantic, self.fusion = lexical, semantic, fusion

    def find(self, text: str, k: int, without: Ints = none()) -> Candidates:
        """At most k items, best first; columns say each side's score and rank, 0 if not found."""
        pool = self.pool(text, max(k, DEPTH), without)
        if not len(pool):
            return nothing()
        return pool.with_column("score", self.fusion.score(pool)).top("score", k)

    def pool(self, text: str, depth: int = DEPTH, without: Ints = none()) -> Candidates:
        """The best of each side, with columns lexical, lexical_rank, semantic, semantic_rank."""
        words = self.lexical.find(text, depth, without)
        vector = self.semantic.vector(text)
        meant = self.semantic.near(vector, depth, without)
        more = meant.items[~np.isin(meant.items, words.items)]
        items = np.concatenate([words.items, more])
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
