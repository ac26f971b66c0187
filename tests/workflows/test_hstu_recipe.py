"""A transducer that reads times as a channel of a bundle, from the log to an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.artifacts.bundle import Bundle
from hermes.artifacts.onnx_session import Session
from hermes.core.types import Queries
from hermes.data.dataset import Dataset
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import assemble
from hermes.pipeline.channels import encoder_of
from hermes.workflows.train import train

CONFIG = {"d": 8, "length": 10, "blocks": 2, "schedule": {"epochs": 2, "batch": 64, "refresh": 1}}


def channel(name: str, **config: Any) -> dict[str, Any]:
    model = "hermes.models.retrievers.hstu:HSTU"
    return {"name": name, "model": model, "bits": 8, "config": CONFIG | config}


@pytest.fixture(scope="module")
def bundle(tiny_data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hstu") / "bundle"
    channels = [channel("places"), channel("times", times=True)]
    recipe = {"name": "hstu", "length": 10, "blend": {"method": "rrf"}, "channels": channels}
    train(recipe, tiny_data, out)
    return out


def test_only_what_does_not_read_times_is_remembered(bundle: Path) -> None:
    made = Bundle.load(bundle)
    assert made.manifest["models"]["places"]["remembered"] > 0
    assert "remembered" not in made.manifest["models"]["times"]
    graphs = {name: Session(made.path / "models" / f"{name}.onnx") for name in ("places", "times")}
    assert {name: graph.inputs for name, graph in graphs.items()} == {
        "places": ("history",), "times": ("history", "ages"),
    }  # fmt: skip


def test_the_graph_is_close_to_the_network_in_eight_bits(bundle: Path) -> None:
    made, ages = Bundle.load(bundle), np.arange(10, 0, -1, dtype=np.float32)[None]
    past = Queries(np.ones(1, np.int64), np.arange(1, 11)[None], ages)
    for name in ("places", "times"):
        one, two = (encoder_of(made, name, tier)[0](past)[0] for tier in (1, 2))
        assert one @ two > 0.99 * np.linalg.norm(one) * np.linalg.norm(two)


@pytest.mark.parametrize("tier", [1, 2])
def test_both_answer_a_request_now_and_a_month_later(bundle: Path, tier: int) -> None:
    engine, now = assemble(bundle, tier), datetime.now(UTC)
    for at in (now, now + timedelta(days=30)):
        answer = engine.recommender(ask(engine, "u7", 5, at, "r"))
        assert set(answer.trace.brought) == {"places", "times"}
        assert all(len(pool) for pool in answer.trace.brought.values())
