"""How an explicit text leads.

Where the text of a query matches anything that may be shown, the candidates are those matches and
nothing else, be they fewer than asked for, and behaviour orders them together with the text, which
weighs as much in the blend as all channels of behaviour; where it matches nothing, the slate is as
without it, and the trace says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Bools, Candidates, Ints, strongest

from .trace import Trace

CHANNEL = "text"
RANK = f"rank.{CHANNEL}"


def weighed(weights: Mapping[str, float], behaviour: Sequence[str]) -> dict[str, float]:
    """The blend's weights with that of the text; a channel without one counts 1."""
    return {**weights, CHANNEL: sum(abs(weights.get(name, 1.0)) for name in behaviour) or 1.0}


def narrowed(query: Query, pool: Candidates, allowed: Bools) -> Bools:
    """What may be shown and matches; without a text or a match, what may be shown.  -> (n,)"""
    if not query.text or RANK not in pool.columns:
        return allowed
    matching = allowed & np.isfinite(pool.columns[RANK])
    return matching if matching.any() else allowed


def taken(query: Query, pool: Candidates) -> bool:
    """Whether the candidates are matches, so that nothing may be added to them."""
    ranks = pool.columns.get(RANK) if query.text else None
    return ranks is not None and len(ranks) > 0 and bool(np.isfinite(ranks).all())


def seated(pool: Candidates, best: Ints, seats: Mapping[str, int]) -> Ints:
    """Positions of those who go on, with the first of each channel that has seats among them.

    best (k,), by blend -> (k,), by blend; those who give way stand last. A channel that brought
    fewer leaves its seats to the others.
    """
    for name, count in seats.items():
        ranks = pool.columns.get(f"rank.{name}")
        if ranks is None or len(best) == len(pool):
            continue
        own = np.flatnonzero(np.isfinite(ranks))
        own = own[strongest(-ranks[own], count)]
        missing = own[~np.isin(own, best)]
        stay = np.isin(best, own)
        giving = np.flatnonzero(~stay)[::-1][: len(missing)]
        kept = np.concatenate([np.delete(best, giving), missing[: len(giving)]])
        best = kept[np.argsort(-pool.columns["blend"][kept], kind="stable")]
    return best


def told(query: Query, pool: Candidates, trace: Trace) -> None:
    """Name a text that could not lead."""
    if not query.text or taken(query, pool):
        return
    known = CHANNEL in trace.brought
    cause = "nothing that may be shown matches it" if known else "no text channel answered"
    trace.degrade(CHANNEL, f"{cause}; the slate is as without the text")
