"""Logistic regression against its own optimum, found by another road."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import minimize

from hermes.core.types import Array, Shape
from hermes.features.examples import Examples
from hermes.learn.loop import Schedule
from hermes.models.rankers.logistic import Logistic, LogisticConfig

SHAPE = Shape(n_items=5, n_dense=2, sparse=(5, 3), history=1)
L2 = 1e-2


def lone_rows(n: int = 300) -> Examples:
    rng = np.random.default_rng(5)
    dense = rng.normal(2.0, 3.0, size=(n, 2)).astype(np.float32)
    sparse = np.stack([rng.integers(1, 5, n), rng.integers(1, 3, n)], axis=1)
    logit = 0.5 * (dense[:, 0] - 2.0) - 1.0 + (sparse[:, 1] == 2)
    dense[rng.random(n) < 0.1, 1] = np.nan
    labels = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(np.float32)
    weights = rng.uniform(0.5, 1.5, n).astype(np.float32)
    history = np.zeros((n, 1), np.int64)
    return Examples(dense, sparse, np.arange(n), history, labels, weights, SHAPE)


def design(model: Logistic, x: Examples) -> Array:
    """Standardised numbers, marks of missing ones, and a column a code.  (N, 2Fd + codes)"""
    with torch.no_grad():
        numbers = model.net.numbers(torch.from_numpy(x.dense)).numpy()
    return np.concatenate([numbers, np.eye(5)[x.sparse[:, 0]], np.eye(3)[x.sparse[:, 1]]], axis=1)


def test_the_score_is_linear_in_numbers_and_one_hot_codes() -> None:
    x = lone_rows()
    model = Logistic(LogisticConfig(schedule=Schedule(epochs=2, batch=50, lr=0.1))).fit(x)
    arrays = model.arrays()
    w = np.concatenate([arrays["weights"], arrays["codes.table.weight"][:, 0]])
    assert np.abs(w).max() > 0.1
    np.testing.assert_allclose(model.score(x), design(model, x) @ w + arrays["bias"], atol=1e-5)


def test_learning_ends_at_the_minimum_of_cross_entropy_and_ridge() -> None:
    x = lone_rows()
    schedule = Schedule(epochs=200, batch=len(x), lr=0.1, decay=True)
    model = Logistic(LogisticConfig(l2=L2, schedule=schedule)).fit(x)
    table, sign = design(model, x), np.where(x.labels > 0, 1.0, -1.0)

    def objective(w: Array) -> float:
        wrong = -sign * (table @ w[:-1] + w[-1])
        return float(np.mean(x.weights * np.logaddexp(0, wrong)) + L2 / 2 * np.sum(w[:-1] ** 2))

    best = minimize(objective, np.zeros(table.shape[1] + 1), method="BFGS").x
    np.testing.assert_allclose(model.score(x), table @ best[:-1] + best[-1], atol=0.02)
    rate = np.average(x.labels, weights=x.weights)
    learned = [model.arrays()[name].ravel() for name in ("weights", "codes.table.weight", "bias")]
    alone = np.append(np.zeros(table.shape[1]), np.log(rate / (1 - rate)))
    assert objective(np.concatenate(learned)) < objective(alone) - 0.03


def test_a_stronger_ridge_leaves_smaller_weights() -> None:
    x = lone_rows()
    schedule = Schedule(epochs=20, batch=100, lr=0.05)
    nets = [
        Logistic(LogisticConfig(l2=l2, schedule=schedule)).fit(x).net for l2 in (0.0, 0.1, 10.0)
    ]
    sizes = [(net.weights.square().sum() + net.codes.square()).item() for net in nets]
    assert sizes[0] > sizes[1] > 10 * sizes[2]


def test_the_ridge_leaves_the_intercept_alone() -> None:
    x = lone_rows()
    schedule = Schedule(epochs=100, batch=len(x), lr=0.05)
    model = Logistic(LogisticConfig(l2=100.0, schedule=schedule)).fit(x)
    rate = np.average(x.labels, weights=x.weights)
    np.testing.assert_allclose(model.score(x), np.log(rate / (1 - rate)), atol=0.05)
