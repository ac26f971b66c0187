"""A search that is narrowed asks the server again, and the address says how."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, expect

from .conftest import House, visit

SEARCH = "/search?q=night"


def shown(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.found-items [data-flip]')].map(e => e.dataset.flip)"
    )
    return found


def answered(house: House, address: str) -> list[str]:
    """What the server itself says to the address's question."""
    hits = house.ask("GET", f"/v1/search?k=60&{urlsplit(address).query}")[1]
    return [hit["asset_id"] for hit in hits["items"]]


def test_a_facet_asks_the_server_and_shows_what_was_counted(
    chromium: Browser, house: House
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to(SEARCH)
        value = page.locator(".facets fieldset", has_text="Domain").locator(".facet").last
        count = int(value.locator("small").inner_text())
        name = value.inner_text().removesuffix(str(count)).strip()
        with page.expect_request(lambda r: f"domain={name.lower()}" in r.url):
            value.click()
        expect(page.get_by_role("button", name=name, exact=False).first).to_be_attached()
        expect(page.locator(".facet[aria-pressed=true]")).to_have_text(f"{name} {count}")
        seen.settled()
        assert parse_qs(urlsplit(page.url).query) == {"q": ["night"], "domain": [name.lower()]}
        assert shown(page) == answered(house, page.url)
        assert len(shown(page)) == min(count, 60)
        assert seen.wrong == []


def test_the_way_back_takes_the_last_facet_off_and_an_address_can_be_sent_to_others(
    chromium: Browser, house: House
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to(SEARCH)
        whole = shown(page)
        page.locator(".facets fieldset", has_text="Category").locator(".facet").first.click()
        expect(page.locator(".facet[aria-pressed=true]")).to_have_count(1)
        seen.settled()
        once = page.url
        page.locator(".facets fieldset", has_text="Decade").locator(".facet").last.click()
        expect(page.locator(".facet[aria-pressed=true]")).to_have_count(2)
        twice = page.url
        assert page.evaluate("document.activeElement.className") == "facet"
        page.go_back()
        expect(page.locator(".facet[aria-pressed=true]")).to_have_count(1)
        assert page.url == once
        page.go_back()
        expect(page.locator(".facet[aria-pressed=true]")).to_have_count(0)
        seen.settled()
        assert shown(page) == whole
        seen.to(twice.removeprefix(house.address))
        expect(page.locator(".facet[aria-pressed=true]")).to_have_count(2)
        assert shown(page) == answered(house, twice)
        page.get_by_role("button", name="show all again").click()
        expect(page.locator(".facet[aria-pressed=true]")).to_have_count(0)
        seen.settled()
        assert shown(page) == whole


def test_a_condition_taken_back_can_be_understood_again_by_going_back(
    chromium: Browser, house: House
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/search?q=comedy%20no%20horror")
        expect(page.locator(".understood .chip")).to_have_count(2)
        page.get_by_role("button", name="Take back not Horror").click()
        expect(page.locator(".understood .chip")).to_have_count(1)
        page.go_back()
        expect(page.locator(".understood .chip")).to_have_count(2)


def test_a_value_nobody_knows_in_an_address_is_said_to_be_one(
    chromium: Browser, house: House
) -> None:
    with visit(chromium, house) as seen:
        page = seen.page
        page.goto(f"{house.address}{SEARCH}&category=Weather")
        page.get_by_text("unknown name 'Weather'").wait_for()
