"""Pages read from a lake: impressions put together by request, beside what followed them."""

from __future__ import annotations

import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.core.vocab import Vocabulary

from . import merges
from .lake import Lake
from .rules import WEIGHTS
from .shown import Shown

IMPRESSION = "impression"
TAKEN = tuple(kind for kind, weight in WEIGHTS.items() if weight > 0)
PAGE = ("user_id", "request_id")


def pages(
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
    new = seen.select((pl.struct(PAGE) != pl.struct(PAGE).shift()).fill_null(True))
    starts = np.flatnonzero(new.to_series().to_numpy())
    return Shown(
        seen["user"].to_numpy()[starts],
        seen["at"].to_numpy()[starts],
        np.append(starts, len(seen)),
        seen["item"].to_numpy(),
        seen["position"].to_numpy().astype(np.int64),
        seen["taken"].to_numpy(),
    )
