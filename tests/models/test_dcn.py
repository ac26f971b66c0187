"""DCN-v2 against its formulas, written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from hermes.core.config import build
from hermes.core.errors import ConfigError
from hermes.core.types import Shape
from hermes.models.rankers.dcn import DCN, DCNConfig, Experts, Mixture

SHAPE = Shape(n_items=9, n_dense=2, sparse=(9, 4), history=3)


def rows(n: int) -> tuple[torch.Tensor, ...]:
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(n, 2)).astype(np.float32)
    dense[0, 1] = np.nan
    sparse = np.stack([rng.integers(0, 9, n), rng.integers(0, 4, n)], axis=1)
    arrays = (dense, sparse, np.zeros((1, 3), np.int64), np.zeros(n, np.int64))
    return tuple(torch.from_numpy(a) for a in arrays)


def network(**config: Any) -> Any:
    torch.manual_seed(1)
    return DCN(DCNConfig(d=3, hidden=(5,), **config)).build(SHAPE).eval()


@torch.no_grad()
def crossed(net: Any, start: torch.Tensor) -> torch.Tensor:
    """x_{l+1}[i] = x_0[i] (sum_j W[i, j] x_l[j] + b[i]) + x_l[i], number by number."""
    out = []
    for first in start:
        x = first
        for layer in net.crosses:
            w, b = layer.weight, layer.bias
            x = torch.stack([first[i] * (w[i].dot(x) + b[i]) + x[i] for i in range(len(x))])
        out.append(x)
    return torch.stack(out)


@pytest.mark.parametrize("crosses", [0, 1, 3])
def test_parallel_adds_the_logits_of_crosses_and_of_a_deep_network(crosses: int) -> None:
    net, batch = network(crosses=crosses), rows(4)
    with torch.no_grad():
        start = torch.cat([net.codes(batch[1]), net.numbers(batch[0])], dim=1)
        both = torch.cat([crossed(net, start), net.deep[:-1](start)], dim=1)
        weight = torch.cat([net.direct.weight, net.deep[-1].weight], dim=1)
        expected = (both @ weight.T + net.deep[-1].bias).squeeze(1)
        torch.testing.assert_close(net(*batch), expected)


def test_stacked_reads_the_crosses_with_the_deep_network() -> None:
    net, batch = network(structure="stacked"), rows(4)
    with torch.no_grad():
        start = torch.cat([net.codes(batch[1]), net.numbers(batch[0])], dim=1)
        torch.testing.assert_close(net(*batch), net.deep(crossed(net, start)).squeeze(1))


def test_one_layer_more_is_one_degree_more() -> None:
    net = network(crosses=2)
    width = net.codes.width + net.numbers.width
    with torch.no_grad():
        for layer in net.crosses:
            layer.bias.zero_()
        x = torch.rand(width, dtype=torch.float64)
        net.double()
        scaled = torch.stack([crossed(net, (t * x)[None])[0] for t in (1.0, 2.0, 3.0, 4.0, 5.0)])
    third = np.diff(scaled.numpy(), n=3, axis=0)
    assert np.abs(third).max() > 1e-6  # a polynomial of the third degree
    np.testing.assert_allclose(np.diff(third, axis=0), 0.0, atol=1e-10)  # and of no higher


def test_experts_are_the_paper_s_mixture() -> None:
    torch.manual_seed(2)
    layer = Experts(6, Mixture(experts=3, rank=2))
    with torch.no_grad():
        layer.bias.copy_(torch.randn(6))
        start, x = torch.randn(5, 6), torch.randn(5, 6)
        expected = x.clone()
        gates = torch.softmax(x @ layer.gate.weight.T + layer.gate.bias, dim=1)
        for n in range(5):
            for i in range(3):
                v, c, u = layer.down[i], layer.within[i].T, layer.up[i].T  # (W, r) (r, r) (W, r)
                inner = torch.tanh(c @ torch.tanh(v.T @ x[n]))
                expected[n] += gates[n, i] * start[n] * (u @ inner + layer.bias)
        torch.testing.assert_close(start * layer(x) + x, expected)


def test_a_recipe_asks_for_experts_by_a_table() -> None:
    table = {"mixture": {"experts": 2, "rank": 3}, "structure": "stacked"}
    config = build(DCNConfig, table)
    net = DCN(config).build(SHAPE)
    assert {tuple(layer.down.shape[::2]) for layer in net.crosses} == {(2, 3)}
    with pytest.raises(ConfigError, match="structure"):
        build(DCNConfig, {"structure": "beside"})
