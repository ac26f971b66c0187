"""The circumstances of a request, as codes: the page, the device, the referrer, and the clock's.

What the log says (`FIELDS`) is coded by vocabularies of the data; what follows from times is coded
here, by the same rules for an event of the log and for a request that is being answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hermes.core.types import Array, Floats, Ints
from hermes.core.vocab import Vocabulary

FIELDS = ("page", "device", "referrer")  # keys of an event's context
PAUSE = 30 / 1440  # days without an event after which a session is over
HOURS = 25  # unknown, then one code an hour, UTC
PLACES = 21  # unknown, then places in the session; the last stands for all later ones
PAUSES = 26  # unknown, then doublings of the seconds since the event before; the last is none
CLOCK = (HOURS, PLACES, PAUSES)
MOST = 1000  # values of a field that get a code, the most frequent


def sizes(names: Sequence[Vocabulary]) -> tuple[int, ...]:
    """Codes of each column of `of_events`."""
    return (*(map(len, names) if names else (1,) * len(FIELDS)), *CLOCK)


def blank(n: int) -> Ints:
    """Nothing is known of any of n requests.  -> (n, 6)"""
    return np.zeros((n, len(FIELDS) + len(CLOCK)), np.int64)


def encode(given: Mapping[str, str], names: Sequence[Vocabulary]) -> Ints:
    """What a request says of itself; 0 for what it does not say.  -> (3,)"""
    codes = np.zeros(len(FIELDS), np.int64)
    for column, (field, known) in enumerate(zip(FIELDS, names, strict=False)):
        codes[column] = known.code(given.get(field, ""))
    return codes


def of_events(codes: Ints, users: Ints, times: Array) -> Ints:
    """Of every event, as it was when it came: codes (N, 3), users (N,), times (N,) -> (N, 6)

    Events are sorted by user, then by time; no codes at all, (0, 0), are unknown ones.
    """
    n = len(users)
    own = codes if len(codes) else np.zeros((n, len(FIELDS)), np.int64)
    first = np.ones(n, bool)
    first[1:] = users[1:] != users[:-1]
    gap = np.where(first, np.inf, np.diff(times, prepend=0.0))
    start = np.flatnonzero(gap > PAUSE)
    place = np.arange(n) - np.repeat(start, np.diff(np.append(start, n)))
    return np.column_stack([own, clock(times, place, gap)])


def of_request(codes: Ints, at: float, ages: Floats) -> Ints:
    """Of a request at `at` days, by somebody whose events are `ages` (H,) days old.  -> (6,)"""
    own = codes if len(codes) else np.zeros(len(FIELDS), np.int64)
    gap = float(ages[-1]) if len(ages) else np.inf
    between = np.diff(-np.append(ages, 0.0))  # from each event to the next, and to the request
    pause = np.flatnonzero(between > PAUSE)
    place = len(ages) if not len(pause) else len(ages) - 1 - pause[-1]
    return np.concatenate([own, clock(np.array([at]), np.array([place]), np.array([gap]))[0]])


def clock(times: Array, place: Ints, gap: Array) -> Ints:
    """Hour, place in the session from 0, and days since the event before.  (N,) each -> (N, 3)"""
    hour = np.floor(times % 1.0 * 24).astype(np.int64) + 1
    seconds = np.clip(gap * 86_400.0, 1.0, 2.0 ** (PAUSES - 2))
    pause = np.floor(np.log2(seconds)).astype(np.int64) + 1
    return np.column_stack([hour, np.minimum(place, PLACES - 2) + 1, pause])
