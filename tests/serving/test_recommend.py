"""Slates over HTTP."""

from __future__ import annotations

import json
import sqlite3
import time

from hermes.serving.deps import Deps

POST = "/v1/recommendations"


def test_a_slate_names_its_bundle_tier_times_and_what_is_known_of_each_item(
    client,
) -> None:
    out = client.post(POST, json={"user": "ann", "k": 3}).json()
    assert out["bundle"] == "v1"
    assert out["tier"] == 3
    assert not out["newcomer"]
    assert {"retrieval", "blend", "rules", "policy"} <= set(out["milliseconds"])
    assert out["degraded"] == []
    first = out["items"][0]
    assert first["asset"]["title"] == f"Title <{first['asset_id']}>"
    assert first["channels"]["popularity"] > 0
    assert first["propensity"] == 1.0
    assert [item["position"] for item in out["items"]] == [0, 1, 2]


def test_what_the_user_has_seen_is_not_shown(client) -> None:
    shown = client.post(POST, json={"user": "ann", "k": 40}).json()["items"]
    assert not {"item-0", "item-1", "item-2"} & {item["asset_id"] for item in shown}
    assert len(shown) == 37


def test_both_doors_give_the_same_slate(client) -> None:
    post = client.post(POST, json={"user": "bob/1", "k": 7}).json()
    get = client.get("/v1/recommendations/users/bob%2F1?k=7").json()
    assert [i["asset_id"] for i in post["items"]] == [i["asset_id"] for i in get["items"]]
    assert post["request_id"] != get["request_id"]


def test_an_unknown_user_gets_a_newcomers_slate(client) -> None:
    for name in ("", "nobody", "n" * 10_000, "'; DROP TABLE users; --"):
        out = client.post(POST, json={"user": name, "k": 5}).json()
        assert out["newcomer"]
        assert len(out["items"]) == 5


def test_ids_with_slashes_quotes_and_emoji_come_back_whole(client) -> None:
    shown = client.post(POST, json={"k": 40}).json()["items"]
    assert {"a/b", 'say "hi"', "🦊", "x" * 500} <= {item["asset_id"] for item in shown}


def test_excluded_items_stay_away(client) -> None:
    out = client.post(POST, json={"k": 40, "exclude": ["a/b", "🦊", "unheard of"]}).json()
    assert not {"a/b", "🦊"} & {item["asset_id"] for item in out["items"]}


def test_items_like_an_item_leave_it_out(client) -> None:
    out = client.get("/v1/recommendations/items/a%2Fb?k=5")
    assert out.status_code == 200
    assert "a/b" not in {item["asset_id"] for item in out.json()["items"]}


def test_an_unknown_item_is_a_problem(client) -> None:
    out = client.get("/v1/recommendations/items/nothing/here")
    assert (out.status_code, out.json()["code"]) == (404, "not_found")
    assert out.headers["content-type"] == "application/problem+json"


def test_an_empty_catalogue_gives_an_empty_slate_and_says_so(make) -> None:
    out = make([]).post(POST, json={"user": "ann"})
    assert out.status_code == 200
    assert out.json()["items"] == []
    assert out.json()["degraded"][0]["stage"] == "catalogue"


def test_every_slate_is_an_exposure_with_propensities(client, deps: Deps) -> None:
    out = client.post(POST, json={"user": "🦊", "k": 4, "context": {"surface": "search"}}).json()
    exposure = logged(deps)[0]
    assert exposure["request_id"] == out["request_id"]
    assert exposure["user_id"] == "🦊"
    assert exposure["surface"] == "search"
    assert exposure["items"] == [item["asset_id"] for item in out["items"]]
    assert exposure["propensities"] == [item["propensity"] for item in out["items"]]
    assert (exposure["bundle"], exposure["tier"]) == ("v1", 3)


def logged(deps: Deps) -> list[dict]:
    """The exposures once they are written."""
    for _ in range(100):
        with sqlite3.connect(deps.log.path) as db:
            rows = db.execute("SELECT body FROM exposures ORDER BY id").fetchall()
        db.close()
        if rows:
            return [json.loads(row[0]) for row in rows]
        time.sleep(0.02)
    return []
