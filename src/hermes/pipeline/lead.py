"""How a text leads, by how explicit it is.

What was understood of it filters. Where the rest names or describes what is wanted and matches
anything that may be shown, the candidates are those matches and nothing else, be they fewer than
asked for; no ranker puts them in another order, since none has learned from texts; and what was
seen may come again, since who describes a film may well have seen it. The vaguer a text is, the
more behaviour counts in the blend; a text that names nothing narrows nothing. A mood moves what it
is mostly met with up, whoever orders. Where a text matches nothing the slate is as without it, and
the trace says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Array, Bools, Candidates, Floats, Ints, strongest
from hermes.data.catalogue import Catalogue
from hermes.ranking.intent import Intent
from hermes.retrieval.lexicon import english
from hermes.retrieval.understood import Constraint

from .asked import Reader
from .explicit import Role, leaning
from .trace import Trace

CHANNEL = "text"
OLD = 0.25  # of a catalogue, by date
RANK = f"rank.{CHANNEL}"
EXPLICIT = 0.25  # from where on a text leads: above moods, below descriptions
LEADING = 2 / 3  # explicitness that the weights take a text that leads to have at least
MOOD = 3.0  # standard deviations of the scores by which a mood moves what has it


def weighed(weights: Mapping[str, float], behaviour: Sequence[str]) -> dict[str, float]:
    """The blend's weights with that of the text; a channel without one counts 1."""
    return {**weights, CHANNEL: sum(abs(weights.get(name, 1.0)) for name in behaviour) or 1.0}


def read(reader: Reader | None, query: Query, trace: Trace) -> Query:
    """The query as it was understood; as it is without a text or somebody to read it."""
    if reader is None or not query.text.strip():
        return query
    query, trace.read, trace.explicit = reader(query)
    moods = [one for one in trace.read.constraints if one.kind == "mood" and meant_by(one)]
    if moods:
        trace.liking = partial(liking, reader.understand.catalogue, moods)
    trace.stage("query")
    leads = query.text.strip() and trace.explicit >= EXPLICIT
    return replace(query, again=query.history) if leads else query


def liking(catalogue: Catalogue, moods: Sequence[Constraint], items: Ints) -> Floats:
    """The share of the moods that each item's categories or age are met with, denied ones less.

    (n,) -> (n,)
    """
    out, table = np.zeros(len(items), np.float32), catalogue.category[items]
    for mood in moods:
        wanted = np.zeros(table.shape[1], np.float32)
        wanted[catalogue.categories.encode(mood.names)] = 1
        met = table @ wanted > 0 if mood.names else aged(catalogue, mood.value, items)
        out += (-1 if mood.negated else 1) * met
    return out / np.float32(len(moods))


def meant_by(mood: Constraint) -> bool:
    """Whether a mood says which categories or which years are liked."""
    sets = english().sets
    return bool(mood.names) or mood.value in sets["aged"] | sets["fresh"]


def aged(catalogue: Catalogue, word: str, items: Ints) -> Bools:
    """Which items are of the oldest quarter of the catalogue, or of the newest.  (n,) -> (n,)"""
    known = catalogue.published[np.isfinite(catalogue.published)]
    days = catalogue.published[items]
    if not len(known):
        return np.zeros(len(items), bool)
    if word in english().sets["aged"]:
        return np.asarray(days <= np.quantile(known, OLD))
    return np.asarray(days >= np.quantile(known, 1 - OLD))


def meant(intent: Intent | None, query: Query) -> Callable[[Ints], Floats] | None:
    """How far a short history moves items, in deviations of their scores; None: not at all."""
    found = None if intent is None else intent.leaning(query)
    return None if intent is None or found is None else partial(intent.moved, found)


def pushes(trace: Trace, items: Ints) -> tuple[Floats, Floats]:
    """Deviations by which the text's moods and a short history move items.  (n,) -> (n,), (n,)"""
    still = np.zeros(len(items), np.float32)
    text = still if trace.liking is None else np.float32(MOOD) * trace.liking(items)
    return text, still if trace.leaning is None else trace.leaning(items)


def swayed(trace: Trace, pool: Candidates, score: Array) -> Array:
    """Scores, moved by the moods that the text asks for and by a short history.  (n,) -> (n,)"""
    known = np.isfinite(score)
    if (trace.liking is None and trace.leaning is None) or not known.any():
        return score
    text, history = pushes(trace, pool.items)
    return score + np.std(score[known]) * (text + history)


def weights(
    names: Iterable[str], base: Mapping[str, float], trace: Trace
) -> dict[str, float] | None:
    """What the channels count for a text that was read; None for the blend's own.

    A text that leads counts twice what behaviour does or more.
    """
    if trace.read is None:
        return None
    roles: dict[str, Role] = {name: "content" if name == CHANNEL else "behaviour" for name in names}
    leads = trace.explicit >= EXPLICIT
    return leaning(max(trace.explicit, LEADING) if leads else trace.explicit, roles, base)


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


def taken(query: Query, pool: Candidates, explicit: float = 1.0) -> bool:
    """Whether a text leads and the candidates are its matches, so that nothing may be added."""
    return explicit >= EXPLICIT and bool(len(pool)) and bool(matching(query, pool).all())


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
