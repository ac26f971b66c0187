"""The rankers on click-through data, where every row stands alone: AUC and log loss.

Frappe is what the papers measured on. The settings below were chosen on its validation rows; the
test rows are only asked about here. Without it, clicks of the simulated world are measured, and no
floor is claimed. Every figure with its interval is left in `ctr.json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.features.labelled import Roles, read
from hermes.learn.loop import Schedule
from hermes.models.base import Ranker
from hermes.models.rankers.dcn import DCN, DCNConfig
from hermes.models.rankers.deepfm import DeepFM, DeepFMConfig
from hermes.models.rankers.din import DIN, DINConfig
from hermes.models.rankers.dlrm import DLRM, DLRMConfig
from hermes.models.rankers.kan import KAN, KANConfig
from hermes.models.rankers.lambdamart import LambdaMART, LambdaMARTConfig
from hermes.models.rankers.logistic import Logistic, LogisticConfig
from hermes.models.rankers.xdeepfm import XDeepFM, XDeepFMConfig
from hermes.world.clicks import clicks as world_clicks
from hermes.world.truth import Truth

from .bench import Place
from .ctr import CANDIDATES, Log, Standing, average, standing

Row = dict[str, Any]
Maker = Callable[[Shape], Ranker[Any]]
SPLIT = ("train", "valid", "test")
FRAPPE = Roles(
    codes=(
        *("item", "user", "daytime", "weekday", "isweekend"),
        *("homework", "cost", "weather", "country", "city"),
    )
)
WORLD = Roles(
    label="bought",
    codes=(
        *("item_id", "user_id", "domain", "genre", "creator"),
        *("age_band", "occupation", "country", "device"),
    ),
    numbers=("price", "dear", "item_days", "independent"),
)
NAMES = {"auc": "AUC", "nll": "log loss"}
EACH = {"auc": 0.983, "nll": 0.155}  # of every network on frappe
BEST = {"auc": 0.986, "nll": 0.135}  # of whichever is best
BASELINES = ("logistic", "trees")
REMEMBERING = ("din",)  # reads what else a user took, which the other networks do not
LENGTH, FOLDS = 20, 10
TOGETHER = "average of log odds"
ALONE = ("logistic", *REMEMBERING)  # not averaged: too weak, or knows more

SCHEDULE = Schedule(epochs=24, batch=1024, lr=5e-3, decay=True, average=0.99, patience=3)
DEEP: dict[str, Any] = {
    "l2": 1e-3,
    "hidden": (256, 128),
    "dropout": 0.2,
    "loss": "bce",
    "schedule": SCHEDULE,
}
RANKERS: dict[str, Maker] = {
    "logistic": lambda shape: Logistic(LogisticConfig(schedule=SCHEDULE)),
    "trees": lambda shape: LambdaMART(
        LambdaMARTConfig(
            loss="bce", trees=1000, leaves=63, lr=0.1, categorical=tuple(range(len(shape.sparse)))
        )
    ),
    "deepfm": lambda shape: DeepFM(DeepFMConfig(**DEEP)),
    "xdeepfm": lambda shape: XDeepFM(XDeepFMConfig(**{**DEEP, "l2": 2e-3})),
    "dcn": lambda shape: DCN(DCNConfig(**{**DEEP, "l2": 2e-3, "structure": "stacked"})),
    "dlrm": lambda shape: DLRM(DLRMConfig(**DEEP)),
    "din": lambda shape: DIN(DINConfig(**DEEP)),
    "kan": lambda shape: KAN(
        KANConfig(
            d=10,
            pairs=True,
            hidden=(32,),
            updates=100,
            l2=2e-3,
            loss="bce",
            schedule=SCHEDULE,
        )
    ),
}


def measure(place: Place, rankers: Mapping[str, Maker] = RANKERS) -> list[Row]:
    """Two rows a ranker, of their average, and of whichever is best on the validation rows.

    Raises `ConfigError` for a ranker nobody knows and a folder that is not there.
    """
    wanted = place.named("ctr", rankers)
    log = made_up() if place.data is None else frappe(place.data)
    found = []
    for name in wanted:
        known = log.remembering(LENGTH, FOLDS) if name in REMEMBERING else log
        found.append(standing(name, rankers[name](known.learn.shape), known))
    rows, found = tabled(found, log)
    place.work.mkdir(parents=True, exist_ok=True)
    whole = {log.name: [one.told() for one in found]}
    (place.work / "ctr.json").write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
    return rows


def tabled(found: list[Standing], log: Log) -> tuple[list[Row], list[Standing]]:
    """The rows of rankers, and where several can be averaged, of their average and the best."""
    alike = [one for one in found if one.name not in ALONE]
    if len(alike) > 1:
        alike.append(average(alike, TOGETHER, log))
        found = [*found, alike[-1]]
    each, best = (EACH, BEST) if log.name == "frappe" else ({}, {})
    rows = [
        row
        for one in found
        for row in shown(one, log.name, {} if one.name in BASELINES else each, cost(one))
    ]
    if len(alike) > 1:
        leader = min(alike, key=lambda one: one.valid)
        note = f"{leader.name}: the lowest log loss on the validation rows, {leader.valid:.4f}"
        rows += shown(replace(leader, name="the best"), log.name, best, note)
    return rows, found


def frappe(data: Path) -> Log:
    """The published rows, from the folder of data sets; `ConfigError` where they are not."""
    folder = data / "frappe"
    if not folder.is_dir():
        raise ConfigError(f"no data set frappe in {data}; give its folder's parent")
    frames = tuple(read(folder / f"{part}.parquet", FRAPPE) for part in SPLIT)
    return Log.of("frappe", FRAPPE, "user", frames)


def made_up(scale: str = "small", count: int = 60_000, span: float = 8.0) -> Log:
    """Clicks of the simulated world in order of time, and whether anything was bought."""
    clicks = world_clicks(Truth.of(scale, 7), count, span)
    frame = clicks.with_columns(bought=pl.col("converted_at").is_not_nan().cast(pl.Int8))
    first, second = 7 * count // 10, 8 * count // 10
    parts = frame[:first], frame[first:second], frame[second:]
    return Log.of("world", WORLD, "user_id", parts)


def cost(one: Standing) -> str:
    """How its height is, and what it took."""
    error = f"calibration error {one.metrics['calibration_error'].mean:.3f}"
    if one.cost is None:
        return error
    weights = f"{one.cost.weights:,} weights, " if one.cost.weights else ""
    learned = f"{weights}learned in {one.cost.seconds:.0f} s"
    return f"{error}, {learned}, {one.cost.request:.1f} ms for {CANDIDATES} rows"


def shown(one: Standing, source: str, floors: Mapping[str, float], note: str) -> list[Row]:
    """A row of AUC, which must reach its floor, and one of log loss, which must not exceed it."""
    rows = list[Row]()
    for metric, label in NAMES.items():
        figure, floor = one.metrics[metric], floors.get(metric)
        sign = 1 if metric == "auc" else -1
        rows.append(
            {
                "name": f"{source}, {one.name}: {label}",
                "value": figure.mean,
                "floor": floor,
                "holds": None if floor is None else sign * figure.mean >= sign * floor,
                "low": figure.low,
                "high": figure.high,
                "note": note,
            }
        )
    return rows
