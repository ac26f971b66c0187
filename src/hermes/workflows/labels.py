"""What the rankers learn from: candidates of retrievers that never saw the label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hermes.core.errors import DataError
from hermes.core.protocols import Query
from hermes.core.types import Bools, Candidates, Floats, Ints, Shape
from hermes.data.interactions import Holdout, Interactions
from hermes.features.columns import Columns
from hermes.features.examples import Examples
from hermes.pipeline.recipe import Labels

FEWEST = 2  # events that retrievers keep of a user whose others are labels


@dataclass(frozen=True)
class Cut:
    """A log in two: what retrievers learn, and the later events the rankers learn."""

    log: Interactions  # for the retrievers, with `valid` for early stopping
    learn: Ints  # rows of the whole log, the rankers' labels
    judge: Ints  # rows of the whole log, of users kept for early stopping


def cut(whole: Interactions, labels: Labels, length: int, rng: np.random.Generator) -> Cut:
    """Hold back each user's last events, or all of the last days.

    Raises `DataError` when nobody has enough of them.
    """
    late, counts = whole.rank_from_end(), np.diff(whole.offsets())
    if labels.days:
        held = whole.times > whole.times.max(initial=0.0) - labels.days
        said = f"events in the last {labels.days:g} days, and {FEWEST} before them"
    else:
        held, said = late < labels.last, f"{labels.last + FEWEST} events"
    many = np.bincount(whole.users[held], minlength=len(counts))
    enough = (counts >= many + FEWEST) & (many >= (1 if labels.days else labels.last))
    if not labels.days:
        held &= enough[whole.users]
    users = rng.permutation(np.flatnonzero(enough))[: labels.users]
    if len(users) < 2:
        raise DataError(f"only {len(users)} users have {said}; nothing to rank by")
    judges = users[: max(1, min(labels.valid_users, int(labels.valid * len(users))))]
    log = whole.take(~held)
    first = whole.offsets()[judges + 1] - many[judges]
    queries = log.queries(judges, length, whole.times[first], whole.occasions()[first])
    known = np.isin(whole.items[first], log.items)  # a first sight teaches a retriever nothing
    holdout = Holdout(queries, whole.items[first]).take(known)
    rows = np.flatnonzero(held & (late < labels.last) & (whole.weights > 0))
    is_judge = np.isin(whole.users[rows], judges)
    chosen = np.isin(whole.users[rows], users)
    log = replace(log, valid=holdout if len(holdout) else None)
    return Cut(log, rows[chosen & ~is_judge], rows[is_judge])


Pool = Callable[[Query], Candidates]


def examples(
    queries: Iterable[Query],
    targets: Sequence[int],
    pool_of: Pool,
    columns: Columns,
    negatives: int,
    rng: np.random.Generator,
    tell: Callable[[], None],
) -> Examples:
    """Pools as the request makes them, each with its label; a pool without it is left out."""
    found = []
    for query, target in zip(queries, targets, strict=True):
        pool = pool_of(query)
        tell()
        hit = np.flatnonzero(pool.items == target)
        if not len(hit):
            continue
        # a uniform draw: keeping the best alone would make a bad place the mark of a label
        keep = np.union1d(rng.permutation(len(pool))[:negatives], hit)
        found.append(group(query, pool, pool.items == target, keep, columns))
    if not found:
        raise DataError("no label was among its candidates: the channels retrieve nothing relevant")
    return joined(found, columns)


def pools(
    queries: Iterable[Query],
    targets: Sequence[int],
    pool_of: Pool,
    columns: Columns,
    tell: Callable[[], None],
) -> Examples:
    """Every pool, whole, whether or not it holds its label; raises `DataError` if all are empty."""
    found = []
    for query, target in zip(queries, targets, strict=True):
        pool = pool_of(query)
        tell()
        if len(pool):
            found.append(group(query, pool, pool.items == target, np.arange(len(pool)), columns))
    if not found:
        raise DataError("no held-out query has any candidate: the channels retrieve nothing")
    return joined(found, columns)


Group = tuple[Floats, Ints, Ints, Floats]  # dense, sparse, history, labels


def group(query: Query, pool: Candidates, hit: Bools, keep: Ints, columns: Columns) -> Group:
    """The rows `keep` of one pool.  hit (n,)"""
    labels = hit[keep].astype(np.float32)
    facts = columns.dense(query, pool)[keep], columns.sparse(query, pool)[keep]
    return (*facts, columns.history(query), labels)


def joined(found: Sequence[Group], columns: Columns) -> Examples:
    """Groups one after the other."""
    dense, sparse, past, labels = zip(*found, strict=True)
    shape = Shape(n_dense=len(columns.names), sparse=columns.cardinalities, history=columns.length)
    facts, label = np.concatenate(dense), np.concatenate(labels)
    return Examples(
        facts,
        np.concatenate(sparse),
        np.repeat(np.arange(len(found)), [len(rows) for rows in labels]),
        np.stack(past),
        label,
        np.ones(len(label), np.float32),
        shape,
        columns.names,
        offset=facts[:, columns.names.index("blend")].copy(),
    )
