"""Events over HTTP: durable, idempotent, judged by the contract, in the next slate."""

from __future__ import annotations

import json

from hermes.data.log import Entry, Log
from hermes.serving.deps import Deps

POST = "/v1/events"
EVENT = {
    "event_id": "e1",
    "user_id": "new/🦊",
    "asset_id": "item-9",
    "kind": "click",
    "occurred_at": "2026-01-01T00:00:00Z",
}


def lines(*rows: object) -> dict:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    return {"content": text, "headers": {"content-type": "application/x-ndjson"}}


def test_an_event_is_in_the_history_of_the_next_request(client) -> None:
    before = client.post("/v1/recommendations", json={"user": "new/🦊", "k": 40}).json()
    assert before["newcomer"]
    assert "item-9" in {item["asset_id"] for item in before["items"]}
    assert client.post(POST, json=EVENT).status_code == 202
    after = client.post("/v1/recommendations", json={"user": "new/🦊", "k": 40}).json()
    assert not after["newcomer"]
    assert "item-9" not in {item["asset_id"] for item in after["items"]}


def test_an_event_that_another_worker_took_is_in_the_history_of_the_next_request(
    client, deps: Deps
) -> None:
    assert client.post("/v1/recommendations", json={"user": "ann"}).status_code == 200
    worker = Log(deps.log.path)
    for n in range(4, 8):
        taken = Entry(f"e{n}", "ann", f"item-{n}", "click", None, 1e9, "{}")
        worker.append([taken]).result(5)
        out = client.post("/v1/recommendations", json={"user": "ann", "k": 40}).json()
        assert f"item-{n}" not in {item["asset_id"] for item in out["items"]}
    worker.close()


def test_what_was_dismissed_is_not_shown_until_it_is_liked(client) -> None:
    def shown() -> set[str]:
        out = client.post("/v1/recommendations", json={"user": "ann", "k": 40}).json()
        return {item["asset_id"] for item in out["items"]}

    dismissed = {**EVENT, "user_id": "ann", "kind": "dismiss"}
    assert client.post(POST, json=dismissed).status_code == 202
    assert "item-9" not in shown()
    past = client.get("/v1/users/ann").json()
    assert past["disliked"] == ["item-9"]
    client.post(POST, json={**dismissed, "event_id": "e2", "kind": "like"})
    assert client.get("/v1/users/ann").json()["disliked"] == []


def test_what_was_liked_and_then_dismissed_is_no_wish_but_still_told(client, deps: Deps) -> None:
    item = deps.engine.catalogue.items.code("item-9")
    for n, (kind, wish) in enumerate((("like", True), ("dismiss", False), ("like", True))):
        said = {**EVENT, "event_id": f"e{n}", "user_id": "ann", "kind": kind}
        assert client.post(POST, json=said).status_code == 202
        past = deps.past("ann")
        assert (item in past.items) is wish
        assert len(past.items) == len(past.times) == len(past.deeds)
    told = client.get("/v1/users/ann").json()["history"]
    kinds = [deed["kind"] for deed in told if deed["asset_id"] == "item-9"]
    assert kinds[:2] == ["like", "dismiss"]


def test_the_same_event_sent_twice_counts_once(client) -> None:
    assert client.post(POST, json=EVENT).json()["accepted"] == 1
    assert client.post(POST, json=EVENT).json() == {"accepted": 0, "duplicates": 1, "rejected": []}
    nameless = {k: v for k, v in EVENT.items() if k != "event_id"}
    assert client.post(POST, json=nameless).json()["accepted"] == 1
    assert client.post(POST, json=nameless).json()["duplicates"] == 1


def test_a_bad_line_is_named_and_stops_no_good_one(client, deps: Deps) -> None:
    good = {**EVENT, "event_id": "e2"}
    bad = {**EVENT, "kind": "teleport"}
    out = client.post(POST, **lines(EVENT, bad, "{not json", good, "[]"))
    assert out.status_code == 202
    assert out.json()["accepted"] == 2
    assert [(r["line"], r["field"], r["code"]) for r in out.json()["rejected"]] == [
        (2, "kind", "unknown_word"),
        (3, "", "malformed"),
        (5, "", "malformed"),
    ]
    assert len(deps.log.recent("new/🦊")) == 2


def test_an_event_that_breaks_the_contract_is_a_problem_with_its_field(client) -> None:
    for change, field in (
        ({"kind": None}, "kind"),
        ({"value": -1}, "value"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"user_id": "  "}, "user_id"),
        ({"user_id": "u" * 10_000}, "user_id"),
        ({"colour": "red"}, "colour"),
    ):
        out = client.post(POST, json={**EVENT, **change})
        assert (out.status_code, out.json()["code"]) == (422, "invalid")
        assert out.json()["errors"][0]["field"] == field


def test_nothing_is_a_problem_too(client) -> None:
    for content in (b"[]", b"", b"null", b'"text"', b"{"):
        out = client.post(POST, content=content, headers={"content-type": "application/json"})
        assert out.status_code in (400, 422)


def test_more_events_than_allowed_are_refused_whole(make) -> None:
    client = make(events_limit=3)
    rows = [{**EVENT, "event_id": f"e{n}"} for n in range(4)]
    assert client.post(POST, **lines(*rows)).status_code == 413
    assert client.post(POST, **lines(*rows[:3])).json()["accepted"] == 3


def test_an_event_of_an_item_nobody_knows_is_kept_and_harms_no_slate(client, deps: Deps) -> None:
    assert client.post(POST, json={**EVENT, "asset_id": "unheard of"}).status_code == 202
    assert deps.log.recent("new/🦊")[0].item == "unheard of"
    out = client.post("/v1/recommendations", json={"user": "new/🦊"})
    assert out.json()["newcomer"]


def test_an_event_of_the_bundles_history_is_not_counted_twice(client) -> None:
    at = 100 * 86400.0  # ann's first event in the bundle
    again = {**EVENT, "user_id": "ann", "asset_id": "item-0", "occurred_at": at}
    assert client.post(POST, json=again).status_code == 202
    past = client.app.deps.past("ann")
    assert len(past.items) == 3


def test_a_full_disk_is_a_503_and_readiness_says_so(make) -> None:
    client = make(log_bytes=40 * 4096)
    answers = [
        client.post(POST, json={**EVENT, "event_id": f"e{n}", "context": {"x": "y" * 4000}})
        for n in range(60)
    ]
    kept = [a for a in answers if a.status_code == 202]
    lost = [a for a in answers if a.status_code != 202]
    assert kept
    assert {a.status_code for a in lost} == {503}
    assert lost[0].json()["code"] == "unavailable"
    assert "full" in lost[0].json()["detail"]
    assert client.get("/health/ready").status_code == 503
    log = client.app.deps.log
    assert len(log.recent("new/🦊")) == len(kept)


def test_what_was_turned_down_before_the_bundle_was_trained_is_not_shown(
    client, deps: Deps
) -> None:
    item = deps.engine.catalogue.items.code("item-9")
    object.__setattr__(deps.engine, "turned", (item,))

    def shown() -> set[str]:
        out = client.post("/v1/recommendations", json={"user": "ann", "k": 40}).json()
        return {one["asset_id"] for one in out["items"]}

    assert "item-9" not in shown()
    assert client.get("/v1/users/ann").json()["disliked"] == ["item-9"]
    liked = {**EVENT, "user_id": "ann", "kind": "like"}
    assert client.post(POST, json=liked).status_code == 202
    assert client.get("/v1/users/ann").json()["disliked"] == []
