"""The pictures of the documents are drawn by the application itself: `--pictures docs/images`."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from .conftest import House, Visit, visit
from .test_newcomer import CLICK

HEAVIEST = 200_000  # bytes
WIDE = {"width": 1280, "height": 800}


def settle(page: Page) -> bytes:
    """What is in sight, when its pictures have come and nothing moves."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)
    return page.screenshot()


def home(seen: Visit, house: House) -> bytes:
    return settle(seen.to(f"/?user={house.world.user}"))


def newcomer(seen: Visit, house: House) -> bytes:
    del house
    page = seen.to("/")
    for _ in range(2):
        page.locator(".wall .choose").first.evaluate(CLICK)
    return settle(page)


def why(seen: Visit, house: House) -> bytes:
    page = seen.to(f"/?user={house.world.user}")
    page.get_by_role("button", name="Why this?").first.click()
    return settle(page)


def item(seen: Visit, house: House) -> bytes:
    return settle(seen.to(f"/items/{house.world.item}"))


def search(seen: Visit, house: House) -> bytes:
    del house
    return settle(seen.to("/search?q=comedy%20no%20horror"))


SHOTS = {
    "app-home": (home, "light", WIDE),
    "app-newcomer": (newcomer, "dark", WIDE),
    "app-why": (why, "light", WIDE),
    "app-search": (search, "dark", WIDE),
    "app-phone": (item, "light", {"width": 390, "height": 800}),
}


@pytest.mark.parametrize("name", SHOTS)
def test_a_picture_shows_something_and_weighs_little(
    chromium: Browser, house: House, tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    draw, light, size = SHOTS[name]
    with visit(chromium, house, viewport=size, color_scheme=light, reduced_motion="reduce") as seen:
        drawn = Image.open(io.BytesIO(draw(seen, house))).convert("RGB")
    palette = drawn.quantize(160, dither=Image.Dither.NONE)
    path = Path(request.config.getoption("--pictures", default="") or tmp_path) / f"{name}.png"
    palette.save(path, optimize=True)
    assert len(drawn.getcolors(1 << 24) or []) > 1000, "hardly anything was drawn"
    assert path.stat().st_size < HEAVIEST
