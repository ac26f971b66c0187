"""The application: a lean door for what is asked most, and FastAPI for everything else.

`Gateway` reads and writes bytes for the three hot routes; FastAPI has the same routes, so that the
documents and OpenAPI are whole, and calls the same functions.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware

from hermes import __version__
from hermes.core.errors import HermesError
from hermes.data.contract import Asset, Event

from . import openapi
from .bodies import JSON, LINES, Receive, Scope, media_type, read
from .deps import Deps
from .problems import MEDIA, Problem, bare, defect, problem
from .routes import (
    agent,
    assets,
    events,
    items,
    operators,
    pages,
    platform,
    recommend,
    search,
    users,
)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
USERS = "/v1/recommendations/users/"
PLAIN = b"application/json"
log = structlog.get_logger()


class Gateway:
    """The ASGI application."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps
        self.rest = ServerErrorMiddleware(api(deps), handler=unforeseen)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Straight to the function for a hot route, else to FastAPI."""
        if scope["type"] != "http":
            await self.rest(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        if method == "POST" and path == "/v1/recommendations":
            await self.hot("recommend", self.page(scope, receive), send, 200)
        elif method == "GET" and path.startswith(USERS):
            await self.hot("recommend_user", self.user(scope), send, 200)
        elif method == "POST" and path == "/v1/events":
            await self.hot("events", self.events(scope, receive), send, 202)
        else:
            await self.rest(scope, receive, counted(self.deps, send))

    async def page(self, scope: Scope, receive: Receive) -> bytes:
        """`POST /v1/recommendations`."""
        raw = await read(scope, receive, self.deps.settings, JSON)
        return await recommend.for_page(self.deps, raw)

    async def user(self, scope: Scope) -> bytes:
        """`GET /v1/recommendations/users/{id}`."""
        query = scope["query_string"].decode("latin-1")
        return await recommend.for_user(self.deps, scope["path"][len(USERS) :], query)

    async def events(self, scope: Scope, receive: Receive) -> bytes:
        """`POST /v1/events`."""
        raw = await read(scope, receive, self.deps.settings, events.MEDIA)
        return await events.accept(self.deps, raw, media_type(scope) in LINES)

    async def hot(self, route: str, work: Awaitable[bytes], send: Send, status: int) -> None:
        """Send what the function gives, or the problem it raises."""
        kind = PLAIN
        try:
            body = await work
        except HermesError as error:
            found = problem(error, uuid.uuid4().hex)
            body, status, kind = msgspec.json.encode(found), found.status, MEDIA.encode()
        except Exception as error:  # noqa: BLE001, the last net of the hot routes
            found = defect(route, error)
            body, status, kind = msgspec.json.encode(found), found.status, MEDIA.encode()
        self.deps.telemetry.request(route, status)
        length = str(len(body)).encode()
        headers = [(b"content-type", kind), (b"content-length", length)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def counted(deps: Deps, send: Send) -> Send:
    """Count the answers of the other routes as one."""

    async def count(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            deps.telemetry.request("other", message["status"])
        await send(message)

    return count


def api(deps: Deps | None) -> FastAPI:
    """Every route, documented; without a house only to be described."""
    app = FastAPI(title="Hermes", version=__version__, lifespan=lifespan, redoc_url=None)
    app.state.deps = deps
    for module in (
        items, recommend, search, agent, events, operators, assets, users, platform, pages
    ):  # fmt: skip
        app.include_router(module.router)
    app.add_exception_handler(HermesError, expected)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, routing)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    return app


def document(app: FastAPI) -> dict[str, Any]:
    """OpenAPI, with the structures that FastAPI does not see."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schema.setdefault("components", {}).setdefault("schemas", {}).update(
            openapi.components((Asset, Event))
        )
        app.openapi_schema = schema
    return app.openapi_schema


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Look at the shelf twice a second; at the end write what waits."""
    deps: Deps = app.state.deps
    gc.collect()
    gc.freeze()  # what was loaded is never garbage
    ticking = asyncio.create_task(tick(deps))
    yield
    ticking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await ticking
    await asyncio.to_thread(deps.close)


async def tick(deps: Deps) -> None:
    """Until cancelled."""
    while True:
        await asyncio.sleep(0.5)
        deps.tick()
        await deps.features.tick(datetime.now(UTC))


def reply(found: Problem) -> Response:
    """As problem+json."""
    return Response(msgspec.json.encode(found), found.status, media_type=MEDIA)


async def expected(_: Request, error: Exception) -> Response:
    """An error of ours."""
    assert isinstance(error, HermesError)
    return reply(problem(error, uuid.uuid4().hex))


async def invalid(_: Request, error: Exception) -> Response:
    """A parameter that FastAPI refused."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    detail = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    title = "The request breaks the contract"
    return reply(bare(422, "invalid", title, detail, uuid.uuid4().hex))


async def routing(request: Request, error: Exception) -> Response:
    """No such route, or not this method."""
    assert isinstance(error, HTTPException)
    page = pages.lost(request) if error.status_code == 404 else None
    if page is not None:
        return page
    code = {404: "no_route", 405: "wrong_method"}.get(error.status_code, "http")
    detail = f"{request.method} {request.url.path[:200]}: {error.detail}; /docs lists the routes"
    found = bare(error.status_code, code, str(error.detail), detail, uuid.uuid4().hex)
    out = reply(found)
    out.headers.update(error.headers or {})
    return out


async def unforeseen(request: Request, error: Exception) -> Response:
    """A defect in any other route."""
    return reply(defect(request.url.path, error))


def write_document(path: Path) -> None:
    """The OpenAPI document, as it is checked in."""
    whole = json.dumps(api(None).openapi(), indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(whole + "\n", encoding="utf-8")
