"""What is done twice, taken back or left in the middle: nothing counts double or is lost."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import House, Visit, visit
from .test_newcomer import become, choose


def deeds(page: Page) -> list[str]:
    kept = json.loads(page.evaluate("localStorage.getItem('hermes.deeds')"))
    return [f"{deed['kind']} {deed['asset']['asset_id']}" for deed in kept["deeds"]]


def read_as(page: Page, user: str) -> None:
    page.get_by_role("button", name="Reader:").click()
    page.get_by_label("Somebody who has been here").fill(user)
    page.keyboard.press("Enter")
    page.locator(f".top[data-user={user}]").wait_for()


def test_a_second_click_on_the_same_counts_once(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/")
        card = page.locator(".wall .choose").first
        card.dblclick()
        page.get_by_role("heading", name="A first trace").wait_for()
        assert len(deeds(page)) == 1
        house.knows(page.evaluate("localStorage.getItem('hermes.reader')"), 1)


def test_what_is_taken_back_in_a_hurry_is_all_taken_back(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/")
        become(page)
        page.evaluate(
            "[...document.querySelectorAll('.slot-undo')].slice(0, 2).map(e => e.click())"
        )
        expect(page.locator(".slot.full")).to_have_count(3)
        assert len(deeds(page)) == 3
        house.knows(page.evaluate("localStorage.getItem('hermes.reader')"), 3)


def test_two_tabs_of_a_newcomer_know_of_each_other(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/")
        other = Visit(page.context.new_page(), house.address).to("/")
        choose(page.locator(".wall .choose").first)
        expect(other.locator(".slot.full")).to_have_count(1)
        choose(other.locator(".wall .choose").last)
        expect(page.locator(".slot.full")).to_have_count(2)
        assert len(deeds(page)) == 2
        house.knows(page.evaluate("localStorage.getItem('hermes.reader')"), 2)
        read_as(other, "elsewhere")
        other.locator(".lead").get_by_role("button", name="Like").click()
        house.knows("elsewhere", 1)
        expect(page.locator(".slot.full")).to_have_count(2)
        expect(page.locator(".top")).not_to_have_attribute("data-user", "elsewhere")


def test_the_address_and_the_reader_are_of_one_mind(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/?user=one")
        read_as(page, "two")
        assert page.url == f"{house.address}/"
        seen.to("/?user=one")
        page.locator(".places").get_by_role("link", name="Films").click()
        page.get_by_role("heading", name="Films", level=1).wait_for()
        read_as(page, "two")
        page.go_back()
        page.get_by_role("heading", name="Films", level=1).wait_for()
        expect(page.locator(".top")).to_have_attribute("data-user", "two")
        page.go_back()
        page.wait_for_url("**/?user=one")
        expect(page.locator(".top")).to_have_attribute("data-user", "one")
        expect(page.locator(".lately")).to_contain_text("one")


SECOND = """() => new Promise(done => {
  const title = () => document.querySelector('.lead-title').textContent;
  const before = title();
  const watch = new MutationObserver(() => {
    if (title() === before) return;
    watch.disconnect();
    document.querySelector('.lead-acts .pill').click();
    done(before);
  });
  const all = {childList: true, subtree: true, characterData: true};
  watch.observe(document.querySelector('main'), all);
  document.querySelector('.lead-acts .pill').click();
})"""


def test_a_second_click_is_not_for_what_slid_under_it(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/?user=hasty")
        first = page.evaluate(SECOND)
        expect(page.locator(".lead-did")).to_have_text(f"Liked: {first}")
        page.wait_for_timeout(700)
        house.knows("hasty", 1)
        assert len(deeds(page)) == 1
        page.locator(".lead").get_by_role("button", name="Like").click()
        house.knows("hasty", 2)


def test_enter_chooses_a_reader_and_shuts_the_menu(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/")
        page.get_by_role("button", name="Reader:").click()
        page.get_by_label("Somebody who has been here").fill(house.world.user)
        page.keyboard.press("Enter")
        page.get_by_text(f"For {house.world.user}").wait_for()
        expect(page.locator("#reader")).to_be_hidden()


def test_what_was_waved_away_stays_away_after_somebody_else(
    chromium: Browser, house: House
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/?user=returns")
        card = page.locator(".wall .card").first
        name = card.get_attribute("data-flip")
        card.get_by_role("button", name="Not for me").click(force=True)
        page.locator(f"[data-flip='{name}']").wait_for(state="detached")
        for user in ("meanwhile", "returns"):
            read_as(page, user)
            seen.settled()
        assert page.locator(f"[data-flip='{name}']").count() == 0


def test_the_focus_goes_on_to_what_takes_the_place(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to(f"/?user={house.world.user}")
        card = page.locator(".wall .card").nth(1)
        name = card.get_attribute("data-flip")
        card.locator(".card-open").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator(f".wall [data-flip='{name}']").wait_for(state="detached")
        expect(page.locator(".wall .card").nth(1).locator(".card-open")).to_be_focused()


def test_the_way_back_leads_out_of_the_drawer(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to(f"/?user={house.world.user}")
        page.locator(".places").get_by_role("link", name="Films").click()
        page.get_by_role("heading", name="Films", level=1).wait_for()
        seen.settled()
        page.locator(".lead").get_by_role("button", name="Why this?").click()
        page.locator("dialog[open]").wait_for()
        page.go_back()
        page.get_by_role("heading", name="Your stream").wait_for()
        expect(page.locator("dialog[open]")).to_have_count(0)


def test_the_way_back_leads_to_where_one_was(chromium: Browser, house: House) -> None:
    with visit(chromium, house, viewport={"width": 1280, "height": 600}) as seen:
        page = seen.to(f"/?user={house.world.user}")
        page.evaluate("scrollTo(0, 1e5)")
        page.wait_for_timeout(300)
        left = page.evaluate("scrollY")
        place = page.locator(".places").get_by_role("link", name="Just in").bounding_box()
        assert place
        page.mouse.click(place["x"] + 8, place["y"] + 8)  # a locator's click would scroll first
        page.get_by_role("heading", name="Just in", level=1).wait_for()
        page.go_back()
        page.get_by_role("heading", name="Your stream").wait_for()
        page.wait_for_timeout(600)
        assert left > 0
        assert abs(page.evaluate("scrollY") - left) <= 40


def test_hurrying_back_and_forth_is_no_error(chromium: Browser, house: House) -> None:
    with visit(chromium, house) as seen:
        page = seen.to(f"/?user={house.world.user}")
        page.locator(".places").get_by_role("link", name="Films").click()
        page.get_by_role("heading", name="Films", level=1).wait_for()
        for _ in range(4):
            page.evaluate("history.back()")
            page.evaluate("history.forward()")
        page.wait_for_timeout(800)
        assert seen.wrong == []


def test_a_domain_nobody_has_is_no_page(chromium: Browser, house: House) -> None:
    with visit(chromium, house) as seen:
        page = seen.page
        page.goto(f"{house.address}/domains/nope")
        page.get_by_role("heading", name="Nothing lives here").wait_for()


def test_what_arrives_is_there_when_the_page_is_opened_again(
    chromium: Browser, house: House
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/new")
        card = {"domain": "films", "title": "Late for Everything"}
        assert house.ask("PUT", "/v1/assets/late-for-everything", card)[0] == 200
        page.get_by_role("link", name="Everything", exact=True).click()
        page.get_by_role("link", name="Just in").click()
        page.get_by_role("heading", name="Late for Everything").wait_for()
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("width", [360, 1280])
def test_a_conversation_outlasts_its_panel(chromium: Browser, house: House, width: int) -> None:
    with visit(chromium, house, viewport={"width": width, "height": 740}) as seen:
        page = seen.to("/")
        page.get_by_role("button", name="Talk about").click()
        page.get_by_label("Your words").fill("a comedy")
        page.keyboard.press("Enter")
        found = page.locator(".agent .card-open").first
        found.click()
        page.locator(".item h1").wait_for()
        if width == 360:  # there the panel would hide where the link has led
            expect(page.locator(".agent")).to_be_hidden()
            page.get_by_role("button", name="Talk about").click()
        expect(page.locator(".said-reader")).to_have_text("a comedy")
        expect(page.locator(".agent .card-open").first).to_be_visible()
