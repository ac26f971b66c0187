"""The operators' pages: what they show is what the server says, to the eye and to a reader."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from hermes.artifacts.training import Diary, beside

from .conftest import House, visit
from .test_pages import axe

ASK = {"user": "somebody", "k": 5}


def test_health_counts_what_was_asked(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/operators")
        told = house.ask("GET", "/v1/platform/stages")[1]["requests"]
        for _ in range(3):
            house.ask("POST", "/v1/recommendations", ASK)
        expect(page.locator(".figures")).to_contain_text(f"{told + 3} slates", timeout=8000)
        page.get_by_text("As a table").nth(1).click()
        expect(page.get_by_role("row", name=re.compile("^retrieval"))).to_be_visible()


def test_labels_of_an_axis_do_not_touch(chromium: Browser, house: House) -> None:
    house.ask("POST", "/v1/recommendations", ASK)
    ends = "all => all.map(e => e.getBoundingClientRect()).map(b => [b.left, b.right])"
    for width in (360, 1280, 2560):
        size = {"width": width, "height": 800}
        with visit(chromium, house, viewport=size, reduced_motion="reduce") as seen:
            labels = seen.to("/operators").locator(".marks span:not([hidden])")
            expect(labels.nth(1)).to_be_visible()
            places = labels.evaluate_all(ends)
            assert all(a[1] + 4 < b[0] for a, b in pairwise(places)), (width, places)


@pytest.mark.parametrize(
    ("word", "words", "change"),
    [
        ("Well", "Every request has got an answer", {"answers": {}, "degraded": {}}),
        ("Degraded", "1 stage did not always", {"answers": {}, "degraded": {"rank": 2}}),
        (
            "Failing",
            "3 of 12 requests got no answer",
            {"answers": {"slate 200": 9, "slate 500": 3}},
        ),
    ],
)
def test_health_is_a_word_a_colour_and_a_sign(
    chromium: Browser, house: House, root: Path, word: str, words: str, change: dict[str, object]
) -> None:
    told = house.ask("GET", "/v1/platform/stages")[1]
    with visit(chromium, house, reduced_motion="reduce") as seen:
        seen.page.route("**/v1/platform/stages", lambda r: r.fulfill(json={**told, **change}))
        verdict = seen.to("/operators").locator(".verdict")
        expect(verdict.locator("b")).to_have_text(word)
        expect(verdict).to_contain_text(words)
        expect(verdict.locator(".icon")).to_be_visible()
        assert axe(seen, root) == []


def test_the_row_of_whatever_is_unknown_is_no_item(chromium: Browser, house: House) -> None:
    rows = house.ask("GET", "/v1/platform/training")[1]["history"][0]["items"]
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/operators/training")
        serves = page.get_by_role("row", name=re.compile("serves"))
        expect(serves).to_contain_text(f"{rows - 1:,}")


def test_a_request_is_sent_drawn_and_told_stage_by_stage(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/operators/request")
        with page.expect_response("**/v1/recommendations") as sent:
            page.get_by_role("button", name="Send a request").click()
        answer = json.loads(sent.value.body())
        expect(page.locator(".thread")).to_have_count(len(answer["items"]))
        rows = page.locator(".falls tbody tr")
        expect(rows).to_have_count(len(answer["funnel"]))
        expect(rows.last).to_contain_text(f"{len(answer['items'])}")
        titles = page.locator(".came a").all_inner_texts()
        assert titles == [item["asset"]["title"] for item in answer["items"]]
        page.locator(".came a").first.focus()
        expect(page.locator(".thread[data-lit]")).to_have_count(1)


def test_one_of_the_last_requests_can_be_chosen(chromium: Browser, house: House) -> None:
    asked = house.ask("POST", "/v1/recommendations", ASK)[1]["request_id"]
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/operators/request")
        page.get_by_role("button", name=asked[:8]).click()
        expect(page.locator(".chart [role=status]")).to_contain_text(asked[:8])
        expect(page.locator(".thread")).to_have_count(0)  # nobody's items are kept
        expect(page.locator(".falls tbody tr").last).to_contain_text("5")


def test_the_picture_moves_unless_motion_is_not_wanted(chromium: Browser, house: House) -> None:
    with visit(chromium, house) as seen:
        edge = seen.to("/operators/request").locator(".flow clipPath rect")
        first = float(edge.get_attribute("width") or 0)
        expect(edge).to_have_attribute("width", "1000")
        assert first < 1000


def test_a_server_that_refuses_is_named(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        problem = json.dumps({"code": "unavailable", "detail": "the stages are asleep"})
        seen.page.route("**/v1/platform/stages", lambda r: r.fulfill(status=503, body=problem))
        page = seen.to("/operators")
        expect(page.get_by_role("alert")).to_contain_text("the stages are asleep")


def test_the_catalogue_and_the_quarantine_are_told(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/operators/catalogue")
        held = house.ask("GET", "/v1/platform/catalogue")[1]
        for domain in held["domains"]:
            row = page.get_by_role("row", name=re.compile(domain["domain"], re.IGNORECASE))
            expect(row).to_contain_text(f"{domain['items']:,}")
        expect(page.locator("main")).to_contain_text("No lake is connected")


def test_a_refused_row_is_shown_as_text_whatever_it_holds(chromium: Browser, house: House) -> None:
    raw = "<img src=x onerror=\"document.title='owned'\">"
    row = {"source": "log", "field": "events.user_id", "code": "missing", "count": 3}
    held = house.ask("GET", "/v1/platform/catalogue")[1]
    body = json.dumps({**held, "quarantine": [{**row, "example": raw}], "note": ""})
    with visit(chromium, house, reduced_motion="reduce") as seen:
        seen.page.route(
            "**/v1/platform/catalogue",
            lambda route: route.fulfill(body=body, content_type="application/json"),
        )
        page = seen.to("/operators/catalogue")
        expect(page.locator("main")).to_contain_text(raw)
        assert page.title() != "owned"


def test_a_training_that_runs_is_followed(chromium: Browser, house: House) -> None:
    diary = Diary(beside(house.world.bundle), "first", ["sasrec", "rank"])
    diary.begin("sasrec")
    diary.step("sasrec", 2, 8, {"loss": 3.25})
    diary.write(now=True)
    try:
        with visit(chromium, house, reduced_motion="reduce") as seen:
            page = seen.to("/operators/training")
            expect(page.locator(".steps")).to_contain_text("2 of 8")
            expect(page.locator(".steps")).to_contain_text("loss 3.25")
            diary.end("sasrec", 4.5, [3.25])
            expect(page.locator(".steps")).to_contain_text("4.5 s", timeout=8000)
            diary.close()
            expect(page.locator("main")).to_contain_text("Nothing is being learned", timeout=8000)
    finally:
        diary.close()


def test_every_model_has_a_card_to_read(chromium: Browser, house: House) -> None:
    with visit(chromium, house, reduced_motion="reduce") as seen:
        page = seen.to("/operators/cards")
        for card in house.ask("GET", "/v1/platform/cards")[1]:
            page.get_by_role("button", name=card["name"], exact=True).click()
            expect(page.locator(".card-text h2")).to_have_text(card["name"])
            expect(page.locator(".card-text h3").first).to_be_visible()
