"""What a lake holds, in numbers: who did what, when, and how evenly.

Counted are events of positive weight, as models learn from them; kinds and ratings are counted
whatever they are worth. Assets that were merged count as the one that was kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from hermes.core.errors import ConfigError, DataError, nearest
from hermes.core.progress import Advance
from hermes.core.types import Array, Ints
from hermes.data import merges
from hermes.data.lake import Lake
from hermes.data.rules import WEIGHTS

from . import powerlaw
from .intervals import Interval
from .powerlaw import PowerLaw
from .segments import COLD

STEPS = 6  # of `survey`, for a bar
BINS = 20  # of ratings that are no handful of stars


@dataclass(frozen=True, slots=True)
class Category:
    """How much of the catalogue it is, and how much of what is chosen."""

    name: str
    items: float  # share of assets; those of several categories count in each
    events: float  # share of events


@dataclass(frozen=True, slots=True)
class Days:
    """D days in a row, also those on which nothing happened."""

    first: datetime  # midnight, UTC
    clock: Ints  # (D, 24) events by hour, UTC
    active: Ints  # (D,) users
    cold: Ints  # (D,) of those, with at most `COLD` events before the day


@dataclass(frozen=True, slots=True)
class Survey:
    """All that the figures show."""

    name: str  # of its domains
    kinds: Mapping[str, int]  # events of each kind, most first
    ratings: Mapping[float, int]  # events by stars, or by the middle of a bin
    generosity: float  # standard deviation between the mean ratings of users, NaN without ratings
    by_user: Ints  # (U,) events of each
    by_item: Ints  # (I,) events of each asset, the untouched too
    tail: PowerLaw | None  # of `by_item`; None where too few items are chosen
    days: Days
    categories: tuple[Category, ...]  # most events first
    inequality: Interval  # Gini of `by_item`
    inequality_of_users: Interval  # Gini of `by_user`


def survey(
    lake: Lake, domains: tuple[str, ...] = (), seed: int = 0, step: Advance = lambda _: None
) -> Survey:
    """Read a lake once; `domains` empty: all. `step` is told of each of `STEPS`.

    Raises `ConfigError` for a domain that it does not hold, `DataError` when nobody chose anything.
    """
    with lake.guard():
        events, assets = told(lake, domains)
    step(1)
    worth = pl.col("kind").replace_strict(WEIGHTS, default=0.0, return_dtype=pl.Float32)
    chosen = events.filter(worth > 0)
    if not len(chosen):
        raise DataError(f"{lake.path}: nobody has chosen anything there; ingest a source first")
    stars, generosity = ratings(events)
    step(1)
    by_user = chosen["user_id"].value_counts()["count"].to_numpy().astype(np.int64)
    touched = chosen.group_by("asset_id").len()
    known = assets.select("asset_id").join(touched, on="asset_id", how="left")
    by_item = known["len"].fill_null(0).to_numpy().astype(np.int64)
    step(1)
    rng = np.random.default_rng(seed)
    tail = steep(by_item, rng)
    step(1)
    days = daily(chosen)
    step(1)
    counts = events["kind"].value_counts(sort=True).sort("count", "kind", descending=[True, False])
    found = Survey(
        name=spoken(assets["domain"].unique().sort().to_list()),
        kinds=dict(counts.iter_rows()),
        ratings=stars,
        generosity=generosity,
        by_user=by_user,
        by_item=by_item,
        tail=tail,
        days=days,
        categories=categories(touched, assets),
        inequality=unequal(by_item, rng),
        inequality_of_users=unequal(by_user, rng),
    )
    step(1)
    return found


def spoken(names: list[str]) -> str:
    """Names in a row.

    >>> spoken(["books", "films", "news"]), spoken(["films"])
    ('books, films and news', 'films')
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def told(lake: Lake, domains: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Events and current assets, each merged asset under the id that was kept."""
    links = merges.links(lake)
    columns = ("user_id", "asset_id", "domain", "kind", "value", "occurred_at")
    events = merges.resolved(lake.scan("silver/events").select(columns).collect(), links)
    assets = lake.scan("silver/assets").filter("current")
    gone = links.filter(pl.col("asset_id") != pl.col("kept"))["asset_id"]
    whole = assets.select("asset_id", "domain", "categories").collect()
    whole = whole.filter(~pl.col("asset_id").is_in(gone.implode()))
    there = whole["domain"].unique().to_list()
    for domain in domains:
        if domain not in there:
            raise ConfigError(f"{lake.path}: no domain {domain!r}{nearest(domain, there)}")
    if domains:
        here = pl.col("domain").is_in(domains)
        events, whole = events.filter(here), whole.filter(here)
    return events, whole


def ratings(events: pl.DataFrame) -> tuple[dict[float, int], float]:
    """How often each was given, and how much users' own means differ."""
    given = events.filter((pl.col("kind") == "rating") & pl.col("value").is_not_null())
    if not len(given):
        return {}, float("nan")
    means = given.group_by("user_id").agg(pl.col("value").mean(), pl.len())
    several = means.filter(pl.col("len") >= COLD)["value"]
    spread = float(np.std(several.to_numpy())) if len(several) > 1 else float("nan")
    counts = given["value"].value_counts().sort("value")
    if len(counts) <= BINS:
        return dict(counts.iter_rows()), spread
    often, edges = np.histogram(given["value"].to_numpy(), BINS)
    middle = (edges[1:] + edges[:-1]) / 2
    return dict(zip(middle.tolist(), often.tolist(), strict=True)), spread


def steep(by_item: Ints, rng: np.random.Generator) -> PowerLaw | None:
    """The power law of popularity, where there is enough to fit one to."""
    try:
        return powerlaw.fit(by_item, rng)
    except DataError:
        return None


def daily(chosen: pl.DataFrame) -> Days:
    """Events, users and cold users of each day."""
    hours = chosen["occurred_at"].dt.epoch("s").to_numpy() // 3600
    first = int(hours.min()) // 24
    days = int(hours.max()) // 24 - first + 1
    clock = np.bincount(hours - 24 * first, minlength=24 * days).reshape(days, 24)
    own = pl.Series("day", hours // 24 - first)
    each = chosen.select("user_id", own).group_by("user_id", "day").len().sort("user_id", "day")
    before = (pl.col("len").cum_sum() - pl.col("len")).over("user_id")
    fresh = each.with_columns(cold=before <= COLD)
    active = np.bincount(fresh["day"].to_numpy(), minlength=days)
    cold = np.bincount(fresh.filter("cold")["day"].to_numpy(), minlength=days)
    return Days(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=first), clock, active, cold)


def categories(touched: pl.DataFrame, assets: pl.DataFrame) -> tuple[Category, ...]:
    """Shares of each; an asset of several counts in each of them."""
    rows = assets.join(touched, on="asset_id", how="left").with_columns(pl.col("len").fill_null(0))
    each = (
        rows.explode("categories", keep_nulls=False, empty_as_null=False)
        .group_by("categories")
        .agg(pl.len().alias("items"), pl.col("len").sum().alias("events"))
        .sort("events", "categories", descending=[True, False])
    )
    total = max(int(rows["len"].sum()), 1)
    return tuple(
        Category(name, items / len(rows), events / total)
        for name, items, events in each.iter_rows()
    )


def unequal(amounts: Array, rng: np.random.Generator, draws: int = 200) -> Interval:
    """The Gini index of amounts (n,) with its percentile bootstrap interval."""
    values, often = np.unique(amounts, return_counts=True)
    n = int(often.sum())
    found = [gini_of(values, drawn) for drawn in rng.multinomial(n, often / n, draws)]
    low, high = np.quantile(found, [0.025, 0.975])
    return Interval(gini_of(values, often), float(low), float(high))


def gini_of(values: Array, often: Array) -> float:
    """`beyond.gini` of ascending values (V,), each of which comes so often.

    G = sum over v of m_v x_v (2 a_v + m_v - n) / (n sum m_v x_v), a_v of the n being smaller.

    >>> gini_of(np.array([0, 8]), np.array([3, 1])), gini_of(np.array([1]), np.array([4]))
    (0.75, 0.0)
    """
    n, total = often.sum(), float(values @ often)
    below = often.cumsum() - often
    return float((values * often) @ (2 * below + often - n) / (n * total)) if total else 0.0
