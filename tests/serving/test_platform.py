"""What operators and documents rely on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from hermes.core.errors import ConfigError
from hermes.serving import app, settings, tiers
from hermes.serving.telemetry import Numbers, Telemetry


def test_the_checked_in_openapi_is_the_one_the_routes_make(root: Path, tmp_path: Path) -> None:
    app.write_document(tmp_path / "openapi.json")
    made, kept = ((p / "openapi.json").read_text("utf-8") for p in (tmp_path, root / "docs"))
    assert made == kept, "run: hermes serve x --openapi docs/openapi.json"


@pytest.mark.parametrize(("given", "found"), [({}, "1"), ({"OMP_NUM_THREADS": "3"}, "3")])
def test_a_server_has_one_thread_for_algebra_unless_told_otherwise(
    given: dict[str, str], found: str
) -> None:
    code = (
        "import os, sys, hermes.cli, hermes.serving;"
        "print(os.environ['OMP_NUM_THREADS'], 'numpy' in sys.modules)"
    )
    inherited = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    out = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env=inherited | given,
    )  # fmt: skip
    assert out.stdout.split() == [found, "False"]


def test_every_reference_in_openapi_leads_somewhere(root: Path) -> None:
    text = (root / "docs" / "openapi.json").read_text("utf-8")
    document = json.loads(text)

    def references(node: object) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*map(references, node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


def test_status_and_health_answer(client) -> None:
    assert client.get("/health/live").json() == {"status": "alive"}
    assert client.get("/health/ready").json()["status"] == "ready"
    status = client.get("/v1/platform/status").json()
    assert (status["items"], status["users"], status["tier"]) == (40, 3, 3)
    assert status["visual"] == "vision:made:1"


def test_a_missing_bundle_on_disk_is_unhealthy_but_not_an_error(client) -> None:
    out = client.get("/v1/artifacts/health")
    assert out.status_code == 200
    assert not out.json()["healthy"]


def test_metrics_count_slates_events_and_stages(client) -> None:
    client.post("/v1/recommendations", json={"user": "ann"})
    client.post("/v1/recommendations", json={"user": "nobody"})
    text = client.get("/metrics").text
    assert "hermes_slates_total 2.0" in text
    assert "hermes_newcomers_total 1.0" in text
    assert 'hermes_requests_total{route="recommend",status="200"} 2.0' in text
    assert 'hermes_stage_milliseconds_count{stage="retrieval"} 2.0' in text


def test_the_numbers_of_all_workers_add_up(tmp_path: Path) -> None:
    one, two = Telemetry(tmp_path), Numbers(slates=3, requests={"a 200": 2})
    one.slate({"rank": 1.0}, ["rank"], new=True)
    one.request("a", 200)
    (tmp_path / "999999.json").write_bytes(msgspec.json.encode(two))
    whole = one.everybody()
    assert (whole.slates, whole.newcomers, whole.requests) == (4, 1, {"a 200": 3})
    assert one.numbers.slates == 1


@pytest.mark.parametrize(
    ("memory", "gpu", "setting", "tier"),
    [(3, False, "auto", 3), (3, True, "auto", 3), (8, False, "auto", 2), (8, True, "auto", 1),
     (1, False, "2", 2), (64, True, "3", 3)],
)  # fmt: skip
def test_the_tier_follows_memory_gpu_and_setting(
    memory: int, gpu: bool, setting: str, tier: int
) -> None:
    found, reason = tiers.choose(memory * tiers.GIB, gpu, setting)
    assert found == tier
    assert reason


def test_a_setting_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERMES_PORT", "eighty")
    with pytest.raises(ConfigError, match="HERMES_PORT"):
        settings.load()


def test_the_environment_and_then_the_arguments_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERMES_PORT", "9000")
    assert settings.load().port == 9000
    assert settings.load(port=9001).port == 9001
