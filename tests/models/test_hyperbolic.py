"""What the hyperbolic model owes its geometry, its order and an index."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch

from hermes.artifacts.export import export_encoder
from hermes.artifacts.onnx_session import Session
from hermes.core.types import Array, Shape
from hermes.data.interactions import Interactions
from hermes.learn.batches import tensors
from hermes.learn.loop import Schedule
from hermes.models.retrievers.hyperbolic import Hyperbolic, HyperbolicConfig, Sheet
from hermes.retrieval.index import VectorIndex

from .cycle import ITEMS, LENGTH, asked, cycle, followed, shaken

QUICK = Schedule(epochs=12, batch=16, lr=1e-2, patience=12)
CONFIG = HyperbolicConfig(d=16, length=LENGTH, schedule=QUICK)


def drawn(seed: int = 5) -> Hyperbolic:
    """A model with weights at random."""
    torch.manual_seed(seed)
    model = Hyperbolic(CONFIG)
    model.shape = Shape(9, ITEMS)
    model.net = shaken(Sheet(model.shape, CONFIG))
    return model


def products(x: Array, y: Array) -> Array:
    return np.asarray(x[:, 1:] @ y[:, 1:].T - x[:, :1] * y[None, :, 0])


def test_an_index_of_inner_products_finds_the_nearest_points() -> None:
    model, queries = drawn(), asked([1, 2, 3], [4], [9, 9, 12, 20])
    sharpness = float(model.net.sharpness.detach().exp())
    person, items = model.embed(queries) / sharpness, model.catalogue()
    person[:, 0] *= -1
    np.testing.assert_allclose(np.diag(products(person, person)), -1, atol=1e-4)
    np.testing.assert_allclose(np.diag(products(items, items)), -1, atol=1e-4)
    distance = np.arccosh(-products(person, items))
    _, found = VectorIndex.build(items).search(model.embed(queries), ITEMS - 1)
    np.testing.assert_array_equal(found, np.argsort(distance[:, 1:], axis=1) + 1)


def test_somebody_unknown_who_did_nothing_stands_at_the_origin() -> None:
    model = drawn()
    state = model.embed(asked([]))[0]
    assert state[0] < 0
    assert not state[1:].any()
    best = np.argsort(-model.score(asked([]))[0])
    np.testing.assert_array_equal(best, np.argsort(model.catalogue()[:, 0]))


def test_a_known_user_has_a_place_of_their_own() -> None:
    model = drawn()
    assert not np.allclose(model.embed(asked([3], user=2)), model.embed(asked([3], user=0)))


@pytest.mark.parametrize("n", [0, 1, 5, LENGTH])
def test_padding_on_the_left_changes_nothing(n: int) -> None:
    model, history = drawn(), list(range(3, 3 + n))
    plain = model.embed(asked(history))
    np.testing.assert_allclose(model.embed(asked(history, length=LENGTH + 7)), plain, atol=1e-5)


def test_order_and_age_count() -> None:
    model, queries = drawn(), asked([1, 2, 3], [2, 1, 3], [1, 2, 3])
    queries.ages[2, -3:] = (900, 90, 0)
    first, turned, older = model.embed(queries)
    assert not np.allclose(first, turned, atol=1e-3)
    assert not np.allclose(first, older, atol=1e-3)


def test_a_stretch_is_learned_from_as_each_of_its_moments_is_served() -> None:
    model, net, past = drawn(), drawn().net, [3, 8, 2, 5]
    ages = torch.tensor([[4.0, 3.0, 2.0, 1.0]])
    with torch.no_grad():
        whole = net(torch.tensor([past]), ages, torch.tensor([1]))[0].numpy()
    for n in range(1, 5):
        np.testing.assert_allclose(
            whole[n - 1], model.embed(asked(past[:n], user=1))[0], rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("size", [0.0, 1e-8, 30.0, 1e6])
def test_a_step_from_anywhere_stays_finite(size: float) -> None:
    model = drawn()
    with torch.no_grad():
        for weight in model.net.parameters():
            weight.mul_(size)
        model.net.sharpness.fill_(1.0)
    batch = next(iter(model.batches(cycle(8), np.random.default_rng(0))))
    model.loss(batch).backward()  # type: ignore[no-untyped-call]
    for name, weight in model.net.named_parameters():
        assert weight.grad is None or bool(torch.isfinite(weight.grad).all()), name
    assert np.isfinite(model.score(asked([1, 2], []))).all()


@pytest.mark.parametrize("loss", ["softmax", "sampled", "margin"])
@pytest.mark.parametrize("start", ["spectral", "random"])
def test_a_planted_cycle_is_learned(
    loss: Literal["softmax", "sampled", "margin"], start: Literal["spectral", "random"]
) -> None:
    patient = replace(QUICK, epochs=40)
    config = replace(CONFIG, loss=loss, start=start, negatives=20, schedule=patient)
    model = Hyperbolic(config).fit(cycle())
    assert np.mean(model.losses[-3:]) < 0.7 * model.losses[0]
    assert followed(model) > 0.8


def test_the_exported_graph_serves_the_same(tmp_path: Path) -> None:
    model, path = drawn(), tmp_path / "m.onnx"
    past = np.arange(LENGTH)[None] % (ITEMS - 1) + 1
    sample = tensors(user=np.ones(1, np.int64), history=past, ages=past.astype(np.float32))
    assert export_encoder(model.net, sample, path, np.random.default_rng(0)) < 1e-4
    query = asked([3, 7, 3], user=4, length=3)
    found = Session(path).run(user=query.users, history=query.history, ages=query.ages)
    np.testing.assert_allclose(found, model.embed(query), atol=1e-4)


def test_histories_of_one_event_teach_nothing_and_break_nothing() -> None:
    users, ones = np.arange(1, 6), np.ones(5, np.float32)
    log = Interactions(users, users, users.astype(float), ones, Shape(6, ITEMS))
    model = Hyperbolic(replace(CONFIG, schedule=replace(QUICK, epochs=1))).fit(log)
    assert np.isfinite(model.score(asked([1], []))).all()
