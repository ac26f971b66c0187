"""DLRM: its pairs, its two heads, and how their losses are weighed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from hermes.core.config import build
from hermes.core.errors import DataError
from hermes.core.types import Shape
from hermes.features.examples import Examples
from hermes.learn.batches import examples
from hermes.learn.loop import Schedule
from hermes.models.rankers.dlrm import DLRM, DLRMConfig, Revenue, squared_error, weighed

SHAPE = Shape(n_items=9, n_dense=1, sparse=(9, 4), history=2)
NAN = float("nan")
QUICK = Schedule(epochs=12, batch=5, lr=1e-2, decay=True)


def priced(groups: int = 100, size: int = 6) -> Examples:
    """The second code decides clicks, and the number what they bring: 1 or e^4 - 1."""
    rng, n = np.random.default_rng(2), groups * size
    sparse = np.stack([rng.integers(1, 9, n), rng.integers(1, 4, n)], axis=1)
    dear = rng.random(n) < 0.5
    labels = (rng.random(n) < np.where(sparse[:, 1] == 1, 0.7, 0.15)).astype(np.float32)
    values = np.where(dear, np.expm1(4.0), 1.0).astype(np.float32)
    values[rng.random(n) < 0.3] = NAN
    return Examples(
        dear[:, None].astype(np.float32), sparse, np.repeat(np.arange(groups), size),
        np.zeros((groups, 2), np.int64), labels, np.ones(n, np.float32), SHAPE, values=values,
    )  # fmt: skip


def network(**config: Any) -> Any:
    torch.manual_seed(3)
    return DLRM(DLRMConfig(d=3, bottom=(4,), hidden=(5,), **config)).build(SHAPE).eval()


def rows(x: Examples, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(x.dense[:n]), torch.from_numpy(x.sparse[:n])


def test_the_top_network_reads_the_bottom_and_every_pair_of_vectors() -> None:
    net, (dense, sparse) = network(), rows(priced(), 4)
    with torch.no_grad():
        numbers = torch.cat([net.numbers(dense), torch.ones(4, 1)], dim=1)
        for n in range(4):
            table = net.codes.table.weight
            item, other = table[int(sparse[n, 0])], table[9 + int(sparse[n, 1])]
            x = net.bottom(numbers[n])
            pairs = torch.stack([x.dot(item), x.dot(other), item.dot(other)])
            expected = net.top(torch.cat([x, pairs]))
            torch.testing.assert_close(net.heads(dense, sparse)[n], expected)


@pytest.mark.parametrize("power", [0.0, 0.5, 2.0])
def test_the_served_score_is_the_log_of_odds_times_a_power_of_revenue(power: float) -> None:
    net, (dense, sparse) = network(revenue=Revenue(power=power)), rows(priced(), 4)
    with torch.no_grad():
        click, revenue = net.heads(dense, sparse).unbind(1)
        served = net(dense, sparse, torch.zeros(1, 2).long(), torch.zeros(4).long())
        torch.testing.assert_close(served.exp(), click.exp() * revenue.exp() ** power)


def test_losses_are_weighed_by_uncertainty() -> None:
    click, revenue = torch.tensor(0.7), torch.tensor(2.5)
    deviations = torch.tensor([1.5, 0.4])
    first, second = deviations
    expected = click / first**2 + revenue / (2 * second**2) + first.log() + second.log()
    got = weighed(click, revenue, 2 * deviations.log())
    torch.testing.assert_close(got, expected)
    best = torch.tensor([2 * click, revenue]).log().requires_grad_()
    weighed(click, revenue, best).backward()
    torch.testing.assert_close(best.grad, torch.zeros(2))


def test_a_batch_without_values_leaves_the_second_uncertainty_alone() -> None:
    variances = torch.zeros(2, requires_grad=True)
    predicted = torch.ones(3, requires_grad=True)
    error = squared_error(predicted, torch.full((3,), NAN), torch.ones(3))
    weighed(torch.tensor(1.0), error, variances).backward()
    assert variances.grad is not None
    assert variances.grad[1] == 0
    assert predicted.grad is not None
    assert not predicted.grad.any()


def test_the_error_counts_only_what_is_known_by_its_weight() -> None:
    value = torch.tensor([NAN, 0.0, float(np.expm1(2.0))])
    error = squared_error(torch.tensor([9.0, 1.0, 5.0]), value, torch.tensor([1.0, 0.5, 2.0]))
    assert error.item() == pytest.approx((0.5 * 1.0 + 2.0 * 9.0) / 2)


@pytest.mark.parametrize("weight", [None, 1.0])
@pytest.mark.parametrize("loss", ["listmle", "bce"])
def test_both_heads_learn(weight: float | None, loss: Any) -> None:
    x = priced()
    model = DLRM(DLRMConfig(revenue=Revenue(weight=weight), loss=loss, schedule=QUICK))
    model.fit(replace(x, valid=priced(30)))
    with torch.no_grad():
        click, revenue = model.net.heads(*rows(x, len(x))).numpy().T
    likely, dear = x.sparse[:, 1] == 1, x.dense[:, 0] > 0
    assert click[likely].mean() > click[~likely].mean() + 0.8
    assert abs(revenue[dear].mean() - 4.0) < 0.5
    assert abs(revenue[~dear].mean() - np.log(2.0)) < 0.5
    score = model.score(x)
    assert score[~likely & dear].mean() > score[likely & ~dear].mean()  # 0.15 x 55 above 0.7 x 2
    assert ("log_variances" in model.arrays()) == (weight is None)


def test_the_offset_starts_the_clicks_and_not_the_revenue() -> None:
    config = DLRMConfig(revenue=Revenue(weight=0.3), loss="bce")
    model, x = DLRM(config), priced(10)
    model.net = DLRM(config).build(SHAPE).eval()
    x = replace(x, offset=np.linspace(-3, 3, len(x), dtype=np.float32))
    (batch,) = examples(x, 10, np.random.default_rng(0))
    with torch.no_grad():
        click, revenue = model.net.heads(batch["dense"], batch["sparse"]).unbind(1)
        chance = torch.sigmoid(click + batch["offset"])
        clicked = torch.where(batch["label"] > 0, chance, 1 - chance).log().mean()
        known = batch["value"].isfinite()
        error = (revenue - batch["value"].log1p())[known].square().mean()
        torch.testing.assert_close(model.loss(batch), 0.3 * error - clicked)


@pytest.mark.parametrize("values", [None, [NAN] * 60, [-1.0] * 60, [np.inf] * 60])
def test_a_second_head_without_revenues_is_refused(values: list[float] | None) -> None:
    column = None if values is None else np.array(values, np.float32)
    x = replace(priced(10), values=column)
    model = DLRM(DLRMConfig(revenue=Revenue()))
    with pytest.raises(DataError, match=r"Examples\.values"):
        model.fit(x)
    with pytest.raises(DataError, match=r"Examples\.values"):
        model.fit(replace(priced(10), valid=x))


def test_values_stay_with_their_rows() -> None:
    x = priced(5)
    some = x.take(np.array([3, 1]))
    assert x.values is not None
    assert some.values is not None
    np.testing.assert_array_equal(some.values, x.values[np.isin(x.queries, [1, 3])])
    (batch,) = examples(some, 9, np.random.default_rng(0))
    assert sorted(batch["value"].nan_to_num().tolist()) == sorted(np.nan_to_num(some.values))
    assert "value" not in next(iter(examples(replace(x, values=None), 9, np.random.default_rng(0))))


def test_a_recipe_asks_for_the_second_head_by_a_table() -> None:
    config = build(DLRMConfig, {"revenue": {"power": 2}})
    assert config.revenue == Revenue(power=2.0, weight=None)
    assert build(DLRMConfig, {}).revenue is None
