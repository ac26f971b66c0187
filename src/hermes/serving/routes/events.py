"""What users did: durable before it is answered."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from hermes.core.errors import DataError
from hermes.data.contract import Event, Fault, judge
from hermes.data.log import Entry
from hermes.data.rules import REASONS

from ..bodies import JSON, LINES, media_type, read
from ..deps import Deps, House
from ..openapi import body, found
from ..problems import Malformed, Rejected, TooLarge
from ..schemas import ANSWER, Accepted

router = APIRouter(prefix="/v1", tags=["events"])
MEDIA = JSON | LINES
Errors = list[dict[str, str | int]]


async def accept(deps: Deps, raw: bytes, lines: bool) -> bytes:
    """The answer to `POST /v1/events`; a bad row stops no good one, and is named."""
    rows = split(raw) if lines else whole(raw)
    if len(rows) > deps.settings.events_limit:
        raise TooLarge(f"{len(rows)} events; the most is {deps.settings.events_limit}")
    entries: list[Entry] = []
    errors: Errors = []
    for number, row in enumerate(rows, 1):
        verdict = judge("events", row) if isinstance(row, dict) else Fault("malformed", "")
        if isinstance(verdict, Fault):
            errors.append(fault(number, verdict))
        else:
            assert isinstance(verdict, Event)
            entries.append(entry(verdict))
    if not entries:
        first = errors[0] if errors else {"reason": "the body holds no event"}
        where = f"line {first['line']}, {first['field']}: " if errors else ""
        raise Rejected(f"no event was kept; {where}{first['reason']}", errors)
    new = await asyncio.wrap_future(deps.log.append(entries))
    deps.telemetry.numbers.events += new
    deps.telemetry.numbers.duplicates += len(entries) - new
    return ANSWER.encode(Accepted(new, len(entries) - new, errors))


def whole(raw: bytes) -> list[Any]:
    """One JSON object, or an array of them."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"the body is not JSON: {error}") from error
    if not isinstance(found, dict | list):
        raise DataError("an event is a JSON object")
    return found if isinstance(found, list) else [found]


def split(raw: bytes) -> list[Any]:
    """One value a line; a line that is not JSON becomes None, and so a fault of its own."""
    return [decode(line) for line in raw.split(b"\n") if line.strip()]


def decode(line: bytes) -> Any:
    """None when it is not JSON."""
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def fault(line: int, verdict: Fault) -> dict[str, str | int]:
    """In words; `code` is the reason's own name."""
    reason = REASONS.get(verdict.reason, verdict.reason)
    return {"line": line, "field": verdict.field, "code": verdict.reason, "reason": reason}


def entry(event: Event) -> Entry:
    """The row of the log; an event without an id gets the hash of its content."""
    body = event.model_dump_json(exclude_none=True)
    name = event.event_id
    if name is None:
        name = hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
        body = event.model_copy(update={"event_id": name}).model_dump_json(exclude_none=True)
    at = event.occurred_at.timestamp()
    return Entry(name, event.user_id, event.asset_id, event.kind, event.value, at, body)


@router.post(
    "/events",
    status_code=202,
    openapi_extra=body(Event, lines=True),
    responses=found(Accepted, status=202),
)
async def post_events(request: Request, deps: House) -> Response:
    """One event as JSON, or many as one JSON object a line."""
    raw = await read(request.scope, request.receive, deps.settings, MEDIA)
    out = await accept(deps, raw, media_type(request.scope) in LINES)
    return Response(out, 202, media_type="application/json")
