from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from hermes.cli import assemble
from hermes.core.errors import ConfigError, DataError, Unavailable
from hermes.data.columns import admit
from hermes.data.polite import Service
from hermes.domains import tmdb

ALIEN = {
    "id": 348, "title": "Alien", "overview": "In space.", "poster_path": "/a.jpg",
    "release_date": "1979-05-25", "original_language": "en", "budget": 11000000, "runtime": 117,
    "vote_count": 14000, "vote_average": 8.2, "imdb_id": "tt0078748",
    "genres": [{"id": 27, "name": "Horror"}], "keywords": {"keywords": [{"name": "android"}]},
    "belongs_to_collection": {"id": 8091, "name": "Alien Collection"},
    "production_companies": [{"name": "Brandywine"}],
    "credits": {
        "cast": [{"name": "Tom Skerritt", "order": 1}, {"name": "Sigourney Weaver", "order": 0}],
        "crew": [{"name": "Ridley Scott", "job": "Director"}, {"name": "A", "job": "Caterer"}],
    },
}  # fmt: skip
SMALL = {
    "id": 2,
    "title": "Small",
    "budget": 0,
    "vote_count": 3,
    "release_date": "",
    "credits": None,
}
PAGES = {1: [348, 404], 2: [2]}


SILENT, HANGING = -1, -2  # statuses of a host that says nothing, at once or never


class Recorded(BaseHTTPRequestHandler):
    """Answers as the API does, after as many failures as a test asked for."""

    asked: Counter[str] = Counter()
    failures: list[tuple[int, dict[str, str]]] = []
    garbage = b""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.asked[parts.path] += 1
        if self.headers["Authorization"] != "Bearer secret":
            self.say(401, {"status_message": "Invalid API key"})
        elif self.failures:
            status, headers = self.failures.pop(0)
            if status == HANGING:
                time.sleep(0.5)
            elif status != SILENT:
                self.say(status, {}, headers)
        elif parts.path == "/3/discover/movie":
            page = int(parse_qs(parts.query)["page"][0])
            listed = [{"id": number} for number in PAGES[page]]
            self.say(200, {"results": listed, "total_pages": 2})
        else:
            known = {348: ALIEN, 2: SMALL}.get(int(parts.path.rpartition("/")[2]))
            self.say(200 if known else 404, known or {})

    def say(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.garbage or json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Service]:
    Recorded.asked, Recorded.failures, Recorded.garbage = Counter(), [], b""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/3"
    yield replace(tmdb.service("secret", tmp_path, base, private=True), rate=1e6)
    server.shutdown()
    server.server_close()


def test_films_are_collected_and_read(api: Service, tmp_path: Path) -> None:
    pages: list[tuple[int, int]] = []
    assert tmdb.collect(api, tmp_path, 9, lambda *at: pages.append(at)) == 2
    assert len(pages) == 2 and Recorded.asked["/3/movie/404"] == 1
    part = tmdb.adapter.open(tmp_path).parts[0]
    alien, small = admit(next(iter(part.read(10))), "assets").good.to_dicts()
    assert (alien["asset_id"], alien["title"], alien["language"]) == ("348", "Alien", "en")
    assert alien["published_at"].year == 1979 and alien["categories"] == ["Horror"]
    assert [(c["name"], c["role"]) for c in alien["creators"]] == [
        ("Ridley Scott", "director"),
        ("Sigourney Weaver", "actor"),
        ("Tom Skerritt", "actor"),
        ("Brandywine", "studio"),
    ]
    assert alien["tags"] == ["android"] and alien["cohort"] == "mainstream"
    assert json.loads(alien["attributes"])["series"] == "Alien Collection"
    assert alien["image_uri"] == "https://image.tmdb.org/t/p/w500/a.jpg"
    assert small["cohort"] == "independent" and small["published_at"] is None


def test_what_was_asked_before_is_not_asked_again(api: Service, tmp_path: Path) -> None:
    tmdb.collect(api, tmp_path, 1)
    before = Recorded.asked.total()
    tmdb.collect(api, tmp_path, 2)
    assert Recorded.asked.total() == before + 2  # the second page and its film
    assert "secret" not in "".join(f.read_text() for f in (tmp_path / "answers").iterdir())


