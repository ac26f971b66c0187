"""Rolling features of many examples at once, or as a table that says when a row became known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.core.types import Array, Floats, Ints

from . import sweep
from .rolling import Rolling
from .times import MOMENT, checked, micros

T = TypeVar("T")

THREADS = 2
PART = 1 << 14  # rows that are gone through at once, about
SPARE = 1 << 20  # codes that may be empty where whole numbers stand for themselves


def as_of(
    rolling: Rolling, log: pl.DataFrame, examples: pl.DataFrame | None = None, at: str = "at"
) -> pl.DataFrame:
    """The features of each example from the events before its time, in the examples' order.

    Without examples each event is one, at its own time, which does not count itself.
    Raises `DataError` for a column that is missing, empty or of another type.
    """
    return frame(rolling, answers(rolling, log, examples, at)[0])


def frame(rolling: Rolling, out: Floats) -> pl.DataFrame:
    """Features by name.  (F, m)"""
    return pl.DataFrame(dict(zip(rolling.names, out, strict=True)))


def answers(
    rolling: Rolling, log: pl.DataFrame, examples: pl.DataFrame | None, at: str, ends: bool = False
) -> tuple[Floats, Ints]:
    """(F, m) features, and where asked (m,) the time of the last event that counted."""
    checked(log, f"log of {rolling.name}", rolling.keys, rolling.at, rolling.facts)
    if examples is not None:
        checked(examples, f"examples of {rolling.name}", rolling.keys, at)
    codes, asked, size = coded(log, examples, rolling.keys)
    shift = max(0, size.bit_length() - max(1, len(log) // PART).bit_length())
    events = Parts.of(codes, micros(log[rolling.at]), facts(rolling, log), size, shift)
    questions = events
    if examples is not None:
        nothing = np.zeros((0, len(examples)))
        questions = Parts.of(asked, micros(examples[at]), nothing, size, shift)
    made = np.empty((len(asked), len(rolling.names)), np.float32)
    last = np.empty((len(asked) if ends else 0, 1), np.int64)
    shared(
        lambda low, high: sweep.swept(
            events.table, events.starts, questions.table, questions.starts,
            low, high, shift, rolling.spans, rolling.form, made, last,
        ),
        balanced(events.starts + questions.starts),
    )  # fmt: skip
    return questions.back(made), questions.back(last)[0] if ends else last[:, 0]


def changes(rolling: Rolling, log: pl.DataFrame) -> pl.DataFrame:
    """Keys, `known_at`, the features from then on until the next row, and `NAME.last_at`.

    A row stands at each event and wherever one leaves a window, so that the last row before any
    time has, to the bit, what `as_of` gives for that time; `since` is left to whoever reads.
    """
    checked(log, f"log of {rolling.name}", rolling.keys, rolling.at, rolling.facts)
    known = pl.col(rolling.at)
    rows = [log.select(*rolling.keys, known.alias("known_at"))]
    for w in rolling.windows:
        left = (known.to_physical() // w.grain * w.grain + w.span).cast(MOMENT)
        rows.append(log.select(*rolling.keys, left.alias("known_at")))
    table = pl.concat(rows).unique().sort(*rolling.keys, "known_at")
    asked = table.with_columns(pl.col("known_at") + pl.duration(microseconds=1))
    out, last = answers(rolling, log, asked, "known_at", ends=True)
    made = frame(rolling, out).drop(rolling.names[-1])
    ends = pl.Series(f"{rolling.name}.last_at", last).replace(sweep.NULL, None).cast(MOMENT)
    return pl.concat([table, made.with_columns(ends)], how="horizontal")


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows dealt into parts by their key, in order of time within a part; and the way back."""

    table: Ints  # (n, 2 + S) code, time, amounts
    starts: Ints  # (P + 1,)
    shift: int  # a part is the code without that many bits
    codes: Ints  # (n,) in order of time
    places: dict[int, Ints]  # (P,) where the first row of each part goes, by stretches of `codes`
    order: Ints | None  # (n,) of the rows by time, None if they came so

    @classmethod
    def of(cls, codes: Ints, times: Ints, facts: Array, size: int, shift: int) -> Parts:
        """Raises `DataError` for amounts that are infinite or too many to add up."""
        order = None if bool(np.all(times[1:] >= times[:-1])) else np.argsort(times, kind="stable")
        if order is not None:
            codes, times = codes[order], times[order]
            facts = np.ascontiguousarray(facts[:, order])
        cuts, parts = even(len(codes)), (size - 1 >> shift) + 1
        counts = {low: np.zeros(parts, np.int64) for low in cuts}
        shared(lambda low, high: sweep.counted(codes, shift, low, high, counts[low]), cuts)
        starts = np.concatenate([[0], np.cumsum(sum(counts.values()))]).astype(np.int64)
        places, place = {}, starts[:-1]
        for low in cuts:
            places[low] = place
            place = place + counts[low]
        table = np.empty((len(codes), 2 + len(facts)), np.int64)
        totals = shared(
            lambda low, high: sweep.dealt(
                codes, times, facts, shift, low, high, places[low].copy(), table
            ),
            cuts,
        )
        if not sum(totals) < sweep.MOST:
            raise DataError("amounts are infinite or add up to more than 4e12; divide them first")
        return cls(table, starts, shift, codes, places, order)

    def back(self, made: Array) -> Array:
        """Rows part by part as columns in the order they came.  (n, F) -> (F, n)"""
        out = np.empty(made.shape[::-1], made.dtype)
        shared(
            lambda low, high: sweep.gathered(
                self.codes, self.shift, low, high, self.places[low].copy(), made, out
            ),
            even(len(made)),
        )
        if self.order is not None:
            mixed, out = out, np.empty_like(out)
            out[:, self.order] = mixed
        return out


