"""The networks that rank: what the contract of all models does not say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.features.examples import Examples
from hermes.learn.loop import Schedule
from hermes.models.rankers.deepfm import DeepFM, DeepFMConfig
from hermes.models.rankers.din import DIN, DINConfig, Interest

SHAPE = Shape(n_items=30, n_dense=3, sparse=(30, 4), history=7)
NETWORKS = [DeepFM, DIN]


def rows(n: int, seed: int = 0) -> tuple[torch.Tensor, ...]:
    """One query, n candidates."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(n, 3)).astype(np.float32)
    dense[rng.random((n, 3)) < 0.3] = np.nan
    sparse = np.stack([rng.integers(1, 30, n), rng.integers(0, 4, n)], 1)
    history = rng.integers(1, 30, (1, 7))
    history[:, :3] = 0
    arrays = (dense, sparse, history, np.zeros(n, np.int64))
    return tuple(torch.from_numpy(a) for a in arrays)


def test_interest_by_parts_is_the_paper_s_activation_unit() -> None:
    torch.manual_seed(0)
    d, hidden, length = 4, 6, 5
    unit, first = Interest(d, hidden, length), nn.Linear(4 * d, hidden)
    w1, w2, w3, w4 = first.weight.split(d, dim=1)
    with torch.no_grad():
        unit.past.weight.copy_(w1 + w3)  # W1 e + W3 (e - a)
        unit.past.bias.copy_(first.bias)
        unit.item.weight.copy_(w2 - w3)
        unit.both.copy_(w4)
        past, item = torch.randn(2, length, d), torch.randn(3, d)
        query, known = torch.tensor([0, 1, 1]), torch.ones(2, length, dtype=torch.bool)
        e, a = past[query], item[:, None].expand(3, length, d)
        weight = unit.out(torch.relu(first(torch.cat([e, a, e - a, e * a], dim=2))))
        expected = (weight * e).sum(1)
        torch.testing.assert_close(unit(past, item, query, known), expected)


@pytest.mark.parametrize("cls", NETWORKS)
def test_many_queries_score_as_each_alone(cls: Any) -> None:
    torch.manual_seed(0)
    net = cls().build(SHAPE).eval()
    first, second = rows(4), rows(6, seed=1)
    both = tuple(torch.cat([a, b]) for a, b in zip(first[:3], second[:3], strict=True))
    query = torch.tensor([0] * 4 + [1] * 6)
    with torch.no_grad():
        alone = torch.cat([net(*first), net(*second)])
        torch.testing.assert_close(net(*both, query), alone)


def test_padding_of_the_history_changes_nothing_but_known_events_do() -> None:
    torch.manual_seed(0)
    net = DIN().build(SHAPE).eval()
    dense, sparse, history, query = rows(4)
    other = history.clone()
    other[0, -1] = (history[0, -1] + 1) % 30
    with torch.no_grad():
        net.codes.table.weight[0] = 99.0  # what padding would add, were it not masked
        before = net(dense, sparse, history, query)
        net.codes.table.weight[0] = -99.0
        torch.testing.assert_close(net(dense, sparse, history, query), before)
        assert not torch.allclose(net(dense, sparse, other, query), before)


@pytest.mark.parametrize("cls", NETWORKS)
def test_a_missing_number_is_told_from_a_mean_one(cls: Any) -> None:
    torch.manual_seed(0)
    net = cls().build(SHAPE).eval()
    dense, sparse, history, query = rows(4)
    dense = torch.zeros_like(dense)  # the means of a network that saw no data
    missing = dense.clone()
    missing[:, 1] = torch.nan
    with torch.no_grad():
        assert not torch.allclose(
            net(dense, sparse, history, query), net(missing, sparse, history, query)
        )


def test_numbers_are_standardised_and_cut_off_as_the_data_were() -> None:
    dense = np.array([[1.0, 5.0, np.nan], [3.0, 5.0, np.nan]], np.float32)
    data = Examples(
        dense, np.ones((2, 2), np.int64), np.zeros(2, np.int64), np.ones((1, 7), np.int64),
        np.array([1.0, 0.0], np.float32), np.ones(2, np.float32), SHAPE,
    )  # fmt: skip
    model = DeepFM(DeepFMConfig(schedule=Schedule(epochs=1))).fit(data)
    asked = torch.tensor([[1.0, 5.0, 2.0], [1e9, 7.0, torch.nan]])
    expected = [[-1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [5.0, 0.0, 0.0, 0.0, 0.0, 1.0]]
    assert model.net.numbers(asked).tolist() == expected


@pytest.mark.parametrize("config", [DeepFMConfig(loss="bce"), DeepFMConfig(loss="lambdarank")])
def test_deepfm_learns_by_every_loss(config: DeepFMConfig) -> None:
    assert improves(DeepFM(config))


@pytest.mark.parametrize("config", [DINConfig(loss="bce"), DINConfig(loss="lambdarank")])
def test_din_learns_by_every_loss(config: DINConfig) -> None:
    assert improves(DIN(config))


def improves(model: Any) -> bool:
    """Relevant is what has the second sparse feature at 1."""
    rng = np.random.default_rng(0)
    n, groups = 2000, 200
    sparse = np.stack([rng.integers(1, 30, n), rng.integers(0, 4, n)], 1)
    labels = (sparse[:, 1] == 1).astype(np.float32)
    data = Examples(
        rng.normal(size=(n, 3)).astype(np.float32), sparse, np.repeat(np.arange(groups), 10),
        rng.integers(0, 30, (groups, 7)), labels, np.ones(n, np.float32), SHAPE,
    )  # fmt: skip
    score = model.fit(data).score(data)
    return bool(score[labels > 0].mean() > score[labels == 0].mean() + 1.0)


def test_a_summed_history_is_the_same_for_every_candidate() -> None:
    net = DIN(DINConfig(pooling="sum")).build(SHAPE).eval()
    past = torch.randn(2, 3, 4)
    known = torch.tensor([[False, True, True], [True, True, True]])
    found = net.interest(past, torch.randn(4, 4), torch.tensor([0, 0, 1, 1]), known)
    want = torch.stack([past[0, 1:].sum(0)] * 2 + [past[1].sum(0)] * 2)
    torch.testing.assert_close(found, want)


def test_attention_times_the_events_is_the_interest() -> None:
    torch.manual_seed(0)
    din = DIN()
    din.net = din.build(SHAPE).eval()
    items, history = np.array([3, 7, 29]), np.array([0, 0, 5, 9, 5, 2, 7])
    weights = din.attention(items, history)
    assert np.isnan(weights[:, :2]).all()
    with torch.no_grad():
        table = din.net.codes.table
        past, item = table(torch.from_numpy(history[None])), table(torch.from_numpy(items))
        known = torch.from_numpy(history[None] > 0)
        interest = din.net.interest(past, item, torch.zeros(3, dtype=torch.int64), known)
        shown = torch.from_numpy(np.nan_to_num(weights)) @ (past[0] * known[0, :, None])
        torch.testing.assert_close(shown, interest)


def test_a_sum_has_no_attention() -> None:
    din = DIN(DINConfig(pooling="sum"))
    din.net = din.build(SHAPE)
    with pytest.raises(ConfigError, match="pooling"):
        din.attention(np.array([1]), np.array([2, 3]))
