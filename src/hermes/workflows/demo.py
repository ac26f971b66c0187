"""From nothing to a first slate: a source, a lake, a bundle that answers soon, and the cascade."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from hermes.artifacts.bundle import Bundle, code_hash
from hermes.core.config import resolve
from hermes.core.errors import ArtifactError, ConfigError
from hermes.data.build import dataset
from hermes.data.dataset import Dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.learn.run import Run
from hermes.pipeline import recipe as recipes
from hermes.pipeline.assemble import assemble
from hermes.pipeline.queries import after
from hermes.pipeline.trace import Slate

from .train import train

SCALES = ("small", "medium", "large")
USUAL = 30  # events of the person whose slate is shown
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What to show, and where to keep it."""

    work: Path
    source: str = "world"  # or DOMAIN:PATH
    scale: str = "small"  # of the world
    seed: int = 0

    @property
    def raw(self) -> Path:
        """The files the lake is filled from."""
        if self.source == "world":
            return self.work / f"world-{self.scale}-{self.seed}"
        return Path(self.source.partition(":")[2])

    @property
    def domain(self) -> str:
        """The adapter; raises `ConfigError` when the source is neither `world` nor DOMAIN:PATH."""
        name, colon, path = self.source.partition(":")
        if name != "world" and not (colon and path):
            raise ConfigError(f"--source {self.source!r} is neither `world` nor DOMAIN:PATH")
        return name

    @property
    def cascade(self) -> str:
        """The recipe that follows `first`: the world's log holds what pages showed."""
        return "shown" if self.source == "world" else "demo"

    @property
    def home(self) -> Path:
        """What is made from one source lies in one folder."""
        name = f"world-{self.scale}" if self.source == "world" else self.source
        return self.work / "".join(c if c.isalnum() else "-" for c in name).strip("-")


@dataclass(frozen=True, slots=True)
class First:
    """One person's slate in words, and how long it took."""

    user: str
    bundle: str  # name and version
    lines: list[tuple[str, str, str]]  # title, domain, reason; best first
    milliseconds: float  # of the request alone, the third time it was asked


def fill(demo: Demo, now: datetime, say: Say) -> Lake:
    """The lake with the source in it; what is already there is not made again."""
    adapter = resolve(f"hermes.domains.{demo.domain}:adapter")
    raw, lake = demo.raw, Lake(demo.home / "lake")
    if demo.source == "world" and not raw.is_dir():
        from hermes.world import write  # what draws pictures is loaded only for that

        say(f"making a {demo.scale} world")
        part = raw.with_name(f".{raw.name}.part")
        shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
        write(part, demo.scale, demo.seed)
        part.rename(raw)
    counts = ingest(lake, adapter, raw, now)
    had = "had them already" if counts.unchanged else f"{sum(counts.quarantined.values())} refused"
    say(f"lake: {sum(counts.rows.values()):,} rows in {counts.seconds:.1f} s, {had}")
    return lake


def learn(demo: Demo, lake: Lake, name: str, run: Run, say: Say) -> tuple[Bundle, Dataset]:
    """A recipe's bundle over the lake; one that was made from the same data and code is kept."""
    recipe, table = recipes.load(name)
    data, out = dataset(lake, recipe.data), demo.home / name
    kept = fresh(out, table, data)
    if kept is not None:
        say(f"{name}: bundle {kept.manifest['version']} is still right")
        return kept, data
    began = time.perf_counter()
    bundle = train(table, data, out, run=run)
    say(f"{name}: learned in {time.perf_counter() - began:.1f} s")
    return bundle, data


def fresh(out: Path, table: dict[str, object], data: Dataset) -> Bundle | None:
    """The bundle at `out` when it is whole and the same recipe, data and code would make it."""
    try:
        bundle = Bundle.load(out)
    except ArtifactError:
        return None
    made = bundle.manifest
    same = (made["recipe"], made["data_hash"], made["code"]) == (table, data.hash, code_hash())
    return bundle if same else None


def ask(bundle: Bundle, data: Dataset, size: int = 10) -> First:
    """What somebody with a usual number of events is shown."""
    counts = np.diff(data.interactions.offsets())[1:]
    user = int(np.argmin(np.abs(counts - USUAL))) + 1
    recommender = assemble(bundle.path).recommender
    query = next(after(data.interactions, np.array([user]), size))
    query = replace(query, explain=True)
    for _ in range(2):  # the first requests fill caches
        recommender(query)
    began = time.perf_counter()
    slate = recommender(query)
    took = 1e3 * (time.perf_counter() - began)
    made = f"{bundle.manifest['name']} {bundle.manifest['version']}"
    return First(data.users.names[user], made, words(slate, data), took)


def words(slate: Slate, data: Dataset) -> list[tuple[str, str, str]]:
    """Title, domain and reason of each item."""
    shelf = data.catalogue
    reasons = [reason.text for reason in slate.reasons] or [""] * len(slate.items)
    return [
        (shelf.titles[item], shelf.domains.names[shelf.domain[item]], reason)
        for item, reason in zip(slate.items.items.tolist(), reasons, strict=True)
    ]
