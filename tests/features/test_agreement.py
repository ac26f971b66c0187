"""What a ranker is taught and what it is served are the same numbers, to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.data.dataset import Dataset
from hermes.evaluation.cascade import patient
from hermes.features.examples import Examples
from hermes.features.snapshot import Snapshot
from hermes.models.base import Ranker
from hermes.pipeline.assemble import Engine, assemble
from hermes.pipeline.queries import before
from hermes.pipeline.rankers import columns_of
from hermes.pipeline.recipe import parse
from hermes.pipeline.restore import restored
from hermes.workflows.labels import Cut, cut, examples
from hermes.workflows.train import fielded


@pytest.fixture(scope="module")
def engine(tiny: Path) -> Engine:
    return assemble(tiny)


@pytest.fixture(scope="module")
def parts(tiny_recipe: dict[str, Any], tiny_data: Dataset) -> Cut:
    """The log cut as training cut it."""
    recipe = parse(tiny_recipe)
    whole = fielded(tiny_data.interactions, tiny_data)
    return cut(whole, recipe.labels, recipe.length, np.random.default_rng(0))


@pytest.fixture(scope="module")
def fresh(tiny: Path, tiny_data: Dataset, parts: Cut) -> Snapshot:
    """The snapshot as training makes it, not as the bundle keeps it."""
    from hermes.artifacts.bundle import Bundle

    vectors = restored(Bundle.load(tiny), "sasrec").catalogue()
    return Snapshot.of(tiny_data.catalogue, parts.log, vectors)


def queries(data: Dataset, parts: Cut) -> list[Query]:
    return list(before(data.interactions, parts.learn[:20], size=1))


def bits(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.mark.parametrize(("number", "name"), [(0, "prerank"), (1, "rank")])
def test_examples_hold_what_the_serving_engine_computes(
    engine: Engine, fresh: Snapshot, tiny_data: Dataset, parts: Cut, number: int, name: str
) -> None:
    ask = patient(engine.recommender)
    stage = ask.stages[number]
    before_it = "rules" if number == 0 else ask.stages[number - 1].scorer.name
    columns = columns_of(engine.manifest["models"][name], fresh)
    asked = queries(tiny_data, parts)

    def pool_of(query: Query) -> Candidates:
        return ask(query).trace.pools[before_it]

    targets = [int(pool_of(query).items[-1]) for query in asked]
    rng = np.random.default_rng(1)
    taught = examples(asked, targets, pool_of, columns, 5, rng, lambda: None)
    assert len(taught.history) == len(asked)
    for group, query in enumerate(asked):
        pool, rows = pool_of(query), taught.queries == group
        place = {item: row for row, item in enumerate(pool.items.tolist())}
        kept = [place[item] for item in taught.sparse[rows, 0].tolist()]
        dense, sparse, history = stage.scorer.features(query, pool)  # type: ignore[attr-defined]
        assert bits(taught.dense[rows], dense[kept])
        assert sparse.shape[1] == 0 or bits(taught.sparse[rows], sparse[kept])
        assert len(history) == 0 or bits(taught.history[group], history)


def test_a_graph_and_a_booster_serve_what_the_model_would_say(
    engine: Engine, tiny_data: Dataset, parts: Cut
) -> None:
    ask, exact = patient(engine.recommender), patient(assemble(engine.path, 1).recommender)
    for query in queries(tiny_data, parts)[:5]:
        pool = ask(query).trace.pools["rules"]
        for one, two in zip(ask.stages, exact.stages, strict=True):
            np.testing.assert_allclose(
                one.scorer.score(query, pool), two.scorer.score(query, pool), atol=1e-4
            )


def test_a_ranker_with_its_offset_says_what_its_stage_serves(
    engine: Engine, tiny: Path, tiny_data: Dataset, parts: Cut
) -> None:
    from hermes.artifacts.bundle import Bundle

    query = queries(tiny_data, parts)[0]
    ask = patient(engine.recommender)
    pool, stage = ask(query).trace.pools["rules"], ask.stages[0]
    bundle = Bundle.load(tiny)
    model: Ranker[Any] = restored(bundle, "prerank")
    dense, sparse, history = stage.scorer.features(query, pool)  # type: ignore[attr-defined]
    at = Snapshot.restore(bundle.arrays("snapshot"))
    names = columns_of(engine.manifest["models"]["prerank"], at).names
    ones, zeros = np.ones(len(pool), np.float32), np.zeros(len(pool), np.int64)
    rows = Examples(
        dense, sparse, zeros, history[None], ones, ones, model.shape, names,
        offset=dense[:, names.index("blend")],
    )  # fmt: skip
    np.testing.assert_allclose(model.score(rows), stage.scorer.score(query, pool), atol=1e-4)


def test_a_newcomer_is_ranked_without_a_warning(engine: Engine, tiny_data: Dataset) -> None:
    from datetime import UTC, datetime

    stranger = Query(id="new", at=datetime(2026, 1, 1, tzinfo=UTC), size=5)
    slate = patient(engine.recommender)(stranger)
    assert len(slate.items) == 5
    assert np.isfinite(slate.items.columns["rank"]).all()
    assert not slate.trace.degraded
