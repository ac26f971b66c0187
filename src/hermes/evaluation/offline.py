"""One pass over the test users with the recommender that serves: each system's ranks from it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from hermes.core.progress import Advance
from hermes.core.protocols import Query, none
from hermes.core.types import Array, Bools, Ints
from hermes.data.interactions import Interactions
from hermes.models.base import Retriever
from hermes.pipeline.queries import EPOCH

from .metrics import list_ranks, score_ranks
from .splits import Cases

TOP = 10  # items of a list that are kept for what is beyond accuracy
OTHER = "other"  # the cascade of a second bundle


@dataclass(frozen=True, slots=True)
class Ranking:
    """One system's answer: distinct items, best first; with scores where equal ones may be."""

    items: Ints  # (n,)
    scores: Array | None = None  # (n,)


@dataclass(frozen=True, slots=True)
class Answer:
    """What all systems said to one query, and which items each stage of the cascade let through."""

    systems: Mapping[str, Ranking]
    stages: Mapping[str, Ints]
    degraded: tuple[str, ...] = ()  # what failed on the way


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every system's ranks of every target."""

    cases: Cases
    ranks: Mapping[str, Ints]  # each (T,), 0 where not ranked
    lists: Mapping[str, Ints]  # each (Q, TOP), padded with 0
    survived: Mapping[str, Bools]  # each (T,): the target was still there after the stage
    degraded: Mapping[str, int]  # queries on which a part failed, by part
    seconds: float  # of the pass


def joined(outcome: Outcome, other: Outcome) -> Outcome:
    """With the cascade of another bundle that answered the same cases, as the system `OTHER`."""
    ranks = {**outcome.ranks, OTHER: other.ranks["cascade"]}
    lists = {**outcome.lists, OTHER: other.lists["cascade"]}
    return replace(outcome, ranks=ranks, lists=lists)


def queries(cases: Cases) -> Iterator[Query]:
    """Each case as the request its user would have made."""
    log, bounds = cases.known, cases.known.offsets()
    for q, (user, now) in enumerate(zip(cases.users.tolist(), cases.now.tolist(), strict=True)):
        rows = slice(bounds[user], bounds[user + 1])
        yield Query(
            id=f"evaluate-{user}",
            at=EPOCH + timedelta(days=now),
            user=user,
            history=log.items[rows],
            ages=(now - log.times[rows]).astype(np.float32),
            context=cases.contexts[q] if len(cases.contexts) else none(),
            explain=False,
        )


def replay(
    cases: Cases, answer: Callable[[Query], Answer], advance: Advance | None = None
) -> Outcome:
    """Ask `answer` once for each case, at its moment, and rank its targets in every list.

    Unless repeats are allowed, what the user has had is taken out of every list first. A system
    that did not answer a query, since its channel failed or was late, has not found its targets.
    """
    begun = time.perf_counter()
    n, total = len(cases), len(cases.targets)
    ranks: dict[str, Ints] = {}
    lists: dict[str, Ints] = {}
    survived: dict[str, Bools] = {}
    degraded: Counter[str] = Counter()
    for q, query in enumerate(queries(cases)):
        rows = slice(cases.offsets[q], cases.offsets[q + 1])
        targets = cases.targets[rows]
        out = np.zeros(cases.known.shape.n_items, bool)
        out[0] = True
        if not cases.allow_repeats:
            out[query.history] = True
        said = answer(query)
        for name, ranking in said.systems.items():
            fair = unseen(ranking, out)
            ranks.setdefault(name, np.zeros(total, np.int64))[rows] = list_ranks(
                fair.items, targets, fair.scores
            )
            top = fair.items[:TOP]
            lists.setdefault(name, np.zeros((n, TOP), np.int64))[q, : len(top)] = top
        for name, items in said.stages.items():
            survived.setdefault(name, np.zeros(total, bool))[rows] = np.isin(targets, items)
        degraded.update(set(said.degraded))
        if advance:
            advance(1)
    return Outcome(cases, ranks, lists, survived, degraded, time.perf_counter() - begun)


def unseen(ranking: Ranking, out: Bools) -> Ranking:
    """Without the items that `out` (I,) marks."""
    keep = ~out[ranking.items]
    scores = None if ranking.scores is None else ranking.scores[keep]
    return Ranking(ranking.items[keep], scores)


def retriever_ranks(model: Retriever[Any], cases: Cases, length: int, batch: int = 256) -> Ints:
    """A model's ranks of every target among the whole catalogue, in batches.  -> (T,)"""
    parts = []
    for start in range(0, len(cases), batch):
        stop = min(start + batch, len(cases))
        users = cases.users[start:stop]
        asked = cases.known.queries(users, length, cases.now[start:stop])
        offsets = cases.offsets[start : stop + 1]
        seen, owners = (
            history(cases.known, users)
            if not cases.allow_repeats
            else (np.zeros(0, np.int64), np.zeros(0, np.int64))
        )
        targets = cases.targets[offsets[0] : offsets[-1]]
        parts.append(score_ranks(model.score(asked), targets, offsets - offsets[0], seen, owners))
    return np.concatenate(parts)


def history(log: Interactions, users: Ints) -> tuple[Ints, Ints]:
    """All items the users (B,) had, and the row of each.  -> (n,), (n,)"""
    bounds = log.offsets()
    counts = bounds[users + 1] - bounds[users]
    owners = np.repeat(np.arange(len(users)), counts)
    first = np.repeat(bounds[users] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
    return log.items[first + np.arange(len(owners))], owners
