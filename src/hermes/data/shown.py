"""What pages showed, and what was taken of it: the half of a log that events alone do not tell.

An event says that something was wanted, and nothing of what else stood there. What was shown and
passed over tells wanting from showing: a model that learns only from events learns what the page
before it liked to show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.core.types import Array, Bools, Ints
from hermes.core.vocab import Vocabulary

from . import merges
from .lake import Lake
from .rules import WEIGHTS

IMPRESSION = "impression"
TAKEN = tuple(kind for kind, weight in WEIGHTS.items() if weight > 0)
PAGE = ("user_id", "request_id")


@dataclass(frozen=True, slots=True)
class Shown:
    """R pages, each user's in the order of time; page r's places are offsets[r] to offsets[r+1]."""

    users: Ints  # (R,)
    times: Array  # (R,) float64 days since the epoch, when the page was shown
    offsets: Ints  # (R+1,)
    items: Ints  # (N,)
    places: Ints  # (N,) from 0
    taken: Bools  # (N,) whether anything followed that speaks for the item

    def __len__(self) -> int:
        return len(self.users)

    def take(self, pages: Array) -> Shown:
        """The chosen pages, in the order given.  (n,) codes or (R,) booleans"""
        chosen = np.arange(len(self))[pages]
        sizes = np.diff(self.offsets)[chosen]
        ends = np.cumsum(sizes)
        rows = np.arange(ends[-1] if len(ends) else 0)
        rows += np.repeat(self.offsets[chosen] - (ends - sizes), sizes)
        return Shown(
            self.users[chosen],
            self.times[chosen],
            np.concatenate([[0], ends]).astype(np.int64),
            self.items[rows],
            self.places[rows],
            self.taken[rows],
        )

    def arrays(self) -> tuple[Array, ...]:
        """All columns."""
        return self.users, self.times, self.offsets, self.items, self.places, self.taken


def shown(
    lake: Lake, users: Vocabulary, items: Vocabulary, links: pl.DataFrame, micros: int
) -> Shown:
    """Every page of known users with known items, from impressions that name request and place.

    micros: of a day. What followed an impression is an event of the same user, item and request.
    Raises `DataError` where the lake holds no such impression.
    """
    wanted = ("domain", "user_id", "asset_id", "request_id", "position", "occurred_at", "kind")
    scan = lake.scan("silver/events").select(wanted).filter(pl.col("request_id").is_not_null())
    scan = scan.filter(pl.col("kind").is_in((IMPRESSION, *TAKEN)))
    rows = merges.resolved(scan.collect(), links)
    seen = rows.filter(pl.col("kind") == IMPRESSION, pl.col("position").is_not_null())
    known = (
        pl.col("user_id").is_in(pl.Series(users.names[1:]).implode()),
        pl.col("asset_id").is_in(pl.Series(items.names[1:]).implode()),
    )
    seen = seen.filter(*known).unique((*PAGE, "position"), keep="first")
    if not len(seen):
        raise DataError(
            f"lake {lake.path}: no impression of a known item names its request and its place, so"
            " nothing says what was shown; log them, or leave data.shown out"
        )
    hits = rows.filter(pl.col("kind") != IMPRESSION).select(*PAGE, "asset_id").unique()
    seen = seen.join(hits.with_columns(taken=True), on=(*PAGE, "asset_id"), how="left")
    seen = seen.with_columns(
        pl.col("taken").fill_null(False),
        user=pl.Series(users.encode(seen["user_id"].to_list())),
        item=pl.Series(items.encode(seen["asset_id"].to_list())),
        at=pl.col("occurred_at").min().over(PAGE).to_physical() / micros,
    ).sort("user", "at", "request_id", "position")
    page = seen.select((pl.struct(PAGE) != pl.struct(PAGE).shift()).fill_null(True))
    starts = np.flatnonzero(page.to_series().to_numpy())
    return Shown(
        seen["user"].to_numpy()[starts],
        seen["at"].to_numpy()[starts],
        np.append(starts, len(seen)),
        seen["item"].to_numpy(),
        seen["position"].to_numpy().astype(np.int64),
        seen["taken"].to_numpy(),
    )
