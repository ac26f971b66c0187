"""What rankers learn from pages: what was shown, and whether it was taken.

Candidates that were never shown say nothing, so only those that a page showed are rows, with the
facts that they have in the pool that reaches the stage at that moment, put together with what the
page showed of all candidates. A row starts from the logarithm of how often its place is looked at
(`learn/places`), and not from the blend, which was learned from events:
what is learned is wanting, given that the item is looked at. A server, which has no place yet to
think of, leaves the place out. Retrievers have not seen what these pages led to.

Zhao et al. Recommending what video to watch next: a multitask ranking system. RecSys 2019, for a
shallow part that takes the place's share in training and is left out in serving.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from hermes.core.errors import DataError
from hermes.core.protocols import Query
from hermes.core.types import Array, Candidates, Floats, Ints
from hermes.data.interactions import Interactions
from hermes.data.shown import Shown
from hermes.features.columns import ODDS, Columns
from hermes.features.examples import Examples
from hermes.learn.places import appeal, at, examined
from hermes.pipeline.queries import at_moments

from .labels import Group, group, joined

Reach = Callable[[Query], tuple[Candidates, Ints]]
"""A request's candidates before any ranker, and the items that reach the stage."""


def unseen(shown: Shown, whole: Interactions, kept: Interactions, users: Ints) -> Shown:
    """Pages of `users` after the last event that retrievers learn from, up to the last known."""
    mine = whole.pages(shown)
    late = mine.times > kept.latest()[mine.users]
    return mine.take(np.isin(mine.users, users) & late)


def examples(
    pages: Shown,
    rates: Array,
    log: Interactions,
    reach: Reach,
    columns: Columns,
    tell: Callable[[], None],
) -> Examples:
    """Each page's items that a request then would have had for candidates; rates (K,) of places.

    Raises `DataError` when no page shows one, or when nothing of them was taken.
    """
    found, odds = list[Group](), list[Array]()
    chance = np.log(rates)
    queries = at_moments(log, pages.users, pages.times)
    for page, query in enumerate(queries):
        tell()
        rows = slice(pages.offsets[page], pages.offsets[page + 1])
        pool, kept = reach(query)
        items = pages.items[rows]
        pool = pool.take(np.flatnonzero(np.isin(pool.items, np.union1d(kept, items))))
        there, own, mine = np.intersect1d(pool.items, items, return_indices=True)
        if not len(there):
            continue
        hit = np.zeros(len(pool), bool)
        hit[own] = pages.taken[rows][mine]
        order = np.argsort(own)
        found.append(group(query, pool, hit, own[order], columns))
        odds.append(at(pages.places[rows][mine][order], chance))
    if not found or not any(one[-1].any() for one in found):
        raise DataError(
            f"of {len(pages):,} pages none shows a candidate that was taken; raise labels.days or"
            " labels.last, or learn from events: leave the stage's `shown` out"
        )
    x = joined(found, columns)
    start = [columns.names.index(name) for name in (ODDS if columns.odds else ())]
    return started(x, np.concatenate(odds) + x.dense[:, start].sum(axis=1))


def started(x: Examples, odds: Array) -> Examples:
    """Rows that start from their place's log odds, and what brings the mean about."""
    share = float(np.clip(x.labels.mean(), 1e-6, 1 - 1e-6))

    def missed(level: float) -> float:
        return float(expit(odds + level).mean()) - share

    level = brentq(missed, -60.0 - odds.max(), 60.0 - odds.min())
    return replace(x, offset=(odds + level).astype(np.float32))


def appeals(shown: Shown | None, kept: Interactions) -> Floats | None:
    """What retrievers may know of each item's appeal, (I,); None where nobody knows what was shown.

    Raises `DataError` where no page is older than what is held back, or nothing of them was taken.
    """
    if shown is None:
        return None
    pages = kept.pages(shown)
    if not len(pages):
        raise DataError(
            f"of {len(shown):,} pages none is older than the events that are held back; lower"
            " labels.days, or leave data.shown out"
        )
    return appeal(pages.items, pages.places, pages.taken, looked_at(pages), kept.shape.n_items)


def looked_at(pages: Shown) -> Array:
    """How often each place is looked at, of the first; raises `DataError` if nothing was taken."""
    return examined(pages.items, pages.places, pages.taken)
