"""Clicks whose conversions come late, and the rows that a learner is given as they come in.

A click that converts does so after a delay; one that never does has an infinite one. Nothing here
knows what a row weighs: `delayed` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hermes.core.errors import DataError, ShapeError
from hermes.core.types import Bools, Floats, Ints, expect

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Clicks:
    """N clicks in order of time, with what was known of each when it happened."""

    dense: Floats  # (N, F) NaN where unknown
    sparse: Ints  # (N, S) codes, 0 where unknown
    users: Ints  # (N,) whose; for intervals
    clicked_at: Reals  # (N,) days
    delay: Reals  # (N,) days from click to conversion, inf where there is none
    chance: Reals | None = None  # (N,) true probability of conversion, where it is known
    sizes: tuple[int, ...] = field(default=())  # (S,) codes of each sparse column

    def __post_init__(self) -> None:
        """Columns of one length, times that are times."""
        n = len(self.clicked_at)
        expect(self.dense, (n, None), "dense")
        expect(self.sparse, (n, len(self.sizes)), "sparse")
        for name in ("users", "clicked_at", "delay"):
            expect(getattr(self, name), (n,), name)
        if not np.isfinite(self.clicked_at).all() or (np.diff(self.clicked_at) < 0).any():
            raise DataError("clicks: clicked_at must be known and in order; sort the log by it")
        if np.isnan(self.delay).any() or (self.delay < 0).any():
            raise DataError("clicks: a conversion before its click; drop those rows")

    def __len__(self) -> int:
        return len(self.clicked_at)

    def take(self, rows: Ints) -> Clicks:
        """The chosen clicks, which must stay in order."""
        return Clicks(
            self.dense[rows],
            self.sparse[rows],
            self.users[rows],
            self.clicked_at[rows],
            self.delay[rows],
            None if self.chance is None else self.chance[rows],
            self.sizes,
        )

    def between(self, start: float, stop: float) -> Clicks:
        """Those clicked on from `start` up to `stop`, in days."""
        first, last = np.searchsorted(self.clicked_at, [start, stop])
        return self.take(np.arange(first, last))


@dataclass(frozen=True, slots=True)
class Arrivals:
    """R rows to learn from, in order of arrival; a click may come more than once."""

    click: Ints  # (R,) row of the clicks
    label: Bools  # (R,) converted, as far as was known then
    late: Bools  # (R,) a positive that came as a negative before
    at: Reals  # (R,) days, when the row came in

    def between(self, start: float, stop: float) -> Arrivals:
        """The rows that came in from `start` up to `stop`, in days."""
        first, last = np.searchsorted(self.at, [start, stop])
        rows = slice(first, last)
        return Arrivals(self.click[rows], self.label[rows], self.late[rows], self.at[rows])


def ordered(*parts: tuple[Ints, Bools | bool, Bools | bool, Reals]) -> Arrivals:
    """Parts of (click, label, late, at) as one stream."""
    click = np.concatenate([part[0] for part in parts])
    label = np.concatenate([np.broadcast_to(part[1], part[0].shape) for part in parts])
    late = np.concatenate([np.broadcast_to(part[2], part[0].shape) for part in parts])
    at = np.concatenate([part[3] for part in parts])
    order = np.argsort(at, kind="stable")
    return Arrivals(click[order], label[order], late[order], at[order])


def settled(clicked_at: Reals, delay: Reals) -> Arrivals:
    """The oracle's: each click at once, with the label it will have.  (N,), (N,) -> R = N"""
    return ordered((np.arange(len(delay)), np.isfinite(delay), False, clicked_at))


def waited(clicked_at: Reals, delay: Reals, wait: float | Reals) -> Arrivals:
    """The naive: each click after `wait` days with the label of that day, never put right.

    (N,), (N,), () or (N,) -> R = N
    """
    return ordered((np.arange(len(delay)), delay <= wait, False, clicked_at + wait))


def repeated(clicked_at: Reals, delay: Reals, wait: float | Reals) -> Arrivals:
    """Each click after `wait` days, and again as a positive when it converts after that.

    (N,), (N,), () or (N,) -> R = N + late conversions. With a wait of 0 every click first comes as
    a negative: Ktena et al., RecSys 2019; else the elapsed-time sampling of Yang et al., AAAI 2021.
    """
    first = (np.arange(len(delay)), delay <= wait, False, clicked_at + wait)
    again = np.flatnonzero(np.isfinite(delay) & (delay > wait))
    return ordered(first, (again, True, True, clicked_at[again] + delay[again]))


def doubled(clicked_at: Reals, delay: Reals, wait: float, window: float) -> Arrivals:
    """Each click twice, so that no kind of click is seen more often than another.

    (N,), (N,) -> R = 2 N. Beside the rows of `repeated`, a click that did not convert within
    `window` days comes again as a real negative, and one that converted within `wait` comes
    twice at once, since its label can no longer change. Gu et al., KDD 2021.
    """
    if window < wait:
        raise ShapeError(f"window {window} days ends before the wait of {wait} days")
    first = repeated(clicked_at, np.where(delay <= window, delay, np.inf), wait)
    soon = np.flatnonzero(delay <= wait)
    never = np.flatnonzero(delay > window)
    return ordered(
        (first.click, first.label, first.late, first.at),
        (soon, True, False, clicked_at[soon] + wait),
        (never, False, False, clicked_at[never] + window),
    )
