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
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import hermes
from hermes.core.config import build, resolve
from hermes.core.errors import ConfigError, Unavailable
from hermes.evaluation.splits import Split
from hermes.learn.run import Run

from . import peers
from .bench import Place
from .bench_quality import Ground, above, below

Row = dict[str, Any]
SCRIPT = Path(hermes.__file__).parents[2] / "benchmarks" / "recbole_peer.py"
SEQUENCE = {"d": 64, "length": 200, "dropout": 0.2}
PLAIN = {"epochs": 12, "batch": 32, "lr": 2e-3, "warmup": 200, "decay": True, "patience": 12}


@dataclass(frozen=True)
class Race:
    """One of our models and the one of RecBole that does the same."""

    name: str  # in RecBole
    kind: str  # what its answers are made from: sequence or user
    model: str
    config: dict[str, Any]
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
    ),
    Race("BPR", "user", "hermes.models.retrievers.bpr:BPR", {}, minutes=4.0, looks=20.0),
)


@dataclass(frozen=True, slots=True)
class Look:
    """A judgement on the way."""

    seconds: float  # of learning so far
    passes: float  # over the data
    quality: float  # NDCG@10 of the validation events on the whole catalogue


def measure(place: Place) -> list[Row]:
    """Seconds to the same quality, and of one pass, ours and theirs; peers of `implicit` after."""
    ground = Ground(place)
    split = ground.split
    rows = []
    for race in RACES:
        if not place.only or race.name in place.only:
            rows += raced(race, split, place)
    for peer in peers.measured(split):
        rows.append(above(f"{peer.name}: fit", peer.seconds, "s", None, "its own defaults"))
    return rows


def raced(race: Race, split: Split, place: Place) -> list[Row]:
    """The rows of one race; without an environment for RecBole it is a row that says so."""
    if place.peer is None:
        note = "no --peer PYTHON: an interpreter with benchmarks/recbole.txt; see runs/speed.sh"
        return [{"name": f"RecBole, {race.name}", "value": None, "note": note}]
    theirs = list(recbole(race, split, place))
    best = max(theirs, key=lambda look: look.quality)
    ours = learned(race, split)
    first = next((look for look in ours if look.quality >= best.quality), None)
    asked = f"MovieLens-1M, {race.name}: to validation ndcg@10 {best.quality:.4f}"
    passes = theirs[-1].seconds / theirs[-1].passes
    note = f"{passes:.0f} s a pass; best within {race.minutes:g} min"
    rows = [above(f"{asked}, RecBole", best.seconds, "s", None, note)]
    if first is None:
        top = max(look.quality for look in ours)
        lost = {"value": None, "holds": False, "note": f"ours came to {top:.4f} only"}
        return [*rows, {"name": f"{asked}, ours", **lost}]
    note = (
        f"{ours[-1].seconds / ours[-1].passes:.0f} s a pass, judged; ends at {ours[-1].quality:.4f}"
    )
    rows.append(above(f"{asked}, ours", first.seconds, "s", None, note))
    share = first.seconds / best.seconds
    return [*rows, below(f"{asked}: ours over RecBole's", share, "", 0.5)]


def learned(race: Race, split: Split) -> list[Look]:
    """Our model, judged after every pass where it judges itself, else at its end."""
    cls = resolve(race.model)
    looks: list[Look] = []
    began = time.perf_counter()

    def report(name: str, step: int, of: int, figures: dict[str, float]) -> None:
        if "valid" in figures:
            looks.append(Look(time.perf_counter() - began, step, figures["valid"]))

    model = cls(build(cls.Config, race.config, race.name)).fit(split.train, Run(report=report))
    seconds = time.perf_counter() - began
    if looks:
        return looks
    from hermes.models.neural import ndcg

    holdout = split.train.valid
    quality = 0.0 if holdout is None else ndcg(model, holdout)
    return [Look(seconds, getattr(model.config, "epochs", 1), quality)]


def recbole(race: Race, split: Split, place: Place) -> Iterator[Look]:
    """What RecBole's model has learned, look by look.

    Raises `Unavailable` with its own last words when it fails.
    """
    if not SCRIPT.exists():
        raise ConfigError(f"{SCRIPT} is missing: bench speed runs from a checkout")
    folder = place.work / "recbole" / "log"
    written(split, folder)
    job = {
        **{key: getattr(race, key) for key in ("kind", "length", "minutes", "looks")},
        **{
            "model": race.name,
            "folder": str(folder.parent),
            "seed": 0,
            "threads": len(os.sched_getaffinity(0)),
        },
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


def written(split: Split, folder: Path) -> None:
    """The log as RecBole reads it, and the cases it is judged by.

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
