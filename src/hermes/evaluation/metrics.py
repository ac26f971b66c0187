"""How good a ranking is, one number a user, so that systems can be compared in pairs.

Everything is computed from the rank that each relevant item got: `ranks` (T,) counts from 1 and is
0 for an item that was not ranked; `offsets` (Q+1,) says which ranks belong to which user, each of
whom has at least one. A tie counts against the system.

In the examples one user has three relevant items, found at ranks 1 and 4 and not at all; another
has one, at rank 2.

>>> ranks, offsets = np.array([1, 4, 0, 2]), np.array([0, 3, 4])
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hermes.core.types import Array, Floats, Ints

Metric = Callable[[Ints, Ints, int], Array]  # ranks (T,), offsets (Q+1,), k -> (Q,)


def hits(ranks: Ints, offsets: Ints, k: int) -> Ints:
    """How many relevant items are among the first k.  -> (Q,)

    >>> hits(np.array([1, 4, 0, 2]), np.array([0, 3, 4]), 3)
    array([1, 1])
    """
    return np.add.reduceat(((ranks > 0) & (ranks <= k)).astype(np.int64), offsets[:-1])


def hit_rate(ranks: Ints, offsets: Ints, k: int) -> Array:
    """HR@k = 1 when any relevant item is among the first k.  -> (Q,)

    >>> hit_rate(np.array([1, 4, 0, 2]), np.array([0, 3, 4]), 1)
    array([1., 0.])
    """
    return (hits(ranks, offsets, k) > 0).astype(np.float64)


def precision(ranks: Ints, offsets: Ints, k: int) -> Array:
    """P@k = hits / k.  -> (Q,)

    >>> precision(np.array([1, 4, 0, 2]), np.array([0, 3, 4]), 4)
    array([0.5 , 0.25])
    """
    return hits(ranks, offsets, k) / k


def recall(ranks: Ints, offsets: Ints, k: int) -> Array:
    """R@k = hits / number of relevant items.  -> (Q,)

    >>> recall(np.array([1, 4, 0, 2]), np.array([0, 3, 4]), 4).round(3)
    array([0.667, 1.   ])
    """
    return hits(ranks, offsets, k) / np.diff(offsets)


def ndcg(ranks: Ints, offsets: Ints, k: int) -> Array:
    """NDCG@k = sum over hits of 1/log2(rank+1), over that sum when the best come first.  -> (Q,)

    The first user: (1 + 1/log2 5) / (1 + 1/log2 3 + 1/2) = 1.4307 / 2.1309 = 0.6714; the second:
    1/log2 3 = 0.6309.

    >>> ndcg(np.array([1, 4, 0, 2]), np.array([0, 3, 4]), 10).round(4)
    array([0.6714, 0.6309])
    """
    found = (ranks > 0) & (ranks <= k)
    gain = np.where(found, 1 / np.log2(np.maximum(ranks, 1) + 1), 0.0)
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    return np.asarray(
        np.add.reduceat(gain, offsets[:-1]) / ideal[np.minimum(np.diff(offsets), k) - 1]
    )


def mrr(ranks: Ints, offsets: Ints, k: int) -> Array:
    """RR@k = 1 / rank of the first relevant item, 0 beyond k; its mean is MRR.  -> (Q,)

    >>> mrr(np.array([1, 4, 0, 2]), np.array([0, 3, 4]), 10)
    array([1. , 0.5])
    """
    found = (ranks > 0) & (ranks <= k)
    inverse = np.where(found, 1 / np.maximum(ranks, 1), 0.0)
    return np.asarray(np.maximum.reduceat(inverse, offsets[:-1]))


def average_precision(ranks: Ints, offsets: Ints, k: int) -> Array:
    """AP@k = sum over hits of P@rank, over min(k, relevant items); its mean is MAP.  -> (Q,)

    The first user: (1/1 + 2/4) / 3 = 0.5.

    >>> average_precision(np.array([1, 4, 0, 2]), np.array([0, 3, 4]), 10)
    array([0.5, 0.5])
    """
    owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    found = (ranks > 0) & (ranks <= k)
    place = np.where(found, ranks, np.iinfo(np.int64).max)
    ordered = place[np.lexsort((place, owners))]  # owners keep their rows
    nth = np.arange(len(ranks)) - offsets[owners] + 1
    gain = np.where(ordered <= k, nth / ordered, 0.0)
    return np.asarray(np.add.reduceat(gain, offsets[:-1]) / np.minimum(np.diff(offsets), k))


METRICS: dict[str, Metric] = {
    "hr": hit_rate,
    "recall": recall,
    "precision": precision,
    "ndcg": ndcg,
    "mrr": mrr,
    "map": average_precision,
}


def table(ranks: Ints, offsets: Ints, ks: tuple[int, ...]) -> dict[str, Array]:
    """Every metric at every k, named like `ndcg@10`; one value a user."""
    return {f"{name}@{k}": f(ranks, offsets, k) for k in ks for name, f in METRICS.items()}


def list_ranks(
    items: Ints, targets: Ints, scores: Array | None = None, among: Array | None = None
) -> Ints:
    """The rank of each target in one list, 0 when absent; equal scores count against it.  -> (t,)

    `items` (n,) best first and distinct; `among` (n,) masks out what is not to be counted.

    >>> list_ranks(np.array([7, 5, 9, 4]), np.array([9, 8]))
    array([3, 0])
    >>> list_ranks(np.array([7, 5, 9]), np.array([5, 7]), np.array([2., 1., 1.]))
    array([3, 1])
    """
    if among is not None:
        items, scores = items[among], None if scores is None else scores[among]
    match = items[None, :] == targets[:, None]  # (t, n)
    place, found = match.argmax(1) if len(items) else 0, match.any(1)
    if scores is not None and len(items):
        place = (scores[None, :] >= scores[place][:, None]).sum(1) - 1
    return np.where(found, np.asarray(place) + 1, 0)


def score_ranks(scores: Floats, targets: Ints, offsets: Ints, seen: Ints, owners: Ints) -> Ints:
    """Ranks of targets among all items; equal scores count against the model.  -> (T,)

    scores (B, I); `seen[j]` is an item that user `owners[j]` has already had, which is not ranked;
    neither is item 0. A target that is seen or not finite has no rank.

    >>> scores = np.array([[9., 1., 3., 3., 5.]], np.float32)
    >>> score_ranks(scores, np.array([2, 4]), np.array([0, 2]), np.array([4]), np.array([0]))
    array([2, 0])
    """
    scores = scores.copy()
    scores[:, 0] = -np.inf
    scores[owners, seen] = -np.inf
    rows = np.repeat(np.arange(len(scores)), np.diff(offsets))
    mine = scores[rows, targets]
    rank = np.zeros(len(targets), np.int64)
    single = len(rows) == len(scores)
    for part in np.array_split(np.arange(len(targets)), max(1, len(targets) // 256)):
        against = scores[part[0] : part[-1] + 1] if single and len(part) else scores[rows[part]]
        rank[part] = (against >= mine[part, None]).sum(1)
    return np.where(np.isfinite(mine), rank, 0)
