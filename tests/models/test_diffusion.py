"""What the diffusion model owes its steps, its order and an index."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch

from hermes.artifacts.export import export_encoder
from hermes.artifacts.onnx_session import Session
from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.learn.batches import tensors
from hermes.learn.loop import Schedule
from hermes.models.retrievers.diffusion import Denoiser, Diffusion, DiffusionConfig

from .cycle import ITEMS, LENGTH, asked, cycle, followed, shaken

QUICK = Schedule(epochs=12, batch=16, lr=1e-2, patience=12)
CONFIG = DiffusionConfig(d=16, hidden=32, length=LENGTH, steps=4, schedule=QUICK)


def drawn(config: DiffusionConfig = CONFIG) -> Diffusion:
    """A model with weights at random."""
    torch.manual_seed(5)
    model = Diffusion(config)
    model.shape = Shape(9, ITEMS)
    model.net = shaken(Denoiser(model.shape, config))
    return model


@pytest.mark.parametrize("n", [0, 1, 5, LENGTH])
def test_padding_on_the_left_changes_nothing(n: int) -> None:
    model, history = drawn(), list(range(3, 3 + n))
    plain = model.embed(asked(history))
    np.testing.assert_allclose(model.embed(asked(history, length=LENGTH + 7)), plain, atol=1e-4)


def test_order_and_age_count() -> None:
    model, queries = drawn(), asked([1, 2, 3], [2, 1, 3], [1, 2, 3])
    queries.ages[2, -3:] = (900, 90, 0)
    first, turned, older = model.embed(queries)
    assert not np.allclose(first, turned, atol=1e-3)
    assert not np.allclose(first, older, atol=1e-3)


def test_whoever_asks_twice_is_answered_alike() -> None:
    model, queries = drawn(), asked([1, 2, 3], [])
    np.testing.assert_array_equal(model.embed(queries), model.embed(queries))


def test_what_is_served_went_down_every_step() -> None:
    model, queries = drawn(), asked([1, 2, 3], [4])
    net = model.net
    batch = tensors(history=queries.history, ages=queries.ages)
    with torch.no_grad():
        past = net.compressed(net.recency.last(batch["history"], batch["ages"]), batch["history"])
        z = y = past[:, 0]
        for t in (4, 3, 2, 1):
            clean = net.denoised(z, y, torch.full((2,), t))
            z = clean + (t - 1) / t * (z - clean)
        expected = (z * net.sharpness.exp()).numpy()
        assert not torch.allclose(net.denoised(y, y, torch.full((2,), 4)), z, atol=1e-2)
    np.testing.assert_allclose(model.embed(queries), expected, rtol=1e-5, atol=1e-5)


def test_without_noise_learning_meets_what_serving_meets() -> None:
    net, y = drawn(replace(CONFIG, noise=0.0)).net, torch.randn(4, 16)
    met = net.met(y, torch.tensor([4, 3, 2, 1]))
    with torch.no_grad():
        z = [y]
        for t in (4, 3, 2):
            z.append(net.down(z[-1], y, t))
    torch.testing.assert_close(met, torch.stack([z[i][i] for i in range(4)]))


def test_the_way_down_is_noisy_as_its_schedule_says() -> None:
    net = drawn().net
    with torch.no_grad():
        for weight in net.change.parameters():
            weight.zero_()  # the denoiser says y, so that what is off from y is noise alone
    y, steps = torch.ones(4000, 16), torch.arange(1, 5).repeat_interleave(1000)
    off = (net.met(y, steps) - y).view(4, -1).std(1)
    expected = CONFIG.noise * 16**-0.5 * (torch.arange(1, 5) / 4).sqrt()
    torch.testing.assert_close(off, expected, rtol=0.05, atol=0)


@pytest.mark.parametrize("loss", ["softmax", "sampled"])
@pytest.mark.parametrize("start", ["spectral", "random"])
def test_a_planted_cycle_is_learned(
    loss: Literal["softmax", "sampled"], start: Literal["spectral", "random"]
) -> None:
    patient = replace(QUICK, epochs=30)
    config = replace(CONFIG, loss=loss, start=start, negatives=20, schedule=patient)
    model = Diffusion(config).fit(cycle())
    assert np.mean(model.losses[-3:]) < 0.7 * model.losses[0]
    assert followed(model) > 0.8


def test_the_exported_graph_serves_the_same(tmp_path: Path) -> None:
    model, path = drawn(), tmp_path / "m.onnx"
    past = np.arange(LENGTH)[None] % (ITEMS - 1) + 1
    sample = tensors(user=np.ones(1, np.int64), history=past, ages=past.astype(np.float32))
    assert export_encoder(model.net, sample, path, np.random.default_rng(0)) < 1e-4
    session, query = Session(path), asked([3, 7, 3], length=3)
    given: dict[str, Any] = {"user": query.users, "history": query.history, "ages": query.ages}
    found = session.run(**{name: given[name] for name in session.inputs})
    np.testing.assert_allclose(found, model.embed(query), atol=1e-4)


def test_histories_of_one_event_teach_nothing_and_break_nothing() -> None:
    users, ones = np.arange(1, 6), np.ones(5, np.float32)
    log = Interactions(users, users, users.astype(float), ones, Shape(6, ITEMS))
    model = Diffusion(replace(CONFIG, schedule=replace(QUICK, epochs=1))).fit(log)
    assert np.isfinite(model.score(asked([1], []))).all()
