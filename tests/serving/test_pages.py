"""What a browser gets: the application, its parts, and nothing from elsewhere."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from hermes.serving.routes import pages

ADDRESSES = ["/", "/search?q=a", "/new", "/domains/films", "/items/a%2Fb", "/operators/cards"]


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """As a build leaves it."""
    (tmp_path / "app").mkdir()
    (tmp_path / "index.html").write_text("<title>Hermes</title>")
    (tmp_path / "wing.svg").write_text("<svg/>")
    for name, text in (("main-1a2b.js", "let a"), ("only-3c4d.js", "let b")):
        (tmp_path / "app" / name).write_text(text)
    (tmp_path / "app" / "main-1a2b.js.gz").write_bytes(gzip.compress(b"let a"))
    (tmp_path / "app" / "main-1a2b.js.br").write_bytes(b"as brotli has it")
    monkeypatch.setattr(pages, "BUILT", tmp_path)
    yield tmp_path


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_address_of_the_application_is_the_application(client, application, address) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.text) == (200, "<title>Hermes</title>")
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_an_address_of_nobody_is_a_problem(client, application) -> None:
    answer = client.get("/elsewhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_route")


def test_a_browser_at_an_address_of_nobody_sees_a_page_that_says_so(client, application) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = client.get("/elsewhere/at/all", headers=browser)
    assert (answer.status_code, answer.text) == (404, "<title>Hermes</title>")
    assert client.get("/v1/elsewhere", headers=browser).json()["code"] == "no_route"


def test_a_part_with_a_hash_in_its_name_is_kept_for_a_year(client, application) -> None:
    answer = client.get("/app/main-1a2b.js", headers={"accept-encoding": "identity"})
    assert answer.text == "let a"
    assert answer.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert "immutable" in answer.headers["cache-control"]
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("takes", "sent"),
    [("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("", None)],
)
def test_the_smallest_form_that_the_browser_takes_is_sent(application, takes, sent) -> None:
    scope = {"type": "http", "headers": [(b"accept-encoding", takes.encode())]}
    request = pages.Request(scope)
    answer = pages.sent(request, application / "app" / "main-1a2b.js", pages.LASTING)
    assert answer.headers.get("content-encoding") == sent
    assert answer.headers["vary"] == "accept-encoding"
    assert "javascript" in answer.headers["content-type"]
    plain = pages.sent(request, application / "app" / "only-3c4d.js", pages.LASTING)
    assert "content-encoding" not in plain.headers


def test_nothing_outside_the_build_can_be_reached(client, application) -> None:
    (application.parent / "secret.js").write_text("no")
    for name in ("../index.html", "..%2f..%2fsecret.js", "%00", "no.js", "x" * 5000):
        assert client.get(f"/app/{name}").status_code == 404


def test_without_a_build_the_page_says_what_to_do(
    client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "BUILT", tmp_path / "nothing")
    answer = client.get("/items/a")
    assert answer.status_code == 200
    assert "make web" in answer.text
    assert client.get("/wing.svg").status_code == 404
    assert client.get("/health/live").status_code == 200
