"""The comparison of learners of late conversions, at a size of seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from hermes.cli import assemble
from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Floats
from hermes.learn import conversion
from hermes.learn.arrivals import Clicks
from hermes.learn.conversion import BATCH, CONTINUOUS, ConversionConfig
from hermes.learn.loop import Schedule
from hermes.workflows import bench, bench_delayed, delayed
from hermes.workflows.delayed import DelayedPlan, Standing

QUICK = Schedule(epochs=3, batch=256, lr=0.03)
LEARNERS = ConversionConfig(
    window=2.0,
    recent=2.0,
    warm=1.0,
    batch=QUICK,
    stream=Schedule(epochs=1, batch=128, lr=0.03),
)
PLAN = DelayedPlan(test=1.0, seeds=(0, 1), draws=20, learners=LEARNERS)
Way = Callable[[Clicks, float, Clicks, ConversionConfig], dict[str, Floats]]
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def world() -> Clicks:
    return next(delayed.of_worlds("tiny", (7,), 9_000, 6.5, 1.0, LEARNERS.window))


@pytest.fixture(scope="module")
def found(world: Clicks) -> list[Standing]:
    return delayed.compare([world], PLAN)


def one(found: list[Standing], group: str, name: str) -> Standing:
    return next(s for s in found if (s.group, s.name) == (group, name))


def test_every_learner_of_both_groups_is_judged(found: list[Standing]) -> None:
    names = [(s.group, s.name) for s in found]
    assert names == [("batch", n) for n in BATCH] + [("continuous", n) for n in CONTINUOUS]


def test_every_interval_holds_its_mean(found: list[Standing]) -> None:
    for standing in found:
        for metric, interval in standing.metrics.items():
            slack = 0.02 if metric == "calibration_error" else 0.0  # an error grows when redrawn
            assert interval.low <= interval.mean + slack, (standing.name, metric)
            assert interval.high >= interval.mean - slack, (standing.name, metric)


@pytest.mark.parametrize("name", ["fnw", "fnc", "es-dfm", "defer", "defuse"])
def test_a_correction_is_nearer_to_the_oracle_than_to_the_naive(
    found: list[Standing], name: str
) -> None:
    closed = one(found, "continuous", name).closed
    assert closed["nll"].mean > 0.8
    assert closed["calibration_error"].mean > 0.6


@pytest.mark.parametrize("name", ["dfm", "dfm-w"])
def test_knowing_the_law_of_delays_beats_taking_what_is_open_for_a_negative(
    found: list[Standing], name: str
) -> None:
    dfm, naive, short = (one(found, "batch", n).metrics for n in (name, "naive", "short"))
    assert dfm["nll"].mean < naive["nll"].mean < short["nll"].mean
    assert dfm["auc"].mean > naive["auc"].mean > short["auc"].mean


def test_every_learner_orders_better_than_chance(found: list[Standing]) -> None:
    assert all(standing.metrics["auc"].low > 0.53 for standing in found)


def test_the_same_seed_gives_the_same_figures() -> None:
    plan = DelayedPlan(test=1.0, seeds=(3,), draws=2, learners=LEARNERS)
    once, again = (
        delayed.compare(delayed.of_worlds("tiny", (7, 8), 3_000, 6.5, 1.0, 2.0), plan)
        for _ in range(2)
    )
    assert once == again


@pytest.mark.parametrize("way", [conversion.in_batch, conversion.continuously])
def test_only_the_oracle_knows_what_comes_after_the_moment(world: Clicks, way: Way) -> None:
    now = float(world.clicked_at[-1]) - 1.0
    known, asked = world.between(-np.inf, now), world.between(now, np.inf)
    blind = replace(
        known, delay=np.where(known.clicked_at + known.delay > now, np.inf, known.delay)
    )
    sighted, blinded = (way(clicks, now, asked, LEARNERS) for clicks in (known, blind))
    differ = {name for name in sighted if not np.array_equal(sighted[name], blinded[name])}
    assert differ == {"oracle"}


def logged(n: int = 3000) -> pl.DataFrame:
    """A log of eight days, with times, words, numbers and holes."""
    rng = np.random.default_rng(1)
    price = rng.normal(size=n)
    bought = rng.random(n) < 1 / (1 + np.exp(1 + price))
    clicked = [AT + timedelta(days=float(d)) for d in np.sort(rng.uniform(0, 12, n))]
    later = rng.exponential(0.5, n)
    return pl.DataFrame(
        {
            "clicked_at": clicked,
            "converted_at": [
                c + timedelta(days=float(d)) if b else None
                for c, d, b in zip(clicked, later, bought, strict=True)
            ],
            "user_id": [f"u{u}" for u in rng.integers(0, 50, n)],
            "price": [None if r < 0.1 else p for r, p in zip(rng.random(n), price, strict=True)],
            "kind": ["odd" if i == n // 2 else "ab"[i % 2] for i in range(n)],
        }
    )


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_any_log_with_both_times_can_be_read(tmp_path: Path, suffix: str) -> None:
    frame, path = logged(), tmp_path / f"clicks.{suffix}"
    frame.write_parquet(path) if suffix == "parquet" else frame.write_csv(path)
    clicks = delayed.of_file(path, 4.0)
    assert clicks.chance is None
    assert clicks.dense.shape == (3000, 1)
    assert np.isnan(clicks.dense).any()
    assert clicks.sizes[1] == 3  # unknown, a, b: a rare word is unknown
    days = (frame["converted_at"] - frame["clicked_at"]).dt.total_microseconds() / 86_400e6
    expected = np.where(days.is_null() | (days > 4.0), np.inf, days.fill_null(0.0))
    assert np.allclose(clicks.delay, expected)


def test_a_log_without_truth_is_judged_by_what_happened() -> None:
    clicks = delayed.of_frame(logged(), 2.0)
    config = ConversionConfig(batch=QUICK, stream=QUICK, window=2.0, recent=3.0)
    found = delayed.compare([clicks], DelayedPlan(seeds=(0,), draws=5, learners=config))
    assert one(found, "continuous", "es-dfm").closed["nll"].mean > 0.5
    assert one(found, "batch", "oracle").metrics["auc"].mean > 0.6


def test_a_log_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    frame = logged(200)
    with pytest.raises(DataError, match="converted_at"):
        delayed.of_frame(frame.drop("converted_at"), 4.0)
    with pytest.raises(DataError, match="not times"):
        delayed.of_frame(frame.with_columns(clicked_at=pl.lit("noon")), 4.0)
    with pytest.raises(DataError, match="before its click"):
        delayed.of_frame(frame.with_columns(converted_at=pl.lit(AT - timedelta(days=1))), 4.0)
    with pytest.raises(ConfigError, match="no such file"):
        delayed.of_file(tmp_path / "none.parquet", 4.0)
    with pytest.raises(DataError, match="too few"):
        delayed.compare([delayed.of_frame(frame.head(20), 4.0)], PLAN)
    with pytest.raises(DataError, match="all equal"):
        never = frame.with_columns(converted_at=pl.lit(None, pl.Datetime("us", "UTC")))
        delayed.compare([delayed.of_frame(never, 2.0)], PLAN)
    with pytest.raises(ConfigError, match="window: 0"):
        DelayedPlan.of_window(0.0)


def test_the_bench_shows_one_row_a_learner_and_keeps_the_rest(tmp_path: Path) -> None:
    small = bench_delayed.WorldClicks(scale="tiny", seeds=(7, 8, 9), count=5_000, span=6.5)
    plan = DelayedPlan(test=1.0, learners=LEARNERS)
    rows = bench_delayed.measure(bench.Place(None, tmp_path), plan, small)
    assert [bench.Row(**row, part="delayed") for row in rows]
    names = [str(row["name"]) for row in rows]
    for group, learners in (("batch", BATCH), ("continuous", CONTINUOUS)):
        for name in learners:
            assert any(n.startswith(f"world, {group}, {name}:") for n in names)
    kept = json.loads((tmp_path / "delayed.json").read_text("utf-8"))["world"]
    assert {"auc", "pr_auc", "nll", "calibration_error"} == set(kept[0]["metrics"])
    asked = {str(row["name"]).split(":")[0]: row["floor"] for row in rows if row["value"]}
    assert asked.get("world, continuous, es-dfm", 0.35) == 0.35
    assert asked["world, continuous, naive"] is None


def test_the_command_measures_a_log_of_ones_own(tmp_path: Path) -> None:
    path, out = tmp_path / "clicks.csv", tmp_path / "out.json"
    logged(2000).write_csv(path)
    words = ["bench", "delayed", "--log", str(path), "--window", "2", "--json", str(out)]
    done = CliRunner().invoke(assemble("bench"), [*words, "--work", str(tmp_path)])
    assert done.exit_code == 0, done.output
    rows = json.loads(out.read_text("utf-8"))["rows"]
    assert {row["name"].split(", ")[0] for row in rows} == {"log"}
    assert len(rows) == len(BATCH) + len(CONTINUOUS)
    assert all(row["floor"] is None for row in rows)
