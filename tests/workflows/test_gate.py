from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import DataError
from hermes.core.protocols import Query
from hermes.core.types import Shape
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.data.dataset import Dataset
from hermes.data.interactions import Interactions
from hermes.evaluation.cascade import patient
from hermes.pipeline.answer import described
from hermes.pipeline.assemble import Engine, assemble
from hermes.workflows.gate import auroc, calibrated
from hermes.workflows.train import train

NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=20_100)


def people(shop: Catalogue, n: int = 300) -> Dataset:
    """Each goes around in one quarter of the shelf, mostly to the next item."""
    rng, rows = np.random.default_rng(0), []
    for user in range(1, n + 1):
        place, quarter = rng.integers(10), user % 4
        steps = np.cumsum(rng.choice([1, 2], 12, p=[0.8, 0.2]))
        rows.append(1 + 10 * quarter + (place + steps) % 10)
    users, items = np.repeat(np.arange(1, n + 1), 12), np.concatenate(rows)
    times = 20_000 + np.tile(np.arange(12), n) + users / 1000
    log = Interactions.sort(users, items, times, np.ones(len(users), "f4"), Shape(n + 1, 41))
    return Dataset(Vocabulary.of(f"u{u}" for u in range(1, n + 1)), shop, log, (), "quarters")


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    place = "hermes.models.retrievers."
    return {
        "name": "gated",
        "labels": {"valid": 0.4},
        "channels": [
            {"name": "ease", "model": f"{place}ease:EASE"},
            {"name": "vectors", "model": f"{place}bpr:BPR", "config": {"d": 8}},
            {"name": "transition", "model": f"{place}transition:Transition"},
            {"name": "popularity", "model": f"{place}popularity:Popularity"},
        ],
        "rank": {
            "model": "hermes.models.rankers.lambdamart:LambdaMART",
            "keep": 10,
            "negatives": 20,
            "config": {"trees": 5, "rows": 5},
        },
        "gate": {"rate": 0.02, "to": "popularity"},
    }


@pytest.fixture(scope="module")
def bundle(
    recipe: dict[str, Any], shop: Catalogue, tmp_path_factory: pytest.TempPathFactory
) -> Bundle:
    return train(recipe, people(shop), tmp_path_factory.mktemp("gate") / "b")


@pytest.fixture(scope="module")
def engine(bundle: Bundle) -> Engine:
    made = assemble(bundle.path, 2)
    object.__setattr__(made, "recommender", patient(made.recommender))
    return made


def asks(*history: int, **more: Any) -> Query:
    items = np.array(history, np.int64)
    ages = np.arange(len(items), 0, -1).astype(np.float32)
    return Query(id="q", at=NOW, history=items, ages=ages, size=5, **more)


ORDINARY = [1, 2, 3, 4, 5, 6, 7]
STRANGE = [1, 31, 12, 22, 33, 4, 24, 16, 38, 9, 19, 27]


def test_it_opens_on_strangers_and_hardly_ever_on_others(bundle: Bundle) -> None:
    said = bundle.manifest["gate"]
    assert said["opens"]["ordinary"] <= 0.07  # of 60; 2 % are asked for
    assert min(said["auroc"][kind] for kind in ("random", "scattered", "mixed")) > 0.9
    assert said["opens"]["random"] > 0.5
    assert said["channels"] == ["ease", "vectors", "transition"]


def test_an_open_gate_is_named_in_the_answer_and_no_ranker_is_asked(engine: Engine) -> None:
    slate = engine.recommender(asks(*STRANGE))
    assert [d.stage for d in slate.trace.degraded] == ["gate"]
    assert "channel popularity answers without the rankers" in slate.trace.degraded[0].cause
    assert "rank" not in slate.trace.pools
    assert len(slate.items) == 5
    assert np.all(np.diff(slate.items.columns["retrieval.popularity"]) <= 0)
    assert json.loads(json.dumps(described(engine, slate)))["degraded"][0]["stage"] == "gate"


def test_an_ordinary_request_goes_to_the_rankers(engine: Engine) -> None:
    slate = engine.recommender(asks(*ORDINARY))
    assert not slate.trace.degraded
    assert "rank" in slate.trace.pools


@pytest.mark.parametrize(
    "query", [asks(), asks(7), asks(*STRANGE, anchor=3)], ids=["newcomer", "one", "anchored"]
)
def test_who_has_no_history_or_asks_for_what_is_like_an_item_is_no_stranger(
    engine: Engine, query: Query
) -> None:
    assert "gate" not in [d.stage for d in engine.recommender(query).trace.degraded]


def test_tier_3_has_no_rankers_and_so_no_gate(bundle: Bundle) -> None:
    assert assemble(bundle.path, 3).recommender.gate is None


def test_the_card_has_both_rates(bundle: Bundle) -> None:
    card = (bundle.path / "cards" / "gate.md").read_text()
    said = bundle.manifest["gate"]
    for kind, share in said["opens"].items():
        assert f"| {kind} | {share:.2%} |" in card


def test_too_few_held_out_users_are_one_clear_line(
    recipe: dict[str, Any], shop: Catalogue, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"gate: .* held-out queries.*raise labels\.valid"):
        train({**recipe, "labels": {"users": 50}}, people(shop), tmp_path / "b")


def test_the_threshold_is_the_quantile_of_the_ordinary() -> None:
    rng = np.random.default_rng(0)
    signs = {"ordinary": rng.normal(size=(4000, 2)), "odd": rng.normal(3, 1, (4000, 2))}
    said = calibrated(signs, 0.05, rng)
    assert said["opens"]["ordinary"] == pytest.approx(0.05, abs=0.02)
    assert said["auroc"]["odd"] == pytest.approx(0.995, abs=0.01)
    assert said["opens"]["odd"] > 0.9


def test_a_sign_nobody_can_read_says_nothing() -> None:
    rng = np.random.default_rng(0)
    rows = np.stack([np.full(100, np.nan), rng.normal(size=100)], axis=1)
    said = calibrated({"ordinary": rows, "odd": rows + 4}, 0.05, rng)
    assert json.loads(json.dumps(said)) == said
    assert said["auroc"]["odd"] > 0.9
    silent = calibrated({"ordinary": rows * np.nan, "odd": rows * np.nan}, 0.05, rng)
    assert silent["opens"] == {"ordinary": 0.0, "odd": 0.0}
    assert auroc(np.zeros(3), np.zeros(4)) == 0.5
