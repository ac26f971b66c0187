"""The facts a ranker sees of each candidate: blocks of columns, each a function of what is known.

A block gets of the query, the pool and a snapshot what it needs, and nothing else, and fills its
part of the table; training calls the same functions on the same pools that serving does, so that
the two agree to the bit; only rows that pages showed stand in a pool that they themselves may have
made larger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.protocols import Query
from hermes.core.types import Candidates, Floats, Ints, Odds

from .snapshot import Snapshot

LOGS = np.log(np.maximum(np.arange(8192), 1)).astype(np.float32)  # of ranks
RECENT = 10  # events of the history that count as the present interest


def channel_columns(channel: str, pool: Candidates, out: Floats) -> None:
    """Score, distance to the channel's best in the pool, and log rank; NaN where it was silent."""
    score = pool.columns.get(f"retrieval.{channel}")
    if score is None or not len(score):
        out.fill(np.nan)
        return
    told(score, pool.columns[f"rank.{channel}"], out)


@compiled
def told(scores: Floats, ranks: Floats, out: Floats) -> None:
    """What `channel_columns` says of a channel that brought something.  (n,), (n,), (n, 3)"""
    best = np.float32(-np.inf)
    for score in scores:  # a comparison with NaN is false
        best = score if score > best else best
    for i in range(len(scores)):
        score, rank = scores[i], ranks[i]
        out[i, 0], out[i, 1], out[i, 2] = score, score - best, np.float32(np.nan)
        if rank >= 1:
            out[i, 2] = LOGS[int(rank)] if rank < len(LOGS) else np.log(rank)


def blend_columns(pool: Candidates, out: Floats) -> None:
    """The blend's score and its distance to the best."""
    blend = pool.columns["blend"]
    out[:, 0] = blend
    np.subtract(blend, blend.max(initial=-np.inf), out=out[:, 1])


def history_columns(query: Query, pool: Candidates, at: Snapshot, out: Floats) -> None:
    """How the candidate sits beside the user's past: (n, 8), NaN for a newcomer.

    Category overlap with all of the past and with its last event, year and popularity gaps to the
    recent past, likeness to its last event, mean and greatest likeness to the recent past, and the
    length of the past.
    """
    out.fill(np.nan)
    past = query.history[-200:]
    if not len(past):
        return
    now, i = past[-RECENT:], pool.items
    categories = at.category.take(past, 0)
    mine = np.stack([np.add.reduce(categories) / np.float32(len(past)), categories[-1]])
    out[:, :2] = at.category.take(i, 0) @ mine.T
    years = at.year.take(now)
    years = years[np.isfinite(years)]
    if len(years):
        np.subtract(at.year.take(i), years.sum() / np.float32(len(years)), out=out[:, 2])
    usual = at.popularity.take(now).sum() / np.float32(len(now))
    np.subtract(at.popularity.take(i), usual, out=out[:, 3])
    if at.vectors.shape[1]:
        likeness = at.vectors.take(now, 0) @ at.vectors.take(i, 0).T  # (R, n)
        out[:, 4] = likeness[-1]
        np.divide(np.add.reduce(likeness), np.float32(len(now)), out=out[:, 5])
        np.maximum.reduce(likeness, out=out[:, 6])
    out[:, 7] = np.log1p(len(query.history))


ITEM = ("popularity", "recent", "first_seen", "year", "price")
ODDS = ("own", "main")
HISTORY = (
    "category.past",
    "category.last",
    "year.gap",
    "popularity.gap",
    "like.last",
    "like.mean",
    "like.max",
    "past.length",
)


@dataclass(frozen=True)
class Columns:
    """Which facts, under which names, from which snapshot, for one stage of ranking."""

    channels: tuple[str, ...]
    at: Snapshot
    rich: bool = True  # with the history's block; the pre-ranker does without
    length: int = 50  # of the history a network reads
    learned: int = 0  # items that models know by their codes; those that came later are 0; 0: all
    odds: Callable[[Query, Ints], Odds] | None = None  # of a channel that can tell them

    @property
    def facts(self) -> tuple[str, ...]:
        """Of an item by itself; its appeal where pages are known."""
        return (*ITEM, "appeal") if len(self.at.appeal) else ITEM

    @cached_property
    def names(self) -> tuple[str, ...]:
        """(Fd,) of the dense columns."""
        facts = ("score", "gap", "rank")
        own = tuple(f"{fact}.{c}" for c in self.channels for fact in facts)
        odds = ODDS if self.odds else ()
        return (*own, "blend", "blend.gap", *self.facts, *odds, *(HISTORY if self.rich else ()))

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """(Fs,) of the sparse columns: the item, its attributes, the user's."""
        tables = (self.at.item_fields, self.at.user_fields)
        widths = [int(t[:, f].max(initial=0)) + 1 for t in tables for f in range(t.shape[1])]
        return (len(self.at.popularity), *widths)

    @cached_property
    def items(self) -> Floats:
        """The facts of `facts`.  (I, 5) or (I, 6)"""
        return np.stack([getattr(self.at, name) for name in self.facts], axis=1)

    @cached_property
    def codes(self) -> Ints:
        """The item and its attributes.  (I, 1 + F)"""
        own = np.arange(len(self.at.item_fields))
        own[self.learned or len(own) :] = 0
        return np.concatenate([own[:, None], self.at.item_fields], axis=1)

    def dense(self, query: Query, pool: Candidates) -> Floats:
        """(n, Fd)"""
        out = np.empty((len(pool), len(self.names)), np.float32)
        end = 3 * len(self.channels)
        for c, channel in enumerate(self.channels):
            channel_columns(channel, pool, out[:, 3 * c : 3 * c + 3])
        blend_columns(pool, out[:, end : end + 2])
        last = end + 2 + len(self.facts)
        out[:, end + 2 : last] = self.items.take(pool.items, 0)
        if self.odds is not None:
            told = self.odds(query, pool.items)
            out[:, last], out[:, last + 1] = told.own, told.main
            last += len(ODDS)
        if self.rich:
            history_columns(query, pool, self.at, out[:, last:])
        return out

    def sparse(self, query: Query, pool: Candidates) -> Ints:
        """(n, Fs)"""
        user = query.user if query.user < len(self.at.user_fields) else 0
        mine = self.at.user_fields[user] if len(self.at.user_fields) else np.zeros(0, np.int64)
        own = self.codes.shape[1]
        out = np.empty((len(pool), own + len(mine)), np.int64)
        out[:, :own] = self.codes.take(pool.items, 0)
        out[:, own:] = mine
        return out

    def history(self, query: Query) -> Ints:
        """(L,) left-padded with 0"""
        row: Ints = query.columns(self.length).history[0]
        return np.where(row < self.learned, row, 0) if self.learned else row
