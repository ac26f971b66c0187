"""Which way of learning from late conversions comes nearest to knowing them, and by how much.

At one moment every learner is asked about the clicks that come next. What it says is held against
the true probability where that is known, as in the simulated world, and else against what happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Array, Floats
from hermes.evaluation.intervals import Interval, resamples
from hermes.evaluation.probabilities import METRICS
from hermes.learn.arrivals import Clicks
from hermes.learn.run import Run
from hermes.world.clicks import clicks as world_clicks
from hermes.world.truth import Truth

if TYPE_CHECKING:
    from hermes.learn.conversion import ConversionConfig

LOG = Path("conversions/clicks.parquet")  # below a folder of data sets
DAY = 86_400e6  # microseconds
TIMES = ("clicked_at", "converted_at")
TRUTH = ("conversion", "hazard")
RARE = 5  # a code seen less often is unknown


@dataclass(frozen=True, kw_only=True)
class DelayedPlan:
    """What is asked, and how often."""

    test: float = 1.0  # days of clicks at the end that are asked about
    seeds: tuple[int, ...] = (0, 1, 2)  # one training each
    draws: int = 200  # of the bootstrap
    learners: ConversionConfig | None = None  # None: its own defaults

    def config(self) -> ConversionConfig:
        """What the learners are told."""
        from hermes.learn.conversion import ConversionConfig

        return self.learners or ConversionConfig()


@dataclass(frozen=True, slots=True)
class Standing:
    """One learner's figures."""

    group: str  # batch or continuous
    name: str
    metrics: Mapping[str, Interval]
    closed: Mapping[str, Interval] = field(default_factory=dict)  # share of naive to oracle


def of_world(scale: str, seed: int, count: int, span: float, window: float) -> Clicks:
    """Clicks of the last `span` days of a world; `chance` is of a conversion within `window`."""
    frame = world_clicks(Truth.of(scale, seed), count, span)
    return of_frame(frame, window)


def of_file(path: Path, window: float) -> Clicks:
    """Clicks of a Parquet or CSV log with the columns `clicked_at` and `converted_at`."""
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give a Parquet or CSV log of clicks")
    if path.suffix == ".parquet":
        return of_frame(pl.read_parquet(path), window)
    return of_frame(pl.read_csv(path, try_parse_dates=True), window)


def of_frame(frame: pl.DataFrame, window: float) -> Clicks:
    """A log as columns: times become days, words codes, numbers stay.

    clicked_at and converted_at are times, or days as numbers; converted_at is null where there was
    none. A conversion later than `window` days after its click does not count. `user_id`, if there
    is one, says whose a click is. Raises `DataError` for a log that lacks a column.
    """
    for name in TIMES:
        if name not in frame.columns:
            raise DataError(f"a log of clicks needs a column {name}; it has {frame.columns}")
    frame = frame.with_columns(days(frame, name).alias(name) for name in TIMES).sort("clicked_at")
    clicked, converted = (frame[name].to_numpy() for name in TIMES)
    delay = np.where(converted - clicked <= window, converted - clicked, np.inf)
    delay = np.where(np.isnan(converted), np.inf, delay)
    facts = frame.drop(*TIMES, *TRUTH, strict=False)
    words = [name for name, kind in facts.schema.items() if not kind.is_numeric()]
    codes = [coded(facts[name]) for name in words]
    numbers = facts.drop(words).cast(pl.Float32).fill_null(np.nan).to_numpy()
    rows = len(frame)
    users = frame["user_id"].rank("dense").to_numpy() - 1 if "user_id" in frame.columns else None
    chance = None
    if set(TRUTH) <= set(frame.columns):
        chance = frame["conversion"].to_numpy() * -np.expm1(-frame["hazard"].to_numpy() * window)
    return Clicks(
        dense=np.ascontiguousarray(numbers, np.float32),
        sparse=np.stack(codes, axis=1) if codes else np.zeros((rows, 0), np.int64),
        users=np.arange(rows) if users is None else users.astype(np.int64),
        clicked_at=clicked,
        delay=delay,
        chance=chance,
        sizes=tuple(int(code.max(initial=0)) + 1 for code in codes),
    )


def days(frame: pl.DataFrame, name: str) -> pl.Expr:
    """A column of times as days, NaN where it is null; `DataError` for anything else."""
    column = pl.col(name)
    kind = frame.schema[name]
    if not (kind.is_temporal() or kind.is_numeric() or kind == pl.Null):
        raise DataError(f"column {name} holds {kind}, not times; give timestamps, or days")
    if frame.schema[name].is_temporal():
        column = column.cast(pl.Datetime("us")).dt.epoch("us") / DAY
    return column.cast(pl.Float64).fill_null(np.nan)


