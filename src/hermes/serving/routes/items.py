"""An item among the others: what looks like it, and what it shares with whom."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Query as Param

from hermes.core.errors import ConfigError, NotFound
from hermes.retrieval.graph import Graph
from hermes.retrieval.knowledge import worded

from ..deps import Deps, House
from ..openapi import found
from ..schemas import ANSWER, Alike, Around, Named, Relation
from .search import hits

router = APIRouter(prefix="/v1/recommendations/items", tags=["recommendations"])


@router.get("/{asset_id:path}/similar-visual", responses=found(Alike, missing=True))
async def similar_visual(
    deps: House, asset_id: str, k: Annotated[int, Param(ge=1, le=100)] = 20
) -> Response:
    """Items whose pictures look like an item's, and which encoder says so."""
    visual, code = deps.engine.finder.visual, known(deps, asset_id)
    if visual is None:
        raise ConfigError("the bundle holds no pictures' vectors; set content.vision and train")
    best = visual.find(code, k + gone(deps))
    best = best.take(deps.engine.catalogue.available[best.items].nonzero()[0][:k])
    out = Alike(asset_id, visual.vectors.encoder, hits(deps, best, [""] * len(best)))
    return Response(ANSWER.encode(out), media_type="application/json")


@router.get("/{asset_id:path}/graph", responses=found(Around, missing=True))
async def graph(
    deps: House,
    asset_id: str,
    k: Annotated[int, Param(ge=1, le=100)] = 20,
    each: Annotated[int, Param(ge=0, le=50)] = 5,
    to: str = "",
) -> Response:
    """What an item shares with others, the most telling first; with `to`, what joins the two."""
    code, other = known(deps, asset_id), known(deps, to) if to else 0
    loop = asyncio.get_running_loop()
    whole = await loop.run_in_executor(None, lambda: deps.engine.finder.graph)
    shelf = deps.engine.catalogue
    relations = [
        Relation(
            one.kind,
            one.relation,
            one.name,
            one.degree,
            [Named(shelf.items.names[i], shelf.titles[i]) for i in one.items if shelf.available[i]],
        )
        for one in whole.around(code, each)[:k]
    ]
    path = joined(whole, other, code) if other else ""
    return Response(ANSWER.encode(Around(asset_id, relations, path)), media_type="application/json")


def joined(whole: Graph, start: int, end: int) -> str:
    """What joins two items, empty where nothing does."""
    path = whole.path(start, end)
    return worded(whole, path) if path else ""


def known(deps: Deps, asset_id: str) -> int:
    """The code of an item; raises `NotFound`."""
    code = deps.engine.catalogue.items.code(asset_id)
    if not code:
        raise NotFound(f"no item {asset_id[:200]!r} in the bundle's catalogue")
    return code


def gone(deps: Deps) -> int:
    """How many items are not on offer, which a search must ask for more."""
    available = deps.engine.catalogue.available
    return min(int(len(available) - available.sum()), 1000)
