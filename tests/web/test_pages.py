"""Every page, in both lights, from a phone to a wall: quiet, still, and open to everybody."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from .conftest import House, Visit, visit

WIDTHS = {360: 740, 768: 1024, 1280: 800, 2560: 1440}
AXED = (360, 1280)  # widths at which the layout itself differs
SCRIPT = 150_000  # bytes, compressed


def pages(house: House) -> dict[str, str]:
    world = house.world
    return {
        "home": f"/?user={world.user}",
        "domain": "/domains/films",
        "search": "/search?q=comedy%20no%20horror",
        "nothing found": "/search?q=zzzzqqqq",
        "item": f"/items/{world.item}",
        "arrivals": "/new",
        "operators": "/operators",
        "one request": "/operators/request",
        "catalogue": "/operators/catalogue",
        "training": "/operators/training",
        "cards": "/operators/cards",
        "nowhere": "/operators/nowhere",
    }


def axe(seen: Visit, root: Path) -> list[str]:
    """What axe-core finds, each rule with the first place that breaks it."""
    library = root / "web" / "node_modules" / "axe-core" / "axe.min.js"
    seen.page.evaluate(library.read_text("utf-8"))
    found: dict[str, Any] = seen.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found["violations"]]


@pytest.mark.parametrize("light", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_quiet_still_and_open_to_everybody(
    chromium: Browser, house: House, root: Path, width: int, light: str
) -> None:
    size = {"width": width, "height": WIDTHS[width]}
    with visit(chromium, house, viewport=size, color_scheme=light, reduced_motion="reduce") as seen:
        for name, path in pages(house).items():
            page = seen.to(path)
            assert seen.wrong == [], name
            assert page.evaluate("shifts.reduce((a, b) => a + b, 0)") < 0.1, name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            if width in AXED:
                assert axe(seen, root) == [], name


@pytest.mark.parametrize(("width", "light"), [(360, "light"), (390, "dark")])
def test_a_phone_shows_the_lead_at_once_and_tunes_on_demand(
    chromium: Browser, house: House, root: Path, width: int, light: str
) -> None:
    size = {"width": width, "height": 780}
    with visit(chromium, house, viewport=size, color_scheme=light, reduced_motion="reduce") as seen:
        page = seen.to(f"/?user={house.world.user}")
        for part in (".lead-cover", ".lead-title", ".lead .reason", ".lead-acts"):
            box = page.locator(part).bounding_box()
            assert box and box["y"] + box["height"] < 780, part
        assert not page.get_by_label("Variety").is_visible()
        page.get_by_role("button", name="Tune").click()
        page.get_by_label("Variety").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("shifts.reduce((a, b) => a + b, 0)") < 0.1
        assert axe(seen, root) == []


def test_what_opens_over_a_page_is_open_to_everybody(
    chromium: Browser, house: House, root: Path
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to(f"/?user={house.world.user}")
        page.get_by_role("button", name="Why this?").first.click()
        page.wait_for_selector("dialog[open]")
        assert axe(seen, root) == []
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Reader:").click()
        page.wait_for_selector(".people li")
        assert axe(seen, root) == []
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Talk about").click()
        assert axe(seen, root) == []
        page.keyboard.press("/")
        page.get_by_role("combobox", name="Search").fill("the")
        page.wait_for_selector("[role=option]")
        assert axe(seen, root) == []
        assert seen.wrong == []


def test_a_first_load_is_under_150_kb_of_script(chromium: Browser, house: House) -> None:
    with visit(chromium, house) as seen:
        seen.to("/")
        sent = seen.page.evaluate(
            "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.js'))"
            ".map(e => [e.name, e.encodedBodySize, e.decodedBodySize])"
        )
    assert sent
    assert 10_000 < sum(size for _, size, _ in sent) < SCRIPT
    assert all(size < whole for _, size, whole in sent), "a script was sent uncompressed"


def test_all_scripts_of_the_application_together_are_under_150_kb(built: Path) -> None:
    scripts = list(built.rglob("*.js"))
    assert scripts
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in scripts) < SCRIPT


def test_the_light_can_be_chosen_and_is_kept(chromium: Browser, house: House) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    with visit(chromium, house, color_scheme="light", reduced_motion="reduce") as seen:
        page = seen.to("/")
        before = page.evaluate(paper)
        page.get_by_role("button", name="Reader:").click()
        page.get_by_label("Dark", exact=True).check()
        after = page.evaluate(paper)
        assert after != before
        assert seen.to("/new").evaluate(paper) == after


def test_the_keyboard_leads_everywhere(chromium: Browser, house: House) -> None:
    focused = "document.activeElement.closest('li')?.dataset.flip"
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to(f"/?user={house.world.user}")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
        page.locator(".wall [data-stop]").first.focus()
        first = page.evaluate(focused)
        page.keyboard.press("ArrowRight")
        assert page.evaluate(focused) != first
        page.keyboard.press("Home")
        assert page.evaluate(focused) == first
        page.keyboard.press("ArrowDown")
        assert page.evaluate(focused) != first
        page.keyboard.press("Tab")
        opener = page.evaluate("document.activeElement.getAttribute('aria-label')")
        page.locator(".wall .card-acts [title='Why this?']").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog[open]")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        assert page.evaluate("document.activeElement.title") == "Why this?"
        assert opener
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.getAttribute('role')") == "combobox"