def coded(column: pl.Series) -> Array:
    """Codes from 1 by falling frequency; 0 for what is missing or rare.  -> (N,)"""
    counts = column.cast(pl.String).drop_nulls().value_counts().filter(pl.col("count") >= RARE)
    known = counts.sort(["count", column.name], descending=[True, False])[column.name].to_list()
    code = {word: place for place, word in enumerate(known, start=1)}
    named = column.cast(pl.String).replace_strict(code, default=0, return_dtype=pl.Int64)
    return named.to_numpy()


def compare(clicks: Clicks, plan: DelayedPlan = DelayedPlan()) -> list[Standing]:
    """Every learner of both groups, with intervals over users and seeds.

    Raises `DataError` where there are too few days for what `plan` asks.
    """
    config = plan.config()
    first, last = float(clicks.clicked_at[0]), float(clicks.clicked_at[-1])
    end = last if clicks.chance is not None else last - config.window  # what came is complete
    now = end - plan.test
    if now - max(config.recent, config.warm) <= first:
        raise DataError(
            f"clicks of {last - first:.1f} days are too few: {plan.test} are asked about, after"
            f" {config.warm} to begin with; give a longer log or a shorter plan"
        )
    asked = clicks.between(now, end)
    known = clicks.between(first, now)
    runs = [learned(known, now, asked, config, seed) for seed in plan.seeds]
    groups = {group: tuple(runs[0][group]) for group in runs[0]}
    out = []
    for group, names in groups.items():
        predicted = np.array([[run[group][name] for name in names] for run in runs])  # (S, L, M)
        out += judged(group, names, predicted, asked, plan)
    return out


def learned(
    known: Clicks, now: float, asked: Clicks, config: ConversionConfig, seed: int
) -> dict[str, dict[str, Floats]]:
    """What each learner of each group says of `asked`."""
    from hermes.learn import conversion

    run = Run(seed=seed)
    return {
        "batch": conversion.in_batch(known, now, asked, config, run),
        "continuous": conversion.continuously(known, now, asked, config, run),
    }


def judged(
    group: str, names: tuple[str, ...], predicted: Array, asked: Clicks, plan: DelayedPlan
) -> list[Standing]:
    """Figures of one group.  predicted (S, L, M) by seed, learner and click

    A share of a gap is left out where the interval of the gap itself holds 0.
    """
    labels = asked.chance if asked.chance is not None else np.isfinite(asked.delay)
    labels = labels.astype(np.float64)
    mean = figures(predicted, labels, None).mean(axis=0)  # (L, metrics)
    rng = np.random.default_rng(0)
    drawn = np.array(list(redrawn(predicted, labels, asked.users, rng, plan.draws)))
    best, worst = names.index("oracle"), names.index("naive")
    bounds = np.quantile(drawn, [0.025, 0.975], axis=0)
    gap = np.quantile(drawn[:, best] - drawn[:, worst], [0.025, 0.975], axis=0)
    told = np.sign(gap[0]) * np.sign(gap[1]) > 0  # (metrics,) naive and oracle do differ
    shares = crossed(mean, worst, best, told)
    limits = np.quantile(crossed(drawn, worst, best, told), [0.025, 0.975], axis=0)
    out = []
    for i, name in enumerate(names):
        metrics, closed = intervals(mean[i], bounds[:, i]), intervals(shares[i], limits[:, i])
        shown = {m: s for m, s in closed.items() if i not in (best, worst) and not np.isnan(s.mean)}
        out.append(Standing(group, name, metrics, shown))
    return out


def crossed(figures: Array, worst: int, best: int, told: Array) -> Array:
    """The way from learner `worst` to `best`, as a share; NaN where it is not `told` apart.

    (..., L, metrics) and (metrics,) -> (..., L, metrics)
    """
    start, end = figures[..., [worst], :], figures[..., [best], :]
    return (figures - start) / np.where(told, end - start, np.nan)


def intervals(means: Array, bounds: Array) -> dict[str, Interval]:
    """(metrics,), (2, metrics) -> one of each of `METRICS`"""
    rows = zip(METRICS, means.tolist(), *bounds.tolist(), strict=True)
    return {name: Interval(mean, low, high) for name, mean, low, high in rows}


def figures(predicted: Array, labels: Array, weights: Array | None) -> Array:
    """(S, L, M) -> (S, L, metrics)"""
    return np.array(
        [
            [[metric(p, labels, weights) for metric in METRICS.values()] for p in run]
            for run in predicted
        ]
    )


def redrawn(
    predicted: Array, labels: Array, users: Array, rng: np.random.Generator, draws: int
) -> Iterator[Array]:
    """Means over seeds drawn with replacement, on users drawn with replacement.

    -> `draws` times (L, metrics)
    """
    whose = np.unique(users, return_inverse=True)[1]
    for counts in resamples(int(whose.max()) + 1, draws, rng):
        for weights in counts:
            runs = rng.integers(0, len(predicted), len(predicted))
            table = figures(predicted, labels, weights[whose].astype(np.float64))
            yield table[runs].mean(axis=0)
