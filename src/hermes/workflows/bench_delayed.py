"""How much of the harm of late conversions each way of learning undoes.

The simulated world is measured, since only there the true probabilities are known, several of it,
none of which any setting was chosen on; or else a log of one's own. Every figure with its interval
is left in `delayed.json`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from . import delayed
from .bench import Place, figure
from .delayed import DelayedPlan, Standing

Row = dict[str, Any]
FLOORS = {"dfm": 0.35, "es-dfm": 0.35}  # of the share of the AUC gap, by learner
BEST = 0.8  # of that share, of the best learner
CALIBRATED = 0.25  # of the naive's calibration error, at most that of the best
REFERENCES = ("naive", "oracle")


@dataclass(frozen=True, kw_only=True)
class WorldClicks:
    """Which clicks of which worlds."""

    scale: str = "small"
    seeds: tuple[int, ...] = (11, 12, 13, 14, 15)  # all settings were chosen on 1, 2, 3
    count: int = 460_000  # in each world
    span: float = 11.5  # days, half a day more than is needed
    spread: float = 1.0  # standard deviation of the log of the genres' paces


def measure(
    place: Place, plan: DelayedPlan | None = None, world: WorldClicks = WorldClicks()
) -> list[Row]:
    """One row a learner, and two on the best of all in the world."""
    if place.log is not None:
        plan = plan or DelayedPlan.of_window(place.window)
        source, drawn = "log", iter([delayed.of_file(place.log, plan.config().window)])
    else:
        plan = plan or DelayedPlan()
        source, shape = "world", (world.count, world.span, world.spread, plan.config().window)
        drawn = delayed.of_worlds(world.scale, world.seeds, *shape)
    found = delayed.compare(drawn, plan)
    place.work.mkdir(parents=True, exist_ok=True)
    whole = {source: [asdict(one) for one in found]}
    (place.work / "delayed.json").write_text(json.dumps(whole, indent=1) + "\n", "utf-8")
    rows = [row(source, one) for one in found]
    if source == "log":
        return rows
    return [*rows, *leading(found)]


def row(source: str, one: Standing) -> Row:
    """The share of the gap in AUC, or the AUC of what spans it; the rest in the note."""
    name = f"{source}, {one.group}, {one.name}"
    note = ", ".join(f"{m} {figure(i.mean)}" for m, i in one.metrics.items())
    if one.name in REFERENCES:
        auc = one.metrics["auc"]
        return cell(f"{name}: AUC", auc.mean, None, note) | {"low": auc.low, "high": auc.high}
    label, share = f"{name}: share of the AUC gap", one.closed.get("auc")
    if share is None:
        return cell(label, None, None, f"naive and oracle do not differ; {note}")
    floor = FLOORS.get(one.name) if source == "world" else None
    bounds = {"low": share.low, "high": share.high}
    return cell(label, share.mean, floor, note) | bounds


def cell(name: str, value: float | None, floor: float | None, note: str) -> Row:
    """A row whose value must reach its floor, where it has one."""
    holds = None if floor is None or value is None else value >= floor
    return {"name": name, "value": value, "floor": floor, "holds": holds, "note": note}


def leading(found: list[Standing]) -> list[Row]:
    """The largest share of its group's gap in AUC, and how well calibrated whoever has it is."""
    rivals = [one for one in found if "auc" in one.closed]
    if not rivals:
        return []
    best = max(rivals, key=lambda one: one.closed["auc"].mean)
    other = next(one for one in found if one.group == best.group and one.name == "naive")
    error, naive = (one.metrics["calibration_error"].mean for one in (best, other))
    note = f"{best.name}, {best.group}"
    share = cell("world, best: share of the AUC gap", best.closed["auc"].mean, BEST, note)
    ratio = cell("world, best: calibration error over naive's", error / naive, CALIBRATED, note)
    return [share, ratio | {"holds": error / naive <= CALIBRATED}]
