"""A bundle whose rankers start from what people want: as it was taught, so it serves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from hermes.core.config import resolve
from hermes.data.build import dataset
from hermes.data.dataset import Dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.evaluation.cascade import patient
from hermes.features.columns import ODDS
from hermes.pipeline import recipe as recipes
from hermes.pipeline.answer import ask
from hermes.pipeline.assemble import Engine, assemble
from hermes.pipeline.queries import at_moments
from hermes.workflows import exposed
from hermes.workflows.train import fielded, train
from hermes.world import write
from hermes.world.scale import END

AT = datetime.fromtimestamp(END, UTC)
SMALL = (
    "-channels.sasrec", "channels.effects.config.rounds=4", "prerank.config.schedule.epochs=1",
    "rank.config.trees=20", "labels.users=150", "labels.days=10",
)  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("effects")
    write(folder / "raw", "tiny", 3, pictures=False)
    lake = Lake(folder / "lake")
    ingest(lake, resolve("hermes.domains.world:adapter"), folder / "raw", AT)
    return dataset(lake, recipes.load("shown", SMALL)[0].data)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, data: Dataset) -> Path:
    out = tmp_path_factory.mktemp("effects") / "bundle"
    train(recipes.load("shown", SMALL)[1], data, out)
    return out


@pytest.fixture(scope="module")
def engine(bundle: Path) -> Engine:
    return assemble(bundle)


def active(engine: Engine) -> str:
    return engine.users.names[int(np.diff(engine.offsets)[1:].argmax()) + 1]


def test_a_score_is_what_people_want_and_what_trees_add_to_it(engine: Engine) -> None:
    made = patient(engine.recommender)
    query = replace(ask(engine, active(engine), 10, AT, "r"), attribute=True)
    slate = made(query)
    stage = made.stages[-1]
    assert stage.shared is not None and stage.shared.start is not None
    pool = slate.trace.pools["prerank"]
    dense, sparse, history = stage.shared.features(query, pool)
    learned = stage.shared.learned(dense, sparse, history)
    score = stage.scorer.score(query, pool)
    np.testing.assert_allclose(score, learned + dense[:, stage.shared.start].sum(axis=1), rtol=1e-5)
    found = slate.attribution
    assert found is not None
    whole = found.base + sum(found.parts.values())
    np.testing.assert_allclose(whole, slate.items.columns["score"], rtol=1e-4, atol=1e-5)
    assert {"content", "popularity"} <= set(found.parts)


def test_reasons_know_how_sure_they_are(engine: Engine) -> None:
    slate = patient(engine.recommender)(ask(engine, active(engine), 10, AT, "r"))
    chances = [reason.chance for reason in slate.reasons]
    assert all(chance is not None and 0 <= chance <= 1 for chance in chances)
    assert all(len(r.more) == 0 for r in slate.reasons if r.chance and r.chance >= 0.85)


def test_rows_start_from_the_odds_of_what_a_history_then_told(
    engine: Engine, data: Dataset
) -> None:
    made = patient(engine.recommender)
    shared = made.stages[-1].shared
    assert shared is not None and data.shown is not None
    log = fielded(data.interactions, data)
    late = data.shown.times > log.times.max() - 3
    pages = data.shown.take(np.flatnonzero(late)[:20])
    assert len(ODDS) == len(shared.start or ())
    for query in at_moments(log, pages.users, pages.times):
        pool = made(query).trace.pools["prerank"]
        dense = shared.features(query, pool)[0]
        told = made.explainer.weigher.odds(query, pool.items)
        np.testing.assert_array_equal(dense[:, list(shared.start or ())], np.stack(told[:2], 1))


def test_nothing_after_what_is_held_back_reaches_the_effects(data: Dataset) -> None:
    log = fielded(data.interactions, data)
    kept = log.take(log.times < log.times.max() - 10)
    assert kept.shown is not None and log.shown is not None
    assert 0 < len(kept.shown) < len(log.shown)
    assert kept.shown.times.max() <= kept.times.max()
    told = kept.shown.when[np.isfinite(kept.shown.when)]
    assert told.max() <= kept.times.max()
    assert len(exposed.unseen(data.shown, log, kept, np.unique(log.users)).times)


def test_without_its_channel_the_same_ranker_starts_from_its_place_alone(
    data: Dataset, tmp_path: Path
) -> None:
    given = ("-channels.effects", *(s for s in SMALL if "effects" not in s))
    train(recipes.load("shown", given)[1], data, tmp_path / "b")
    other = assemble(tmp_path / "b")
    stage = other.recommender.stages[-1]
    assert stage.shared is not None and stage.shared.start == []
    slate = patient(other.recommender)(ask(other, active(other), 5, AT, "r"))
    assert len(slate.items) == 5 and {r.chance for r in slate.reasons} == {None}
