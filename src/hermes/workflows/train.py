"""From a log to a bundle: retrievers, blend, pre-ranker, ranker, each on what came before.

Retrievers never see what the rankers learn from; when the rankers stand, the closed forms are
fitted once more on all of it, which costs seconds. Every finished model lies in a working folder
beside the bundle, so that a killed run goes on where it stopped; the folder goes when the bundle
stands.
"""

from __future__ import annotations

import glob
import hashlib
import json
import shutil
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from hermes.artifacts.bundle import Bundle, Draft, code_hash, read_manifest
from hermes.artifacts.training import Diary, beside, former
from hermes.core.errors import ArtifactError
from hermes.core.types import Array
from hermes.data.dataset import Dataset
from hermes.data.interactions import Interactions
from hermes.features.snapshot import Snapshot
from hermes.learn.run import Run, told
from hermes.models.base import Embedder, Model, Ranker, Retriever
from hermes.pipeline.recipe import ChannelSpec, Recipe, parse

from .card import write_cards
from .content import read
from .exposed import appeals
from .gate import fit_gate
from .labels import Cut, cut
from .pantry import Pantry
from .rankers import fit_ranker
from .stages import Kitchen, export, fit_blend, judged, made, remember


@dataclass
class Bench:
    """A run in progress: its folder, its clock, what it has found out."""

    work: Path
    run: Run
    seconds: dict[str, float]
    diary: Diary
    pantry: Pantry | None = None  # of models that other runs fitted
    saved: float = 0.0  # seconds that those took

    def fitted(self, name: str, model: Model[Any, Any], data: Any) -> Model[Any, Any]:
        """The model, and the diary told of it."""
        self.diary.begin(name)
        stands = self.made(name, model, data)
        self.diary.end(name, self.seconds[name], self.losses().get(name, []))
        return stands

    def made(self, name: str, model: Model[Any, Any], data: Any) -> Model[Any, Any]:
        """The model as it was left by an earlier, killed run, or fitted now."""
        done = self.work / f"{name}.safetensors"
        took = self.work / f"{name}.seconds"
        if done.exists() and took.exists():
            self.seconds[name] = float(took.read_text())
            return model.restore(data.shape, dict(load_file(done)))
        place = self.pantry.place(model, data, self.run.seed) if self.pantry else None
        if self.pantry and place and (found := self.pantry.taken(place)) is not None:
            arrays, self.seconds[name] = found
            self.saved += self.seconds[name]
            return model.restore(data.shape, arrays)
        began, run = time.perf_counter(), self.telling(name)
        model.fit(data, replace(run, checkpoint=self.work / f"{name}.checkpoint"))
        self.seconds[name] = time.perf_counter() - began
        part = done.with_suffix(".part")
        save_file({k: np.ascontiguousarray(v) for k, v in model.arrays().items()}, part)
        part.replace(done)
        took.write_text(f"{self.seconds[name]:.3f}")
        if self.pantry and place:
            self.pantry.keep(place, model.arrays(), self.seconds[name])
        return model

    def telling(self, name: str) -> Run:
        """The run, with a model's warnings and losses kept for the manifest as well."""

        def report(what: str, step: int, of: int, figures: dict[str, float]) -> None:
            if "loss" in figures:
                with (self.work / f"{name}.losses").open("a", encoding="utf-8") as file:
                    file.write(f"{what} {figures['loss']:.6g}\n")
            self.diary.step(name, step, of, figures)
            if self.run.report:
                self.run.report(what, step, of, figures)

        def warn(line: str) -> None:
            with (self.work / f"{name}.warnings").open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
            (self.run.warn or told)(line)

        return replace(self.run, warn=warn, report=report)

    def warnings(self) -> dict[str, list[str]]:
        """What had to be changed while learning, by model, an earlier killed run's too."""
        files = sorted(self.work.glob("*.warnings"))
        return {file.stem: file.read_text("utf-8").splitlines() for file in files}

    def losses(self) -> dict[str, list[float]]:
        """Of each epoch, by model, an earlier killed run's too."""
        files = sorted(self.work.glob("*.losses"))
        lines = {file.stem: file.read_text("utf-8").split()[1::2] for file in files}
        return {name: [float(loss) for loss in found] for name, found in lines.items()}


