"""The shelf while the server runs."""

from __future__ import annotations

import msgspec
import pytest

from hermes.serving.overlay import offered

ASSET = {"asset_id": "a/b", "domain": "films", "title": "Another title <script>"}


def shown(client) -> dict[str, dict]:
    out = client.post("/v1/recommendations", json={"user": "ann", "k": 40}).json()
    return {item["asset_id"]: item["asset"] for item in out["items"]}


def test_a_changed_card_is_in_the_next_slate(client) -> None:
    out = client.request("PUT", "/v1/assets/a%2Fb", json=ASSET)
    assert out.status_code == 200
    assert out.json()["known"]
    assert shown(client)["a/b"]["title"] == "Another title <script>"
    assert client.get("/v1/assets/a%2Fb").json()["title"] == "Another title <script>"


def test_what_is_taken_off_is_not_shown_until_it_is_back(client) -> None:
    assert "a/b" in shown(client)
    assert client.request("DELETE", "/v1/assets/a%2Fb").status_code == 200
    assert "a/b" not in shown(client)
    assert client.get("/v1/assets/a%2Fb").status_code == 404
    client.request("PUT", "/v1/assets/a%2Fb", json=ASSET)
    assert "a/b" in shown(client)


def test_what_cannot_be_had_is_not_shown(client) -> None:
    client.request("PUT", "/v1/assets/a%2Fb", json={**ASSET, "available": False})
    assert "a/b" not in shown(client)


def test_a_new_asset_says_when_it_will_be_found(client) -> None:
    out = client.request("PUT", "/v1/assets/brand%20new", json={**ASSET, "asset_id": "brand new"})
    assert out.status_code == 200
    assert not out.json()["known"]
    assert "within a minute" in out.json()["note"]
    assert client.get("/v1/assets/brand%20new").json()["domain"] == "films"


@pytest.mark.parametrize(
    "change", [{"title": ""}, {"asset_id": "other"}, {"price": -1}, {"colour": "red"}]
)
def test_an_asset_that_breaks_the_contract_is_refused(client, change: dict) -> None:
    out = client.request("PUT", "/v1/assets/a%2Fb", json={**ASSET, **change})
    assert (out.status_code, out.json()["code"]) == (422, "invalid")
    assert shown(client)["a/b"]["title"] == "Title <a/b>"


def test_another_worker_sees_it_after_its_next_look(client, deps) -> None:
    from hermes.serving.overlay import Shelf

    other = Shelf(deps.engine.catalogue, deps.log)
    client.request("PUT", "/v1/assets/a%2Fb", json=ASSET)
    other.follow()
    assert msgspec.json.decode(other.card("a/b"))["title"] == ASSET["title"]


def test_a_path_of_the_machine_becomes_an_address_of_the_server() -> None:
    def address(uri: str) -> str:
        return msgspec.json.decode(offered(msgspec.json.encode({"image_uri": uri})))["image_uri"]

    assert address("/home/me/world/pictures/films/a b.svg") == "/pictures/films/a%20b.svg"
    assert address("/etc/passwd") == "/pictures/passwd"
    assert address("https://example.org/a.png") == "https://example.org/a.png"
