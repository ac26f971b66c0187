from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.artifacts.bundle import content_hash, sha256
from hermes.core.errors import ArtifactError
from hermes.data.arrivals import read
from hermes.data.dataset import Dataset
from hermes.evaluation.cascade import patient
from hermes.pipeline.answer import ask, described
from hermes.pipeline.assemble import Engine, assemble
from hermes.pipeline.trace import Slate

NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=20_011)
NEURAL, CLOSED = {"sasrec"}, {"transition", "popularity"}


@pytest.fixture(scope="module")
def engines(tiny: Path) -> dict[int, Engine]:
    return {tier: assemble(tiny, tier) for tier in (1, 2, 3)}


def answer(engine: Engine, user: str, size: int = 5) -> Slate:
    return patient(engine.recommender)(ask(engine, user, size, NOW, "r", explain=True))


@pytest.mark.parametrize("tier", [1, 2, 3])
def test_every_tier_answers_with_fresh_items_and_nothing_degraded(
    engines: dict[int, Engine], tier: int
) -> None:
    engine = engines[tier]
    slate = answer(engine, "u7")
    past, _ = engine.history(engine.users.code("u7"))
    assert len(set(slate.items.items.tolist())) == 5
    assert not set(slate.items.items.tolist()) & set(past.tolist())
    assert engine.catalogue.available[slate.items.items].all()
    assert not slate.trace.degraded
    assert len(slate.reasons) == 5


def test_what_was_chosen_and_then_turned_down_is_neither_a_wish_nor_shown(
    engines: dict[int, Engine],
) -> None:
    user = engines[3].users.code("u7")
    past, _ = engines[3].history(user)
    ends = np.where(np.arange(len(engines[3].users) + 1) > user, 1, 0)
    engine = replace(engines[3], turned=(ends, past[-1:]))
    query = ask(engine, "u7", 5, NOW, "r")
    assert query.history.tolist() == [item for item in past.tolist() if item != past[-1]]
    assert len(query.ages) == len(query.history)
    assert past[-1] not in patient(engine.recommender)(query).items.items


@pytest.mark.parametrize(
    ("tier", "channels"), [(1, NEURAL | CLOSED), (2, NEURAL | CLOSED), (3, CLOSED)]
)
def test_tier_3_serves_no_network(
    engines: dict[int, Engine], tier: int, channels: set[str]
) -> None:
    recommender = engines[tier].recommender
    found = {s.channel.name for s in recommender.sources.sources}
    assert found - {"text"} == channels
    names = [s.scorer.name for s in recommender.stages]
    assert names == ([] if tier == 3 else ["prerank", "rank"])


def test_torch_and_its_graph_give_one_slate(engines: dict[int, Engine]) -> None:
    for user in ("u1", "u30", ""):
        one, two = answer(engines[1], user), answer(engines[2], user)
        assert one.items.items.tolist() == two.items.items.tolist()
        np.testing.assert_allclose(
            one.items.columns["score"], two.items.columns["score"], atol=1e-4
        )


@pytest.mark.parametrize("tier", [1, 2, 3])
def test_a_newcomer_gets_a_slate(engines: dict[int, Engine], tier: int) -> None:
    slate = answer(engines[tier], "nobody knows 🦊")
    assert slate.query.user == 0
    assert len(slate.items) == 5


def test_the_engine_knows_what_everybody_did(
    tiny_data: Dataset, engines: dict[int, Engine]
) -> None:
    engine, log = engines[2], tiny_data.interactions
    for name in ("u1", "u60"):
        user = engine.users.code(name)
        items, times = engine.history(user)
        np.testing.assert_array_equal(items, log.items[log.users == user])
        np.testing.assert_array_equal(times, log.times[log.users == user])
    assert [len(x) for x in engine.history(0)] == [0, 0]


