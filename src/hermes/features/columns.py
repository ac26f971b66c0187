"""The facts a ranker sees of each candidate: blocks of columns, each a function of what is known.

A block gets the query, the pool and a snapshot, and nothing else; training calls the same functions
on the same pools that serving does, so that the two agree to the bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Candidates, Floats, Ints

from .snapshot import Snapshot

RECENT = 10  # events of the history that count as the present interest
Block = Callable[[Query, Candidates, Snapshot], Floats]  # -> (n, len(names))


def channel_columns(channel: str) -> Block:
    """Score, distance to the channel's best in the pool, and log rank; NaN where it was silent."""

    def block(query: Query, pool: Candidates, at: Snapshot) -> Floats:
        out = np.full((len(pool), 3), np.nan, np.float32)
        score = pool.columns.get(f"retrieval.{channel}")
        if score is None or not len(score):
            return out
        rank = pool.columns[f"rank.{channel}"]
        best = np.fmax.reduce(score)
        out[:, 0], out[:, 1], out[:, 2] = score, score - best, np.log(rank)
        return out

    return block


def blend_columns(query: Query, pool: Candidates, at: Snapshot) -> Floats:
    """The blend's score and its distance to the best."""
    blend = pool.columns["blend"]
    return np.stack([blend, blend - blend.max(initial=-np.inf)], axis=1).astype(np.float32)


def item_columns(query: Query, pool: Candidates, at: Snapshot) -> Floats:
    """Popularity, recent popularity, age in the log, year, price."""
    i = pool.items
    return np.stack(
        [at.popularity[i], at.recent[i], at.first_seen[i], at.year[i], at.price[i]], axis=1
    )


def history_columns(query: Query, pool: Candidates, at: Snapshot) -> Floats:
    """How the candidate sits beside the user's past: (n, 8), NaN for a newcomer.

    Category overlap with all of the past and with its last event, year and popularity gaps to the
    recent past, likeness to its last event, mean and greatest likeness to the recent past, and the
    length of the past.
    """
    out = np.full((len(pool), 8), np.nan, np.float32)
    past = query.history[-200:]
    if not len(past):
        return out
    now, last, i = past[-RECENT:], past[-1], pool.items
    category = at.category[i]  # (n, G)
    out[:, 0] = category @ at.category[past].mean(0)
    out[:, 1] = category @ at.category[last]
    years = at.year[now]
    if np.isfinite(years).any():
        out[:, 2] = at.year[i] - np.nanmean(years)
    out[:, 3] = at.popularity[i] - at.popularity[now].mean()
    if at.vectors.shape[1]:
        likeness = at.vectors[i] @ at.vectors[now].T  # (n, R)
        out[:, 4], out[:, 5], out[:, 6] = likeness[:, -1], likeness.mean(1), likeness.max(1)
    out[:, 7] = np.log1p(len(query.history))
    return out


ITEM = ("popularity", "recent", "first_seen", "year", "price")
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

    @property
    def names(self) -> tuple[str, ...]:
        """(Fd,) of the dense columns."""
        facts = ("score", "gap", "rank")
        own = tuple(f"{fact}.{c}" for c in self.channels for fact in facts)
        return (*own, "blend", "blend.gap", *ITEM, *(HISTORY if self.rich else ()))

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """(Fs,) of the sparse columns: the item, its attributes, the user's."""
        tables = (self.at.item_fields, self.at.user_fields)
        widths = [int(t[:, f].max(initial=0)) + 1 for t in tables for f in range(t.shape[1])]
        return (len(self.at.popularity), *widths)

    def dense(self, query: Query, pool: Candidates) -> Floats:
        """(n, Fd)"""
        blocks = [*map(channel_columns, self.channels), blend_columns, item_columns]
        blocks += [history_columns] if self.rich else []
        out = np.empty((len(pool), len(self.names)), np.float32)
        ends = np.cumsum([0, *(3 for _ in self.channels), 2, len(ITEM), len(HISTORY)])
        for block, (a, b) in zip(blocks, pairwise(ends.tolist()), strict=False):
            out[:, a:b] = block(query, pool, self.at)
        return out

    def sparse(self, query: Query, pool: Candidates) -> Ints:
        """(n, Fs)"""
        user = query.user if query.user < len(self.at.user_fields) else 0
        mine = self.at.user_fields[user] if len(self.at.user_fields) else np.zeros(0, np.int64)
        items = self.at.item_fields
        out = np.empty((len(pool), 1 + items.shape[1] + len(mine)), np.int64)
        out[:, 0] = pool.items
        out[:, 1 : 1 + items.shape[1]] = items[pool.items]
        out[:, 1 + items.shape[1] :] = mine
        return out

    def history(self, query: Query) -> Ints:
        """(L,) left-padded with 0"""
        row: Ints = query.columns(self.length).history[0]
        return row
