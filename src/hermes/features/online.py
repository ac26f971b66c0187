"""The features of a moment ago: events go in one by one, features of any later time come out.

Two stores keep the same rows under one protocol: the memory of a process, and Redis for many of
them. What they tell is, to the bit, what `batch.as_of` tells of the same events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
import polars as pl

from hermes.core.errors import ConfigError, nearest
from hermes.core.types import Bools, Floats, Ints

from .batch import facts
from .ring import Layout
from .rolling import ITEM, USER, Rolling
from .times import checked, micros, moment

BETWEEN = "\x1f"  # the parts of a key of several columns


@dataclass(frozen=True, slots=True)
class Told:
    """Features of some keys at one time."""

    values: Floats  # (n, F)
    ahead: Bools  # (n,) its events go beyond the time, so that nothing can be told: NaN


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a log was taken in; many may read one log, and each of its rows counts once."""

    log: str
    before: int  # the row after which the events come
    after: int  # the last row of them


class Online(Protocol):
    """Where features are kept that are read while somebody waits."""

    def add(self, name: str, events: pl.DataFrame, mark: Mark | None = None) -> bool:
        """Take in events of one kind of key; what is late counts where it still can.

        With a mark they are taken, and the mark is moved, only where it still stands before them:
        False where another was faster. Raises `DataError` for events that lack a column, and takes
        none of them.
        """

    def reached(self, name: str, log: str) -> int:
        """The row to which a log was taken in; 0 when nothing of it was."""

    def read(self, keys: Mapping[str, Sequence[str]], at: datetime) -> dict[str, Told]:
        """The features of keys, by kind, from the events before `at`.

        Raises `Unavailable` when the store does not answer in time.
        """


class Memory:
    """In this process."""

    def __init__(self, rollings: Sequence[Rolling] = (ITEM, USER)) -> None:
        self.layouts = layouts(rollings)
        self.marks: dict[tuple[str, str], int] = {}
        self.places: dict[str, dict[str, int]] = {name: {} for name in self.layouts}
        self.states = {name: np.zeros((0, u.size), np.int64) for name, u in self.layouts.items()}

    def add(self, name: str, events: pl.DataFrame, mark: Mark | None = None) -> bool:
        """`Online.add`"""
        layout, places = chosen(self.layouts, name), self.places[name]
        if mark is not None and self.reached(name, mark.log) != mark.before:
            return False
        keys, rows = grouped(layout.rolling, events)
        at = np.array([places.get(key, -1) for key in keys], np.int64)
        fresh, old = np.zeros((len(keys), layout.size), np.int64), at >= 0
        fresh[old] = self.states[name][at[old]]
        take(layout, fresh, rows, events)
        at[~old] = len(places) + np.arange((~old).sum())
        self.room(name, int(at.max(initial=-1)) + 1)
        self.states[name][at] = fresh
        places.update(zip(keys, at.tolist(), strict=True))
        if mark is not None:
            self.marks[name, mark.log] = mark.after
        return True

    def reached(self, name: str, log: str) -> int:
        """`Online.reached`"""
        return self.marks.get((name, log), 0)

    def room(self, name: str, n: int) -> None:
        """Make room for n keys."""
        states = self.states[name]
        if n > len(states):
            more = np.zeros((max(n, 2 * len(states)) - len(states), states.shape[1]), np.int64)
            self.states[name] = np.concatenate([states, more])

    def read(self, keys: Mapping[str, Sequence[str]], at: datetime) -> dict[str, Told]:
        """`Online.read`"""
        t, out = moment(at), dict[str, Told]()
        for name, asked in keys.items():
            layout, places = chosen(self.layouts, name), self.places[name]
            rows = np.array([places.get(key, -1) for key in asked], np.int64)
            out[name] = Told(*layout.read(self.states[name], rows, t))
        return out

    def forget(self, at: datetime, most: int | None = None) -> int:
        """Drop the keys whose events have left every window; how many they were.

        Of more than `most` keys of a kind those go as well whose last event is the oldest.
        """
        dropped, t = 0, moment(at)
        for name, layout in self.layouts.items():
            bound, places = layout.rolling.longest.edge(t), self.places[name]
            kept = [(k, i) for k, i in places.items() if self.states[name][i, 0] > bound]
            if most is not None and len(kept) > most:
                last = self.states[name][[i for _, i in kept], 0]
                kept = [kept[i] for i in np.sort(np.argsort(-last, kind="stable")[:most])]
            dropped += len(places) - len(kept)
            self.states[name] = self.states[name][[i for _, i in kept]]
            self.places[name] = {key: i for i, (key, _) in enumerate(kept)}
        return dropped


def layouts(rollings: Sequence[Rolling]) -> dict[str, Layout]:
    """By name; `ConfigError` where two have the same."""
    found = {rolling.name: Layout(rolling) for rolling in rollings}
    if len(found) < len(rollings):
        raise ConfigError(f"two kinds of features have one name among {[r.name for r in rollings]}")
    return found


def chosen(known: Mapping[str, Layout], name: str) -> Layout:
    """One of them; `ConfigError` with the nearest name."""
    if name not in known:
        raise ConfigError(f"no features are kept of {name!r}{nearest(name, known)}")
    return known[name]


def grouped(rolling: Rolling, events: pl.DataFrame) -> tuple[list[str], Ints]:
    """The keys of events, each once, and the place of each event's among them.  -> (u,), (n,)"""
    checked(events, f"events of {rolling.name}", rolling.keys, rolling.at, rolling.facts)
    parts = [pl.col(key).cast(pl.String) for key in rolling.keys]
    keys = events.select(pl.concat_str(parts, separator=BETWEEN)).to_series().to_list()
    places = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return list(places), np.array([places[key] for key in keys], np.int64)


def take(layout: Layout, states: Ints, rows: Ints, events: pl.DataFrame) -> None:
    """Bring the states of keys up to date.  (u, Z), (n,)"""
    rolling = layout.rolling
    layout.add(states, rows, micros(events[rolling.at]), facts(rolling, events))
