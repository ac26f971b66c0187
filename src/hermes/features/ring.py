"""What is kept of one key so that its features can be told at any later time, event by event.

A key is a row of whole numbers: the time of its last event and of the one before, what the last
brought, which only counts once time has moved on, and of each window the newest bucket's number and
a ring of buckets. Times and numbers of buckets are kept one too high: a row of zeros is a key that
nobody saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Array, Bools, Floats, Ints

from .rolling import MANY, Rolling
from .sweep import MOST, NULL, ONE, Form, Spans, edge, fixed, move, since, told


@dataclass(frozen=True)
class Layout:
    """How the row of one kind of key is laid out; `ConfigError` for a window of too many grains."""

    rolling: Rolling

    def __post_init__(self) -> None:
        """Windows must fit."""
        for window in self.rolling.windows:
            if window.buckets > MANY:
                raise ConfigError(
                    f"window {window.name} of {self.rolling.name} has {window.buckets} buckets; to"
                    f" be kept event by event it may have {MANY}: give it a longer grain"
                )

    @cached_property
    def held(self) -> int:
        """Count, sums, and sum and number of each mean."""
        return 1 + len(self.rolling.sums) + 2 * len(self.rolling.means)

    @cached_property
    def size(self) -> int:
        """(Z,) whole numbers of a row."""
        return 2 + self.held + sum(1 + w.buckets * self.held for w in self.rolling.windows)

    def add(self, states: Ints, rows: Ints, times: Ints, facts: Array) -> None:
        """Take events into (n, Z): row, microseconds since 1970, facts (S, n), NaN for none.

        Raises `DataError` for times before 1970 and amounts too large; the states are then void.
        """
        if len(times) and times.min() < 0:
            raise DataError(
                f"features {self.rolling.name}: an event lies before 1970; leave it out"
            )
        amounts = np.empty((len(rows), 2 + len(facts)), np.int64)
        total = tabled(rows, times, facts, amounts)
        if total < MOST:
            taken(states.reshape(-1), self.size, amounts, self.rolling.spans, self.rolling.form)
        if not total < MOST or np.abs(states).max(initial=0) >= MOST * ONE / 2:
            raise DataError(
                f"features {self.rolling.name}: amounts are infinite or too many; divide them first"
            )

    def read(self, states: Ints, rows: Ints, at: int) -> tuple[Floats, Bools]:
        """Features of rows at a time in microseconds, and which rows have gone beyond it.

        (n,) -> (n, F), (n,); what has gone beyond is all NaN; row -1 is a key that nobody saw
        """
        out = np.empty((len(rows), len(self.rolling.names)), np.float32)
        ahead = np.zeros(len(rows), np.bool_)
        flat, spans, form = states.reshape(-1), self.rolling.spans, self.rolling.form
        answered(flat, self.size, rows, at, spans, form, out, ahead)
        return out, ahead


@compiled
def tabled(rows: Ints, times: Ints, facts: Array, out: Ints) -> float:
    """Row, time, amounts of each event.  (n,), (n,), (S, n) -> (n, 2 + S); the absolute total"""
    total = 0.0
    for i in range(len(rows)):
        out[i, 0], out[i, 1] = rows[i], times[i]
        for s in range(len(facts)):
            value = facts[s, i]
            out[i, 2 + s] = fixed(value)
            total += 0.0 if np.isnan(value) else abs(value)
    return total


@compiled
def into(state: Ints, row: int, time: int, held: Ints, of: int, size: int, windows: Spans) -> None:
    """Add held[of : of + size] to the bucket of its time in each window it has not left."""
    spans, grains, _ = windows
    at = row + 2 + size
    for w in range(len(spans)):
        n, bucket = spans[w] // grains[w], time // grains[w] + 1
        newest = state[at]
        for b in range(max(newest, bucket - n) + 1, bucket + 1):
            for j in range(size):
                state[at + 1 + b % n * size + j] = 0
        newest = state[at] = max(newest, bucket)
        if newest - bucket < n:
            for j in range(size):
                state[at + 1 + bucket % n * size + j] += held[of + j]
        at += 1 + n * size


@compiled
def taken(state: Ints, wide: int, events: Ints, windows: Spans, form: Form) -> None:
    """Events (n, 2 + S) in any order into rows of `wide` numbers."""
    size = 1 + len(form[0]) + 2 * len(form[1])
    one = np.zeros(size, np.int64)
    for i in range(len(events)):
        row, time = events[i, 0] * wide, events[i, 1]
        last = state[row] - 1
        if time > last:
            if last >= 0:
                into(state, row, last, state, row + 2, size, windows)
            state[row + 1], state[row] = state[row], time + 1
            for j in range(size):
                state[row + 2 + j] = 0
        if time >= last:
            move(state, row + 2, form, events, i, 1)
            continue
        one[:] = 0
        move(one, 0, form, events, i, 1)
        into(state, row, time, one, 0, size, windows)
        state[row + 1] = max(state[row + 1], time + 1)


@compiled
def answered(
    state: Ints,
    wide: int,
    rows: Ints,
    t: int,
    windows: Spans,
    form: Form,
    out: Floats,
    ahead: Bools,
) -> None:
    """What `Layout.read` says.  state (n * wide,), rows (m,) -> out (m, F), ahead (m,)"""
    spans, grains, longest = windows
    size, facts = 1 + len(form[0]) + 2 * len(form[1]), 1 + len(form[0]) + len(form[1])
    held, nobody = np.empty(size, np.int64), np.zeros(wide, np.int64)
    for i in range(len(rows)):
        source, row = (nobody, 0) if rows[i] < 0 else (state, rows[i] * wide)
        last = source[row] - 1
        if last > t:
            out[i], ahead[i] = np.float32(np.nan), True
            continue
        known = last if last < t else source[row + 1] - 1
        at = row + 2 + size
        for w in range(len(spans)):
            n, newest, bound = spans[w] // grains[w], source[at], edge(t, spans[w], grains[w])
            held[:] = 0
            if 0 <= last < t and last >= bound:
                for j in range(size):
                    held[j] = source[row + 2 + j]
            first = max(bound // grains[w] + 1, newest - n + 1, 1)
            for b in range(first, newest + 1):
                for j in range(size):
                    held[j] += source[at + 1 + b % n * size + j]
            told(held, 0, form, out, i, w * facts)
            at += 1 + n * size
        some = known >= 0 and known >= edge(t, spans[longest], grains[longest])
        out[i, len(spans) * facts] = since(known if some else NULL, t)
