"""An item that is put online is found and recommended within a minute, without a new training."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from hermes.data.dataset import Dataset
from hermes.serving.deps import Deps
from hermes.serving.settings import Settings
from hermes.serving.worker import house
from hermes.workflows.train import train

RECIPE: dict[str, Any] = {
    "name": "with content",
    "length": 20,
    "content": {"text": "catalogue", "d": 8},
    "channels": [
        {"name": "transition", "model": "hermes.models.retrievers.transition:Transition"},
        {
            "name": "content",
            "model": "hermes.models.retrievers.content:Content",
            "config": {"d": 8},
        },
    ],
    "cold": {"channel": "content", "events": 1, "seats": 5},
    "blend": {"method": "rrf"},
}
NEW = {
    "asset_id": "brand new",
    "title": "A Marvellous Zeppelin",
    "domain": "films",
    "text_content": "Two engineers build an airship in a barn.",
    "published_at": "2026-01-01T00:00:00+00:00",
}


@pytest.fixture(scope="module")
def bundle(tiny_data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("growth") / "bundle"
    train(RECIPE, tiny_data, out)
    return out


@pytest.fixture
def deps(bundle: Path, tmp_path: Path) -> Any:
    made = house(Settings(bundle=bundle, log=tmp_path / "log.db", tier="2", arrivals=0.01))
    yield made
    made.close()


def taken_in(deps: Deps, count: int, seconds: float = 60) -> None:
    """Tick as the server does until the catalogue has so many items."""
    until = time.monotonic() + seconds
    while len(deps.engine.catalogue) < count and time.monotonic() < until:
        deps.tick()
        time.sleep(0.02)
    assert len(deps.engine.catalogue) == count


def test_a_new_item_is_found_placed_and_recommended(deps: Deps, make_client: Any) -> None:
    client, before = make_client(deps), len(deps.engine.catalogue)
    assert client.get("/v1/search?q=zeppelin").json()["items"] == []
    put = client.request("PUT", "/v1/assets/brand%20new", json=NEW)
    assert "within a minute" in put.json()["note"]
    taken_in(deps, before + 1)
    found = client.get("/v1/search?q=airship+in+a+barn").json()["items"]
    assert found[0]["asset_id"] == "brand new"
    assert found[0]["asset"]["title"] == NEW["title"]
    ask = {"user": "u7", "k": 40}
    slate = client.post("/v1/recommendations", json=ask).json()
    mine = {item["asset_id"]: item for item in slate["items"]}
    assert "cold_start" in mine["brand new"]["channels"]
    assert not slate["degraded"]


def test_what_a_user_does_with_it_counts_at_once(deps: Deps, make_client: Any) -> None:
    client, before = make_client(deps), len(deps.engine.catalogue)
    client.request("PUT", "/v1/assets/brand%20new", json=NEW)
    taken_in(deps, before + 1)
    event = {
        "user_id": "u7", "asset_id": "brand new", "kind": "play",
        "occurred_at": "2026-02-01T00:00:00+00:00",
    }  # fmt: skip
    assert client.post("/v1/events", json=event).status_code == 202
    slate = client.post("/v1/recommendations", json={"user": "u7", "k": 40}).json()
    assert "brand new" not in {item["asset_id"] for item in slate["items"]}
    assert not slate["degraded"]


def test_a_server_that_starts_later_has_it_too(
    bundle: Path, tmp_path: Path, make_client: Any
) -> None:
    settings = Settings(bundle=bundle, log=tmp_path / "log.db", tier="2", arrivals=0.0)
    first = house(settings)
    make_client(first).request("PUT", "/v1/assets/brand%20new", json=NEW)
    first.close()
    second = house(settings)
    assert second.engine.catalogue.items.code("brand new") == len(first.engine.catalogue)
    second.close()


def test_an_engine_that_cannot_be_made_leaves_the_old_one(
    deps: Deps, make_client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deps.growth is not None
    old = deps.engine

    def broken(cards: object) -> Any:
        raise OSError("the bundle is gone")

    deps.growth.grow = broken
    make_client(deps).request("PUT", "/v1/assets/brand%20new", json=NEW)
    deps.growth.began = float("-inf")
    until = time.monotonic() + 10
    while "the bundle is gone" not in (said := capsys.readouterr().out):
        deps.tick()
        time.sleep(0.01)
        assert time.monotonic() < until, json.dumps(said)
    assert deps.engine is old
    assert make_client(deps).post("/v1/recommendations", json={"k": 2}).status_code == 200
