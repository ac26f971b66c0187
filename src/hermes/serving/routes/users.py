"""Users: what is known of them."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi import Query as Param

from hermes.core.errors import NotFound

from ..deps import DAY, RECENT, House
from ..features import KIND
from ..openapi import found
from ..schemas import ANSWER, Deed, Known, Person

router = APIRouter(prefix="/v1/users", tags=["users"])


@router.get("")
async def list_users(
    deps: House,
    start: Annotated[str, Param(max_length=200)] = "",
    limit: Annotated[int, Param(ge=1, le=100)] = 20,
) -> list[str]:
    """Some users the bundle knows, whose ids begin with `start`."""
    names = (n for n in deps.engine.users.names[1:] if n.startswith(start))
    return [name for _, name in zip(range(limit), names, strict=False)]


@router.get("/{user_id:path}/features", responses=found(Known))
async def get_features(deps: House, user_id: str) -> Response:
    """What is counted of a user as of now, events of a moment ago included.

    A user nobody saw has the features of no events.
    """
    row, at = await deps.features.told(user_id, datetime.now(UTC))
    values = [None if isnan(value) else value for value in row.tolist()]
    store, kind = deps.features.name, KIND
    out = Known(user_id, at.isoformat(), kind.names, values, store, kind.identity)
    return Response(ANSWER.encode(out), media_type="application/json")


@router.get("/{user_id:path}", responses=found(Person, missing=True))
async def get_user(
    deps: House, user_id: str, limit: Annotated[int, Param(ge=1, le=1000)] = 50
) -> Response:
    """A user's history, newest first, events of a moment ago included."""
    past = deps.past(user_id)
    recent = deps.log.recent(user_id, RECENT)
    if not past.user and not recent:
        raise NotFound(f"nobody knows a user {user_id[:200]!r}")
    shelf = deps.engine.catalogue
    names, titles = shelf.items.names, shelf.titles
    online = [
        Deed(e.item, titles[shelf.items.code(e.item)], e.kind, stamp(e.at))
        for e in reversed(recent)
    ]
    code, offsets = past.user, deps.engine.offsets
    first, last = (int(offsets[code]), int(offsets[code + 1])) if code else (0, 0)
    rows = slice(max(last - limit, first), last)
    items, times = deps.engine.items[rows].tolist(), deps.engine.times[rows].tolist()
    before = [
        Deed(names[item], titles[item], "history", stamp(at * DAY))
        for item, at in zip(reversed(items), reversed(times), strict=True)
    ]
    out = Person(
        user_id,
        bool(past.user),
        last - first + len(recent),
        (online + before)[:limit],
        [names[item] for item in past.disliked.tolist()],
    )
    return Response(ANSWER.encode(out), media_type="application/json")


def stamp(seconds: float) -> str:
    """ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
