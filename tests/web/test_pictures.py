"""The pictures of the documents are drawn by the application itself: `--pictures docs/images`."""

from __future__ import annotations

import io
import math
import time
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from .conftest import House, Visit, visit
from .test_newcomer import choose

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
        choose(page.locator(".wall .choose").first)
    page.mouse.move(0, 0)
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


def light_of(drawn: Image.Image, dither: Image.Dither) -> Image.Image:
    """In 256 colours, for which the few of the header count as much as the pictures' many."""
    header = drawn.crop((0, 0, drawn.width, 64)).resize((drawn.width, drawn.height // 2))
    both = Image.new("RGB", (drawn.width, drawn.height + header.height))
    both.paste(drawn, (0, 0))
    both.paste(header, (0, drawn.height))
    return drawn.quantize(palette=both.quantize(256), dither=dither)


def request(seen: Visit, house: House) -> bytes:
    return settle(seen.to(f"/operators/request?user={house.world.user}"))


def health(seen: Visit, house: House) -> bytes:
    until = time.monotonic() + 5
    while time.monotonic() < until:
        house.ask("POST", "/v1/recommendations", {"user": house.world.user})
        time.sleep(0.03 + 0.1 * abs(math.sin(3 * time.monotonic())))
    return settle(seen.to("/operators"))


SHOTS = {
    "app-home": (home, "light", {"width": 1120, "height": 820}),
    "app-newcomer": (newcomer, "dark", {"width": 1100, "height": 740}),
    "app-why": (why, "light", WIDE),
    "app-search": (search, "dark", WIDE),
    "app-request": (request, "light", {"width": 1280, "height": 1050}),
    "app-health": (health, "dark", WIDE),
    "app-phone": (item, "light", {"width": 390, "height": 800}),
}


@pytest.mark.parametrize("name", SHOTS)
def test_a_picture_shows_something_and_weighs_little(
    chromium: Browser, house: House, tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    draw, light, size = SHOTS[name]
    with visit(chromium, house, viewport=size, color_scheme=light, reduced_motion="reduce") as seen:
        drawn = Image.open(io.BytesIO(draw(seen, house))).convert("RGB")
    path = Path(request.config.getoption("--pictures", default="") or tmp_path) / f"{name}.png"
    for dither in (Image.Dither.FLOYDSTEINBERG, Image.Dither.NONE):
        light_of(drawn, dither).save(path, optimize=True)
        if path.stat().st_size < HEAVIEST:
            break
    assert len(drawn.getcolors(1 << 24) or []) > 1000, "hardly anything was drawn"
    assert path.stat().st_size < HEAVIEST
