"""Which way of learning from late conversions comes nearest to knowing them, and by how much.

At one moment every learner is asked about the clicks that come next. What it says is held against
the true probability where that is known, as in the simulated world, and else against what happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Array
from hermes.evaluation.gaps import figures, over_users, over_worlds
from hermes.evaluation.intervals import Interval
from hermes.evaluation.probabilities import METRICS
from hermes.features.labelled import encoded, vocabulary
from hermes.learn.arrivals import Clicks
from hermes.learn.run import Run
from hermes.world.clicks import clicks as world_clicks
from hermes.world.truth import Truth

if TYPE_CHECKING:
    from hermes.learn.conversion import ConversionConfig

DAY = 86_400e6  # microseconds
TIMES = ("clicked_at", "converted_at")
TRUTH = ("conversion", "hazard")
RARE = 5  # a code seen less often is unknown


@dataclass(frozen=True, kw_only=True)
class DelayedPlan:
    """What is asked, and how often."""

    test: float = 1.0  # days of clicks at the end that are asked about
    seeds: tuple[int, ...] = (0,)  # one training each
    draws: int = 200  # of the bootstrap over the users of a log
    learners: ConversionConfig | None = None  # None: its own defaults

    @classmethod
    def of_window(cls, window: float) -> DelayedPlan:
        """For a log whose conversions count within `window` days: all other times in proportion."""
        from hermes.learn.conversion import ConversionConfig

        if not window > 0:
            raise ConfigError(f"window: {window} days; a conversion must have time to come")
        usual = ConversionConfig()
        scale = window / usual.window
        times = {name: scale * getattr(usual, name) for name in ("wait", "recent", "warm")}
        return cls(test=scale, seeds=(0, 1, 2), learners=ConversionConfig(window=window, **times))

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


@dataclass(frozen=True, slots=True)
class Trial:
    """What every learner said of the same clicks."""

    asked: Clicks
    said: Mapping[str, Mapping[str, Array]]  # (S, M) by group and learner

    def labels(self) -> Array:
        """The truth, or else what happened.  -> (M,)"""
        known = (
            self.asked.chance if self.asked.chance is not None else np.isfinite(self.asked.delay)
        )
        return known.astype(np.float64)


def of_worlds(
    scale: str, seeds: Sequence[int], count: int, span: float, spread: float, window: float
) -> Iterator[Clicks]:
    """Clicks of the last `span` days of each world; `chance` is of a conversion within `window`."""
    for seed in seeds:
        yield of_frame(world_clicks(Truth.of(scale, seed), count, span, spread), window)


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
    codes = [encoded(facts[name], vocabulary(facts[name], RARE)) for name in words]
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


def compare(logs: Iterable[Clicks], plan: DelayedPlan = DelayedPlan()) -> list[Standing]:
    """Every learner of both groups, with intervals over worlds, or over the users of a single log.

    Raises `DataError` where there are too few days for what `plan` asks.
    """
    trials = [tried(clicks, plan) for clicks in logs]
    return [one for group in trials[0].said for one in judged(group, trials, plan)]


def tried(clicks: Clicks, plan: DelayedPlan) -> Trial:
    """The learners taught with what was known `plan.test` days before the end, and asked."""
    from hermes.learn import conversion

    config = plan.config()
    first, last = float(clicks.clicked_at[0]), float(clicks.clicked_at[-1])
    end = last if clicks.chance is not None else last - config.window  # what came is complete
    now = end - plan.test
    needed = config.recent + config.window + config.warm
    if now - needed < first:
        raise DataError(
            f"clicks of {last - first:.1f} days are too few: {last - now + needed:.1f} are needed;"
            " give a longer log or a shorter window"
        )
    asked, known = clicks.between(now, end), clicks.between(first, now)
    runs = [Run(seed=seed) for seed in plan.seeds]
    ways = {"batch": conversion.in_batch, "continuous": conversion.continuously}
    said = {}
    for group, way in ways.items():
        answers = [way(known, now, asked, config, run) for run in runs]
        said[group] = {name: np.stack([a[name] for a in answers]) for name in answers[0]}
    return Trial(asked, said)


def judged(group: str, trials: Sequence[Trial], plan: DelayedPlan) -> list[Standing]:
    """Figures of one group.

    A share of a gap is left out where the interval of the gap itself holds 0.
    """
    names = tuple(trials[0].said[group])
    worst, best = names.index("naive"), names.index("oracle")
    said = [np.stack([t.said[group][name] for name in names], axis=1) for t in trials]  # (S, L, M)
    if len(trials) > 1:
        each = zip(said, trials, strict=True)
        tables = [figures(one, trial.labels(), None).mean(axis=0) for one, trial in each]
        means, shares = over_worlds(np.stack(tables), worst, best)
    else:
        only, rng = trials[0], np.random.default_rng(0)
        drawn = said[0], only.labels(), only.asked.users
        means, shares = over_users(*drawn, worst, best, rng, plan.draws)
    return [
        Standing(
            group, name, intervals(means[i]), {} if i in (worst, best) else intervals(shares[i])
        )
        for i, name in enumerate(names)
    ]


def intervals(triples: Array) -> dict[str, Interval]:
    """(metrics, 3) -> one of each of `METRICS`, without those that are NaN"""
    rows = zip(METRICS, triples.tolist(), strict=True)
    return {name: Interval(*row) for name, row in rows if not np.isnan(row[0])}
