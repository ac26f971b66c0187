"""Splines against scipy's, and grids that move without moving the curves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import BSpline
from torch import Tensor
from torch.autograd import gradcheck

from hermes.learn import splines
from hermes.learn.splines import DEGREE, Edges, basis, extend, quantile_grid


def grids(n: int, intervals: int, seed: int = 0) -> Tensor:
    """Uneven knots of n grids.  -> (n, intervals + 1 + 2 DEGREE)"""
    generator = torch.Generator().manual_seed(seed)
    gaps = torch.rand(n, intervals + 1, generator=generator, dtype=torch.float64) + 0.05
    return extend(gaps.cumsum(1) - 2.0)


def inside(knots: Tensor, count: int, seed: int = 1) -> Tensor:
    """Values within each grid, its ends and its knots among them.  -> (N, n)"""
    grid = knots[:, DEGREE : knots.shape[1] - DEGREE]
    share = torch.rand(count, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return torch.cat([grid.T, grid[:, 0] + (grid[:, -1] - grid[:, 0]) * share])


@pytest.mark.parametrize("intervals", [1, 2, 5, 20])
def test_the_basis_is_a_partition_of_unity_on_the_grid_and_beyond_it(intervals: int) -> None:
    knots = grids(4, intervals)
    x = torch.cat([inside(knots, 200), torch.tensor([[-1e6], [-3.0], [30.0], [1e6]]).expand(4, 4)])
    bumps = basis(x, knots)
    assert bumps.shape == (len(x), 4, intervals + DEGREE)
    assert (bumps >= 0).all()
    assert ((bumps > 0).sum(2) <= DEGREE + 1).all()
    torch.testing.assert_close(bumps.sum(2), torch.ones(len(x), 4, dtype=x.dtype))


def test_the_basis_is_that_of_scipy() -> None:
    knots = grids(3, 6)
    x = inside(knots, 100)
    bumps = basis(x, knots).numpy()
    for i in range(3):
        for k in range(6 + DEGREE):
            expected = BSpline(knots[i].numpy(), np.eye(6 + DEGREE)[k], DEGREE)(x[:, i].numpy())
            np.testing.assert_allclose(bumps[:, i, k], expected, atol=1e-12)


def test_the_gradient_of_the_basis_agrees_with_finite_differences() -> None:
    knots = grids(2, 4)
    x = inside(knots, 6)[5:].requires_grad_()  # no knots: the third derivative jumps there
    assert gradcheck(lambda v: basis(v, knots), x)


def edges(n: int = 3, m: int = 2) -> Edges:
    torch.manual_seed(0)
    layer = Edges(n, m, 5, even=0.2)
    layer.regrid(0.5 * torch.randn(500, n))
    return layer


def test_a_node_is_the_sum_of_its_edges_curves() -> None:
    layer, x = edges(), 0.4 * torch.randn(50, 3)
    with torch.no_grad():
        given = layer(x).numpy()
    knots, spline, base = (a.detach().numpy() for a in (layer.knots, layer.spline, layer.base))
    silu = x.numpy() / (1 + np.exp(-x.numpy()))
    for j in range(2):
        expected = base[j] @ silu.T
        for i in range(3):
            at = x[:, i].numpy().clip(knots[i, DEGREE], knots[i, -DEGREE - 1])
            expected = expected + BSpline(knots[i], spline[j, i], DEGREE)(at)
        np.testing.assert_allclose(given[:, j], expected, atol=1e-5)


def test_curves_are_what_the_layer_computes_of_one_input_at_a_time() -> None:
    layer = edges()
    x, y = layer.curves(40)
    assert x.shape == (3, 40)
    assert y.shape == (3, 2, 40)
    with torch.no_grad():
        torch.testing.assert_close(layer(x.T), y.sum(0).T)
        moved = x.T.clone()
        moved[:, 1] = x[1, 0]
        change = layer(x.T) - layer(moved)  # of input 1 alone
    torch.testing.assert_close(change, (y[1] - y[1, :, :1]).T, atol=1e-5, rtol=1e-5)


def test_beyond_its_grid_a_spline_stays_where_it_ends_and_the_base_goes_on() -> None:
    layer = edges(1, 1)
    ends = torch.stack([layer.knots[0, DEGREE], layer.knots[0, -DEGREE - 1]])
    far = torch.tensor([-50.0, 50.0])
    with torch.no_grad():
        change = (layer(far[:, None]) - layer(ends[:, None])).squeeze()
        expected = layer.base * (torch.nn.functional.silu(far) - torch.nn.functional.silu(ends))
    torch.testing.assert_close(change, expected.squeeze(), atol=1e-4, rtol=1e-4)


def test_a_new_grid_keeps_a_curve_that_both_grids_can_draw() -> None:
    torch.manual_seed(0)
    layer = Edges(2, 2, 6, even=0.2)
    x = torch.rand(400, 2) ** 2 - 0.5
    powers = splines.between(layer.knots.double(), 8)[:, :, None] ** torch.arange(4)
    design = basis(splines.between(layer.knots.double(), 8).T, layer.knots.double()).transpose(0, 1)
    cubic = powers @ torch.randn(4, 2, dtype=torch.float64)  # (n, P, m)
    with torch.no_grad():
        layer.spline.copy_(torch.linalg.lstsq(design, cubic).solution.permute(2, 0, 1))
        before, knots = layer(x), layer.knots.clone()
        layer.regrid(x)
        torch.testing.assert_close(layer(x), before, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(layer.knots, knots)


@pytest.mark.parametrize(("intervals", "tolerance"), [(6, 0.2), (24, 0.02)])
def test_a_new_grid_keeps_a_smooth_curve_the_closer_the_finer_it_is(
    intervals: int, tolerance: float
) -> None:
    torch.manual_seed(0)
    layer = Edges(1, 1, intervals, even=0.2)
    x = (torch.randn(2000, 1) * 0.3).clamp(-0.8, 0.8)
    at = splines.between(layer.knots.double(), 8)
    design = basis(at.T, layer.knots.double()).transpose(0, 1)
    with torch.no_grad():
        wave = torch.linalg.lstsq(design, torch.sin(6 * at)[:, :, None]).solution
        layer.spline.copy_(wave.permute(2, 0, 1))
        before = layer(x)
        layer.regrid(x)
        assert (layer(x) - before).abs().max() < tolerance


def test_intervals_of_a_grid_hold_as_many_values_the_less_even_it_is() -> None:
    x = torch.randn(10_000, 1, generator=torch.Generator().manual_seed(0)).exp()
    shares = []
    for even in (1.0, 0.3, 1e-6):
        grid = quantile_grid(x, 8, even)[0]
        shares.append(torch.histogram(x[:, 0], grid).hist / len(x))
    spread = [float(s.std()) for s in shares]
    assert spread[0] > spread[1] > spread[2]
    torch.testing.assert_close(shares[2], torch.full((8,), 1 / 8), atol=1e-3, rtol=0)
    assert shares[0][0] > 0.8


@pytest.mark.parametrize("value", [0.0, 1.0, -5.0, 1e6])
def test_a_constant_or_two_valued_column_has_a_grid_as_well(value: float) -> None:
    x = torch.full((200, 2), value)
    x[:3, 1] = value + 1
    grid = quantile_grid(x, 6, 0.2)
    assert (grid.diff(dim=1) > 1e-4).all()
    layer = Edges(2, 1, 6, even=0.2)
    layer.regrid(x)
    assert (layer.knots.diff(dim=1) > 0).all()
    assert torch.isfinite(layer.spline).all()
    assert torch.isfinite(layer(x)).all()
