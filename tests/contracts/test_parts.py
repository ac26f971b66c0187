"""A batch learned in parts teaches every network what the whole batch does."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import hermes.models
from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.features.examples import Examples
from hermes.learn.shares import Batch, split
from hermes.models.base import Ranker
from hermes.models.neural import Neural

COMPARING = {"TwoTower"}  # rows of a batch are each other's negatives; processes share the items

STILL = {"Diffusion": {"steps": 1, "noise": 0.0}}  # settings with which a loss draws nothing


def found() -> list[type]:
    """Every concrete network in a module of its own below hermes.models."""
    modules = pkgutil.walk_packages(hermes.models.__path__, "hermes.models.")
    loaded = [importlib.import_module(module.name) for module in modules]
    pairs = [(m, cls) for m in loaded for _, cls in inspect.getmembers(m, inspect.isclass)]
    kinds = [cls for m, cls in pairs if cls.__module__ == m.__name__ and issubclass(cls, Neural)]
    return [cls for cls in kinds if not inspect.isabstract(cls) and hasattr(cls, "Config")]


def log() -> Interactions:
    """Thirty people with histories of four to nine events."""
    rng, sizes = np.random.default_rng(1), np.arange(30) % 6 + 4
    users = np.repeat(np.arange(1, 31), sizes)
    items = rng.integers(1, 41, len(users))
    times, ones = np.arange(len(users)) / 7, np.ones(len(users), np.float32)
    return Interactions.sort(users, items, times, ones, Shape(31, 41))


def clicks() -> Examples:
    """Forty groups of two to five rows, one of them relevant."""
    rng, query = np.random.default_rng(2), np.repeat(np.arange(40), np.arange(40) % 4 + 2)
    n = len(query)
    label = (np.r_[-1, query[:-1]] != query).astype(np.float32)
    sparse, history = rng.integers(1, 20, (n, 2)), rng.integers(1, 20, (40, 4))
    dense = rng.normal(size=(n, 3)).astype(np.float32)
    shape = Shape(n_items=20, n_dense=3, sparse=(20, 20), history=4)
    weights = np.ones(n, np.float32)
    return Examples(dense, sparse, query, history, label, weights, shape, ("a", "b", "c"))


def gradients(model: Any, batch: Batch, parts: int) -> dict[str, torch.Tensor]:
    """Of the mean over the parts, each by what it counts."""
    model.net.zero_grad(set_to_none=True)
    cut = split(batch, parts)
    weights = [model.weigh(part) for part in cut]
    for part, weight in zip(cut, weights, strict=True):
        (model.loss(part) * weight / sum(weights)).backward()
    named = model.net.named_parameters()
    return {name: p.grad.clone() for name, p in named if p.grad is not None}


@pytest.mark.parametrize("cls", found(), ids=lambda cls: cls.__name__)
def test_the_gradient_of_a_batch_is_the_mean_of_its_parts(cls: Any) -> None:
    if cls.__name__ in COMPARING:
        pytest.skip("its loss compares the rows of a batch")
    ranks = issubclass(cls, Ranker)
    config, data = cls.Config(**STILL.get(cls.__name__, {})), clicks() if ranks else log()
    if ranks and config.loss == "listmle":
        config = replace(config, loss="listnet")  # which shuffles nothing
    torch.manual_seed(0)
    model = cls(config)
    model.shape, model.net = data.shape, model.build(data.shape)
    model.prepare(data)
    model.net.eval()
    batch = next(iter(model.batches(data, np.random.default_rng(0))))
    model.observe(batch)
    whole = gradients(model, batch, 1)
    for name, grad in gradients(model, batch, 3).items():
        scale = float(whole[name].abs().max())
        torch.testing.assert_close(grad, whole[name], rtol=0.02, atol=0.02 * scale + 1e-7, msg=name)
