"""Slates: for a user, for a page, and like an item."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from time import perf_counter
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi import Query as Param
from msgspec import UNSET, UnsetType

from hermes.core.errors import NotFound
from hermes.core.protocols import Query
from hermes.core.types import Array, Candidates, Floats, Ints
from hermes.data.context import encode
from hermes.data.log import Exposure
from hermes.pipeline.trace import Slate, Trace

from ..bodies import JSON, read
from ..deps import DAY, Deps, House, Past, moment, now
from ..openapi import body, found
from ..schemas import (
    ANSWER,
    Answer,
    Ask,
    Attribution,
    Degradation,
    Item,
    Part,
    Why,
    ask,
    readings,
    wrong,
)
from ..traced import traced

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])
PREFIX = "retrieval."


async def for_page(deps: Deps, raw: bytes) -> bytes:
    """The answer to `POST /v1/recommendations`."""
    return await answer(deps, ask(raw))


async def for_user(deps: Deps, user: str, query: str) -> bytes:
    """The answer to `GET /v1/recommendations/users/{id}`."""
    values: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "domains":
            values.setdefault("domains", []).append(value)
        else:
            values[name] = value
    try:
        wanted = msgspec.convert({**values, "user": user}, Ask, strict=False)
    except msgspec.ValidationError as error:
        raise wrong(error) from error
    return await answer(deps, wanted)


async def answer(deps: Deps, wanted: Ask) -> bytes:
    """From what a page wants to the bytes it gets; the exposure is in the log's hands by then."""
    started = perf_counter()
    deps.settings.admit(wanted.k)
    past = deps.past(wanted.user)
    query = question(deps, wanted, past)
    return await serve(deps, wanted.user, query, not len(past.items), started, wanted.trace)


async def serve(
    deps: Deps, user: str, query: Query, newcomer: bool, started: float, trace: bool = False
) -> bytes:
    """Compute, log, encode; `started` by the clock of `perf_counter`."""
    return ANSWER.encode((await slated(deps, user, query, newcomer, started, trace))[1])


async def slated(
    deps: Deps, user: str, query: Query, newcomer: bool, started: float, trace: bool = False
) -> tuple[Slate, Answer]:
    """The slate, and as it is told; the exposure is in the log's hands by then."""
    ready = perf_counter()
    if len(deps.engine.catalogue) <= 1:
        slate = bare(query)
    elif deps.pool is None:
        slate = deps.engine.recommender(query)
    else:
        loop = asyncio.get_running_loop()
        slate = await loop.run_in_executor(deps.pool, deps.engine.recommender, query)
    out, shown = spell(deps, user, slate, newcomer)
    if trace:
        lay(deps, slate, out)
    out.milliseconds["history"] = (ready - started) * 1e3
    out.milliseconds["total"] = (perf_counter() - started) * 1e3
    deps.log.expose(shown)
    deps.telemetry.slate(out.milliseconds, [d.stage for d in out.degraded], newcomer)
    deps.telemetry.watch.note(slate, newcomer)
    return slate, out


def lay(deps: Deps, slate: Slate, answer: Answer) -> None:
    """How a slate came about, laid into its answer."""
    began = perf_counter()
    told = traced(deps.engine.recommender.policy, slate)
    answer.funnel, answer.dropped, answer.policy = told.funnel, told.dropped, told.policy
    for item, places, effects in zip(answer.items, told.places, told.effects, strict=True):
        item.places, item.effects = places, effects
    answer.milliseconds["trace"] = (perf_counter() - began) * 1e3


def question(deps: Deps, wanted: Ask, past: Past) -> Query:
    """The query that the pipeline reads."""
    at = now()
    codes = deps.engine.catalogue.items.codes
    exclude = past.disliked
    if wanted.exclude:
        more = [codes[name] for name in wanted.exclude if name in codes]
        exclude = np.concatenate([exclude, np.array(more, np.int64)])
    return Query(
        id=secrets.token_hex(16),
        at=moment(at),
        user=past.user,
        history=past.items,
        ages=ages(at, past),
        deeds=past.deeds,
        domains=tuple(wanted.domains),
        surface=wanted.context.get("surface", "home"),
        context=encode(wanted.context, deps.engine.contexts),
        text=wanted.query,
        plain=tuple(wanted.plain),
        exclude=exclude,
        filters=wanted.filters,
        diversity=wanted.diversity,
        fairness=wanted.fairness,
        size=wanted.k,
        explain=wanted.explain,
        attribute=wanted.attribute,
        language=wanted.language,
    )


def ages(at: float, past: Past) -> Floats:
    """Days before now; an event dated later than now is of this moment.  -> (H,)"""
    days = np.empty(len(past.times), np.float32)
    np.subtract(at / DAY, past.times, out=days, casting="same_kind")
    return np.maximum(days, 0.0, out=days)


def bare(query: Query) -> Slate:
    """The slate of an empty catalogue."""
    trace = Trace.start()
    trace.degrade("catalogue", "the bundle's catalogue is empty")
    empty = {name: np.zeros(0, np.float32) for name in ("score", "propensity")}
    return Slate(query, Candidates(np.zeros(0, np.int64), empty), [], trace)


