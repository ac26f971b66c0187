"""Somebody nobody knows becomes somebody, and sees it happen."""

from __future__ import annotations

import os

from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import House, visit

# From the next click to the frame that shows another stream, in milliseconds.
WATCH = """() => { window.change = new Promise(resolve => {
  const names = () => [...document.querySelectorAll('.wall [data-flip]')].map(e => e.dataset.flip).join();
  const before = names();
  let began;
  addEventListener('click', () => { began = performance.now(); }, {capture: true, once: true});
  const watch = new MutationObserver(() => {
    if (names() === before) return;
    watch.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - began));
  });
  watch.observe(document.querySelector('main'), {childList: true, subtree: true});
}); }"""  # noqa: E501


def choose(card: Locator) -> float:
    """Clicks as a hand does; milliseconds until the stream has changed."""
    page = card.page
    page.evaluate(WATCH)
    card.click()
    return float(page.evaluate("change"))


def become(page: Page) -> list[float]:
    """Five clicks on films where there are any; milliseconds of each."""
    took = []
    for _ in range(5):
        films = page.locator(".wall [data-domain=films] .choose")
        took.append(choose((films if films.count() else page.locator(".wall .choose")).first))
    return took


def test_each_of_five_clicks_is_on_screen_within_200_ms(chromium: Browser, house: House) -> None:
    tries = []
    for _ in range(5):  # another test may have the processor
        with visit(chromium, house, viewport={"width": 1280, "height": 800}) as seen:
            page = seen.to("/")
            took = become(page)
            page.wait_for_selector(".lead")
            assert page.locator(".slot.full").count() == 5
            assert page.get_by_role("heading", level=1).inner_text() == "You have become somebody"
            assert seen.wrong == []
            assert page.evaluate("performance.eventCounts.get('click')") == 5
            tries.append((max(took), max(page.evaluate("inputs"), default=0.0)))
        if tries[-1][0] <= 200 and tries[-1][1] <= 100:
            break
    busy = max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))  # others on each core
    assert min(clicks for clicks, _ in tries) <= 200 * busy, (tries, busy)
    assert min(inputs for _, inputs in tries) <= 100 * busy, (tries, busy)


def test_what_was_chosen_is_in_the_log_and_turns_the_stream(
    chromium: Browser, house: House
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/")
        before = set(shown(page))
        become(page)
        page.wait_for_selector(".lead")
        user = page.evaluate("localStorage.getItem('hermes.reader')")
        chosen = {deed["asset_id"] for deed in house.knows(user, 5)["history"]}
        assert len(chosen) == 5
        after = set(shown(page))
        assert not after & chosen
        assert len(after - before) >= 3


def shown(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.wall [data-flip]')].slice(0, 20).map(e => e.dataset.flip)"
    )
    return found


def test_a_click_can_be_taken_back_and_all_of_them_begun_again(
    chromium: Browser, house: House
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/")
        first = page.evaluate("localStorage.getItem('hermes.reader')")
        for _ in range(2):
            choose(page.locator(".wall .choose").first)
        page.locator(".slot").first.hover()
        page.get_by_role("button", name="Take back").first.click()
        expect(page.locator(".slot.full")).to_have_count(1)
        second = page.evaluate("localStorage.getItem('hermes.reader')")
        assert second != first
        house.knows(second, 1)
        page.get_by_role("button", name="Start over").click()
        expect(page.locator(".slot.full")).to_have_count(0)
        third = page.evaluate("localStorage.getItem('hermes.reader')")
        assert third not in (first, second)
        assert house.ask("GET", f"/v1/users/{third}")[0] == 404


def test_a_known_reader_is_chosen_from_the_list_and_likes_something(
    chromium: Browser, house: House
) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/")
        page.get_by_role("button", name="Reader:").click()
        page.get_by_label("Somebody who has been here").fill(house.world.user)
        page.get_by_role("button", name=house.world.user, exact=True).click()
        page.wait_for_selector(".lead")
        page.get_by_text(f"For {house.world.user}").wait_for()
        before = house.ask("GET", f"/v1/users/{house.world.user}")[1]["events"]
        page.locator(".lead").get_by_role("button", name="Like").click()
        page.get_by_text(f"after {before + 1} things done").wait_for()
        assert seen.wrong == []


def test_variety_changes_the_stream(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to(f"/?user={house.world.user}")
        with page.expect_request(
            lambda r: "recommendations" in r.url and '"diversity":1' in (r.post_data or "")
        ):
            page.get_by_label("Variety").fill("1")
        seen.settled()
        page.get_by_role("button", name="as it was made").click()
        page.get_by_text("as it comes").wait_for()
