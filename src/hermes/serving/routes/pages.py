"""The demonstration page and the catalogue's pictures."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from hermes.core.errors import NotFound

from ..deps import House

router = APIRouter(include_in_schema=False)
PAGE = Path(__file__).parent.parent / "page"
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".svg", ".avif", ".gif"}
POLICY = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@router.get("/")
async def index() -> FileResponse:
    """The page."""
    return FileResponse(PAGE / "index.html", headers=POLICY)


@router.get("/page/{name}")
async def part(name: str) -> FileResponse:
    """Its style and script."""
    found = inside(PAGE, name)
    if found is None:
        raise NotFound(f"no page {name[:200]!r}")
    return FileResponse(found, headers=POLICY)


@router.get("/pictures/{name:path}")
async def picture(deps: House, name: str) -> Response:
    """A picture of the catalogue; nothing outside its folder can be reached."""
    folder = deps.pictures
    found = inside(folder, name) if folder else None
    if found is None or found.suffix.lower() not in PICTURES:
        raise NotFound(f"no picture {name[:200]!r}")
    headers = {**POLICY, "cache-control": "public, max-age=86400"}
    return FileResponse(found, headers=headers)


def inside(folder: Path, name: str) -> Path | None:
    """The file of that name below the folder, links resolved; None when there is none."""
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder.resolve()) and path.is_file() else None
    except (OSError, ValueError):  # a name too long, or with a zero byte
        return None
