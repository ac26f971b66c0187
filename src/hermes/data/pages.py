"""Pages read from a lake: impressions put together by request, beside what followed them."""

from __future__ import annotations

import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.core.vocab import Vocabulary

from . import merges
from .lake import Lake
from .shown import NEVER, Shown

IMPRESSION = "impression"
PAGE = ("user_id", "request_id")
COLUMNS = ("domain", *PAGE, "asset_id", "position", "occurred_at")


def pages(
    lake: Lake,
    users: Vocabulary,
    items: Vocabulary,
    links: pl.DataFrame,
    liked: pl.LazyFrame,
    micros: int,
) -> Shown:
    """Every page of known users with known items, from impressions that name request and place.

    liked: events that speak for their item; what followed an impression is one of the same user,
    item and request. An item that stands twice on a page counts where it stands first. micros: of a
    day. Raises `DataError` where the lake holds no such impression.
    """
    known = (
        pl.col("request_id").is_not_null(),
        pl.col("user_id").is_in(pl.Series(users.names[1:], dtype=pl.String).implode()),
    )
    scan = lake.scan("silver/events").filter(pl.col("kind") == IMPRESSION)
    scan = scan.filter(*known, pl.col("position").is_not_null()).select(COLUMNS)
    there = pl.col("asset_id").is_in(pl.Series(items.names[1:], dtype=pl.String).implode())
    seen = merges.resolved(scan.collect(), links).filter(there)
    if not len(seen):
        raise DataError(
            f"lake {lake.path}: no impression of a known item names its request and its place, so"
            " nothing says what was shown; log them, or leave data.shown out"
        )
    hits = merges.resolved(liked.filter(*known).select(COLUMNS).collect(), links)
    hits = hits.group_by(*PAGE, "asset_id").agg(when=pl.col("occurred_at").min())
    seen = (
        seen.sort("position", "occurred_at", "asset_id")
        .unique((*PAGE, "asset_id"), keep="first", maintain_order=True)
        .join(hits, on=(*PAGE, "asset_id"), how="left")
        .select(
            "request_id",
            "position",
            user=coded("user_id", users),
            item=coded("asset_id", items),
            at=pl.col("occurred_at").min().over(PAGE).to_physical(),
            when=pl.col("when").to_physical(),
        )
        .sort("user", "at", "request_id", "position", "item")
    )
    new = seen.select(page=pl.struct("user", "request_id"))["page"]
    starts = np.flatnonzero((new != new.shift()).fill_null(True).to_numpy())
    days = seen["when"].fill_null(0).to_numpy() / micros  # not by polars: the log's very last bit
    return Shown(
        seen["user"].to_numpy()[starts],
        seen["at"].to_numpy()[starts] / micros,
        np.append(starts, len(seen)),
        seen["item"].to_numpy(),
        seen["position"].to_numpy().astype(np.int64),
        np.where(seen["when"].is_null().to_numpy(), NEVER, days),
    )


def coded(column: str, vocabulary: Vocabulary) -> pl.Expr:
    """Names as codes."""
    return pl.col(column).replace_strict(
        pl.Series(vocabulary.names[1:], dtype=pl.String),
        pl.int_range(1, len(vocabulary), eager=True),
        return_dtype=pl.Int64,
    )
