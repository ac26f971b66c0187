"""An item among the others, and what is about to be typed."""

from __future__ import annotations

import pytest

ITEM = "/v1/recommendations/items"


def test_what_looks_alike_comes_nearest_first(client) -> None:
    out = client.get(f"{ITEM}/item-7/similar-visual", params={"k": 2}).json()
    assert {hit["asset_id"] for hit in out["items"]} == {"item-6", "item-8"}
    assert out["encoder"] == "vision:made:1"
    assert out["items"][0]["asset"]["title"].startswith("Title")


def test_an_item_without_a_picture_looks_like_nothing(client) -> None:
    assert client.get(f"{ITEM}/item-35/similar-visual").json()["items"] == []


def test_an_item_knows_what_it_shares_and_with_whom(client) -> None:
    out = client.get(f"{ITEM}/item-7/graph", params={"each": 2}).json()
    shared = {one["name"]: one for one in out["relations"]}
    assert shared["drama"]["kind"] == "category"
    assert shared["drama"]["items"] == 40
    assert len(shared["drama"]["examples"]) == 2


def test_what_joins_two_items_is_told(client) -> None:
    out = client.get(f"{ITEM}/item-7/graph", params={"to": "item-9"}).json()
    assert "item-9" in out["path"]


@pytest.mark.parametrize("door", ["similar-visual", "graph", "graph?to=item-1"])
def test_an_item_nobody_knows_is_not_found(client, door: str) -> None:
    assert client.get(f"{ITEM}/nothing/{door}").status_code == 404


def test_an_id_with_a_slash_has_these_doors_too(client) -> None:
    assert client.get(f"{ITEM}/a/b/graph").json()["asset_id"] == "a/b"


def test_what_is_typed_may_go_on(client) -> None:
    out = client.get("/v1/search/suggestions", params={"q": "ITEM-1", "k": 3}).json()
    assert len(out["suggestions"]) == 3
    assert all(one["text"].startswith("item-1") for one in out["suggestions"])
    assert client.get("/v1/search/suggestions", params={"q": ""}).json()["suggestions"] == []


def test_what_was_understood_is_told_and_can_be_taken_back(client) -> None:
    out = client.get("/v1/search", params={"q": "drama item-7"}).json()
    read = {one["kind"]: one for one in out["understood"]}
    assert read["category"]["filters"]
    assert out["facets"]["category"] == {"drama": len(out["items"])}
    again = client.get("/v1/search", params={"q": "drama item-7", "plain": read["category"]["id"]})
    assert "category" not in {one["kind"] for one in again.json()["understood"]}


def test_a_mode_that_cannot_be_had_is_a_problem(client) -> None:
    out = client.get("/v1/search", params={"q": "item", "mode": "semantic"})
    assert out.status_code == 422
    assert "lexical" in out.json()["detail"]


def test_a_slate_says_what_it_understood(client) -> None:
    out = client.post("/v1/recommendations", json={"query": "drama item-7", "k": 3}).json()
    assert "category" in {one["kind"] for one in out["understood"]}
