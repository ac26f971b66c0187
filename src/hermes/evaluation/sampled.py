"""Ranks among a few drawn items, as many papers print them. For comparison with those papers only.

Among 100 drawn items a target competes with few that anybody would choose, so that the figure is
several times that of the full catalogue. Worse, it asks something else. With r the share of all
unseen items that beat the target, HR@10 against 100 is about the probability that at most 9 of 100
draws fall within r: it hardly changes while r stays below one in twenty, so that it does not see
who puts the target on the first page, and two models may change places. Krichene, Rendle. On
sampled metrics for item recommendation. KDD 2020: no metric but AUC keeps, under sampling, even the
expected order of models. Never choose by it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import hypergeom

from hermes.core.errors import DataError
from hermes.core.types import Array, Floats, Ints
from hermes.models.base import Retriever

from .splits import Cases


def drawn_ranks(scores: Floats, targets: Ints, owners: Ints, drawn: Ints) -> Ints:
    """The rank of each target among its drawn items; a tie counts against it.  -> (T,)

    scores (B, I), targets (T,), owners (T,) the row of each, drawn (T, n). A target whose score is
    not finite has no rank.

    >>> scores = np.array([[9., 1., 3., 3., 5.]], np.float32)
    >>> drawn_ranks(scores, np.array([2]), np.array([0]), np.array([[1, 3, 4]]))
    array([3])
    """
    mine = scores[owners, targets]
    rank = 1 + (scores[owners[:, None], drawn] >= mine[:, None]).sum(1)
    return np.where(np.isfinite(mine), rank, 0)


def expected(ranks: Ints, others: Ints, count: int, k: int) -> tuple[Array, Array]:
    """HR@k and NDCG@k against `count` drawn items, as they are on average over all draws.

    ranks (T,) among all unseen items, 0 where not ranked, others (T,) unseen items besides the
    target -> (T,), (T,). Of the rank - 1 items ahead of a target, j are among the drawn with the
    hypergeometric probability P(j); HR@k is the sum of P(j) over j < k, and NDCG@k that of
    P(j) / log2(j + 2). Nothing is drawn, so that nothing depends on a seed.

    >>> expected(np.array([1, 3, 0]), np.array([4, 4, 4]), count=2, k=1)[0].round(4).tolist()
    [1.0, 0.1667, 0.0]
    """
    places = np.arange(k)
    ahead = np.maximum(ranks - 1, 0)[:, None]
    chance = hypergeom.pmf(places, others[:, None], ahead, count)  # (T, k)
    chance = np.where(ranks[:, None] > 0, chance, 0.0)
    return chance.sum(1), (chance / np.log2(places + 2)).sum(1)


def negatives(cases: Cases, count: int, rng: np.random.Generator) -> Ints:
    """For each target `count` distinct items, uniform among all its user never had.  -> (T, n)

    Raises `DataError` when somebody has had so many that fewer are left.
    """
    out = np.zeros((len(cases.targets), count), np.int64)
    bounds = cases.known.offsets()
    for row, (owner, target) in enumerate(zip(cases.owners(), cases.targets, strict=True)):
        user = cases.users[owner]
        free = np.ones(cases.known.shape.n_items, bool)
        free[0] = free[target] = False
        free[cases.known.items[bounds[user] : bounds[user + 1]]] = False
        left = np.flatnonzero(free)
        if len(left) < count:
            raise DataError(
                f"sampled ranks: user {user} has {len(left)} unseen items, fewer than {count}; "
                "draw fewer or leave such users out"
            )
        out[row] = rng.choice(left, count, replace=False)
    return out


def sampled_ranks(
    model: Retriever[Any], cases: Cases, length: int, drawn: Ints, batch: int = 256
) -> Ints:
    """A model's ranks of every target among the items drawn for it, in batches.  -> (T,)"""
    parts = []
    for start in range(0, len(cases), batch):
        stop = min(start + batch, len(cases))
        asked = cases.known.queries(cases.users[start:stop], length, cases.now[start:stop])
        rows = slice(cases.offsets[start], cases.offsets[stop])
        owners = np.repeat(np.arange(stop - start), np.diff(cases.offsets[start : stop + 1]))
        parts.append(drawn_ranks(model.score(asked), cases.targets[rows], owners, drawn[rows]))
    return np.concatenate(parts)
