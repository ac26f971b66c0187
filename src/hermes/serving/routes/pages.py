"""The application that was built from `web/`, and the catalogue's pictures."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from hermes.core.errors import NotFound

from ..deps import House

router = APIRouter(include_in_schema=False)
BUILT = Path(__file__).parent.parent / "web"  # `npm run build` writes it
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".svg", ".avif", ".gif"}
POLICY = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
FRESH = {**POLICY, "cache-control": "no-cache"}
LASTING = {**POLICY, "cache-control": "public, max-age=31536000, immutable"}
SMALLER = {"br": ".br", "gzip": ".gz"}  # what is sent in place of a file, the smallest first
UNBUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Hermes</title>
<h1>Hermes serves</h1>
<p>The application is not here: it is built from <code>web/</code>, which needs Node.
<code>make web</code> builds it, and the next look at this page shows it. A wheel brings it
along.</p>
<p>What it would ask can be asked at <a href="/docs">/docs</a>.</p>
</html>
"""


@router.get("/")
@router.get("/search")
@router.get("/new")
@router.get("/operators")
async def index(request: Request) -> Response:
    """The application; which of its pages is meant, it reads from the address."""
    if not (BUILT / "index.html").is_file():
        return HTMLResponse(UNBUILT, headers=FRESH)
    return sent(request, BUILT / "index.html", FRESH)


@router.get("/domains/{name:path}")
@router.get("/items/{name:path}")
@router.get("/operators/{name:path}")
async def inner(request: Request, name: str) -> Response:
    """A page of the application with a name in its address, which may hold slashes."""
    del name
    return await index(request)


def lost(request: Request) -> Response | None:
    """The application, to say so, for a browser at an address of nobody; None for all others."""
    page = "text/html" in request.headers.get("accept", "") and request.method == "GET"
    if not page or request.url.path.startswith("/v1/") or not (BUILT / "index.html").is_file():
        return None
    found = sent(request, BUILT / "index.html", FRESH)
    found.status_code = 404
    return found


@router.get("/app/{name:path}")
async def part(request: Request, name: str) -> Response:
    """Its scripts, styles and faces; their names hold a hash, so that they never change."""
    found = inside(BUILT / "app", name)
    if found is None:
        raise NotFound(f"no part of the application {name[:200]!r}")
    return sent(request, found, LASTING)


@router.get("/wing.svg")
async def icon(request: Request) -> Response:
    """The sign in the browser's tab."""
    found = inside(BUILT, "wing.svg")
    if found is None:
        raise NotFound("the application is not built: make web")
    return sent(request, found, FRESH)


@router.get("/pictures/{name:path}")
async def picture(deps: House, name: str) -> Response:
    """A picture of the catalogue; nothing outside its folder can be reached."""
    folder = deps.pictures
    found = inside(folder, name) if folder else None
    if found is None or found.suffix.lower() not in PICTURES:
        raise NotFound(f"no picture {name[:200]!r}")
    headers = {**POLICY, "cache-control": "public, max-age=86400"}
    return FileResponse(found, headers=headers)


def sent(request: Request, path: Path, headers: dict[str, str]) -> FileResponse:
    """The file, in the smallest form that lies beside it and that the browser takes."""
    kind = mimetypes.guess_type(path.name)[0]
    headers = {**headers, "vary": "accept-encoding"}
    taken = accepted(request.headers.get("accept-encoding", ""))
    for encoding, suffix in SMALLER.items():
        smaller = path.with_name(path.name + suffix)
        if encoding in taken and smaller.is_file():
            headers["content-encoding"] = encoding
            return FileResponse(smaller, headers=headers, media_type=kind)
    return FileResponse(path, headers=headers, media_type=kind)


def accepted(header: str) -> set[str]:
    """The encodings that a browser takes.

    >>> sorted(accepted("gzip, br;q=0, *;q=0.1"))
    ['*', 'gzip']
    """
    parts = (one.replace(" ", "").lower().partition(";") for one in header.split(","))
    return {name for name, _, rest in parts if rest not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}}


def inside(folder: Path, name: str) -> Path | None:
    """The file of that name below the folder, links resolved; None when there is none."""
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):  # a name too long, or with a zero byte
        return None