def rounded(chance: float | None) -> float | UnsetType:
    """To the thousandth, left out where nobody knows."""
    return UNSET if chance is None else round(chance, 3)


def spell(deps: Deps, user: str, slate: Slate, newcomer: bool) -> tuple[Answer, Exposure]:
    """A slate in the words of the outside, and as the log keeps it."""
    query, trace, columns, engine = slate.query, slate.trace, slate.items.columns, deps.engine
    named = engine.catalogue.items.names.__getitem__
    codes: list[int] = slate.items.items.tolist()
    names, n = list(map(named, codes)), len(codes)
    scores, shares = columns["score"].tolist(), columns["propensity"].tolist()
    reasons: list[tuple[Why, ...]] = [
        tuple(
            Why(r.code, r.text, tuple(map(named, r.evidence)), r.channels, rounded(r.chance))
            for r in (first, *first.more)
        )
        for first in slate.reasons
    ]
    reasons += [()] * (n - len(reasons))
    channels, cards = by_item(columns, n), deps.shelf.of(codes)
    items = list(map(Item, names, range(n), scores, shares, channels, reasons, cards))
    for item, apart in zip(items, attributions(slate), strict=False):
        item.attribution = apart
    degraded = [Degradation(d.stage, d.cause) for d in trace.degraded]
    version, tier = str(engine.manifest["version"]), engine.tier
    at, place = query.at.timestamp(), query.surface
    return (
        Answer(
            query.id,
            user,
            newcomer,
            version,
            tier,
            items,
            trace.milliseconds,
            degraded,
            readings(trace.read, query.language),
        ),
        Exposure(query.id, at, user, place, version, tier, names, shares, scores),
    )


def attributions(slate: Slate) -> list[Attribution]:
    """Each item's score taken apart, the largest part first; none where nobody asked."""
    found = slate.attribution
    if found is None:
        return []
    out = list[Attribution]()
    values = {name: column.tolist() for name, column in found.parts.items()}
    for i, score in enumerate(slate.items.columns["score"].tolist()):
        own = (Part(name, column[i]) for name, column in values.items())
        parts = sorted(own, key=lambda part: -abs(part.value))
        out.append(Attribution(found.method, found.baseline, found.base, score, parts))
    return out


def by_item(columns: Mapping[str, Array], n: int) -> list[dict[str, float]]:
    """What each channel gave each item it brought; NaN where it did not."""
    out: list[dict[str, float]] = [{} for _ in range(n)]
    for name, values in columns.items():
        if name.startswith(PREFIX):
            short = name[len(PREFIX) :]
            for found, value in zip(out, values.tolist(), strict=True):
                if value == value:  # noqa: PLR0124, not NaN
                    found[short] = value
    return out


def similar(deps: Deps, asset_id: str, k: int, **more: Any) -> Query:
    """Like one item, for nobody in particular; raises `NotFound`."""
    code = deps.engine.catalogue.items.code(asset_id)
    if not code:
        raise NotFound(f"no item {asset_id[:200]!r} in the bundle's catalogue")
    none: Ints = np.zeros(0, np.int64)
    return Query(
        id=secrets.token_hex(16), at=moment(now()), surface="item", anchor=code, exclude=none,
        size=k, **more,
    )  # fmt: skip


@router.post("", openapi_extra=body(Ask), responses=found(Answer))
async def recommend(request: Request, deps: House) -> Response:
    """A slate for a user and a page."""
    raw = await read(request.scope, request.receive, deps.settings, JSON)
    return Response(await for_page(deps, raw), media_type="application/json")


@router.get("/users/{user_id:path}", responses=found(Answer))
async def recommend_user(
    request: Request,
    deps: House,
    user_id: str,
    k: Annotated[int, Param(ge=1, le=1000)] = 20,
    domains: Annotated[list[str], Param()] = [],  # noqa: B006
    query: str = "",
    diversity: Annotated[float | None, Param(ge=0, le=1)] = None,
    fairness: bool | None = None,
    explain: bool = True,
    attribute: bool = False,
    trace: bool = False,
    language: Annotated[str, Param(max_length=35)] = "en",
) -> Response:
    """A slate for a user; one nobody knows gets a newcomer's."""
    # declared for the documents; read by `for_user`
    del k, domains, query, diversity, fairness, explain, attribute, trace, language
    return Response(await for_user(deps, user_id, request.url.query), media_type="application/json")


@router.get("/items/{asset_id:path}", responses=found(Answer, missing=True))
async def recommend_like(
    deps: House,
    asset_id: str,
    k: Annotated[int, Param(ge=1, le=1000)] = 20,
    explain: bool = True,
    attribute: bool = False,
    trace: bool = False,
    language: Annotated[str, Param(max_length=35)] = "en",
) -> Response:
    """More like one item."""
    deps.settings.admit(k)
    query = similar(deps, asset_id, k, explain=explain, attribute=attribute, language=language)
    out = await serve(deps, "", query, False, perf_counter(), trace)
    return Response(out, media_type="application/json")
