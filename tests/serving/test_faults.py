"""Whatever is asked: a right answer or a problem with a stable code, never a 500."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

POST = "/v1/recommendations"
SHARED = [HealthCheck.function_scoped_fixture]  # one house for all examples is what is meant
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b'{"user": "\\ud800"}', 400, "malformed"),
        (b"", 400, "malformed"),
        (b"[]", 422, "invalid"),
        (b'{"k": 0}', 422, "invalid"),
        (b'{"k": 100000}', 422, "invalid"),
        (b'{"k": 500}', 422, "invalid"),
        (b'{"k": "many"}', 422, "invalid"),
        (b'{"user": null}', 422, "invalid"),
        (b'{"usr": "ann"}', 422, "invalid"),
        (b'{"diversity": 2}', 422, "invalid"),
        (b'{"diversity": NaN}', 400, "malformed"),
        (b'{"filters": {"colour": "red"}}', 422, "invalid"),
        (b'{"domains": ["no such domain"]}', 422, "invalid"),
        (b'{"user": "' + b"u" * 10_001 + b'"}', 422, "invalid"),
        (b'{"query": "' + b"q" * 2_000_000 + b'"}', 413, "too_large"),
    ],
)
def test_a_bad_body_is_a_problem(client, content: bytes, status: int, code: str) -> None:
    out = client.post(POST, content=content, headers=JSON)
    assert (out.status_code, out.json()["code"]) == (status, code), out.text
    assert out.headers["content-type"] == "application/problem+json"
    assert out.json()["trace_id"]
    assert out.json()["detail"]


def test_another_media_type_is_refused(client) -> None:
    out = client.post(POST, content=b"<a/>", headers={"content-type": "text/xml"})
    assert (out.status_code, out.json()["code"]) == (415, "wrong_media_type")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "no_route"),
        ("PATCH", POST, 405, "wrong_method"),
        ("GET", "/v1/users/nobody", 404, "not_found"),
        ("GET", "/v1/assets/nothing", 404, "not_found"),
        ("DELETE", "/v1/assets/nothing", 404, "not_found"),
        ("GET", "/v1/recommendations/users/ann?k=0", 422, "invalid"),
        ("GET", "/v1/recommendations/users/ann?k=x", 422, "invalid"),
        ("GET", "/v1/recommendations/users/ann?what=1", 422, "invalid"),
        ("GET", "/v1/recommendations/items/a%2Fb?k=x", 422, "invalid"),
        ("GET", "/v1/recommendations/items/a%2Fb?k=999", 422, "invalid"),
        ("GET", "/pictures/nothing.png", 404, "not_found"),
    ],
)
def test_a_bad_address_is_a_problem(client, method: str, path: str, status: int, code: str) -> None:
    out = client.request(method, path)
    assert (out.status_code, out.json()["code"]) == (status, code), out.text


words = st.text(max_size=30)
values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    ["user", "k", "domains", "query", "context", "diversity", "filters", "exclude", "explain"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=SHARED)
@given(st.dictionaries(keys | words, values, max_size=6))
def test_no_body_ever_gives_a_500(client, body: dict) -> None:
    text = json.dumps(body).encode()
    for path in (POST, "/v1/events"):
        assert client.post(path, content=text, headers=JSON).status_code < 500


@settings(max_examples=60, deadline=None, suppress_health_check=SHARED)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_no_id_ever_gives_a_500(client, name: str) -> None:
    for path in ("/v1/recommendations/users/", "/v1/recommendations/items/", "/v1/users/"):
        assert client.get(path + quote(name, safe="")).status_code < 500
    assert client.get(f"/v1/users/{quote(name, safe='')}/features").status_code < 500


def test_a_body_that_never_ends_is_given_up(make) -> None:
    client = make(body_seconds=0.05)
    sent: list[dict] = []

    async def receive() -> dict:
        await asyncio.sleep(10)
        return {}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": POST, "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"100")],
    }  # fmt: skip
    asyncio.run(client.app(scope, receive, send))
    assert sent[0]["status"] == 408


def test_an_error_nobody_foresaw_names_a_trace_and_says_nothing_else(client, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret path /etc/shadow")

    monkeypatch.setattr("hermes.serving.routes.recommend.question", broken)
    out = client.post(POST, json={"user": "ann"})
    assert (out.status_code, out.json()["code"]) == (500, "internal")
    assert "secret" not in out.text
    assert out.json()["trace_id"]


@pytest.mark.parametrize(
    "name",
    [
        "../secret.svg",
        "..%2Fsecret.svg",
        "%2e%2e/secret.svg",
        "/etc/passwd",
        "x%00.svg",
        "n" * 999,
    ],
)
def test_nothing_outside_the_pictures_can_be_reached(client, name: str) -> None:
    assert client.get(f"/pictures/{name}").status_code == 404


def test_a_link_out_of_the_pictures_leads_nowhere(client, deps) -> None:
    (deps.pictures / "out.svg").symlink_to(deps.pictures.parent / "secret.svg")
    assert client.get("/pictures/out.svg").status_code == 404
    assert client.get("/pictures/one.svg").status_code == 200
