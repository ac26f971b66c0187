"""What operators watch: speed, stock, training, cards, and the last requests.

These routes tell of everybody's requests and of refused rows; until there are accounts whoever can
reach the server can read them, as `/metrics` can be read.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

import msgspec
import numpy as np
from fastapi import APIRouter, Response
from fastapi import Query as Param

from hermes.artifacts.training import progress

from ..arrived import arrivals
from ..deps import Deps, House, now
from ..openapi import found, found_list
from ..reports import (
    Arrival,
    Coverage,
    Holding,
    Lesson,
    ModelCard,
    Pace,
    Progress,
    Stages,
    Stock,
    Training,
    Version,
)
from ..schemas import ANSWER
from ..watch import Passage

router = APIRouter(tags=["operators"])
MINUTE = 60  # seconds
DAY_HOURS = 24.0


@router.get("/v1/platform/stages", responses=found(Stages))
async def stages(deps: House) -> Response:
    """How fast each stage is and how much is asked, over all workers since the start."""
    numbers, second = deps.telemetry.everybody(), int(time.time())
    lately = [numbers.lately.get(second - MINUTE + i, 0) for i in range(MINUTE)]
    age = time.time() - numbers.started
    out = Stages(
        age,
        numbers.slates,
        sum(lately) / max(min(age, MINUTE), 1.0),
        lately,
        [
            Pace(name, h.percentile(50), h.percentile(99), h.total / max(sum(h.counts), 1),
                 sum(h.counts))
            for name, h in numbers.stages.items()
        ],
        numbers.degraded,
        numbers.newcomers,
        numbers.requests,
    )  # fmt: skip
    return reply(out)


@router.get("/v1/platform/catalogue", responses=found(Holding))
async def catalogue(deps: House) -> Response:
    """What is on offer by domain, how much of it was shown, and what the lake refused."""
    rows, note = await deps.quarantine.look(deps.settings.lake)
    domains, coverage = await asyncio.to_thread(stock, deps)
    return reply(Holding(domains, coverage, rows, note))


def stock(deps: Deps) -> tuple[list[Stock], Coverage]:
    """By domain, and all together."""
    shelf = deps.engine.catalogue
    n = len(shelf.domains)
    there = np.arange(len(shelf)) > 0
    shown = deps.telemetry.watch.shown(len(shelf)) & shelf.available
    columns = [there, shelf.available & there, deps.shelf.pictured & there, shown]
    counts = [np.bincount(shelf.domain[column], minlength=n).tolist() for column in columns]
    rows = [Stock(name, *each) for name, *each in zip(shelf.domains.names, *counts, strict=True)]
    on_offer, seen = sum(counts[1]), int(shown.sum())
    return rows[1:], Coverage(on_offer, seen, seen / max(on_offer, 1))


@router.get("/v1/platform/training", responses=found(Training))
async def training(deps: House) -> Response:
    """What is being learned beside the bundle, how the models learned, and what stood before."""
    manifest = deps.engine.manifest
    seconds, losses = manifest.get("seconds", {}), manifest.get("losses", {})
    models = [
        Lesson(name, entry["class"], float(seconds.get(name, 0.0)), losses.get(name, []))
        for name, entry in manifest.get("models", {}).items()
    ]
    running = told(await asyncio.to_thread(progress, deps.settings.bundle))
    before = [msgspec.convert(one, Version) for one in manifest.get("history", [])]
    return reply(Training(running, [serving(manifest), *before], models))


def told(said: dict[str, Any] | None) -> Progress | None:
    """What a training says; nothing when it speaks as another version of hermes does."""
    try:
        return msgspec.convert(said, Progress | None)
    except msgspec.ValidationError:
        return None


def serving(manifest: Any) -> Version:
    """The bundle that answers."""
    return Version(
        manifest["version"],
        manifest.get("created", ""),
        float(manifest.get("seconds", {}).get("all", 0.0)),
        manifest.get("name", ""),
        manifest.get("events", 0),
        manifest.get("items", 0),
        manifest.get("metrics", {}),
    )


@router.get("/v1/platform/cards", responses=found_list(ModelCard))
async def cards(deps: House) -> Response:
    """The card of each model of the bundle, in Markdown."""
    folder = deps.engine.path / "cards"

    def read() -> list[ModelCard]:
        return [ModelCard(f.stem, f.read_text("utf-8")) for f in sorted(folder.glob("*.md"))]

    return reply(await asyncio.to_thread(read))


@router.get("/v1/platform/requests", responses=found_list(Passage))
async def requests(deps: House, limit: Annotated[int, Param(ge=1, le=500)] = 50) -> Response:
    """The last requests of all workers, newest first: when, how long by stage, and the funnel."""
    return reply(await asyncio.to_thread(deps.telemetry.watch.recent, limit))


@router.get("/v1/assets/arrivals", responses=found_list(Arrival))
async def arrived(
    deps: House, hours: Annotated[float, Param(gt=0, le=8760)] = DAY_HOURS
) -> Response:
    """What was put online lately, what can bring it, and what it lies beside."""
    return reply(await asyncio.to_thread(arrivals, deps, now() - 3600 * hours))


def reply(what: Any) -> Response:
    """As JSON."""
    return Response(ANSWER.encode(what), media_type="application/json")
