"""Catalogues of films with plots and casts: those of MovieLens-1M, and those of Wikipedia."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.data import merges
from hermes.data.catalogue import Catalogue
from hermes.data.columns import admit
from hermes.data.infer import draft
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.resolve import matches
from hermes.data.shelf import catalogue, distinct, table
from hermes.domains import movielens
from hermes.domains.table import Table

ROWS = 1 << 20  # of a file that are read at once


def plots_file(folder: Path) -> Path:
    """Of `movie-plots`; raises `DataError` where it is not there."""
    file = folder / "movie-plots" / "plots.parquet"
    if not file.is_file():
        raise DataError(f"{file}: no such file; give the folder that holds movie-plots")
    return file


def plots(folder: Path) -> pl.DataFrame:
    """`movie-plots`: asset_id (the row), title, published_at, cast, genres, extract.

    Raises `DataError` where it is not there. What stands in brackets, `(voices)`, is nobody.
    """
    return pl.read_parquet(plots_file(folder)).select(
        pl.int_range(pl.len()).cast(pl.String).alias("asset_id"),
        "title",
        pl.datetime(pl.col("year"), 1, 1, time_zone="UTC").alias("published_at"),
        pl.col("cast").list.filter(~pl.element().str.starts_with("(")),
        "genres",
        "extract",
    )


def listed(folder: Path, n: int) -> Catalogue:
    """The newest n films of `movie-plots` that have a plot."""
    told = plots(folder).filter(pl.col("extract").is_not_null()).tail(n)
    return shelved(told)


def rated(folder: Path) -> Catalogue:
    """The films of MovieLens-1M, with the cast and the plot of those that `movie-plots` has."""
    part = movielens.adapter.open(folder / "movielens-1m").parts[0]
    films = pl.concat(admit(one, "assets").good for one in part.read(ROWS))
    told = plots(folder)
    pairs = matches(films.drop("creators"), told).select(asset_id="left", row="right")
    known = (
        films.select("asset_id", "title", "published_at", genres="categories")
        .join(pairs, on="asset_id", how="left", maintain_order="left")
        .join(
            told.select("cast", "extract", row="asset_id"), on="row", how="left",
            maintain_order="left",
        )
    )  # fmt: skip
    return shelved(known)


def plotted(folder: Path, work: Path) -> Path:
    """A lake of MovieLens-1M below `work`, its films one with the same films of `movie-plots`.

    Raises `DataError` where either is not in the folder.
    """
    lake, now = Lake(work / "lake-films-with-plots"), datetime.now(UTC)
    ingest(lake, movielens.adapter, folder / "movielens-1m", now)
    file = plots_file(folder)
    ingest(lake, Table(draft([file], "plots")), file.parent, now)
    merges.record(lake, merges.proposed(lake, "movielens", "plots"), now)
    return lake.path


def with_cast(shelf: Catalogue, told: pl.DataFrame) -> Catalogue:
    """A catalogue with the actors that `plots` names, where the two are the same film."""
    ours = pl.DataFrame(
        {"asset_id": shelf.items.names[1:], "title": shelf.titles[1:]}
    ).with_columns(pl.Series("published_at", shelf.published[1:].astype(np.int32)).cast(pl.Date))
    same = dict(matches(ours, told).select("left", "right").iter_rows())
    cast = dict(told.select("asset_id", "cast").iter_rows())
    people = [
        list(dict.fromkeys(cast[same[i]] or [])) if i in same else [] for i in shelf.items.names[1:]
    ]
    names = distinct(people)
    cards = [b"{}"]
    for card, row in zip(shelf.cards[1:], people, strict=True):
        known: dict[str, Any] = json.loads(card)
        known["creators"] = [{"name": name, "role": "actor"} for name in row]
        cards.append(json.dumps(known, ensure_ascii=False).encode())
    return replace(shelf, creators=names, creator=table(people, names), cards=tuple(cards))


def shelved(films: pl.DataFrame) -> Catalogue:
    """With the plots on the cards."""
    name = pl.struct(name=pl.element(), role=pl.lit("actor"))
    blank = pl.lit(None, dtype=pl.String)
    shelf = catalogue(
        films.select(
            "asset_id",
            "title",
            "published_at",
            pl.lit("films").alias("domain"),
            pl.col("cast").fill_null([]).list.unique(maintain_order=True).list.eval(name)
            .alias("creators"),
            pl.col("genres").alias("categories"),
            pl.lit([], dtype=pl.List(pl.String)).alias("tags"),
            pl.lit(None, dtype=pl.Float64).alias("price"),
            pl.lit(True).alias("available"),
            *(blank.alias(column) for column in ("currency", "image_uri", "cohort")),
        )
    )  # fmt: skip
    cards = (
        json.dumps(json.loads(card) | {"text_content": plot}, ensure_ascii=False).encode()
        for card, plot in zip(shelf.cards[1:], films["extract"], strict=True)
    )
    return replace(shelf, cards=(shelf.cards[0], *cards))
