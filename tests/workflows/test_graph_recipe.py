"""The graph family as channels of one bundle, from the log to an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.data.dataset import Dataset
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import assemble
from hermes.pipeline.recipe import load
from hermes.workflows.train import train, untaught

HOME = "hermes.models.retrievers"
SCHEDULE = {"epochs": 2, "batch": 64, "refresh": 1}
RECIPE: dict[str, Any] = {
    "name": "graph",
    "length": 10,
    "blend": {"method": "rrf"},
    "channels": [
        {"name": "gfcf", "model": f"{HOME}.gfcf:GFCF"},
        {"name": "bspm", "model": f"{HOME}.bspm:BSPM", "deadline": 1.0},
        {"name": "lightgcn", "model": f"{HOME}.lightgcn:LightGCN",
         "config": {"d": 8, "length": 10, "schedule": SCHEDULE}},
        {"name": "ultragcn", "model": f"{HOME}.ultragcn:UltraGCN",
         "config": {"d": 8, "negatives": 20, "length": 10, "schedule": SCHEDULE}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def bundle(tiny_data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("graph") / "bundle"
    train(RECIPE, tiny_data, out)
    return out


@pytest.mark.parametrize(
    ("tier", "names"),
    [(1, {"gfcf", "bspm", "lightgcn", "ultragcn"}), (2, {"gfcf", "bspm", "lightgcn", "ultragcn"}),
     (3, {"gfcf", "bspm"})],
)  # fmt: skip
def test_every_channel_brings_items_that_were_not_seen(
    bundle: Path, tier: int, names: set[str]
) -> None:
    engine = assemble(bundle, tier)
    answer = engine.recommender(ask(engine, "u7", 5, datetime.now(UTC), "r"))
    assert set(answer.trace.brought) == names
    seen = engine.history(engine.users.code("u7"))[0]
    for pool in answer.trace.brought.values():
        assert len(pool)
        assert not np.isin(pool.items, seen).any()


def test_the_graph_of_tier_two_says_what_the_model_says(bundle: Path) -> None:
    whole, light = assemble(bundle, 1), assemble(bundle, 2)
    for name in ("u7", "nobody"):
        query = ask(whole, name, 5, datetime.now(UTC), "r")
        for one, two in zip(
            whole.recommender.sources.sources, light.recommender.sources.sources, strict=True
        ):
            a, b = one.channel.retrieve(query, 20), two.channel.retrieve(query, 20)
            np.testing.assert_array_equal(a.items, b.items)


def test_the_order_of_a_history_changes_nothing(bundle: Path) -> None:
    engine = assemble(bundle, 2)
    query = ask(engine, "u7", 5, datetime.now(UTC), "r")
    assert len(query.history) > 2
    turned = replace(query, history=query.history[::-1].copy())
    for source in engine.recommender.sources.sources:
        one, two = (source.channel.retrieve(q, 20) for q in (query, turned))
        np.testing.assert_array_equal(one.items, two.items)


def test_the_recipe_that_comes_with_hermes_reads_whole_histories_and_needs_no_order() -> None:
    recipe = load("graph")[0]
    assert recipe.length >= 1000
    assert recipe.rank is None
    for channel in recipe.channels:
        model = untaught(channel)
        assert getattr(model.config, "length", 1000) >= 1000
        assert getattr(model.config, "decay", 0.0) == 0.0
