"""What each part of a recipe is worth: the recipe once as it is, and once with each part changed.

A plan names a recipe and studies; a study is a question, and its variants are settings laid over
the recipe. All are trained without the test and asked about the same users, so that every
difference stands with a paired interval.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from hermes.core.config import build
from hermes.core.errors import ConfigError
from hermes.core.types import Array
from hermes.data.build import dataset
from hermes.data.dataset import Dataset
from hermes.data.lake import Lake
from hermes.evaluation import beyond
from hermes.evaluation.ablation import Finding, Study
from hermes.evaluation.intervals import bootstrap, paired
from hermes.evaluation.metrics import table as metrics_of
from hermes.evaluation.offline import Outcome
from hermes.evaluation.splits import Split
from hermes.learn.run import Run
from hermes.pipeline.recipe import load

from .bench import commit
from .evaluate import Plan, answered, divided, mark

K = 10
BASE = "as it is"
METRICS = (f"ndcg@{K}", f"hr@{K}")


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """What to change, and where it is measured."""

    recipe: str
    settings: tuple[str, ...] = ()  # laid over the recipe before all else
    protocol: str = "loo"
    users: int = 2000  # at most so many test users, drawn by the seed
    seed: int = 0
    studies: tuple[Study, ...]


def read(path: Path) -> Ablation:
    """A plan from its file; raises `ConfigError`, naming the key, where it makes no sense."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"plan {path}: {error}") from error
    plan: Ablation = build(Ablation, raw, "")
    names = [study.name for study in plan.studies]
    if not names or len(set(names)) != len(names):
        raise ConfigError(f"plan {path}: studies need distinct names, found {names}")
    return plan


def changes(plan: Ablation, study: Study) -> dict[str, tuple[str, ...]]:
    """Settings by variant, the recipe as it is among them.

    Raises `ConfigError` before anything is trained when one does not fit the recipe.
    """
    out: dict[str, tuple[str, ...]] = {BASE: ()}
    if study.without:
        names = [channel.name for channel in load(plan.recipe, plan.settings)[0].channels]
        out |= {f"without {name}": (f"-channels.{name}",) for name in names}
    for name, settings in study.variants.items():
        listed = isinstance(settings, list) and all(isinstance(s, str) for s in settings)
        if not listed:
            raise ConfigError(f"studies.{study.name}.variants.{name}: give a list of key=value")
        out[name] = tuple(settings)
    for settings in out.values():
        load(plan.recipe, (*plan.settings, *settings))
    return out


@dataclass
class Laboratory:
    """One lake, one split, and every bundle that was made on it."""

    plan: Ablation
    data: Dataset
    split: Split
    work: Path
    run: Run
    known: dict[tuple[str, ...], tuple[Outcome, float]] = field(default_factory=dict)

    @classmethod
    def opened(cls, plan: Ablation, lake: Path, work: Path, run: Run) -> Laboratory:
        """All that the studies share."""
        recipe = load(plan.recipe, plan.settings)[0]
        data = dataset(Lake(lake), recipe.data)
        how = Plan(protocol=plan.protocol, users=plan.users, seed=plan.seed)
        return cls(plan, data, divided(data, how), work, replace(run, seed=plan.seed))

    def outcome(self, settings: tuple[str, ...]) -> tuple[Outcome, float]:
        """What the changed recipe answered, and the minutes its training took."""
        from .train import train

        if settings not in self.known:
            table = load(self.plan.recipe, (*self.plan.settings, *settings))[1]
            out = self.work / f"variant-{len(self.known)}"
            how = Plan(protocol=self.plan.protocol, users=self.plan.users)
            bundle = train(
                table,
                self.data,
                out,
                known=self.split.test.known,
                protocol=mark(self.split, how),
                run=self.run,
                pantry=self.work / "fitted",
            )
            minutes = float(bundle.manifest["seconds"]["all"]) / 60
            self.known[settings] = (answered(out, self.data, self.split, how)[1], minutes)
        return self.known[settings]

    def finding(self, name: str, settings: tuple[str, ...], system: str) -> Finding:
        """One variant beside the recipe as it is."""
        outcome, minutes = self.outcome(settings)
        if system not in outcome.ranks:
            raise ConfigError(f"{name}: no system {system!r}; there are {sorted(outcome.ranks)}")
        own = self.each(outcome, system)
        base = self.each(self.outcome(())[0], system)[METRICS[0]] if settings else None
        rng = np.random.default_rng(self.plan.seed)
        bounds = bootstrap(np.stack([own[m] for m in METRICS], axis=1), rng)
        lists, items = outcome.lists[system], len(self.data.catalogue)
        return Finding(
            name=name,
            figures=dict(zip(METRICS, bounds, strict=True)),
            gain=None if base is None else paired(own[METRICS[0]], base, rng),
            similarity=float(beyond.similarity(lists, self.data.catalogue.category).mean()),
            coverage=beyond.coverage(lists, items),
            minutes=minutes,
        )

    def each(self, outcome: Outcome, system: str) -> Mapping[str, Array]:
        """Every user's figures."""
        return metrics_of(outcome.ranks[system], outcome.cases.offsets, (K,))


def findings(
    laboratory: Laboratory, say: Callable[[str], None]
) -> Iterator[tuple[Study, list[Finding]]]:
    """Study after study; all settings are checked before the first is trained."""
    wanted = [(study, changes(laboratory.plan, study)) for study in laboratory.plan.studies]
    for study, variants in wanted:
        found = []
        for name, settings in variants.items():
            say(f"{study.name}: {name}")
            found.append(laboratory.finding(name, settings, study.system))
        yield study, found


def heading(laboratory: Laboratory, file: Path, at: datetime) -> list[str]:
    """What was done, above the tables."""
    plan, split = laboratory.plan, laboratory.split
    laid = f" with `{'`, `'.join(plan.settings)}`" if plan.settings else ""
    return [
        "# What each part is worth",
        "",
        f"Written by `hermes ablate {file.name}` on {at:%Y-%m-%d}, commit `{commit()}`: recipe"
        f" `{plan.recipe}`{laid}, {len(split.test):,} test users drawn from all, protocol"
        f" `{plan.protocol}`, {len(laboratory.data.catalogue) - 1:,} items, one seed. Differences"
        " are to the recipe as it is, on the same users; a difference whose interval holds zero"
        " says nothing. Minutes are of training, all models together.",
    ]
