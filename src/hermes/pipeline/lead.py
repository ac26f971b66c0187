"""How a text leads, by how explicit it is.

What was understood of it filters. Where the rest names what is wanted and matches anything that may
be shown, the candidates are those matches and nothing else, be they fewer than asked for, and no
ranker puts them in another order, since none has learned from texts. The vaguer a text is, the more
behaviour counts in the blend; a text that does not name anything narrows nothing. Where it matches
nothing the slate is as without it, and the trace says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Bools, Candidates, Ints, strongest

from .asked import Reader
from .explicit import Role, leaning
from .trace import Trace

CHANNEL = "text"
RANK = f"rank.{CHANNEL}"
EXPLICIT = 0.5  # from where on a text leads


def weighed(weights: Mapping[str, float], behaviour: Sequence[str]) -> dict[str, float]:
    """The blend's weights with that of the text; a channel without one counts 1."""
    return {**weights, CHANNEL: sum(abs(weights.get(name, 1.0)) for name in behaviour) or 1.0}


def read(reader: Reader | None, query: Query, trace: Trace) -> Query:
    """The query as it was understood; as it is without a text or somebody to read it."""
    if reader is None or not query.text.strip():
        return query
    query, trace.read, trace.explicit = reader(query)
    trace.stage("query")
    return query


def weights(
    names: Iterable[str], base: Mapping[str, float], trace: Trace
) -> dict[str, float] | None:
    """What the channels count for a text that was read; None for the blend's own."""
    if trace.read is None:
        return None
    roles: dict[str, Role] = {name: "content" if name == CHANNEL else "behaviour" for name in names}
    return leaning(trace.explicit, roles, base)


def matching(query: Query, pool: Candidates) -> Bools:
    """What the text brought.  -> (n,)"""
    if not query.text or RANK not in pool.columns:
        return np.zeros(len(pool), bool)
    return np.isfinite(pool.columns[RANK])


def narrowed(query: Query, pool: Candidates, allowed: Bools, explicit: float = 1.0) -> Bools:
    """What may be shown and matches; without a text or a match, what may be shown.  -> (n,)"""
    if explicit < EXPLICIT:
        return allowed
    fits = allowed & matching(query, pool)
    return fits if fits.any() else allowed


def taken(query: Query, pool: Candidates) -> bool:
    """Whether the candidates are matches, so that nothing may be added to them."""
    return bool(len(pool)) and bool(matching(query, pool).all())


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
    if not query.text or matching(query, pool).any():
        return
    known = CHANNEL in trace.brought
    cause = "nothing that may be shown matches it" if known else "no text channel answered"
    trace.degrade(CHANNEL, f"{cause}; the slate is as without the text")
