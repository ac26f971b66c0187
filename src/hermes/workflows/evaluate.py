"""A bundle, or a recipe trained for the occasion, measured on what it has never seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from hermes.artifacts.bundle import read_manifest
from hermes.core.errors import ConfigError, nearest
from hermes.core.progress import progress
from hermes.data.build import dataset
from hermes.data.dataset import Dataset
from hermes.data.lake import Lake
from hermes.evaluation import splits
from hermes.evaluation.cascade import Cascade
from hermes.evaluation.offline import Outcome, joined, replay
from hermes.evaluation.splits import Split
from hermes.evaluation.summary import Evaluation, summarise
from hermes.learn.run import Run
from hermes.pipeline.assemble import Engine, assemble
from hermes.pipeline.recipe import load, parse

PROTOCOLS = ("loo", "temporal", "given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure, and how."""

    protocol: str
    ks: tuple[int, ...] = (10, 50, 200)
    fraction: float = 0.1  # of the events, tested by the temporal protocol
    at: float | None = None  # day of the temporal cut, instead of the fraction
    repeats: bool = False  # seen items may come again
    users: int | None = None  # at most so many test users, drawn by the seed
    tier: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise ConfigError(f"no protocol {self.protocol!r}{nearest(self.protocol, PROTOCOLS)}")
        if not self.ks or min(self.ks) < 1 or list(self.ks) != sorted(set(self.ks)):
            raise ConfigError(f"k must be rising numbers from 1, like 10,50,200; got {self.ks}")


def evaluate(
    source: str,
    lake: Path,
    plan: Plan,
    *,
    run: Run = Run(),
    settings: tuple[str, ...] = (),
    keep: Path | None = None,
    against: Path | None = None,
    pantry: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Evaluation:
    """Figures of a bundle's folder, or of a recipe's name or file.

    A bundle counts only when it was trained without what the protocol holds back. One that was
    trained on everything is not measured itself: its recipe is trained again without it, and `say`
    is told. Raises `ConfigError` for a bundle of another lake or another protocol. `keep` is where
    a bundle trained here stays. `against` is a bundle, trained without the test too, whose cascade
    answers the same users: the system `OTHER`. `pantry` is as for `train`.
    """
    table, manifest = opened(source, settings)
    data = dataset(Lake(lake), parse(table).data)
    split = divided(data, plan)
    if against and not suits(read_manifest(against), data, mark(split, plan), str(against)):
        raise ConfigError(
            f"{against} has seen the test; evaluate its recipe with --out FOLDER first"
        )
    if manifest and suits(manifest, data, mark(split, plan), source):
        return measured(Path(source), data, split, plan, against)
    if manifest:
        say(f"{source} was trained on everything; its recipe is trained again without the test")
    from .train import train  # the only part that needs torch

    with TemporaryDirectory() as scratch:
        out = keep or Path(scratch) / "bundle"
        known = split.test.known
        as_marked = mark(split, plan)
        train(table, data, out, known=known, protocol=as_marked, run=run, pantry=pantry)
        return measured(out, data, split, plan, against)


def opened(source: str, settings: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The recipe's table, and the manifest where the source is a bundle."""
    if Path(source).is_dir():
        if settings:
            raise ConfigError(f"{source} is a bundle; --set changes recipes only")
        manifest = read_manifest(Path(source))
        return dict(manifest["recipe"]), manifest
    return load(source, settings)[1], None


def suits(manifest: dict[str, Any], data: Dataset, wanted: str, source: str) -> bool:
    """True for a bundle that never saw the test, False for one trained on everything."""
    if manifest.get("data_hash") != data.hash:
        raise ConfigError(
            f"{source} was trained on other data (hash {str(manifest.get('data_hash'))[:12]}) than"
            f" the lake holds ({data.hash[:12]}); evaluate its recipe, or give its own lake"
        )
    trained = manifest.get("protocol", "none")
    if trained not in ("none", wanted):
        raise ConfigError(
            f"{source} was trained for protocol {trained!r}, not {wanted!r}: it may have seen the"
            " test; evaluate its recipe instead"
        )
    return bool(trained == wanted)


def mark(split: Split, plan: Plan) -> str:
    """What a bundle remembers of the hold-out it was trained without."""
    moment = f"@{split.test.now[0]:.6f}" if split.protocol == "temporal" else ""
    return f"{split.protocol}{moment}{'+repeats' if plan.repeats else ''}"


def divided(data: Dataset, plan: Plan) -> Split:
    """The log cut by the plan's protocol, with at most the plan's number of test users."""
    if plan.protocol == "loo":
        split = splits.leave_one_out(data.interactions, repeats=plan.repeats)
    elif plan.protocol == "temporal":
        split = splits.temporal(data.interactions, plan.at, plan.fraction, repeats=plan.repeats)
    elif data.split is None:
        raise ConfigError("protocol given: the lake has no split; ingest with --split COLUMN")
    else:
        split = splits.given(data.interactions, data.split, repeats=plan.repeats)
    if plan.users is None or plan.users >= len(split.test):
        return split
    drawn = np.random.default_rng(plan.seed).permutation(len(split.test))[: plan.users]
    return replace(split, test=split.test.take(drawn))


def measured(
    bundle: Path, data: Dataset, split: Split, plan: Plan, against: Path | None = None
) -> Evaluation:
    """Every test user through the bundle's own recommender, and through that of another."""
    engine, outcome = answered(bundle, data, split, plan)
    if against:
        _, other = answered(against, data, split, plan)
        outcome = joined(outcome, other)
    return summarise(
        outcome,
        split,
        data.catalogue.category,
        name=str(engine.manifest["name"]),
        data_hash=data.hash,
        ks=plan.ks,
        seed=plan.seed,
    )


def answered(bundle: Path, data: Dataset, split: Split, plan: Plan) -> tuple[Engine, Outcome]:
    """Every test user through one bundle."""
    engine = assemble(bundle, plan.tier)
    agree(engine, data, bundle)
    with progress("evaluate", len(split.test), "users") as advance:
        return engine, replay(split.test, Cascade(engine.recommender), advance)


def agree(engine: Engine, data: Dataset, bundle: Path) -> None:
    """Codes must mean the same to the bundle and to the log it is asked about."""
    if engine.users.names != data.users.names or (
        engine.catalogue.items.names != data.catalogue.items.names
    ):
        raise ConfigError(f"{bundle}: its users and items are not those of the lake; train it anew")
