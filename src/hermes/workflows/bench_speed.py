"""How long learning takes, beside RecBole and `implicit`: the same data, the same cores, one run.

RecBole learns for a stated time in its own environment, its quality on validation noted on the way;
the best that it reached is the quality asked of ours. Its clock stands still while it is judged and
while it loads; ours counts all of `fit`, the judging too.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

import hermes
from hermes.core.errors import ConfigError, Unavailable
from hermes.evaluation.splits import Split
from hermes.features.labelled import read
from hermes.learn.run import Run
from hermes.models.base import Retriever

from . import peers
from .bench import Place
from .bench_ctr import FRAPPE, RANKERS, frappe
from .bench_quality import Ground, above, below
from .bench_retrievers import FACTORS
from .stages import made

Row = dict[str, Any]
SCRIPT = Path(hermes.__file__).parents[2] / "benchmarks" / "recbole_peer.py"
UNJUDGED = -np.inf
SEQUENCE = {"d": 64, "length": 200, "dropout": 0.2}
PLAIN = {"epochs": 12, "batch": 32, "lr": 2e-3, "warmup": 200, "decay": True, "patience": 12}


@dataclass(frozen=True)
class Race:
    """One of our models and the one of RecBole that does the same."""

    name: str  # in RecBole
    kind: str  # what its answers are made from: sequence, user, or rows that stand alone
    model: str = ""  # ours; of rows that of `bench ctr`
    config: Mapping[str, Any] = field(default_factory=dict)
    length: int = 200  # events of a history that RecBole's model reads
    minutes: float = 10.0  # RecBole may learn for
    looks: float = 60.0  # seconds of its learning between two judgements


RACES = (
    Race(
        "SASRec",
        "sequence",
        "hermes.models.retrievers.sasrec:SASRec",
        {**SEQUENCE, "schedule": PLAIN},
        length=50,  # its default
        minutes=20.0,
    ),
    Race("BPR", "user", "hermes.models.retrievers.bpr:BPR", minutes=4.0, looks=20.0),
    Race("LightGCN", "user", "hermes.models.retrievers.lightgcn:LightGCN", FACTORS),
    Race("DeepFM", "rows", minutes=4.0, looks=10.0),
)


@dataclass(frozen=True, slots=True)
class Look:
    """A judgement on the way."""

    seconds: float  # of learning so far
    passes: float  # over the data
    quality: float  # NDCG@10 of the validation events on the whole catalogue; of rows -log loss


def measure(place: Place) -> list[Row]:
    """Seconds to the same quality, and of one pass, ours and theirs; peers of `implicit` after."""
    wanted = place.named("speed", [race.name for race in RACES])
    split, rows = Ground(place).split, []
    for race in RACES:
        if race.name in wanted:
            rows += raced(race, split, place)
    for peer in () if place.only else peers.measured(split):
        rows.append(above(f"{peer.name}: fit", peer.seconds, "s", None, "its own defaults"))
    return rows


def raced(race: Race, split: Split, place: Place) -> list[Row]:
    """The rows of one race; without an environment for RecBole it is a row that says so."""
    if place.peer is None:
        note = "no --peer PYTHON: an interpreter with benchmarks/recbole.txt; see runs/speed.sh"
        return [{"name": f"RecBole, {race.name}", "value": None, "note": note}]
    theirs = list(recbole(race, split, place))
    best = max(theirs, key=lambda look: look.quality)
    ours = rows_learned(place) if race.kind == "rows" else learned(race, split)
    first = next((look for look in ours if look.quality >= best.quality), None)
    asked, note = goal(race, best.quality), f"best within {race.minutes:g} min"
    passes = theirs[-1].seconds / theirs[-1].passes
    rows = [above(f"{asked}, RecBole", best.seconds, "s", None, f"{passes:.1f} s a pass; {note}")]
    last, top = ours[-1], max(look.quality for look in ours)
    reached = goal(race, top).partition(": to ")[2]
    if first is None:
        lost = {"value": None, "holds": False, "note": f"ours came to {reached} only"}
        return [*rows, {"name": f"{asked}, ours", **lost}]
    note = f"{last.seconds / last.passes:.1f} s a pass, judged; it goes on to {reached}"
    rows.append(above(f"{asked}, ours", first.seconds, "s", None, note))
    share = first.seconds / best.seconds
    return [*rows, below(f"{asked}: ours over RecBole's", share, "", 0.5)]


def cores() -> int:
    """How many both may use."""
    return len(os.sched_getaffinity(0))


def goal(race: Race, quality: float) -> str:
    """What is to be reached."""
    if race.kind == "rows":
        return f"Frappe, {race.name}: to a validation log loss of {-quality:.4f}"
    return f"MovieLens-1M, {race.name}: to a validation ndcg@10 of {quality:.4f}"


def learned(race: Race, split: Split) -> list[Look]:
    """Our model, judged after every pass where it judges itself, else at its end."""
    model = made(race.model, race.config, race.name, Retriever)
    looks = watched(model, split.train)
    if looks[-1].quality != UNJUDGED:
        return looks
    from hermes.models.neural import ndcg

    holdout = split.train.valid
    return [replace(looks[-1], quality=0.0 if holdout is None else ndcg(model, holdout))]


def rows_learned(place: Place) -> list[Look]:
    """The DeepFM of `bench ctr`, judged after every pass."""
    log = frappe(place.folder())
    return watched(RANKERS["deepfm"](log.learn.shape), log.learn)


def watched(model: Any, data: Any) -> list[Look]:
    """Looks at a model while it is fitted; one at its end where it does not judge itself."""
    looks: list[Look] = []
    began = time.perf_counter()

    def report(name: str, step: int, of: int, figures: dict[str, float]) -> None:
        if "valid" in figures:
            looks.append(Look(time.perf_counter() - began, step, figures["valid"]))

    model.fit(data, Run(report=report))
    passes = getattr(model.config, "epochs", 1)
    return looks or [Look(time.perf_counter() - began, passes, UNJUDGED)]


def recbole(race: Race, split: Split, place: Place) -> Iterator[Look]:
    """What RecBole's model has learned, look by look.

    Raises `Unavailable` with its own last words when it fails.
    """
    if not SCRIPT.exists():
        raise ConfigError(f"{SCRIPT} is missing: bench speed runs from a checkout")
    folder = place.work / "recbole" / race.kind / "log"
    columns = rows_written(place, folder) if race.kind == "rows" else written(split, folder)
    job = {
        **{key: getattr(race, key) for key in ("kind", "length", "minutes", "looks")},
        **{"model": race.name, "folder": str(folder.parent), "columns": columns, "seed": 0},
        "threads": cores(),
    }
    order = folder.parent / f"{race.name}.json"
    order.write_text(json.dumps(job), "utf-8")
    done = subprocess.run(
        [str(place.peer), str(SCRIPT), str(order)], capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"seconds"')]
    if done.returncode or not lines:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Unavailable(f"RecBole's {race.name} failed: {said}; check {place.peer}")
    return (Look(**json.loads(line)) for line in lines)


def rows_written(place: Place, folder: Path) -> list[str]:
    """Frappe as RecBole reads it; returns its columns."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("train", "valid"):
        frame = read(place.folder() / "frappe" / f"{part}.parquet", FRAPPE)
        kinds = {name: f"{name}:token" for name in FRAPPE.codes} | {"label": "label:float"}
        frame.rename(kinds).write_csv(folder / f"log.{part}.inter", separator="\t")
    return list(FRAPPE.columns)


