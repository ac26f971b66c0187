"""Search over HTTP, and slates led by a text."""

from __future__ import annotations

import pytest

from hermes.serving.deps import Deps

POST = "/v1/recommendations"


def test_a_search_gives_cards_scores_and_the_words_held(client) -> None:
    out = client.get("/v1/search", params={"q": "Item 7", "k": 3}).json()
    assert (out["query"], out["mode"]) == ("Item 7", "lexical")
    first = out["items"][0]
    assert (first["asset_id"], first["position"], first["matched"]) == ("item-7", 0, "item 7")
    assert first["asset"]["title"] == "Title <item-7>"
    assert first["score"] > 0


def test_what_is_taken_off_is_not_found(client, deps: Deps) -> None:
    assert client.get("/v1/search?q=hi").json()["items"][0]["asset_id"] == 'say "hi"'
    client.request("DELETE", '/v1/assets/say "hi"')
    assert client.get("/v1/search?q=hi").json()["items"] == []


@pytest.mark.parametrize("q", ["AND (", '"', "*", "\u202eשם", "word " * 200, "%00", "🦊"])
def test_any_text_is_answered(client, q: str) -> None:
    assert client.get("/v1/search", params={"q": q}).status_code == 200


@pytest.mark.parametrize("params", [{}, {"q": ""}, {"q": "x" * 1001}, {"q": "x", "k": 0}])
def test_a_search_that_breaks_the_contract_is_a_problem(client, params: dict) -> None:
    out = client.get("/v1/search", params=params)
    assert out.status_code == 422
    assert out.headers["content-type"] == "application/problem+json"


def test_an_empty_catalogue_is_searched_too(make) -> None:
    assert make([]).get("/v1/search?q=x").json()["items"] == []


def test_the_query_of_both_doors_leads_the_slate(client) -> None:
    post = client.post(POST, json={"k": 5, "query": "say hi"}).json()
    get = client.get(f"{POST}/users/nobody?k=5&query=say%20hi").json()
    for out in (post, get):
        assert [item["asset_id"] for item in out["items"]] == ['say "hi"']
        assert "text" in out["items"][0]["channels"]
        assert out["degraded"] == []


def test_a_query_nothing_matches_is_named(client) -> None:
    out = client.post(POST, json={"k": 5, "query": "xyzzy"}).json()
    assert len(out["items"]) == 5
    assert [part["stage"] for part in out["degraded"]] == ["text"]


def test_a_length_is_understood_and_taken_back_by_its_id(client) -> None:
    text = "Item 7 under two hours"
    found = client.get("/v1/search", params={"q": text}).json()
    *_, length = found["understood"]
    assert (length["id"], length["text"]) == ("minutes:7-22", "under 120 minutes")
    assert not length["filters"]  # since no card here has minutes
    again = client.get("/v1/search", params={"q": text, "plain": length["id"]}).json()
    assert length["id"] not in {one["id"] for one in again["understood"]}


def test_a_facet_s_value_narrows_and_the_answer_is_counted_again(client) -> None:
    whole = client.get("/v1/search", params={"q": "item", "k": 100}).json()
    assert whole["found"] == len(whole["items"])
    count = whole["facets"]["decade"]["1990s"]
    assert 2 < count < whole["found"]
    some = client.get("/v1/search", params={"q": "item", "k": 2, "decade": "1990s"}).json()
    assert (len(some["items"]), some["found"]) == (2, count)
    assert some["facets"]["decade"] == {"1990s": count}
    assert {hit["asset_id"] for hit in some["items"]} <= {h["asset_id"] for h in whole["items"]}


def test_a_value_nobody_knows_is_a_problem_that_names_the_nearest(client) -> None:
    out = client.get("/v1/search", params={"q": "item", "category": "drma"})
    assert out.status_code == 422
    assert "drama" in out.json()["detail"]


@pytest.mark.parametrize("field", ["domain", "category", "creator", "decade", "plain"])
def test_a_value_longer_than_any_name_is_refused(client, field: str) -> None:
    longest = client.get("/v1/search", params={"q": "item", field: "x" * 1000})
    assert "at most" not in longest.text
    out = client.get("/v1/search", params={"q": "item", field: ["drama", "x" * 1001]})
    assert out.status_code == 422
    assert "at most 1000 characters" in out.json()["detail"]
    assert len(out.content) < 500


def test_what_was_understood_is_told_in_the_reader_s_language(client) -> None:
    for language, said in (
        ("en", "genre: drama"),
        ("de-AT", "Genre: drama"),
        ("es", "género: drama"),
    ):
        asked = {"q": "drama item-7", "language": language}
        assert client.get("/v1/search", params=asked).json()["understood"][0]["text"] == said
        body = {"query": "drama item-7", "language": language}
        assert client.post(POST, json=body).json()["understood"][0]["text"] == said
        talk = {"text": "drama", "language": language[:2]}
        assert client.post("/v1/agent", json=talk).json()["chips"][0]["text"] == said