def train(
    table: dict[str, Any],
    data: Dataset,
    out: Path,
    known: Interactions | None = None,
    protocol: str = "none",
    run: Run = Run(),
    pantry: Path | None = None,
) -> Bundle:
    """Fit a recipe's table on `data`, write the bundle to `out`, and return it.

    known: what may be learned from, for an evaluation that keeps the rest; without it all of
    `data.interactions`. pantry: a folder of models that other runs fitted on the same data, and
    where this one leaves its own; the seconds they took count. Raises `ConfigError`, `DataError`,
    and `ArtifactError` when `out` is something else than a bundle.
    """
    recipe, started = parse(table), time.perf_counter()
    check(recipe)
    log, data = (data.interactions, data) if known is None else (known, data.held(known))
    log = fielded(log, data)
    content = read(recipe.content, data.catalogue, run, recipe.fusion) if recipe.content else None
    if content is not None:
        log = replace(log, content=content.table)
    parts = cut(log, recipe.labels, recipe.length, np.random.default_rng(run.seed))
    marks = [table, data.hash, learned(log), protocol, run.seed, code_hash()]
    key = hashlib.sha256(json.dumps(marks, sort_keys=True, default=str).encode()).hexdigest()[:16]
    work = out.parent / f".{out.name}.{key}.work"
    draft, diary = Draft(out, work / "draft"), Diary(beside(out), recipe.name, names(recipe))
    bench = Bench(work, run, {}, diary, Pantry(pantry) if pantry else None)
    try:
        manifest = head(recipe, table, data, protocol, run) | {"history": before(out)}
        if content is not None:
            content.save(draft, manifest)
        cook(recipe, data, log, parts, bench, draft, manifest)
        manifest |= {"warnings": bench.warnings(), "losses": bench.losses()}
        took = time.perf_counter() - started + bench.saved
        manifest["seconds"] = {**bench.seconds, "all": took}
        write_cards(draft.folder, manifest)
        bundle = draft.publish(manifest)
    finally:
        draft.discard()
        diary.close()
    # earlier runs that were killed and never taken up again, of other settings or other code
    for left in out.parent.glob(f".{glob.escape(out.name)}.{'[0-9a-f]' * 16}.work"):
        shutil.rmtree(left)
    return bundle


def names(recipe: Recipe) -> list[str]:
    """The models to be learned, in order."""
    return [spec.name for spec in recipe.channels] + [*recipe.stages]


def before(out: Path) -> list[dict[str, Any]]:
    """What stood at this place until now, newest first."""
    try:
        return former(read_manifest(out))
    except ArtifactError:
        return []


def learned(log: Interactions) -> str:
    """The hash of the events that a run may learn from."""
    digest = hashlib.sha256()
    for column in (log.users, log.items, log.times, log.weights):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()


def fielded(log: Interactions, data: Dataset) -> Interactions:
    """The log with the catalogue's attributes, a shape that counts them, and its pages."""
    catalogue = data.catalogue
    widths = tuple(len(v) for v in data.user_field_names)
    shape = replace(log.shape, item_fields=catalogue.cardinalities, user_fields=widths)
    shown = None if data.shown is None else log.pages(data.shown)
    return replace(log, shape=shape, item_fields=catalogue.fields, shown=shown)


def head(
    recipe: Recipe, table: dict[str, Any], data: Dataset, protocol: str, run: Run
) -> dict[str, Any]:
    """What the manifest knows before anything is learned."""
    return {
        "name": recipe.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "recipe": table,
        "protocol": protocol,
        "seed": run.seed,
        "data_hash": data.hash,
        "events": len(data.interactions),
        "items": len(data.catalogue),
        "shape": asdict(data.interactions.shape),
        "models": {},
        "metrics": {},
    }


