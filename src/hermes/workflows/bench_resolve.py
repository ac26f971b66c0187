"""How well the same film is found in two sources, beside a join on equal title and equal year.

Films of MovieLens-1M and plots of films go through their adapters and the contract as they would
into a lake, then through `data.resolve.matches` once. Two samples of drawn films were judged by
hand, by the plots' rows: `same_films.csv` while the rules were made, `same_films_fresh.csv` after
them and before any of their answers on it was seen. Precision is the share of the pairs told that
are right, recall the share of the films with a plot whose pair is told and right; the intervals are
Wilson's.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from scipy.stats import binomtest

import hermes
from hermes.core.errors import DataError
from hermes.data.columns import admit
from hermes.data.infer import draft
from hermes.data.resolve import matches
from hermes.data.source import ROWS, Part
from hermes.data.titles import normal
from hermes.domains import movielens
from hermes.domains.table import Table

from .bench import Place

SAMPLES = {"seen by the rules": "same_films.csv", "fresh": "same_films_fresh.csv"}
JUDGED = Path(hermes.__file__).parents[2] / "tests" / "data"
PRECISION, RECALL = 0.98, 0.95
Told = Mapping[str, str]  # film: plot


def measure(place: Place) -> list[dict[str, Any]]:
    """Precision and recall on both samples, seconds and pairs, then what a plain join finds."""
    films = described(movielens.adapter.open(place.folder() / "movielens-1m").parts[0])
    file = place.folder() / "movie-plots" / "plots.parquet"
    plots = described(Table(draft([file], "plots")).open(file).parts[0])
    began = time.perf_counter()
    told = pairs(matches(films, plots))
    took = time.perf_counter() - began
    began = time.perf_counter()
    plain = pairs(same(films, plots))
    rows = [row for sample in SAMPLES for row in judged(sample, told, plots, "", True)]
    size = f"{len(films):,} films by {len(plots):,} plots"
    rows.append({"name": "matching", "value": took, "unit": "s", "note": f"{size}; one process"})
    rows.append({"name": "films merged", "value": len(told), "note": size})
    rows += [row for sample in SAMPLES for row in judged(sample, plain, plots, "title and year: ")]
    took = time.perf_counter() - began
    note = f"peer: equal year, equal title after the same normalisation; {took:.1f} s"
    return [*rows, {"name": "title and year: films merged", "value": len(plain), "note": note}]


def described(part: Part) -> pl.DataFrame:
    """Assets as silver has them, the last of those with one id; `line` is kept."""
    frame = pl.concat(admit(one, "assets").good for one in part.read(ROWS))
    return frame.unique("asset_id", keep="last", maintain_order=True)


def pairs(found: pl.DataFrame) -> dict[str, str]:
    """By film."""
    return dict(found.select("left", "right").iter_rows())


def same(films: pl.DataFrame, plots: pl.DataFrame) -> pl.DataFrame:
    """The peer: films and plots of one year and one title; of several plots the first."""
    keyed = [
        frame.select(
            pl.col("asset_id").alias(side),
            pl.col("title").map_elements(normal, return_dtype=pl.String).alias("title"),
            pl.col("published_at").dt.year().alias("year"),
        ).unique(["title", "year"], keep="first", maintain_order=True)
        for side, frame in (("left", films), ("right", plots))
    ]
    return keyed[0].join(keyed[1], on=["title", "year"], how="inner")


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of a sample."""

    right: int
    told: int  # pairs
    there: int  # films that have a plot


def scored(file: Path, told: Told, plots: pl.DataFrame) -> Score:
    """Of one sample, whose rows of the plots count from 0."""
    if not file.is_file():
        raise DataError(f"{file}: judged films are part of the checkout; run `hermes` from one")
    row = dict(plots.select("asset_id", pl.col("line") - 1).iter_rows())
    with file.open(encoding="utf-8") as lines:
        truth = {
            one["movielens"]: set(map(int, one["plots"].split())) for one in csv.DictReader(lines)
        }
    found = {film: row[told[film]] for film in truth if film in told}
    right = sum(plot in truth[film] for film, plot in found.items())
    return Score(right, len(found), sum(bool(rows) for rows in truth.values()))


def judged(
    sample: str, told: Told, plots: pl.DataFrame, who: str, asked: bool = False
) -> list[dict[str, Any]]:
    """Two rows of one sample."""
    score = scored(JUDGED / SAMPLES[sample], told, plots)
    rows = []
    for name, of, floor in (("precision", score.told, PRECISION), ("recall", score.there, RECALL)):
        value, held = score.right / of, binomtest(score.right, of).proportion_ci(method="wilson")
        row = {"name": f"{who}{name}, {sample}", "value": value, "low": held.low, "high": held.high}
        row["note"] = f"{score.right} of {of}"
        rows.append(row | ({"floor": floor, "holds": value >= floor} if asked else {}))
    return rows
