"""Search: the items on offer that a text asks for, whoever asks, and what it may go on to be."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Response
from fastapi import Query as Param
from pydantic import StringConstraints

from hermes.core.types import Candidates
from hermes.retrieval.facets import facets
from hermes.retrieval.fused import shared

from ..deps import Deps, House
from ..openapi import found
from ..schemas import ANSWER, Completion, Completions, Hit, Hits, readings

router = APIRouter(prefix="/v1/search", tags=["search"])
COUNTED = 200  # items that facets are counted of, where fewer are asked for
Value = Annotated[str, StringConstraints(max_length=1000)]  # longer than any name of the contract


@router.get("", responses=found(Hits))
async def search(
    deps: House,
    q: Annotated[str, Param(min_length=1, max_length=1000)],
    k: Annotated[int, Param(ge=1, le=1000)] = 20,
    mode: str = "",
    plain: Annotated[list[Value], Param(max_length=64)] = [],  # noqa: B006
    domain: Annotated[list[Value], Param(max_length=64)] = [],  # noqa: B006
    category: Annotated[list[Value], Param(max_length=64)] = [],  # noqa: B006
    creator: Annotated[list[Value], Param(max_length=64)] = [],  # noqa: B006
    decade: Annotated[list[Value], Param(max_length=64)] = [],  # noqa: B006
    language: Annotated[str, Param(max_length=35)] = "en",
) -> Response:
    """Items that a text asks for: by words (lexical), by meaning (semantic), or by both (hybrid).

    Where the bundle fuses text, picture and sound, hybrid adds that, fused searches by it alone,
    and `weights` says what each modality counts for this text; elsewhere it is null. What is
    understood as a constraint filters; its id in `plain` makes it plain words again.
    A value of the answer's `facets` narrows: every category and creator, any domain and decade.
    """
    deps.settings.admit(k)
    started, finder = perf_counter(), deps.engine.finder
    of = {"domain": domain, "category": category, "creator": creator, "decade": decade}
    best, read, used = finder.find(q, max(k, COUNTED), mode, plain, of)
    first = best.take(np.arange(min(k, len(best))))
    items = hits(deps, first, finder.search.matched(q, first.items))
    by_facet = facets(finder.catalogue, best.items)
    took = (perf_counter() - started) * 1e3
    weights = finder.weights(q, read, used)
    out = Hits(q, used, items, took, readings(read, language), by_facet, len(best), weights)
    return Response(ANSWER.encode(out), media_type="application/json")


@router.get("/suggestions", responses=found(Completions))
async def suggest(
    deps: House,
    q: Annotated[str, Param(max_length=200)],
    k: Annotated[int, Param(ge=1, le=50)] = 8,
) -> Response:
    """Titles, creators and categories that go on as the text does, the best known first."""
    finder = deps.engine.finder
    names = finder.catalogue.items.names
    rows = [
        Completion(one.text, one.kind, names[one.item] if one.item else "", one.items)
        for one in finder.suggestions.find(q, k)
    ]
    return Response(ANSWER.encode(Completions(q, rows)), media_type="application/json")


def hits(deps: Deps, best: Candidates, words: Sequence[str]) -> list[Hit]:
    """Items with their cards, in their order."""
    codes: list[int] = best.items.tolist()
    names = deps.engine.catalogue.items.names
    scores, shares = best.columns["score"].tolist(), shared(best)
    rows = zip(codes, scores, words, deps.shelf.of(codes), shares, strict=True)
    return [Hit(names[c], i, *rest) for i, (c, *rest) in enumerate(rows)]
