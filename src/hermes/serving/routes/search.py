"""Search: the items on offer that a text matches, whoever asks."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Query as Param

from hermes.core.errors import DataError
from hermes.retrieval.text_search import unavailable

from ..deps import House
from ..openapi import found
from ..schemas import ANSWER, Hit, Hits

router = APIRouter(prefix="/v1/search", tags=["search"])


@router.get("", responses=found(Hits))
async def search(
    deps: House,
    q: Annotated[str, Param(min_length=1, max_length=1000)],
    k: Annotated[int, Param(ge=1, le=1000)] = 20,
) -> Response:
    """Items whose title, creators, categories or text hold the words, best first by BM25."""
    if k > deps.settings.slate_limit:
        raise DataError(f"k: {k} is more than {deps.settings.slate_limit}")
    started, engine = perf_counter(), deps.engine
    best = engine.search.find(q, k, unavailable(engine.catalogue.available))
    words = engine.search.matched(q, best.items)
    codes: list[int] = best.items.tolist()
    rows = zip(codes, best.columns["score"].tolist(), words, deps.shelf.of(codes), strict=True)
    items = [
        Hit(engine.catalogue.items.names[code], i, score, held, card)
        for i, (code, score, held, card) in enumerate(rows)
    ]
    out = Hits(q, "lexical", items, (perf_counter() - started) * 1e3)
    return Response(ANSWER.encode(out), media_type="application/json")
