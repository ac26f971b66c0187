"""Rows that were refused: kept with reason, field, file, line and the row itself."""

from __future__ import annotations

import polars as pl

from .rules import REASONS


def rows(bad: pl.DataFrame, table: str, source: str, batch: str) -> pl.DataFrame:
    """Refused rows (line, reason, field, raw) as rows of the lake's `quarantine`."""
    return bad.select(
        pl.lit(table).alias("table"),
        "reason",
        "field",
        "raw",
        pl.lit(source).alias("source"),
        pl.lit(batch).alias("batch"),
        "line",
    )


def refuse(frame: pl.DataFrame, reason: str, field: str) -> pl.DataFrame:
    """Rows that the contract took, refused for what only the lake knows."""
    raw = pl.struct(pl.exclude("line")).struct.json_encode()
    told = [pl.lit(reason).alias("reason"), pl.lit(field).alias("field")]
    return frame.select("line", *told, raw.alias("raw"))


def summary(quarantine: pl.DataFrame, examples: int = 3) -> list[dict[str, object]]:
    """For each table, reason and field: how many rows, what it means, where the first are."""
    places = pl.format("{}:{}", "source", "line").head(examples)
    counted = (
        quarantine.sort("source", "line")
        .group_by("table", "reason", "field")
        .agg(pl.len().alias("rows"), places.alias("where"), pl.col("raw").head(examples))
        .sort("rows", "table", "reason", "field", descending=[True, False, False, False])
    )
    return [row | {"meaning": REASONS[row["reason"]]} for row in counted.to_dicts()]
