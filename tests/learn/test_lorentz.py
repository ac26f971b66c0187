"""The hyperboloid against its definition."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hermes.learn.lorentz import RADIUS, centroid, flipped, point, tangent


def drawn(*shape: int, scale: float = 1.0, seed: int = 0) -> Tensor:
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).double()


def product(x: Tensor, y: Tensor) -> Tensor:
    return (x[..., 1:] * y[..., 1:]).sum(-1) - x[..., 0] * y[..., 0]


def test_points_lie_on_the_upper_sheet() -> None:
    x = point(drawn(50, 7))
    torch.testing.assert_close(product(x, x), -torch.ones(50).double())
    assert bool((x[:, 0] >= 1).all())


def test_the_origin_is_the_point_of_the_zero_vector() -> None:
    torch.testing.assert_close(point(torch.zeros(2, 3)), torch.tensor([[1.0, 0, 0, 0]] * 2))


def test_the_way_to_a_point_leads_back() -> None:
    v = drawn(50, 7, scale=0.8)
    torch.testing.assert_close(tangent(point(v)), v)


def test_a_tangent_vector_is_as_long_as_its_point_is_far() -> None:
    v = drawn(50, 7, scale=0.5)
    torch.testing.assert_close(torch.acosh(point(v)[:, 0]), v.norm(dim=1))


def test_the_product_with_the_flipped_point_is_the_lorentz_product() -> None:
    x, y = point(drawn(5, 4)), point(drawn(9, 4, seed=1))
    torch.testing.assert_close(flipped(x) @ y.T, product(x[:, None], y[None]))


def test_the_centroid_is_on_the_sheet_and_no_other_point_is_nearer_to_all() -> None:
    x, w = point(drawn(6, 3)), torch.rand(1, 6).double() / 6
    origin = point(torch.zeros(1, 3).double())
    share, all_of = torch.cat([1 - w.sum(1, keepdim=True), w], 1), torch.cat([origin, x])

    def spread(c: Tensor) -> Tensor:
        return (share * (-2 - 2 * product(c, all_of))).sum()

    best = centroid(w, x)
    torch.testing.assert_close(product(best, best), -torch.ones(1).double())
    near = point(tangent(best) + drawn(200, 3, scale=0.05, seed=2))
    assert all(float(spread(best)) <= float(spread(c)) for c in near)


def test_without_any_weight_the_centroid_is_the_origin() -> None:
    found = centroid(torch.zeros(1, 4), point(drawn(4, 3).float()))
    torch.testing.assert_close(found, torch.tensor([[1.0, 0, 0, 0]]))


@pytest.mark.parametrize("size", [0.0, 1e-30, 1e-8, 1.0, RADIUS, 50.0, 1e4, 1e18])
def test_single_precision_survives_vectors_of_any_length(size: float) -> None:
    v = torch.zeros(3, 4)
    v[:, 0], v[1, 1] = size, size
    v.requires_grad_()
    mean = centroid(torch.full((1, 3), 0.3), point(v))
    out = flipped(point(tangent(mean))) @ point(v).T
    out.sum().backward()  # type: ignore[no-untyped-call]
    assert bool(torch.isfinite(out).all())
    assert v.grad is not None
    assert bool(torch.isfinite(v.grad).all())


def test_beyond_the_radius_only_the_direction_counts() -> None:
    v = drawn(5, 4).float()
    far = v / v.norm(dim=1, keepdim=True) * RADIUS
    torch.testing.assert_close(point(20 * far), point(far), rtol=1e-4, atol=1e-4)


def test_far_from_the_origin_the_nearest_is_still_told_from_the_next() -> None:
    v = drawn(40, 8).float()
    v = v / v.norm(dim=1, keepdim=True) * (RADIUS - 0.5)
    x = point(v)
    assert (flipped(x) @ x.T).argmax(1).tolist() == list(range(40))
