"""What operators watch."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from hermes.artifacts.training import Diary, beside
from hermes.data.lake import Lake
from hermes.pipeline.assemble import assemble
from hermes.serving.deps import Deps
from hermes.serving.overlay import Shelf
from hermes.serving.telemetry import Histogram, Numbers, Telemetry
from hermes.serving.watch import KEPT, Watch

ASK = {"user": "ann", "k": 5, "trace": True, "exclude": ["item-20", "item-21"]}


def test_a_traced_answer_tells_the_funnel_the_drops_and_every_place(client) -> None:
    out = client.post("/v1/recommendations", json=ASK).json()
    stages = [row["stage"] for row in out["funnel"]]
    assert stages == ["channel.popularity", "blend", "rules", "slate"]
    assert [row["items"] for row in out["funnel"]][-1] == 5
    assert all(row["milliseconds"] >= 0 for row in out["funnel"])
    assert out["dropped"] == {"seen": 0, "excluded": 2, "available": 0, "matching": 0}
    for place, item in enumerate(out["items"]):
        assert item["places"]["slate"] == item["position"] == place
        assert set(item["places"]) == set(stages)
    assert out["policy"]["fairness"]["on"] is False
    assert out["milliseconds"]["trace"] >= 0


def test_nothing_of_that_is_there_unless_it_is_asked_for(client) -> None:
    out = client.post("/v1/recommendations", json={"user": "ann"}).json()
    assert (out["funnel"], out["dropped"], out["policy"]) == ([], {}, None)
    assert not {"places", "effects"} & set(out["items"][0])
    assert "trace" not in out["milliseconds"]


def test_the_other_routes_trace_too(client) -> None:
    for path in ("users/ann", "items/item-3"):
        assert client.get(f"/v1/recommendations/{path}?trace=true").json()["funnel"]


def test_a_whole_cascade_tells_what_fairness_and_diversity_did(
    tiny: Path, deps: Deps, make_client
) -> None:
    deps.engine = assemble(tiny)
    deps.shelf = Shelf(deps.engine.catalogue, deps.log)
    client = make_client(deps)
    ask = {"user": "u7", "k": 6, "trace": True, "explain": False}
    out = client.post("/v1/recommendations", json=ask | {"fairness": True, "diversity": 0.6}).json()
    policy = out["policy"]
    assert policy["fairness"]["on"] is True
    assert policy["fairness"]["cost"] >= 0
    assert policy["diversity"]["asked"] == 0.6
    assert policy["diversity"]["cost"] >= 0
    for shares in ("exposure", "exposure_before", "merit"):
        assert sum(policy["fairness"][shares].values()) == pytest.approx(1)
    assert {"channel.sasrec", "blend", "rules", "prerank", "rank", "slate"} <= {
        row["stage"] for row in out["funnel"]
    }
    for item in out["items"]:
        for effect in item.get("effects", []):
            assert effect["from"] != effect["to"]
            word = "up" if effect["to"] < effect["from"] else "down"
            assert effect["text"].startswith(f"moved {word} {abs(effect['from'] - effect['to'])}")
    plain = client.post("/v1/recommendations", json=ask).json()
    assert plain["policy"]["diversity"]["asked"] == 0
    assert all(not item.get("effects") for item in plain["items"])


def test_stages_are_those_of_all_workers(deps: Deps, make_client, tmp_path: Path) -> None:
    deps.telemetry = Telemetry(tmp_path / "numbers")
    (tmp_path / "numbers").mkdir()
    client = make_client(deps)
    client.post("/v1/recommendations", json={"user": "nobody"})
    other = Numbers(slates=3, stages={"retrieval": Histogram()}, degraded={"rank": 2}, started=1.0)
    for _ in range(3):
        other.stages["retrieval"].observe(40.0)
    other.lately = {int(time.time()) - 1: 3}
    (tmp_path / "numbers" / "999999.json").write_bytes(msgspec.json.encode(other))
    out = client.get("/v1/platform/stages").json()
    assert (out["requests"], out["newcomers"], out["degraded"]) == (4, 1, {"rank": 2})
    assert sum(out["lately"]) >= 3
    assert out["seconds"] > 1e9
    retrieval = next(row for row in out["stages"] if row["stage"] == "retrieval")
    assert retrieval["count"] == 4
    assert 30 <= retrieval["p99"] <= 60


def test_the_catalogue_is_counted_by_domain_and_by_what_was_shown(client) -> None:
    client.post("/v1/recommendations", json={"user": "ann", "k": 10})
    out = client.get("/v1/platform/catalogue").json()
    assert out["domains"] == [
        {"domain": "films", "items": 40, "available": 40, "pictured": 0, "shown": 10}
    ]
    assert out["coverage"] == {"items": 40, "shown": 10, "share": 0.25}
    assert out["quarantine"] == []
    assert "HERMES_LAKE" in out["note"]
    assert "hermes_coverage 0.25" in client.get("/metrics").text


def test_the_quarantine_of_the_lake_is_read_in_a_process_of_its_own(make, tmp_path: Path) -> None:
    rows = [
        {"table": "events", "reason": "missing", "field": "user_id", "raw": raw, "source": "log"}
        | {"batch": "b", "line": line}
        for line, raw in ((2, '{"asset_id":"a"}'), (9, "x" * 999))
    ]
    Lake(tmp_path / "lake").append("quarantine", pl.DataFrame(rows), "b", 1)
    out = make(lake=tmp_path / "lake").get("/v1/platform/catalogue").json()
    (row,) = out["quarantine"]
    assert row == {
        "source": "log", "field": "events.user_id", "code": "missing", "count": 2,
        "example": '{"asset_id":"a"}',
    }  # fmt: skip
    assert out["note"] == ""


def test_a_lake_that_cannot_be_read_is_a_note_and_not_an_error(make, tmp_path: Path) -> None:
    folder = tmp_path / "lake" / "quarantine"
    (folder / "_delta_log").mkdir(parents=True)
    (folder / "_delta_log" / f"{0:020}.json").write_text("no JSON")
    out = make(lake=tmp_path / "lake").get("/v1/platform/catalogue")
    assert out.status_code == 200
    assert out.json()["note"]


def test_training_tells_what_runs_what_stood_and_how_models_learned(
    tiny: Path, deps: Deps, make_client, tmp_path: Path
) -> None:
    deps.engine = assemble(tiny)
    client = make_client(deps)
    diary = Diary(beside(deps.settings.bundle), "tiny", ["sasrec"])
    diary.begin("sasrec")
    out = client.get("/v1/platform/training").json()
    assert out["running"]["models"][0]["name"] == "sasrec"
    said = json.loads(diary.path.read_text())
    diary.path.write_text(json.dumps(said | {"models": "of another version"}))
    assert client.get("/v1/platform/training").json()["running"] is None
    diary.close()
    out = client.get("/v1/platform/training").json()
    assert out["running"] is None
    assert out["history"][0]["version"] == deps.engine.manifest["version"]
    models = {model["name"]: model for model in out["models"]}
    assert models["sasrec"]["class"].endswith(":SASRec")
    assert len(models["sasrec"]["losses"]) == 1
    assert models["popularity"]["losses"] == []
    assert models["rank"]["seconds"] > 0


def test_a_card_of_each_model_is_there(tiny: Path, deps: Deps, make_client) -> None:
    deps.engine = assemble(tiny)
    cards = {
        card["name"]: card["text"] for card in make_client(deps).get("/v1/platform/cards").json()
    }
    assert {"sasrec", "transition", "popularity", "prerank", "rank"} <= set(cards)
    assert cards["sasrec"].startswith("# sasrec")


def test_the_last_requests_are_newest_first_and_name_nobody(client) -> None:
    for user in ("bob/1", "nobody"):
        client.post("/v1/recommendations", json={"user": user, "context": {"surface": "home"}})
    out = client.get("/v1/platform/requests?limit=10").json()
    assert [row["newcomer"] for row in out] == [True, False]
    assert out[0]["at"] >= out[1]["at"]
    assert out[0]["milliseconds"]["total"] > 0
    assert out[0]["funnel"][-1]["stage"] == "slate"
    assert not any(name in str(out) for name in ("bob", "nobody"))


def test_requests_of_all_workers_are_bounded(deps: Deps, make_client, tmp_path: Path) -> None:
    deps.telemetry = Telemetry(tmp_path)
    client = make_client(deps)
    for _ in range(KEPT + 5):
        client.post("/v1/recommendations", json={"user": "ann", "k": 1})
    deps.telemetry.leave()
    other = Watch(tmp_path)
    assert len(other.recent(500)) == 0  # the same process: its own file is not read twice
    for kind in ("recent", "seen"):
        (own,) = tmp_path.glob(f"*.{kind}")
        own.rename(tmp_path / f"999999.{kind}")
    assert len(other.recent(500)) == KEPT
    assert len(other.recent(7)) == 7
    np.testing.assert_array_equal(other.shown(41), deps.telemetry.watch.shown(41))


def test_what_is_put_online_arrives_and_waits_until_it_is_placed(client) -> None:
    assert client.get("/v1/assets/arrivals").json() == []
    card = {"asset_id": "new", "domain": "films", "title": "Anew"}
    assert client.request("PUT", "/v1/assets/new", json=card).status_code == 200
    (out,) = client.get("/v1/assets/arrivals?hours=1").json()
    assert (out["asset"]["title"], out["known"], out["channels"]) == ("Anew", False, [])
    assert "within a minute" in out["note"]
    assert abs(datetime.fromisoformat(out["at"]) - datetime.now(UTC)).total_seconds() < 60


def test_what_is_placed_has_neighbours_and_names_who_can_bring_it(client) -> None:
    card = {"asset_id": "item-3", "domain": "films", "title": "Changed", "categories": ["drama"]}
    client.request("PUT", "/v1/assets/item-3", json=card)
    (out,) = client.get("/v1/assets/arrivals").json()
    assert out["known"]
    assert out["channels"] == ["popularity", "text"]
    assert out["neighbours"]


@pytest.mark.parametrize("query", ["hours=0", "hours=-1", "hours=x"])
def test_hours_that_are_none_are_refused(client, query: str) -> None:
    assert client.get(f"/v1/assets/arrivals?{query}").status_code == 422


def test_noting_a_request_takes_microseconds(deps: Deps) -> None:
    slate = asyncio.run(asked(deps))
    began = time.perf_counter()
    for _ in range(1000):
        deps.telemetry.watch.note(slate, False)
    assert (time.perf_counter() - began) / 1000 < 100e-6


async def asked(deps: Deps):
    from hermes.serving.routes.recommend import question
    from hermes.serving.schemas import Ask

    return deps.engine.recommender(question(deps, Ask(user="ann"), deps.past("ann")))