def even(n: int) -> list[int]:
    """Where n rows are cut into stretches of one length."""
    return sorted({n * i // THREADS for i in range(THREADS + 1)})


def balanced(starts: Ints, pieces: int = 16) -> list[int]:
    """Where parts are cut into ranges with about as many rows each.  (P + 1,)"""
    ends = np.searchsorted(starts, starts[-1] * np.arange(1, pieces) / pieces)
    return sorted({0, *ends.tolist(), len(starts) - 1})


def shared(work: Callable[[int, int], T], cuts: Sequence[int]) -> list[T]:
    """`work` from each cut to the next, side by side."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, cuts[:-1], cuts[1:]))


def coded(
    log: pl.DataFrame, examples: pl.DataFrame | None, keys: tuple[str, ...]
) -> tuple[Ints, Ints, int]:
    """Codes of the keys of events (n,) and examples (m,), and how many there are.

    The last code is that of keys without events.
    """
    if len(keys) == 1 and log[keys[0]].dtype.is_integer() and len(log):
        found = plain(log[keys[0]], None if examples is None else examples[keys[0]])
        if found is not None:
            return found
    table = log.select(keys).unique(maintain_order=False).with_row_index("code")

    def codes(frame: pl.DataFrame) -> Ints:
        joined = frame.select(keys).join(table, on=keys, how="left", maintain_order="left")
        return joined["code"].fill_null(len(table)).cast(pl.Int64).to_numpy()

    own = codes(log)
    return own, own if examples is None else codes(examples), len(table) + 1


def plain(log: pl.Series, examples: pl.Series | None) -> tuple[Ints, Ints, int] | None:
    """Whole numbers as their own codes, unless they lie too far apart."""
    numbers = log.cast(pl.Int64).to_frame("code")
    least, most = numbers.select(pl.min("code").alias("least"), pl.max("code").alias("most")).row(0)
    size = most - least + 1
    if size > 4 * len(log) + SPARE:
        return None
    if 0 <= least <= len(log):
        least, size = 0, size + least
    own = log.cast(pl.Int64).to_numpy()
    own = own - least if least else own
    if examples is None:
        return own, own, size + 1
    other = examples.cast(pl.Int64).to_numpy() - least
    return own, np.where((other >= 0) & (other < size), other, size), size + 1


def facts(rolling: Rolling, log: pl.DataFrame) -> Array:
    """(S, n) float64, NaN where there is none"""
    columns = [log[name].cast(pl.Float64).to_numpy() for name in rolling.facts]  # null is NaN
    if len(columns) == 1:
        return columns[0].reshape(1, -1)
    return np.stack(columns) if columns else np.zeros((0, len(log)))