def test_a_busy_or_failing_host_is_asked_again_after_a_pause(api: Service, tmp_path: Path) -> None:
    waits: list[float] = []
    api.sleep = waits.append
    Recorded.failures = [(429, {"Retry-After": "7"}), (500, {}), (503, {"Retry-After": "9999"})]
    assert tmdb.collect(api, tmp_path, 1) == 1
    assert [w for w in waits if w >= 0.5] == [7.0, 2.0, 60.0]


def test_a_host_that_stays_ill_is_left_and_nothing_is_lost(api: Service, tmp_path: Path) -> None:
    api.sleep = lambda _: None
    tmdb.collect(api, tmp_path, 1)
    whole = (tmp_path / "films.jsonl").read_bytes()
    Recorded.failures = [(500, {})] * 5
    with pytest.raises(Unavailable, match=r"answered 500.*after 5 tries"):
        tmdb.collect(api, tmp_path, 2)
    assert (tmp_path / "films.jsonl").read_bytes() == whole
    assert tmdb.collect(api, tmp_path, 2) == 2


def test_a_host_that_says_nothing_is_asked_again(api: Service, tmp_path: Path) -> None:
    waits: list[float] = []
    patient = replace(api, care=replace(api.care, seconds=0.2), sleep=waits.append)
    Recorded.failures = [(SILENT, {}), (HANGING, {})]
    assert tmdb.collect(patient, tmp_path, 1) == 1
    assert [w for w in waits if w >= 0.5] == [1.0, 2.0]
    Recorded.failures = [(SILENT, {})] * 5
    with pytest.raises(Unavailable, match="after 5 tries"):
        tmdb.collect(patient, tmp_path, 2)


def test_an_answer_with_holes_costs_no_more_than_what_it_lacks(
    api: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recorded, "garbage", b'{"results": null, "total_pages": null}')
    assert tmdb.collect(api, tmp_path, 1) == 0
    odd = {"id": 7, "title": "Odd", "genres": "none", "credits": {"cast": [3]}}
    (tmp_path / "films.jsonl").write_text(json.dumps(odd) + "\n" + json.dumps(ALIEN) + "\n")
    judged = admit(next(iter(tmdb.adapter.open(tmp_path).parts[0].read(10))), "assets")
    assert judged.good["title"].to_list() == ["Alien"]
    assert judged.bad.select("line", "reason").rows() == [(1, "malformed")]


def test_a_refused_key_and_an_answer_without_sense_are_said(api: Service, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="refuses the key"):
        tmdb.collect(replace(api, headers={"Authorization": "Bearer wrong"}), tmp_path, 1)
    Recorded.garbage = b"<html>"
    with pytest.raises(DataError, match="no JSON object"):
        tmdb.collect(api, tmp_path, 1)
    assert not (tmp_path / "answers").exists()


def test_the_rate_is_kept(api: Service, tmp_path: Path) -> None:
    slow = replace(api, rate=20.0)
    began = time.monotonic()
    tmdb.collect(slow, tmp_path, 2)
    assert time.monotonic() - began > (slow.asked - 1) / 20.0


def test_the_command_needs_a_key_and_fetches_with_one(
    api: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CliRunner()
    monkeypatch.delenv("HERMES_TMDB_KEY", raising=False)
    words = ["fetch", "tmdb", str(tmp_path), "--pages", "2", "--base", api.base, "--private"]
    lost = run.invoke(assemble("fetch"), words)
    assert isinstance(lost.exception, ConfigError) and "HERMES_TMDB_KEY" in str(lost.exception)
    monkeypatch.setenv("HERMES_TMDB_KEY", "secret")
    done = run.invoke(assemble("fetch"), words)
    assert done.exit_code == 0 and "2 films in" in done.output
    with pytest.raises(DataError, match=r"holds no films\.jsonl"):
        tmdb.adapter.open(tmp_path / "elsewhere")
