"""What diversity costs: the same held-out users asked at each weight of MMR.

The pool that reaches the policy is the same; what differs is lambda of

    argmax over i left of  lambda rel(i) - (1 - lambda) max over j chosen of cos(i, j).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from hermes.core.progress import Advance
from hermes.core.types import Floats, Ints
from hermes.pipeline.recommender import Recommender
from hermes.policy.diversity import likeness

from .beyond import similarity
from .cascade import patient
from .intervals import Comparison, Interval, bootstrap, paired
from .metrics import list_ranks, ndcg
from .offline import queries
from .splits import Cases

LAMBDAS = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.0)
TOP = 10  # items of a slate


@dataclass(frozen=True, slots=True)
class Point:
    """One lambda."""

    trust: float  # lambda: 1 leaves the ranking alone
    ndcg: Interval
    alike: Interval  # mean cosine of pairs of the slate, by the vectors that MMR reads
    kinds: Interval  # the same by categories, which it does not read
    cost: Comparison  # NDCG less that at lambda 1, of the same users


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """All of them, the first at lambda 1."""

    users: int
    points: tuple[Point, ...]

    def free(self) -> Point:
        """The smallest lambda whose loss, and that of all above it, cannot be told from none."""
        found = self.points[0]
        for point in self.points[1:]:
            if point.cost.high < 0:
                break
            found = point
        return found


def tradeoff(
    recommender: Recommender,
    cases: Cases,
    vectors: Floats,
    attributes: csr_array,
    lambdas: Sequence[float] = LAMBDAS,
    advance: Advance = lambda _: None,
    seed: int = 0,
) -> Tradeoff:
    """Every case at every lambda; `advance` is told of each case.

    vectors (I, D) unit rows as MMR reads them, attributes (I, A).
    """
    ask, n = patient(recommender), len(cases)
    slates = np.zeros((len(lambdas), n, TOP), np.int64)
    for q, query in enumerate(queries(cases)):
        for j, trust in enumerate(lambdas):
            items = ask(replace(query, diversity=1 - trust, size=TOP)).items.items
            slates[j, q, : len(items)] = items
        advance(1)
    rng, gains = np.random.default_rng(seed), [gained(cases, lists) for lists in slates]
    points = []
    for trust, lists, gain in zip(lambdas, slates, gains, strict=True):
        alike = np.array([likeness(vectors[row[row > 0]]) for row in lists])
        both = np.stack([gain, alike, similarity(lists, attributes)], axis=1)
        right, near, kinds = bootstrap(both, rng)
        points.append(Point(trust, right, near, kinds, paired(gain, gains[0], rng, 2000)))
    return Tradeoff(n, tuple(points))


def gained(cases: Cases, lists: Ints) -> Floats:
    """NDCG@10 of each case's list.  (Q, TOP) -> (Q,)"""
    bounds = cases.offsets
    ranks = [
        list_ranks(row[row > 0], cases.targets[bounds[q] : bounds[q + 1]])
        for q, row in enumerate(lists)
    ]
    return np.asarray(ndcg(np.concatenate(ranks), bounds, TOP), np.float32)
