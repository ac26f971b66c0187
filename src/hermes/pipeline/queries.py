"""Queries out of a log: every user, or every event, as they stood just before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Array, Ints
from hermes.data.interactions import Interactions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def before(log: Interactions, rows: Ints, size: int = 20) -> Iterator[Query]:
    """For each event, the query its user would have sent just before it."""
    offsets = log.offsets()
    for row in rows.tolist():
        user = int(log.users[row])
        past = slice(int(offsets[user]), row)
        query = standing(log, f"log-{row}", user, past, float(log.times[row]), size)
        yield replace(query, context=log.contexts[row]) if len(log.contexts) else query


def at_moments(log: Interactions, users: Ints, times: Array) -> Iterator[Query]:
    """For each user and day, the query they would have sent then, knowing what came before.

    users, times (R,)
    """
    offsets = log.offsets()
    for number, (user, at) in enumerate(zip(users.tolist(), times.tolist(), strict=True)):
        first, end = int(offsets[user]), int(offsets[user + 1])
        past = slice(first, first + int(np.searchsorted(log.times[first:end], at)))
        yield standing(log, f"page-{number}", user, past, at, 1)


def after(log: Interactions, users: Ints, size: int = 20) -> Iterator[Query]:
    """For each user, the query they would send at their last event's moment, knowing all of it."""
    offsets = log.offsets()
    for user in users.tolist():
        past = slice(int(offsets[user]), int(offsets[user + 1]))
        at = float(log.times[past][-1]) if past.stop > past.start else 0.0
        yield standing(log, f"user-{user}", user, past, at, size)


def standing(log: Interactions, name: str, user: int, past: slice, at: float, size: int) -> Query:
    """What a user asks on day `at`, knowing the events `past` of the log."""
    return Query(
        id=name,
        at=EPOCH + timedelta(days=at),
        user=user,
        history=log.items[past],
        ages=(at - log.times[past]).astype(np.float32),
        deeds=log.deeds[past],
        size=size,
        explain=False,
    )
