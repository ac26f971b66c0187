"""What a second process is worth: the same network, learned by two and by one, a thread each.

Two are to learn at least 1.6 times as many examples a second, along the same loss curve; how far
two seeds of one process lie apart says what same means. Epochs after the first are timed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hermes.core.config import build, resolve
from hermes.core.errors import Unavailable
from hermes.data.build import dataset
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.learn.loop import Schedule
from hermes.learn.parallel import processes
from hermes.learn.run import Run
from hermes.models.crew import dismiss, follow
from hermes.models.retrievers.sasrec import SASRec, SASRecConfig

from .bench import Place
from .bench_quality import Ground, Row

FASTER = 1.6  # times the examples a second, at least


PAIRS = 3  # of runs, one process and two in turn: a busy machine is busy for both


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is learned."""

    lake: str
    min_item_events: int = 1
    users: int = 1000  # at most, the first
    epochs: int = 3
    batch: int = 128  # stretches of history
    d: int = 64
    length: int = 100
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What a run said after every epoch."""

    losses: tuple[float, ...]
    ends: tuple[float, ...]  # seconds
    events: int  # of an epoch

    @property
    def rate(self) -> float:
        """Events a second, of all epochs but the first."""
        return self.events * (len(self.ends) - 1) / (self.ends[-1] - self.ends[0])


def measure(place: Place, **changed: int) -> list[Row]:
    """The ratio of the rates, and how far the curves lie apart."""
    name, lake, least = source(place)
    load = Load(lake=str(lake), min_item_events=least, **changed)
    pairs = [(learned(load, 1), learned(load, 2)) for _ in range(PAIRS)]
    one, two = sorted(pairs, key=lambda pair: pair[1].rate / pair[0].rate)[PAIRS // 2]
    noise = apart(one, learned(Load(**{**asdict(load), "seed": load.seed + 1}), 1))
    what = f"{name}, SASRec d {load.d}, batch {load.batch}, the middle one of {PAIRS} pairs of runs"
    return rows(one, two, noise, what)


def source(place: Place) -> tuple[str, Path, int]:
    """MovieLens-1M where it is at hand, else the simulated world: name, lake, least events."""
    ground = Ground(place)
    if place.data is not None:
        return "movielens-1m", ground.films(), 5
    from hermes.world import write

    raw = place.work / "world-small"
    if not raw.is_dir():
        write(raw, "small", 0)
    return "world", ground.lake("world", resolve("hermes.domains.world:adapter"), raw), 1


def rows(one: Curve, two: Curve, noise: float, what: str) -> list[Row]:
    """Rates, their ratio, and the distance of the curves beside that of two seeds.

    >>> one = Curve(losses=(6.0, 5.0), ends=(0.0, 2.0), events=100)
    >>> two = Curve(losses=(6.0, 5.1), ends=(0.0, 1.0), events=100)
    >>> [(round(r["value"], 3), r["holds"]) for r in rows(one, two, 0.01, "toy")[2:]]
    [(2.0, True), (2.0, False)]
    """
    ratio, distance = two.rate / one.rate, apart(one, two)
    note = f"{what}; losses {shown(one)} and {shown(two)}"
    return [
        {"name": "one process of one thread", "value": one.rate, "unit": "events/s", "note": what},
        {"name": "two processes of one thread", "value": two.rate, "unit": "events/s"},
        {
            "name": "two processes against one: examples a second",
            "value": ratio,
            "unit": "times",
            "floor": FASTER,
            "holds": ratio >= FASTER,
        },
        {
            "name": "the same: losses apart",
            "value": 100 * distance,
            "unit": "%",
            "floor": 100 * noise,
            "holds": distance <= noise,
            "note": f"at most, of any epoch; asked: no more than two seeds of one; {note}",
        },
    ]


def shown(curve: Curve) -> str:
    """Its losses."""
    return ", ".join(f"{loss:.4f}" for loss in curve.losses)


def apart(a: Curve, b: Curve) -> float:
    """The largest relative difference between the losses of an epoch."""
    x, y = np.array(a.losses), np.array(b.losses)
    return float(np.max(np.abs(x - y) / np.abs(x)))


def learned(load: Load, count: int) -> Curve:
    """The curve of `count` processes of one thread; raises `Unavailable` with what they said."""
    command = [sys.executable, "-m"]
    if count > 1:
        command += ["torch.distributed.run", "--standalone", f"--nproc-per-node={count}", "-m"]
    command += ["hermes.workflows.bench_scale", json.dumps(asdict(load))]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **threads}
    )
    said = done.stdout.strip().splitlines()
    if done.returncode or not said:
        raise Unavailable(f"{count} processes ended with {done.returncode}: {cause(done.stderr)}")
    found: Curve = build(Curve, json.loads(said[-1]))
    return found


def cause(said: str) -> str:
    """Of what a run said the first line that names an error, else the end."""
    lines = [line.strip() for line in said.splitlines()]
    named = [line for line in lines if re.match(r"hermes:|terminate |what\(\)|[\w.]+Error\b", line)]
    return named[0] if named else " ".join(said.split())[-300:]


def learn(load: Load) -> Curve:
    """In this process, with those that torchrun started beside it."""
    log = dataset(
        Lake(Path(load.lake)), DataSpec(min_item_events=load.min_item_events)
    ).interactions
    log = log.take(log.users <= load.users)
    schedule = Schedule(epochs=load.epochs, batch=load.batch, lr=2e-3, warmup=20)
    config = SASRecConfig(d=load.d, length=load.length, schedule=schedule)
    ends = list[float]()
    tell = lambda name, epoch, of, figures: ends.append(time.perf_counter())
    model = SASRec(config).fit(log, Run(seed=load.seed, report=tell))
    return Curve(losses=tuple(model.losses), ends=tuple(ends), events=len(log))


def main() -> None:
    """One of the processes; the first of them prints the curve."""
    load: Load = build(Load, json.loads(sys.argv[1]))
    with processes("cpu") as crew:
        if crew.rank:
            follow()
            return
        curve: Any = learn(load)
        dismiss()
    print(json.dumps(asdict(curve)))


if __name__ == "__main__":
    main()
