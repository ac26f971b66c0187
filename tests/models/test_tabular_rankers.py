"""What the rankers that read a table of features owe beyond the contract of all models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from hermes.artifacts.export import export_ranker
from hermes.artifacts.onnx_session import Session
from hermes.core.errors import DataError
from hermes.core.types import Array, Floats, Shape
from hermes.features.examples import Examples
from hermes.learn.loop import Schedule
from hermes.models.neural import likelihood
from hermes.models.rankers.dcn import DCN, DCNConfig, Mixture
from hermes.models.rankers.deepfm import DeepFM, DeepFMConfig
from hermes.models.rankers.dlrm import DLRM, DLRMConfig, Revenue
from hermes.models.rankers.logistic import Logistic, LogisticConfig
from hermes.models.rankers.xdeepfm import XDeepFM, XDeepFMConfig

SHAPE = Shape(n_items=20, n_dense=3, sparse=(20, 5, 5), history=4)
SHORT = Schedule(epochs=2, batch=20, lr=3e-3)
LONG = Schedule(epochs=20, batch=100, lr=1e-2, decay=True)
MODELS: dict[str, tuple[Any, Any]] = {
    "logistic": (Logistic, LogisticConfig()),
    "deepfm": (DeepFM, DeepFMConfig()),
    "dcn": (DCN, DCNConfig()),
    "dcn of experts": (DCN, DCNConfig(mixture=Mixture(), structure="stacked")),
    "xdeepfm": (XDeepFM, XDeepFMConfig()),
    "dlrm": (DLRM, DLRMConfig()),
}
NETWORKS = [name for name in MODELS if name != "logistic"]


def made(name: str, schedule: Schedule = SHORT, **config: Any) -> Any:
    cls, plain = MODELS[name]
    return cls(replace(plain, schedule=schedule, **config))


def table(groups: int, size: int, seed: int = 0) -> Examples:
    """Relevant is a row whose second and third codes are both odd or both even."""
    rng, n = np.random.default_rng(seed), groups * size
    sparse = np.stack([rng.integers(1, high, n) for high in SHAPE.sparse], axis=1)
    dense = rng.normal(size=(n, 3)).astype(np.float32)
    labels = ((sparse[:, 1] + sparse[:, 2]) % 2 == 0).astype(np.float32)
    query, history = np.repeat(np.arange(groups), size), np.zeros((groups, 4), np.int64)
    return Examples(dense, sparse, query, history, labels, np.ones(n, np.float32), SHAPE)


def auc(labels: Array, scores: Floats) -> float:
    """The share of pairs of a relevant and an irrelevant row that are in order."""
    return float((scores[labels > 0][:, None] > scores[labels == 0]).mean())


@pytest.mark.parametrize("name", NETWORKS)
def test_lone_rows_teach_an_interaction_by_cross_entropy(name: str) -> None:
    x = replace(table(1500, 1), valid=table(300, 1, seed=1))
    score = made(name, LONG, loss="bce").fit(x).score(x.valid)
    assert auc(x.valid.labels, score) > 0.95
    assert likelihood(x.valid, score) > np.log(0.5) + 0.2


def test_no_interaction_is_to_be_had_from_a_linear_model() -> None:
    x = table(500, 1)
    score = made("logistic", loss="bce").fit(x).score(table(300, 1, seed=1))
    assert auc(table(300, 1, seed=1).labels, score) < 0.65


@pytest.mark.parametrize("loss", ["listmle", "lambdarank", "bce"])
@pytest.mark.parametrize("name", MODELS)
def test_every_loss_orders_a_group(name: str, loss: str) -> None:
    x = table(60, 8)
    x = replace(x, labels=(x.sparse[:, 1] == 1).astype(np.float32))
    schedule = Schedule(epochs=15, batch=10, lr=1e-2)
    score = made(name, schedule, loss=loss).fit(x).score(x)
    assert auc(x.labels, score) > 0.9


def test_the_likelihood_of_labels_can_be_checked_by_hand() -> None:
    x = replace(table(2, 1), labels=np.array([1, 0], "f"), weights=np.array([3, 1], "f"))
    found = likelihood(x, np.log([4.0, 1.0]).astype(np.float32))  # odds of 4 and of 1
    assert found == pytest.approx((3 * np.log(0.8) + np.log(0.5)) / 4)


def test_lone_rows_are_judged_by_likelihood_and_groups_by_their_order() -> None:
    model = made("logistic").fit(table(60, 1))
    alone, together = table(30, 1, seed=1), table(30, 4, seed=1)
    found = model.validate(replace(alone, valid=alone))
    assert found == likelihood(alone, model.score(alone))
    assert 0 < model.validate(replace(together, valid=together)) <= 1


@pytest.mark.parametrize("name", MODELS)
def test_the_ridge_keeps_the_vectors_of_codes_short(name: str) -> None:
    x = table(300, 2)
    free, held = (made(name, l2=l2, loss="bce").fit(x).net.codes.square() for l2 in (0.0, 1.0))
    assert held < 0.8 * free


@pytest.mark.parametrize("name", MODELS)
def test_the_ridge_is_added_to_the_loss_as_it_is_written(name: str) -> None:
    model = made(name, loss="bce").fit(table(60, 1))
    model.net.eval()
    batch = next(iter(model.batches(table(20, 1), np.random.default_rng(0))))
    losses = {}
    for l2 in (0.0, 0.5):
        model.config = replace(model.config, l2=l2)
        losses[l2] = model.loss(batch)
    squares = model.net.codes.square()
    if name == "logistic":
        squares = squares + model.net.weights.square().sum()
    torch.testing.assert_close(losses[0.5] - losses[0.0], squares / 4)


@pytest.mark.parametrize("loss", ["listmle", "lambdarank"])
def test_a_loss_of_groups_refuses_lone_rows(loss: str) -> None:
    with pytest.raises(DataError, match="no group has two rows"):
        made("dcn", loss=loss).fit(table(60, 1))


@pytest.mark.parametrize("name", MODELS)
def test_missing_and_unseen_features_still_give_a_finite_score(name: str) -> None:
    x = table(60, 5)
    x.dense[::3, 0] = np.nan
    x.dense[:, 1] = np.nan  # known of nobody
    model = made(name).fit(x)
    asked = table(3, 5, seed=1)
    asked.dense[:5], asked.sparse[5:] = np.nan, 0
    assert np.isfinite(model.score(asked)).all()


@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize("loss", ["listmle", "lambdarank", "bce"])
@pytest.mark.parametrize("name", MODELS)
def test_labels_that_are_all_equal_break_nothing(name: str, loss: str, label: float) -> None:
    x = table(20, 4)
    x = replace(x, labels=np.full(len(x), label, np.float32))
    model = made(name, loss=loss).fit(replace(x, valid=x))
    assert np.isfinite([*model.losses, *model.score(x)]).all()


@pytest.mark.parametrize("name", MODELS)
def test_one_candidate_and_none_are_scored(name: str) -> None:
    x = table(20, 4)
    model = made(name).fit(x)
    one = replace(x.take(np.array([0])), labels=x.labels[:1])
    one = replace(
        one, dense=x.dense[:1], sparse=x.sparse[:1], queries=x.queries[:1], weights=x.weights[:1]
    )
    np.testing.assert_allclose(model.score(one), model.score(x)[:1], atol=1e-5)
    assert model.score(x.take(np.zeros(0, np.int64))).shape == (0,)


@pytest.mark.parametrize("name", MODELS)
def test_a_table_of_codes_alone_is_learned(name: str) -> None:
    x = table(200, 1)
    bare = replace(
        x,
        dense=x.dense[:, :0],
        history=x.history[:, :0],
        labels=(x.sparse[:, 1] == 1).astype(np.float32),
        shape=Shape(n_items=20, sparse=SHAPE.sparse),
    )
    schedule = Schedule(epochs=25, batch=40, lr=1e-2)
    assert auc(bare.labels, made(name, schedule, loss="bce").fit(bare).score(bare)) > 0.9


EXPORTED = {**MODELS, "dlrm of two heads": (DLRM, DLRMConfig(revenue=Revenue()))}


@pytest.mark.parametrize("name", EXPORTED)
def test_the_graph_scores_as_the_network_does(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    cls, config = EXPORTED[name]
    net, rng = cls(config).build(SHAPE).eval(), np.random.default_rng(1)
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(torch.randn_like(weight), alpha=0.1)
    x, path = table(1, 40), tmp_path / "ranker.onnx"
    x.dense[::4, 1] = np.nan
    arrays = {"dense": x.dense, "sparse": x.sparse, "history": x.history}
    example = {column: torch.from_numpy(a) for column, a in arrays.items()}
    assert export_ranker(net, example, path, rng) < 1e-4
    for n in (1, 333):
        pick = rng.integers(0, 40, n)
        asked = {"dense": x.dense[pick], "sparse": x.sparse[pick], "history": x.history}
        with torch.no_grad():
            inputs = [torch.from_numpy(a) for a in asked.values()]
            want = net(*inputs, torch.zeros(n, dtype=torch.int64)).numpy()
        np.testing.assert_allclose(Session(path).run(**asked), want, atol=1e-4)
