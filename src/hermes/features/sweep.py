"""Windows over all of a log at once, a part of the keys at a time.

Rows are dealt into parts by their key, so small that what belongs to one stays in the processor's
cache, and each part is gone through in order of time. The events of a key are linked, each to its
next. Of every key and window a mark stands at the first event that is in the window; it moves on as
time does, and takes away what it passes. The integers make that exact.
"""

from __future__ import annotations

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.types import Array, Floats, Ints

ONE = 1 << 20  # what a sum keeps of 1.0
MOST = float(1 << 42)  # that the amounts of a log may add up to
NULL = -(1 << 63)  # stands for an amount nobody gave
DAYS = 86_400_000_000.0  # microseconds
Each = tuple[int, ...]
Form = tuple[Each, Each]  # places of the sums and of the means; how many is known when compiling
Spans = tuple[Each, Each, int]  # spans and grains (W,) in microseconds, which span is the longest


@compiled
def fixed(value: float) -> int:
    """A number in units of 2^-20; `NULL` for NaN."""
    if np.isnan(value):
        return NULL
    return int(np.rint(value * ONE))


@compiled
def shown(amount: int) -> np.float32:
    """A sum as a feature."""
    return np.float32(amount / ONE)


@compiled
def mean(amount: int, number: int) -> np.float32:
    """A mean as a feature; NaN of nothing."""
    return np.float32(amount / ONE / number) if number else np.float32(np.nan)


@compiled
def since(last: int, t: int) -> np.float32:
    """Days from `last` to t; NaN if there is no last."""
    return np.float32((t - last) / DAYS) if last != NULL else np.float32(np.nan)


@compiled
def edge(t: int, span: int, grain: int) -> int:
    """`Window.edge`"""
    return t - span if grain == 1 else -(-(t - span) // grain) * grain


@compiled
def told(held: Ints, at: int, form: Form, out: Floats, row: int, to: int) -> None:
    """Count, sums and means from the whole numbers of one window, held[at:] -> out[row, to:]"""
    sums, means = form
    out[row, to] = np.float32(held[at])
    for s in range(len(sums)):
        out[row, to + 1 + s] = shown(held[at + 1 + s])
    for m in range(len(means)):
        place = at + 1 + len(sums) + 2 * m
        out[row, to + 1 + len(sums) + m] = mean(held[place], held[place + 1])


@compiled
def move(held: Ints, at: int, form: Form, amounts: Ints, i: int, sign: int) -> None:
    """Add an event to the whole numbers of one window, or take it away.  (n, 2 + S), held[at:]"""
    sums, means = form
    held[at] += sign
    for s in range(len(sums)):
        if amounts[i, 2 + s] != NULL:
            held[at + 1 + s] += sign * amounts[i, 2 + s]
    for m in range(len(means)):
        if amounts[i, 2 + len(sums) + m] != NULL:
            held[at + 1 + len(sums) + 2 * m] += sign * amounts[i, 2 + len(sums) + m]
            held[at + 2 + len(sums) + 2 * m] += sign


@compiled
def counted(codes: Ints, shift: int, low: int, high: int, counts: Ints) -> None:
    """How many of the rows low to high are in each part.  (n,) -> counts (P,)"""
    for i in range(low, high):
        counts[codes[i] >> shift] += 1


@compiled
def dealt(
    codes: Ints,
    times: Ints,
    facts: Array,
    shift: int,
    low: int,
    high: int,
    place: Ints,
    out: Ints,
) -> float:
    """Put the rows low to high into their parts, in the order they have.

    codes (n,), times (n,), facts (S, n), place (P,) where the next of each part comes, is moved
    on; out (n, 2 + S) code, time, amounts. Returns the sum of all absolute amounts, infinity or
    NaN if one is not finite
    """
    total = 0.0
    for i in range(low, high):
        part = codes[i] >> shift
        p = place[part]
        place[part] = p + 1
        out[p, 0], out[p, 1] = codes[i], times[i]
        for s in range(len(facts)):
            value = facts[s, i]
            out[p, 2 + s] = fixed(value)
            total += 0.0 if np.isnan(value) else abs(value)
    return total


@compiled
def gathered(
    codes: Ints, shift: int, low: int, high: int, place: Ints, rows: Array, out: Array
) -> None:
    """What was worked out part by part, in the order of the rows low to high.

    codes (n,), place (P,) as `dealt` got it, rows (n, F) -> out (F, n)
    """
    for i in range(low, high):
        part = codes[i] >> shift
        p = place[part]
        place[part] = p + 1
        for f in range(len(out)):
            out[f, i] = rows[p, f]


@compiled
def swept(
    events: Ints,
    starts: Ints,
    asked: Ints,
    asked_starts: Ints,
    low: int,
    high: int,
    shift: int,
    windows: Spans,
    form: Form,
    out: Floats,
    last: Ints,
) -> None:
    """The features of the questions in parts low to high from the events before each.

    events (n, 2 + S) and asked (m, 2 + ...) as `dealt` left them, in order of time within a part,
    starts (P + 1,); out (m, F), and last (m, 1) the time of the last event that counts or `NULL`,
    in the order of asked; nobody wants last where it is empty
    """
    spans, grains, longest = windows
    facts = 1 + len(form[0]) + len(form[1])
    whole = 2 + facts + len(form[1])  # head, its time, count, sums, means
    wide = 1 + len(spans) * whole  # and before these, tail + 1
    state = np.empty(wide << shift, np.int64)
    for part in range(low, high):
        state[:] = 0
        begin, end, least = starts[part], starts[part + 1], part << shift
        following, right = np.empty(end - begin, np.int64), begin
        for q in range(asked_starts[part], asked_starts[part + 1]):
            t = asked[q, 1]
            while right < end and events[right, 1] < t:
                key = (events[right, 0] - least) * wide
                if state[key]:
                    following[state[key] - 1 - begin] = right
                state[key] = right + 1
                for w in range(len(spans)):
                    at = key + 1 + w * whole
                    if state[at + 2] == 0:
                        state[at], state[at + 1] = right, events[right, 1]
                    move(state, at + 2, form, events, right, 1)
                right += 1
            key = (asked[q, 0] - least) * wide
            for w in range(len(spans)):
                at, bound = key + 1 + w * whole, edge(t, spans[w], grains[w])
                while state[at + 2] and state[at + 1] < bound:
                    head = state[at]
                    move(state, at + 2, form, events, head, -1)
                    if state[at + 2]:
                        state[at] = following[head - begin]
                        state[at + 1] = events[state[at], 1]
                told(state, at + 2, form, out, q, w * facts)
            some = state[key + 3 + longest * whole]
            ended = events[state[key] - 1, 1] if some else NULL
            out[q, len(spans) * facts] = since(ended, t)
            if len(last):
                last[q, 0] = ended
