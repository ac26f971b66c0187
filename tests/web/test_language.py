"""The reader's language: of the page, of the reasons and of the agent; and plain words for why."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, expect

from .conftest import House, visit
from .test_pages import axe

STREAMS = {
    "de-AT": "Dein Strom",
    "fr-FR": "Votre fil",
    "es-MX": "Tu selección",
    "ja-JP": "Your stream",
}
LANG = "document.documentElement.lang"


@pytest.mark.parametrize("locale", STREAMS)
def test_the_page_and_its_reasons_speak_as_the_browser_does(
    chromium: Browser, house: House, locale: str
) -> None:
    with visit(chromium, house, locale=locale, reduced_motion="reduce") as seen:
        page = seen.page
        tongue = locale[:2] if locale[:2] != "ja" else "en"
        with page.expect_request(lambda r: r.url.endswith("/v1/recommendations")) as asked:
            seen.to(f"/?user={house.world.user}")
        assert json.loads(asked.value.post_data or "")["language"] == tongue
        assert page.locator("h1").inner_text() == STREAMS[locale]
        assert page.evaluate(LANG) == tongue
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.evaluate("shifts.reduce((a, b) => a + b, 0)") < 0.1
        assert seen.wrong == []


def test_a_language_that_was_chosen_is_kept(chromium: Browser, house: House) -> None:
    with visit(chromium, house, locale="en-GB", reduced_motion="reduce") as seen:
        page = seen.to(f"/?user={house.world.user}")
        page.get_by_role("button", name="Reader:").click()
        with page.expect_request(lambda r: '"language":"de"' in (r.post_data or "")):
            page.locator(".tongue select").focus()
            page.locator(".tongue select").select_option("de")
        expect(page.locator("h1")).to_have_text("Dein Strom")
        expect(page.locator(".tongue select")).to_be_focused()
        expect(page.locator(".wall .card-acts [title='Warum das?']").first).to_be_attached()
        assert page.evaluate(LANG) == "de"
        seen.to("/new")
        assert page.locator("h1").inner_text() == "Neu hier"
        assert seen.wrong == []


def test_the_agent_answers_in_the_language_of_the_page(chromium: Browser, house: House) -> None:
    with visit(chromium, house, locale="fr-FR", reduced_motion="reduce") as seen:
        page = seen.to("/")
        page.locator(".talk").click()
        page.get_by_label("Vos mots").fill("bonjour")
        page.keyboard.press("Enter")
        expect(page.locator(".said-agent")).to_contain_text("Bonjour")
        assert seen.wrong == []


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR", "es-ES"])
def test_in_every_language_a_narrow_page_is_open_to_everybody(
    chromium: Browser, house: House, root, locale: str
) -> None:
    size = {"width": 360, "height": 740}
    with visit(chromium, house, locale=locale, viewport=size, reduced_motion="reduce") as seen:
        for path in (
            f"/?user={house.world.user}",
            "/",
            "/search?q=the",
            f"/items/{house.world.item}",
        ):
            page = seen.to(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
            assert axe(seen, root) == [], path


def test_why_is_told_in_plain_words_and_the_keyboard_reaches_the_others(
    chromium: Browser, house: House, root
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to(f"/?user={house.world.user}")
        page.locator(".lead").get_by_role("button", name="Why this?").click()
        terms = page.locator(".drawer .term")
        words = terms.locator("> span:first-child").all_inner_texts()
        names = {"sasrec", "itemknn", "collaborative", "sequence", "prerank", "popularity", "blend"}
        assert len(words) > 4
        assert not names & set(words)
        stages = page.locator(".funnel .term")
        first = stages.first.locator("[role=tooltip]")
        expect(first).not_to_be_visible()
        page.get_by_role("button", name="Close").focus()
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("!!document.activeElement.closest('.funnel .term')"):
                break
        expect(first).to_be_visible()
        assert "Technically" in first.inner_text()
        page.keyboard.press("ArrowDown")
        expect(stages.nth(1).locator("[role=tooltip]")).to_be_visible()
        assert axe(seen, root) == []
        assert seen.wrong == []
