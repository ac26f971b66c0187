"""What operators ask: is it alive, is it ready, what does it serve, how fast."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Response

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ArtifactError, Unavailable

from ..deps import Deps, House
from ..openapi import found
from ..schemas import ANSWER, Speaker, Status
from . import operators

router = APIRouter(tags=["platform"])
SHOWN = ("name", "version", "content", "created", "hermes")


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/health/ready")
async def ready(deps: House) -> dict[str, Any]:
    """It can serve: the bundle is in memory and the log takes events."""
    if deps.log.failing:
        raise Unavailable(f"the event log cannot be written: {deps.log.failing}")
    return {"status": "ready", "bundle": deps.engine.manifest["version"], "tier": deps.engine.tier}


@router.get("/v1/platform/status", responses=found(Status))
async def status(deps: House) -> Response:
    """What serves, and how."""
    engine = deps.engine
    log = {"path": str(deps.log.path), "failing": deps.log.failing, **deps.log.counts()}
    out = Status(
        {name: engine.manifest[name] for name in SHOWN if name in engine.manifest},
        engine.tier,
        deps.reason,
        list(engine.catalogue.domains.names[1:]),
        len(engine.catalogue) - 1,
        len(engine.users) - 1,
        log,
        seconds(deps),
        Speaker("model", deps.language.name) if deps.language else Speaker("templates", ""),
        visual=engine.finder.visual.vectors.encoder if engine.finder.visual else "",
    )
    return Response(ANSWER.encode(out), media_type="application/json")


@router.get("/v1/artifacts/health")
async def artifacts(deps: House) -> dict[str, Any]:
    """Every file of the bundle on disk against its checksum; this reads all of them."""
    path = deps.settings.bundle
    version = deps.engine.manifest["version"]
    try:
        bundle = await asyncio.to_thread(Bundle.load, path)
    except ArtifactError as error:
        return {"healthy": False, "serving": version, "cause": str(error)}
    on_disk = bundle.manifest["version"]
    return {"healthy": on_disk == version, "serving": version, "on_disk": on_disk}


@router.get("/metrics", include_in_schema=True)
async def metrics(deps: House) -> Response:
    """Prometheus' text format."""
    deps.telemetry.numbers.lost = deps.log.lost
    gauges = {
        "items": len(deps.engine.catalogue) - 1.0,
        "users": len(deps.engine.users) - 1.0,
        "tier": float(deps.engine.tier),
        "uptime_seconds": seconds(deps),
        "log_failing": float(bool(deps.log.failing)),
        "coverage": operators.stock(deps)[1].share,
    }
    info = {"version": str(deps.engine.manifest["version"])}
    text = deps.telemetry.text(gauges, info)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def seconds(deps: Deps) -> float:
    """Since the start."""
    return (datetime.now(UTC) - deps.started).total_seconds()
