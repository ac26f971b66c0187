"""A real server in its own processes: asked, killed, started again, flushed into a lake."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hermes.data.lake import Lake
from hermes.data.log import Log
from hermes.workflows.bench_serve import rows

from .conftest import ITEMS, SERVE, serving


def event(number: int, user: str = "user/1") -> dict[str, Any]:
    return {
        "event_id": f"e{number}",
        "user_id": user,
        "asset_id": ITEMS[number % len(ITEMS)],
        "kind": "click",
        "occurred_at": datetime.now(UTC).isoformat(),
    }


def test_what_was_answered_202_is_there_after_kill_9(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, "--tier", "3") as server:
        kept = [n for n in range(30) if server.ask("POST", "/v1/events", event(n, "new"))[0] == 202]
        assert len(kept) == 30
        server.end(signal.SIGKILL)
    with serving(bundle, tmp_path, "--tier", "3") as again:
        status, past = again.ask("GET", "/v1/users/new")
        assert status == 200
        assert past["events"] == 30
        slate = again.ask("POST", "/v1/recommendations", {"user": "new", "k": 40})[1]
        assert not slate["newcomer"]
        assert not {i["asset_id"] for i in slate["items"]} & {ITEMS[n] for n in kept}


def test_from_a_slate_to_an_event_to_rows_of_the_lake(bundle: Path, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    with serving(bundle, tmp_path, "--tier", "3", "--lake", str(lake.path)) as server:
        for name in ITEMS:
            row = {"domain": "films", "title": name}
            assert server.ask("PUT", f"/v1/assets/{quote(name, safe='')}", row)[0] == 200
        status, slate = server.ask(
            "GET", f"/v1/recommendations/users/{quote('user/2', safe='')}?k=5"
        )
        assert status == 200
        first = slate["items"][0]
        done = {
            **event(0, "user/2"),
            "asset_id": first["asset_id"],
            "request_id": slate["request_id"],
            "position": first["position"],
            "propensity": first["propensity"],
        }
        assert server.ask("POST", "/v1/events", done)[0] == 202
        assert server.end(signal.SIGTERM) == 0
    events, shown = (lake.scan(name).collect() for name in ("silver/events", "exposures"))
    assert events.select("user_id", "asset_id", "request_id").rows() == [
        ("user/2", first["asset_id"], slate["request_id"])
    ]
    exposure = shown.row(0, named=True)
    assert exposure["request_id"] == slate["request_id"]
    assert exposure["items"] == [item["asset_id"] for item in slate["items"]]
    assert exposure["propensities"] == [item["propensity"] for item in slate["items"]]


def test_two_workers_see_each_others_events_at_once(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, "--tier", "3", "--workers", "2") as server:
        for n in range(40):
            assert server.ask("POST", "/v1/events", event(n, "shared"))[0] == 202
            assert server.ask("GET", "/v1/users/shared")[1]["events"] == n + 1
        assert server.end(signal.SIGTERM) == 0


def test_every_exposure_of_an_orderly_end_is_in_the_log(bundle: Path, tmp_path: Path) -> None:
    with serving(bundle, tmp_path, "--tier", "3") as server:
        for _ in range(25):
            assert server.ask("POST", "/v1/recommendations", {"user": "user/1"})[0] == 200
        assert server.end(signal.SIGTERM) == 0
    log = Log(tmp_path / "log.db")
    assert log.counts()["exposures"] == 25
    log.close()


def refused(*arguments: str) -> str:
    done = subprocess.run(
        [*SERVE, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_missing_bundle_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    assert "hermes train" in refused(str(tmp_path / "nothing"))


def test_a_damaged_bundle_ends_the_server_with_the_files_name(bundle: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(bundle, broken)
    with (broken / "users.safetensors").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\xff")
    said = refused(str(broken), "--log", str(tmp_path / "log.db"), "--port", "18099")
    assert "users.safetensors is damaged" in said


def test_a_log_that_is_no_log_is_named_before_the_server_listens(
    bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "log.db").write_bytes(b"no database at all, just bytes" * 99)
    assert "log.db cannot be used" in refused(str(bundle), "--log", str(tmp_path / "log.db"))


def test_the_benchmark_measures_a_real_server(bundle: Path) -> None:
    found = rows(bundle, tiers=(3,), rate=50.0, seconds=1.0, workers=1, closed=0.5)
    assert [row["unit"] for row in found] == ["ms", "ms", "requests/s", "MB"]
    assert found[0]["note"] == "50 requests, 0 failed"
    assert 0 < found[0]["value"] <= found[1]["value"]
    assert found[2]["value"] > 10
    assert 20 < found[3]["value"] < 2000
