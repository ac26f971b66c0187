"""The agent at the side: it streams, it remembers, and it says when it was cut off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .conftest import House, visit


@pytest.fixture(scope="module")
def speaks(root: Path) -> bool:
    """Whether the server of this tree has an agent."""
    document = json.loads((root / "docs" / "openapi.json").read_text("utf-8"))
    return "/v1/agent" in document["paths"]


def opened(page: Page) -> Page:
    page.get_by_role("button", name="Talk about").click()
    return page


def say(page: Page, text: str) -> None:
    page.get_by_label("Your words").fill(text)
    page.keyboard.press("Enter")


def sent(*events: tuple[str, object]) -> str:
    return "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)


def test_the_panel_takes_the_focus_and_gives_it_back(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = opened(seen.to("/"))
        expect(page.get_by_label("Your words")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".agent")).to_be_hidden()
        expect(page.get_by_role("button", name="Talk about")).to_be_focused()


def test_a_wish_becomes_chips_and_a_slate(chromium: Browser, house: House, speaks: bool) -> None:
    heard = list[str]()

    def through(route: Route) -> None:
        answer = route.fetch()
        heard.append(answer.text())
        route.fulfill(response=answer)

    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = opened(seen.to("/"))
        if not speaks:
            expect(page.get_by_text("This server has no agent")).to_be_visible()
            return
        expect(page.get_by_text("No language model is here")).to_be_visible()
        page.route("**/v1/agent", through)
        say(page, "a comedy, no horror")
        expect(page.locator(".agent .chip", has_text="Comedy")).to_be_visible()
        page.locator(".agent .card").first.wait_for()
        slate = heard[0].split("event: slate\ndata: ")[1].split("\n")[0]
        reasons = [item["reasons"][0]["text"] for item in json.loads(slate)["items"]]
        assert page.locator(".agent .card-by").all_inner_texts() == reasons
        page.get_by_role("button", name="Forget").first.click()
        expect(page.locator(".agent .chip")).to_have_count(1)
        assert seen.wrong == []


def test_an_answer_that_breaks_off_is_said_to(
    chromium: Browser, house: House, speaks: bool
) -> None:
    parts = [("state", {"state": "searching", "milliseconds": 1.0, "note": ""})]
    half = sent(*parts, ("token", {"text": "Two quiet "})) + "event: token\ndata: {"

    def cut(route: Route) -> None:
        route.fulfill(status=200, body=half, headers={"content-type": "text/event-stream"})

    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.page
        page.route("**/v1/agent", cut)
        opened(seen.to("/"))
        say(page, "something quiet")
        if not speaks:
            expect(page.locator(".said-reader")).to_have_count(0)
            return
        expect(page.get_by_text("Two quiet")).to_be_visible()
        expect(page.get_by_text("The answer broke off in the middle")).to_be_visible()
        page.unroute_all(behavior="ignoreErrors")
        say(page, "comedy")
        page.locator(".agent .card").first.wait_for()


def test_a_server_that_goes_away_in_a_conversation_is_said_to_be_away(
    chromium: Browser, house: House, speaks: bool
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = opened(seen.to("/"))
        if not speaks:
            expect(page.get_by_text("This server has no agent")).to_be_visible()
            return
        page.route("**/v1/agent", lambda route: route.abort())
        page.route("**/health/live", lambda route: route.abort())
        say(page, "something quiet")
        expect(page.locator(".said-agent").get_by_text("does not answer")).to_be_visible()
        expect(page.locator(".banner").get_by_text("does not answer")).to_be_visible()
        page.unroute_all(behavior="ignoreErrors")
        expect(page.get_by_text("The server is back")).to_be_visible(timeout=20_000)
        say(page, "comedy")
        page.locator(".agent .card").first.wait_for()