def cook(
    recipe: Recipe,
    data: Dataset,
    log: Interactions,
    parts: Cut,
    bench: Bench,
    draft: Draft,
    manifest: dict[str, Any],
) -> None:
    """All models, in the order in which they need each other."""
    vectors = np.zeros((len(data.catalogue), 0), np.float32)
    for spec in recipe.channels:
        model = retriever(spec, parts.log, bench)
        manifest["models"][spec.name] = entry(spec, model, recipe.length)
        draft.arrays(f"models/{spec.name}", model.arrays())
        if isinstance(model, Embedder):
            manifest["models"][spec.name] |= export(model, spec, draft, parts.log)
            vectors = model.catalogue() if not vectors.shape[1] else vectors
    if not vectors.shape[1]:
        vectors = np.asarray(data.catalogue.category.toarray(), np.float32)
    snapshot = Snapshot.of(data.catalogue, parts.log, vectors, appeals(data.shown, parts.log))
    draft.arrays("snapshot", snapshot.arrays())
    draft.arrays("catalogue", data.catalogue.arrays())
    draft.arrays("users", replace(data, interactions=log).arrays())
    kitchen = Kitchen(
        recipe, data.catalogue, snapshot, log, parts, draft, manifest, bench.run, data.shown
    )
    fit_blend(kitchen)
    for name, stage in recipe.stages.items():
        fit_ranker(kitchen, name, stage, bench.fitted)
    if recipe.gate is not None:
        fit_gate(kitchen, recipe.gate)
    judged(kitchen)
    for spec in recipe.channels:
        refit(spec, log, bench, draft, manifest["models"][spec.name])
        remember(spec, draft, log, manifest["models"][spec.name])


def refit(
    spec: ChannelSpec, log: Interactions, bench: Bench, draft: Draft, entry: dict[str, Any]
) -> None:
    """Teach a retriever the labels too, now that no ranker will learn from its answers."""
    began, model = time.perf_counter(), untaught(spec)
    run = bench.telling(spec.name)
    if not entry["neural"]:
        model.fit(log, run)
    elif model.config.schedule.refresh:
        learned = dict(load_file(draft.folder / "models" / f"{spec.name}.safetensors"))
        model = model.restore(log.shape, learned).refresh(log, run)  # type: ignore[attr-defined]
    else:
        return
    draft.arrays(f"models/{spec.name}", model.arrays())
    if isinstance(model, Embedder):
        entry |= export(model, spec, draft, log)
    bench.seconds[spec.name] += time.perf_counter() - began


def retriever(spec: ChannelSpec, log: Interactions, bench: Bench) -> Retriever[Any]:
    """A channel's model, fitted on what no ranker will be asked about."""
    model: Any = bench.fitted(spec.name, untaught(spec), log)
    return model  # type: ignore[no-any-return]


def untaught(spec: ChannelSpec) -> Retriever[Any]:
    """A channel's model before it learns; raises `ConfigError`."""
    model: Retriever[Any] = made(spec.model, spec.config, f"channels.{spec.name}.config", Retriever)
    return model


def check(recipe: Recipe) -> None:
    """Raise `ConfigError` for a model or a key nobody knows, before anything is learned."""
    for spec in recipe.channels:
        untaught(spec)
    for name, stage in recipe.stages.items():
        made(stage.model, stage.config, f"{name}.config", Ranker)


def entry(spec: ChannelSpec, model: Retriever[Any], length: int) -> dict[str, Any]:
    """What a server must know of a model to load it."""
    own: Array | int = getattr(model.config, "length", length)
    return {
        "class": spec.model,
        "config": dict(spec.config),
        "shape": asdict(model.shape),
        "neural": hasattr(model, "net"),
        "embedder": isinstance(model, Embedder),
        "length": int(min(own, length)),
    }
