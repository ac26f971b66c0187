"""What goes wrong is said, and the page goes on."""

from __future__ import annotations

from playwright.sync_api import Browser, Route

from .conftest import House, visit

EVIL = "<script>window.evil = 1</script><img src=x onerror='window.evil = 2'>"


def test_a_script_in_a_title_or_a_description_is_words(chromium: Browser, house: House) -> None:
    card = {
        "domain": "films", "title": f"Evil {EVIL}", "text_content": EVIL, "categories": [EVIL],
        "tags": ["javascript:alert(1)"], "creators": [{"name": EVIL, "role": "director"}],
        "image_uri": "javascript:alert(1)",
    }  # fmt: skip
    assert house.ask("PUT", "/v1/assets/evil", card)[0] == 200
    with visit(chromium, house) as seen:
        page = seen.to("/items/evil")
        assert page.get_by_role("heading", level=1).inner_text() == f"Evil {EVIL}"
        assert page.locator(".item-text").inner_text() == EVIL
        assert page.locator(".item .cover.set").count() == 1
        seen.to("/search?q=" + "%3Cscript%3Ewindow.evil=3%3C/script%3E")
        assert page.evaluate("window.evil") is None
        assert page.locator("main script").count() == 0


def test_a_picture_that_does_not_come_is_set_in_type(chromium: Browser, house: House) -> None:
    with visit(chromium, house) as seen:
        seen.page.route("**/pictures/**", lambda route: route.abort())
        page = seen.to(f"/items/{house.world.item}")
        page.locator(".item .cover.set").wait_for()
        assert page.locator(".item .set-title").inner_text()


def test_a_slow_answer_is_said_to_be_slow_and_can_be_called_off(
    chromium: Browser, house: House
) -> None:
    waiting: list[Route] = []
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.page
        page.route("**/v1/recommendations", lambda route: waiting.append(route))  # noqa: PLW0108
        page.goto(house.address)
        page.get_by_text("This takes longer than it should").wait_for()
        page.get_by_role("button", name="Call it off").click()
        page.get_by_role("heading", name="Called off").wait_for()
        page.unroute_all(behavior="ignoreErrors")
        assert waiting
        page.get_by_role("button", name="Ask again").click()
        page.locator(".wall:not(.bones) .card").first.wait_for()


def test_the_page_waits_for_a_server_that_went_away(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/")
        house.end()
        page.locator(".wall .choose").first.click()
        page.get_by_text("The server does not answer").wait_for()
        assert page.locator(".slot.full").count() == 1
        assert page.locator(".wall .choose").count() > 5, "what was there is still there"
        house.start()
        page.get_by_text("The server is back").wait_for()
        seen.settled()
        user = page.evaluate("localStorage.getItem('hermes.reader')")
        page.get_by_text("A first trace").wait_for()
        house.knows(user, 1)
        page.wait_for_timeout(300)
        assert house.ask("GET", f"/v1/users/{user}")[1]["events"] == 1, "sent twice"


def test_a_reader_nobody_knows_is_told_so(chromium: Browser, house: House) -> None:
    with visit(chromium, house) as seen:
        page = seen.to("/?user=nobody/%F0%9F%A6%8A")
        page.get_by_text("Nobody here knows nobody/🦊").wait_for()
        assert page.locator(".wall .card").count() > 5
        assert seen.wrong == []


def test_a_reader_who_may_not_is_told_so_and_can_go_on(chromium: Browser, house: House) -> None:
    detail = {"title": "Forbidden", "status": 403, "code": "forbidden", "detail": "not your user"}

    def refuse(route: Route) -> None:
        if "somebody-elses" in (route.request.post_data or ""):
            route.fulfill(status=403, json=detail)
        else:
            route.continue_()

    with visit(chromium, house) as seen:
        page = seen.page
        page.route("**/v1/recommendations", refuse)
        page.goto(f"{house.address}/?user=somebody-elses")
        page.get_by_text("This is not yours to see").wait_for()
        page.get_by_text("not your user").wait_for()
        page.get_by_role("button", name="Go on as somebody new").click()
        page.locator(".wall:not(.bones) .choose").first.wait_for()


def test_an_item_that_is_not_there_is_said_not_to_be(chromium: Browser, house: House) -> None:
    with visit(chromium, house) as seen:
        page = seen.page
        page.goto(f"{house.address}/items/nothing%2Fat-all")
        page.get_by_text("Nothing of that name").wait_for()
        page.get_by_role("link", name="Back to your stream").click()
        page.locator(".wall:not(.bones) .card").first.wait_for()