def test_a_slate_becomes_plain_values(engines: dict[int, Engine]) -> None:
    plain = json.loads(json.dumps(described(engines[2], answer(engines[2], "u7"))))
    assert plain["bundle"] == engines[2].manifest["version"]
    assert plain["tier"] == 2
    assert {"retrieval", "blend", "prerank", "rank"} <= set(plain["milliseconds"])
    for item in plain["items"]:
        assert item["asset_id"] in engines[2].catalogue.items.codes
        assert item["title"] and item["reason"] and item["channels"]
        assert item["propensity"] == 1.0


@pytest.mark.parametrize("tier", [2, 3])
def test_a_process_that_serves_without_a_gpu_never_imports_torch(tiny: Path, tier: int) -> None:
    code = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from hermes.pipeline.answer import ask, described
from hermes.pipeline.assemble import assemble
engine = assemble(Path(sys.argv[1]), int(sys.argv[2]))
for user in ("u1", "nobody"):
    query = ask(engine, user, 5, datetime.now(UTC), "r")
    assert len(described(engine, engine.recommender(query))["items"]) == 5
heavy = {"torch", "lightgbm", "polars"} & set(sys.modules)
print(",".join(sorted(heavy)) or "none")
"""
    words = [sys.executable, "-c", code, str(tiny), str(tier)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "none"


Edit = Callable[[dict[str, Any]], object]


def resealed(copy: Path, edit: Edit) -> None:
    """A bundle as another version might have written it: whole by its hashes, strange inside."""
    file = copy / "manifest.json"
    manifest = json.loads(file.read_text())
    edit(manifest)
    found = [p for p in copy.rglob("*") if p.is_file() and p != file]
    manifest["files"] = {str(p.relative_to(copy)): sha256(p) for p in found}
    manifest["content"] = content_hash(manifest["files"])
    manifest.pop("seal", None)
    manifest["seal"] = content_hash(manifest)
    file.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "part", ["snapshot", "catalogue", "users", "models/transition", "models/rank"]
)
def test_a_part_of_another_version_is_refused_in_one_line(
    tiny: Path, tmp_path: Path, part: str
) -> None:
    from safetensors.numpy import save_file

    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)
    save_file({"other": np.zeros(1)}, copy / f"{part}.safetensors")
    resealed(copy, lambda manifest: None)
    with pytest.raises(ArtifactError):
        assemble(copy, 2)


def test_histories_that_do_not_fit_are_refused(tiny: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)
    users = dict(load_file(copy / "users.safetensors"))
    users["items"] = users["items"][:-1]
    save_file(users, copy / "users.safetensors")
    resealed(copy, lambda manifest: None)
    with pytest.raises(ArtifactError, match="inconsistent"):
        assemble(copy, 3)


def test_a_class_from_elsewhere_is_never_loaded(tiny: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)
    resealed(copy, lambda m: m["models"]["transition"].update({"class": "os:system"}))
    with pytest.raises(Exception, match="is not module:Class"):
        assemble(copy, 3)


def test_items_that_arrive_get_codes_and_harm_nobody(tiny: Path) -> None:
    late = read([
        b'{"asset_id": "late-1", "title": "A late one", "domain": "films",'
        b' "categories": ["new kind"], "creators": [{"name": "Somebody New"}],'
        b' "published_at": "2024-10-01T00:00:00+00:00"}'
    ])  # fmt: skip
    before, after = assemble(tiny, 2), assemble(tiny, 2, late)
    code = after.catalogue.items.code("late-1")
    assert code == len(before.catalogue)
    for user in ("u1", "u30", ""):
        slate = answer(after, user)
        assert len(slate.items) == 5
        assert not slate.trace.degraded
    query = ask(after, "u1", 5, NOW, "r")
    more = np.append(query.history, code), np.append(query.ages, np.float32(0))
    slate = patient(after.recommender)(replace(query, history=more[0], ages=more[1]))
    assert not slate.trace.degraded
    assert code not in slate.items.items
    assert after.finder.find("late one", 3)[0].items[0] == code
