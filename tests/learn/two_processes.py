"""What torchrun starts twice in `test_parallel`: `two_processes.py TASK FOLDER`."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hermes.core.types import Shape
from hermes.data.interactions import Holdout, Interactions
from hermes.features.examples import Examples
from hermes.learn.loop import Schedule
from hermes.learn.parallel import Team, processes
from hermes.learn.run import Run
from hermes.models.crew import dismiss, follow
from hermes.models.rankers.kan import KAN, KANConfig
from hermes.models.retrievers.lightgcn import LightGCN, LightGCNConfig
from hermes.models.retrievers.sasrec import SASRec, SASRecConfig
from hermes.models.retrievers.two_tower import TwoTower, TwoTowerConfig

PLAN = Schedule(epochs=4, batch=16, lr=3e-3, average=0.9)


def log() -> Interactions:
    """Fifty people who go from item to item, by sevens."""
    users, step = np.repeat(np.arange(1, 51), 9), np.tile(np.arange(9), 50)
    items, ones = 1 + (7 * step + users) % 40, np.ones(450, np.float32)
    data = Interactions.sort(users, items, step + users / 100, ones, Shape(51, 41))
    held = 1 + (7 * 9 + np.arange(1, 51)) % 40
    return replace(data, valid=Holdout(data.queries(np.arange(1, 51), 8), held))


def clicks() -> Examples:
    """Eighty groups of six, relevant where the first feature is positive."""
    rng, query = np.random.default_rng(3), np.repeat(np.arange(80), 6)
    dense = rng.normal(size=(480, 3)).astype(np.float32)
    label = (dense[:, 0] > 0.5).astype(np.float32)
    label[::6], label[1::6] = 1, 0
    sparse, history = rng.integers(1, 20, (480, 2)), rng.integers(1, 20, (80, 4))
    shape = Shape(n_items=20, n_dense=3, sparse=(20, 20), history=4)
    ones = np.ones(480, np.float32)
    return Examples(dense, sparse, query, history, label, ones, shape, ("a", "b", "c"))


def sasrec() -> SASRec:
    return SASRec(SASRecConfig(d=16, length=8, blocks=1, dropout=0.0, schedule=PLAN))


def towers(sharded: bool = False) -> TwoTower:
    return TwoTower(TwoTowerConfig(d=8, hidden=8, dropout=0.0, sharded=sharded, schedule=PLAN))


def cases() -> dict[str, tuple[Any, Any]]:
    """Models and their data."""
    kan = KANConfig(update_every=2, schedule=Schedule(epochs=2, batch=16, lr=1e-2), loss="listnet")
    return {
        "sasrec": (sasrec(), log()),
        "kan": (KAN(kan), clicks()),
        "towers": (towers(), log()),
        "sharded": (towers(sharded=True), log()),
    }


def learn(crew: Team, folder: Path) -> None:
    """Every case on both processes; each writes what it ended with and what it held."""
    crew.together = True
    for name, (model, data) in cases().items():
        held = list[int]()
        judge = model.validate

        def validate(data: Any, judge: Any = judge, name: str = name) -> Any:
            (folder / f"{name}.{crew.rank}.judged").touch()
            return judge(data)

        def observe(batch: Any, model: Any = model, held: list[int] = held) -> None:
            held.append(sum(p.numel() for p in model.net.parameters()))
            type(model).observe(model, batch)

        model.validate, model.observe = validate, observe
        model.fit(data)
        np.savez(folder / f"{name}.{crew.rank}.npz", **model.arrays())
        found = {"losses": model.losses, "held": max(held)}
        (folder / f"{name}.{crew.rank}.json").write_text(json.dumps(found))


def resumable(folder: Path, sharded: bool, last: int = 0, how: str = "") -> list[int]:
    """Learn with a checkpoint and end in a way after an epoch; the epochs that were learned."""
    epochs = list[int]()

    def report(name: str, epoch: int, of: int, figures: dict[str, float]) -> None:
        epochs.append(epoch)
        if epoch == last and how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if epoch == last and how == "break":
            raise KeyboardInterrupt

    name = "towers" if sharded else "sasrec"
    model: Any = towers(sharded=True) if sharded else sasrec()
    model.fit(log(), Run(report=report, checkpoint=folder / f"{name}.checkpoint"))
    np.savez(folder / f"{name}.resumed.npz", **model.arrays())
    (folder / f"{name}.resumed.json").write_text(json.dumps([epochs, model.losses]))
    return epochs


def refreshed() -> Any:
    """A graph network that learned, and learned on."""
    plan = Schedule(epochs=2, batch=64, lr=1e-2, refresh=1)
    data = log()
    return LightGCN(LightGCNConfig(d=8, schedule=plan)).fit(data).refresh(data)


def short(crew: Team, folder: Path) -> None:
    """One process has too little memory for more than two rows at a time."""
    crew.together = True
    model, said = sasrec(), list[str]()
    plain = model.loss

    def loss(batch: Any) -> Any:
        if crew.rank == 1 and len(batch["history"]) > 4:
            raise torch.OutOfMemoryError
        return plain(batch)

    model.loss = loss  # type: ignore[method-assign]
    model.fit(log(), Run(warn=said.append))
    (folder / f"short.{crew.rank}.json").write_text(json.dumps([said, model.losses]))


def main() -> None:
    """Dispatch."""
    task, folder = sys.argv[1], Path(sys.argv[2])
    with processes("cpu") as crew:
        if task == "learn":
            learn(crew, folder)
            short(crew, folder)
            crew.together = False
        if crew.rank:
            follow()
            return
        if task != "kill":
            resumable(folder, True)
            np.savez(folder / "refreshed.npz", **refreshed().arrays())
        resumable(folder, False, 3 if task == "kill" else 0, task)
        dismiss()


if __name__ == "__main__":
    main()
