"""The agent: one turn of a conversation, whole or as it comes about."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from time import perf_counter
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from hermes.core.errors import Conflict, HermesError
from hermes.core.protocols import Reason
from hermes.explain import narrator
from hermes.explain.narrator import Spoken, Telling, Token
from hermes.explain.templates import told
from hermes.pipeline.agent import Kept, Plan
from hermes.policy.constraints import parse
from hermes.retrieval.readings import reading

from ..bodies import JSON, read
from ..deps import Deps, House
from ..openapi import body, found
from ..problems import defect, problem
from ..schemas import ANSWER, Ask, Reading
from ..talks import fresh
from ..turns import Step, Talk, Told, talk
from ..voice import Mind, mind
from .recommend import question, slated

router = APIRouter(prefix="/v1/agent", tags=["agent"])
STREAM = "text/event-stream"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
TRIES = 8  # of a turn that others of its conversation overtake
WORDED = ("wish", "like", "same", "compare", "ask")  # kinds of turns that a model may word
Event = tuple[str, Any]  # state, chips, slate, token, done or error; and what it says


async def converse(deps: Deps, wanted: Talk) -> AsyncGenerator[Event, None]:
    """What happens in one turn, in its order; the last is `done`.

    What is remembered is written before a word is said, so that nothing is lost with a reader who
    leaves, or with a model that does; wishes before the slate, so that turns at once see each
    other. What the slate showed is remembered after it, unless another turn has come meanwhile:
    then what that one knew of stays, and *the second* or *it* means an item of the slate before.
    """
    began, here = perf_counter(), await asyncio.to_thread(mind, deps)
    past = deps.past(wanted.user)
    asked = Ask(user=wanted.user, k=wanted.k, domains=wanted.domains, context={"surface": "agent"})
    query = question(deps, asked, past)
    parse(query, deps.engine.catalogue)  # what cannot be asked for is not remembered either
    name, plan = await heard(deps, here, wanted)
    lost = bool(wanted.conversation) and name != wanted.conversation
    yield "state", step("Understand", began, plan.kind + "; the conversation is new" * lost)
    yield "chips", chips(plan.kept, wanted.language)
    reasons: Sequence[Reason] = ()
    if plan.slate:
        began = perf_counter()
        put = here.agent.query(plan, query)
        slate, answer = await slated(deps, wanted.user, put, not len(past.items), began)
        reasons, shown = slate.reasons, [one.asset_id for one in answer.items]
        plan = here.agent.seen(plan, shown, reasons, wanted.language)
        await asyncio.to_thread(deps.talks.put, name, wanted.user, plan.kept, plan.kept.turn)
        yield "state", step("Recommend", began, f"{len(shown)} items")
        yield "slate", answer
    said = (told(wanted.language, "lost"), *plan.said) if lost else plan.said
    spoken = Spoken(" ".join(said), "templates")
    if plan.kind in WORDED:
        evidence = here.agent.evidence(plan, reasons, past.items)
        telling = Telling(
            question=wanted.text, evidence=evidence, template=spoken.text, language=wanted.language
        )
        async with aclosing(here.narrator.narrate(telling)) as parts:
            async for part in parts:
                if isinstance(part, Spoken):
                    spoken = part
                else:
                    yield event(part)
    else:
        yield "state", Step("Answer", 0.0, f"{plan.kind}: templates")
        yield "token", {"text": spoken.text}
    yield "done", done(name, plan, spoken)


async def heard(deps: Deps, here: Mind, wanted: Talk) -> tuple[str, Plan]:
    """The conversation's name and what the turn comes to, which is remembered by then.

    A turn that another of the conversation has overtaken is heard once more, on what that one left;
    raises `Conflict` where that does not end.
    """
    for _ in range(TRIES):
        kept = None
        if wanted.conversation:
            kept = await asyncio.to_thread(deps.talks.get, wanted.conversation, wanted.user)
        name = wanted.conversation if kept is not None else fresh()
        before = kept or Kept()
        plan = here.agent.hear(before, wanted.text, wanted.remove, wanted.language)
        if await asyncio.to_thread(deps.talks.put, name, wanted.user, plan.kept, before.turn):
            return name, plan
    raise Conflict(
        f"conversation {wanted.conversation}: {TRIES} other turns came first; send this one again"
    )


def done(name: str, plan: Plan, spoken: Spoken) -> dict[str, Any]:
    """The end of a turn."""
    about = plan.kept.about if plan.slate or plan.about else []
    return {
        "conversation": name,
        "text": spoken.text,
        "by": spoken.by,
        "model": spoken.model,
        "about": about,
    }


def event(part: narrator.Step | Token) -> Event:
    """A part of what is told, as an event."""
    if isinstance(part, Token):
        return "token", {"text": part.text}
    return "state", Step(part.state, part.milliseconds, part.note)


def step(state: str, began: float, note: str = "") -> Step:
    """A state that ends now."""
    return Step(state, (perf_counter() - began) * 1e3, note)


def chips(kept: Kept, language: str) -> list[Reading]:
    """The wishes in force."""
    return [
        Reading(w.id, w.kind, reading(w.text, language, w.names), w.negated, w.filters)
        for w in kept.wishes
    ]


async def whole(events: AsyncIterator[Event]) -> Told:
    """All events as one answer."""
    out: dict[str, Any] = {"chips": [], "slate": None}
    trace = list[Step]()
    async for name, value in events:
        if name == "state":
            trace.append(value)
        elif name == "done":
            out |= value
        elif name != "token":
            out[name] = value
    return Told(**out, trace=trace)


async def lines(events: AsyncGenerator[Event, None]) -> AsyncIterator[bytes]:
    """All events as server-sent ones; what fails on the way is the last of them."""
    try:
        async with aclosing(events) as found:
            async for name, value in found:
                yield sent(name, value)
    except HermesError as error:
        yield sent("error", problem(error, uuid.uuid4().hex))
    except Exception as error:  # noqa: BLE001, the answer has begun; no other net can tell it
        yield sent("error", defect(router.prefix, error))


def sent(name: str, value: Any) -> bytes:
    """One server-sent event."""
    return b"event: " + name.encode() + b"\ndata: " + ANSWER.encode(value) + b"\n\n"


@router.post("", openapi_extra=body(Talk), responses=found(Told, conflict="Overtaken"))
async def speak(request: Request, deps: House) -> Response:
    """One turn: wishes become chips and a slate, a question is answered from the catalogue.

    With `Accept: text/event-stream` as server-sent events `state`, `chips`, `slate`, `token`,
    `done` and `error`.
    """
    wanted = talk(await read(request.scope, request.receive, deps.settings, JSON))
    deps.settings.admit(wanted.k)
    events = converse(deps, wanted)
    if STREAM in request.headers.get("accept", ""):
        return StreamingResponse(lines(events), media_type=STREAM, headers=HEADERS)
    return Response(msgspec.json.encode(await whole(events)), media_type="application/json")
