"""KAN: curves that are learned, kept on moving grids, and served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from hermes.artifacts.export import export_ranker
from hermes.artifacts.onnx_session import Session
from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.features.examples import Examples
from hermes.learn import losses
from hermes.learn.loop import Schedule
from hermes.learn.run import Run
from hermes.models.rankers.kan import KAN, KANConfig

SHAPE = Shape(n_items=30, n_dense=2, sparse=(30, 4), history=3)
BRIEF = Schedule(epochs=2, batch=16, lr=1e-2)


def middling(seed: int, groups: int = 200, size: int = 8) -> Examples:
    """Relevant is what lies in the middle of dense feature 0: no line tells it from the rest."""
    rng, n = np.random.default_rng(seed), groups * size
    dense = rng.normal(size=(n, 2)).astype(np.float32)
    labels = (np.abs(dense[:, 0]) < 0.6).astype(np.float32)
    sparse = np.stack([rng.integers(1, 30, n), rng.integers(0, 4, n)], axis=1)
    query, history = np.repeat(np.arange(groups), size), np.zeros((groups, 3), np.int64)
    return Examples(dense, sparse, query, history, labels, np.ones(n, np.float32), SHAPE)


def ordered(x: Examples, score: np.ndarray) -> float:
    """The share of (relevant, irrelevant) pairs of a group in the right order."""
    pairs = (x.labels[:, None] > x.labels) & (x.queries[:, None] == x.queries)
    return float((score[:, None] > score)[pairs].mean())


@pytest.fixture(scope="module")
def model() -> KAN:
    return KAN(KANConfig(schedule=Schedule(epochs=12, batch=16, lr=1e-2))).fit(middling(0))


def test_it_learns_what_no_weighted_sum_of_the_features_tells(model: KAN) -> None:
    asked = middling(1, 100)
    assert ordered(asked, model.score(asked)) > 0.95
    assert all(ordered(asked, sign * asked.dense[:, 0]) < 0.6 for sign in (1, -1))


def test_pairs_tell_what_one_code_says_about_the_other() -> None:
    rng, n = np.random.default_rng(4), 6000
    sparse = np.stack([rng.integers(1, 30, n), rng.integers(0, 4, n)], axis=1)
    labels = ((sparse.sum(1) % 2) == 0).astype(np.float32)  # neither code alone says anything
    alone, empty = np.arange(n), np.zeros((n, 3), np.int64)
    dense, weights = np.zeros((n, 2), np.float32), np.ones(n, np.float32)
    data = Examples(dense, sparse, alone, empty, labels, weights, SHAPE)
    brief = Schedule(epochs=6, batch=256, lr=2e-2)
    model = KAN(KANConfig(pairs=True, hidden=(), loss="bce", schedule=brief)).fit(data)
    assert model.net.layers[0].curves(3)[0].shape[0] == 2 * 2 + 2 * model.config.d + 1
    right = (model.score(data) > 0) == (labels > 0)
    assert right.mean() > 0.95
    deaf = replace(model.config, pairs=False)
    assert (((KAN(deaf).fit(data).score(data)) > 0) == (labels > 0)).mean() < 0.7


def test_the_curve_of_a_feature_shows_what_was_learned_of_it() -> None:
    additive = KANConfig(hidden=(), schedule=Schedule(epochs=8, batch=16, lr=2e-2))
    x, y = KAN(additive).fit(middling(0)).curves(points=101)
    assert x.shape == (2 * SHAPE.n_dense + len(SHAPE.sparse) * additive.d, 101)
    assert y.shape == (len(x), 1, 101)
    assert x.dtype == y.dtype == np.float32
    middle, usual = np.abs(x[0]) < 0.3, (np.abs(x[0]) > 1.0) & (np.abs(x[0]) < 2.0)
    assert y[0, 0, middle].min() > y[0, 0, usual].max() + 1.0
    assert np.ptp(y[1, 0, np.abs(x[1]) < 2.0]) < 0.5 * np.ptp(y[0, 0, np.abs(x[0]) < 2.0])


def test_the_score_is_the_sum_of_curves_of_sums_of_curves(model: KAN) -> None:
    asked = middling(2, 20)
    dense, sparse = torch.from_numpy(asked.dense), torch.from_numpy(asked.sparse)
    with torch.no_grad():
        values = model.net.features(dense, sparse).numpy()
    within = np.ones(len(values), bool)
    for layer in range(2):
        x, y = model.curves(layer, points=4001)
        inside = values.clip(x[:, 0], x[:, -1])
        sums = np.zeros((len(values), y.shape[1]))
        for i, j in np.ndindex(y.shape[:2]):
            sums[:, j] += np.interp(inside[:, i], x[i], y[i, j])
        within &= (values == inside).all(axis=1)  # of the grids: there the base is drawn as well
        values = sums
    assert within.mean() > 0.5
    np.testing.assert_allclose(values[within, 0], model.score(asked)[within], atol=5e-3)


def test_grids_follow_the_first_batches_and_then_stay() -> None:
    moves, data = [], middling(0, 64)
    model = KAN(KANConfig(updates=3, update_every=2, schedule=replace(BRIEF, epochs=5, batch=8)))

    def watch(name: str, epoch: int, epochs: int, figures: dict[str, float]) -> None:
        moves.append(model.net.layers[0].knots.clone())

    model.fit(data, Run(report=watch))
    assert int(model.net.steps) == 5 * 8
    assert all(torch.equal(knots, moves[0]) for knots in moves[1:])  # 6 steps: the first epoch
    assert not torch.equal(moves[0], KAN().build(SHAPE).layers[0].knots)


def test_a_killed_run_goes_on_with_the_grids_it_had(tmp_path: Path) -> None:
    data, point = middling(0, 64), tmp_path / "kan.pt"
    config = lambda epochs: KANConfig(
        updates=6, update_every=3, schedule=replace(BRIEF, epochs=epochs)
    )
    whole = KAN(config(4)).fit(data)
    KAN(config(2)).fit(data, Run(checkpoint=point))
    resumed = KAN(config(4)).fit(data, Run(checkpoint=point))
    np.testing.assert_allclose(resumed.score(data), whole.score(data), atol=1e-5)


@pytest.mark.parametrize("loss", get_args(losses.RANKING))
def test_bad_groups_leave_a_model_of_every_loss_finite(loss: losses.RANKING) -> None:
    data = middling(0, 40)
    data.labels[data.queries < 20] = 1.0  # nothing to prefer
    data.dense[::3, 1] = np.nan
    data.dense[7, 0] = 1e30
    data.sparse[5] = 0
    single = np.r_[0, 8 : len(data)]  # the first group has one candidate
    columns = ("dense", "sparse", "queries", "labels", "weights")
    data = replace(data, **{name: getattr(data, name)[single] for name in columns})
    model = KAN(KANConfig(loss=loss, schedule=BRIEF)).fit(data)
    assert np.isfinite(model.score(data)).all()
    assert np.isfinite(model.losses).all()


@pytest.mark.parametrize("config", [KANConfig(even=0.0), KANConfig(even=1.1), KANConfig(grid=0)])
def test_a_grid_whose_knots_could_coincide_is_refused(config: KANConfig) -> None:
    with pytest.raises(ConfigError, match="even above 0"):
        KAN(config).build(SHAPE)


@pytest.mark.parametrize("pairs", [False, True])
def test_the_graph_scores_as_torch_does_on_its_grids_and_beyond(
    model: KAN, pairs: bool, tmp_path: Path
) -> None:
    rng, path = np.random.default_rng(1), tmp_path / "kan.onnx"
    names = ("dense", "sparse", "history")
    if pairs:
        model = KAN(replace(model.config, pairs=True, schedule=BRIEF)).fit(middling(0, 40))

    def pool(n: int) -> list[torch.Tensor]:
        dense = 3 * rng.normal(size=(n, 2)).astype(np.float32)
        dense[::4, 1] = np.nan
        sparse = np.stack([rng.integers(0, 30, n), rng.integers(0, 4, n)], axis=1)
        return [torch.from_numpy(a) for a in (dense, sparse, np.zeros((1, 3), np.int64))]

    assert export_ranker(model.net, dict(zip(names, pool(40), strict=True)), path, rng) < 1e-4
    session = Session(path)
    for n in (1, 2, 333):
        x = pool(n)
        with torch.no_grad():
            want = model.net(*x, torch.zeros(n, dtype=torch.int64)).numpy()
        given = session.run(**{k: v.numpy() for k, v in zip(names, x, strict=True)})
        np.testing.assert_allclose(given, want, atol=1e-4)