def written(split: Split, folder: Path) -> list[str]:
    """The log as RecBole reads it, and the cases it is judged by; returns its columns.

    Its last two events of a user are validation and test; the test item stands there only to be
    cut off.
    """
    folder.mkdir(parents=True, exist_ok=True)
    train, holdout, test = split.train, split.train.valid, split.test
    if holdout is None:
        raise ConfigError("no user has enough events to be judged by")
    bounds, users = train.offsets(), holdout.queries.users
    lines = ["user_id:token\titem_id:token\ttimestamp:float"]
    past = [train.items[bounds[u] : bounds[u + 1]] for u in users]
    last = dict(zip(test.users.tolist(), test.targets[test.offsets[:-1]].tolist(), strict=True))
    for user, items, target in zip(users.tolist(), past, holdout.targets.tolist(), strict=True):
        row = [*items.tolist(), target, last.get(user, target)]
        lines += [f"{user}\t{item}\t{at}" for at, item in enumerate(row)]
    (folder / "log.inter").write_text("\n".join(lines) + "\n", "utf-8")
    known = np.unique(np.concatenate([*past, holdout.targets]))
    np.savez(
        folder.parent / "cases.npz",
        users=users,
        targets=holdout.targets,
        items=np.concatenate(past),
        offsets=np.concatenate([[0], np.cumsum([len(p) for p in past])]),
        known_items=known,
    )
    return ["user_id", "item_id", "timestamp"]
