"""Assets: what is on the shelf, put there and taken off while the server runs."""

from __future__ import annotations

import asyncio

import msgspec
from fastapi import APIRouter, Request, Response

from hermes.core.errors import DataError, NotFound
from hermes.data.contract import Asset, Fault, judge
from hermes.data.rules import REASONS

from ..bodies import JSON, read
from ..deps import Deps, House, now
from ..openapi import body, found
from ..problems import Malformed
from ..schemas import ANSWER, Shelved

router = APIRouter(prefix="/v1/assets", tags=["assets"])
NEW = "kept; within a minute it is found and, where the bundle places new items, recommended"
CHANGED = "its card and availability count at once; what models know changes at the next training"
TAKEN = "taken off; it is not recommended until it is put online again"


@router.get("/{asset_id:path}", responses=found(Asset, missing=True))
async def get_asset(deps: House, asset_id: str) -> Response:
    """The card of an asset as it stands now."""
    card = deps.shelf.card(asset_id)
    if card is None:
        raise NotFound(f"no asset {asset_id[:200]!r}")
    return Response(card, media_type="application/json")


@router.put("/{asset_id:path}", openapi_extra=body(Asset), responses=found(Shelved))
async def put_asset(request: Request, deps: House, asset_id: str) -> Response:
    """Put an asset online or change it; the answer says whether it can be recommended already."""
    raw = await read(request.scope, request.receive, deps.settings, JSON)
    try:
        row = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"the body is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise DataError("an asset is a JSON object")
    if row.setdefault("asset_id", asset_id) != asset_id:
        raise DataError(f"asset_id: the body names another asset than the path, {asset_id[:200]!r}")
    verdict = judge("assets", row)
    if isinstance(verdict, Fault):
        raise DataError(f"{verdict.field}: {REASONS.get(verdict.reason, verdict.reason)}")
    assert isinstance(verdict, Asset)
    await shelve(deps, asset_id, verdict.model_dump_json(exclude_none=True))
    known = bool(deps.engine.catalogue.items.code(asset_id))
    note = CHANGED if known else NEW
    out = Shelved(asset_id, known, verdict.available, note)
    return Response(ANSWER.encode(out), media_type="application/json")


@router.delete("/{asset_id:path}", responses=found(Shelved, missing=True))
async def delete_asset(deps: House, asset_id: str) -> Response:
    """Take an asset off; its events stay."""
    if deps.shelf.card(asset_id) is None:
        raise NotFound(f"no asset {asset_id[:200]!r}")
    await shelve(deps, asset_id, None)
    known = bool(deps.engine.catalogue.items.code(asset_id))
    out = Shelved(asset_id, known, False, TAKEN)
    return Response(ANSWER.encode(out), media_type="application/json")


async def shelve(deps: Deps, asset_id: str, card: str | None) -> None:
    """Durable, and true for this process' next request; other workers follow within a second."""
    await asyncio.wrap_future(deps.log.put_asset(asset_id, now(), card))
    deps.shelf.follow()
