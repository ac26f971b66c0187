"""Cubic B-splines on grids that follow the data, as the learned curves of a network's edges.

de Boor. A practical guide to splines. Springer 1978, ch. IX-X, for the basis; Liu et al. KAN:
Kolmogorov-Arnold networks. 2024, sec. 2.2-2.4, for curves on edges and grids from quantiles.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DEGREE = 3
FITTED = 8  # points of an interval on which a curve is carried over to a new grid
MARGIN = 0.05  # of a grid beyond its data, as a share of their range and size


class Edges(nn.Module):
    """A curve w silu(x) + spline(x) of each input for each output, summed over inputs.

    The grids are (n, G + 1 + 2 DEGREE) knots, of which DEGREE on each side lie outside.
    """

    knots: Tensor

    def __init__(self, n: int, m: int, intervals: int, even: float) -> None:
        super().__init__()
        self.even = even
        self.base = nn.Parameter(torch.empty(m, n))
        nn.init.xavier_normal_(self.base)
        self.spline = nn.Parameter(torch.randn(m, n, intervals + DEGREE) * 0.1)
        grid = torch.linspace(-1.0, 1.0, intervals + 1).repeat(n, 1)
        self.register_buffer("knots", extend(grid))

    def forward(self, x: Tensor) -> Tensor:
        """(N, n) -> (N, m)"""
        bumps = basis(x, self.knots).flatten(1)  # (N, n (G + DEGREE))
        return F.linear(F.silu(x), self.base) + F.linear(bumps, self.spline.flatten(1))

    @torch.no_grad()
    def regrid(self, x: Tensor) -> None:
        """Move each grid to the quantiles of its column of x (N, n); the curves stay."""
        new = extend(quantile_grid(x.double(), self.knots.shape[1] - 2 * DEGREE - 1, self.even))
        at = between(new, FITTED)  # (n, P)
        old = basis(at.T, self.knots.double()).transpose(0, 1)  # (n, P, G + DEGREE)
        curve = old @ self.spline.double().permute(1, 2, 0)  # (n, P, m)
        design = basis(at.T, new).transpose(0, 1)
        found = torch.linalg.lstsq(design, curve).solution  # (n, G + DEGREE, m)
        self.spline.copy_(found.permute(2, 0, 1))
        self.knots.copy_(new)

    @torch.no_grad()
    def curves(self, points: int) -> tuple[Tensor, Tensor]:
        """Where each grid lies, and every curve there.  -> (n, points), (n, m, points)"""
        first, last = self.knots[:, DEGREE, None], self.knots[:, -DEGREE - 1, None]
        x = first + (last - first) * torch.linspace(0, 1, points, device=first.device)
        smooth = torch.einsum("pnk,mnk->nmp", basis(x.T, self.knots), self.spline)
        return x, smooth + self.base.T[:, :, None] * F.silu(x)[:, None]


def basis(x: Tensor, knots: Tensor) -> Tensor:
    """The B-splines of each column at its values.

    x (N, n), knots (n, G + 1 + 2 DEGREE) rising -> (N, n, G + DEGREE), none negative, their sum 1.
    A value outside of the grid counts as the end of it. Only the DEGREE + 1 splines that are not 0
    in a value's interval are computed, as polynomials there.
    """
    n, intervals = len(knots), knots.shape[1] - 2 * DEGREE - 1
    grid = knots[:, DEGREE : DEGREE + intervals + 1]
    at = torch.minimum(torch.maximum(x, grid[:, 0]), grid[:, -1])
    cell = (at[:, :, None] >= grid[:, 1:-1]).sum(2)  # (N, n) the interval of each value
    lines = torch.cat([polynomials(knots).flatten(2), grid[:, :-1, None]], dim=2).flatten(0, 1)
    found = F.embedding(cell + intervals * torch.arange(n, device=x.device), lines)
    way = (at - found[:, :, -1])[:, :, None]  # from the interval's start
    powers = found[:, :, :-1].view(*found.shape[:2], DEGREE + 1, DEGREE + 1).unbind(2)
    value = powers[-1]
    for coefficients in powers[-2::-1]:
        value = value * way + coefficients  # (N, n, DEGREE + 1)
    out = torch.zeros_like(at)[:, :, None].repeat(1, 1, intervals + DEGREE)
    places = cell[:, :, None] + torch.arange(DEGREE + 1, device=x.device)
    return out.scatter(2, places, value.clamp(min=0.0))


def polynomials(knots: Tensor) -> Tensor:
    """Each interval's splines, by the recursion of Cox and de Boor on their coefficients.

    (n, G + 1 + 2 DEGREE) -> (n, G, powers, splines), powers of the way from the interval's start,
    from 0 to DEGREE, of the DEGREE + 1 splines that are not 0 there.
    """
    near = knots[:, 1:-1].unfold(1, 2 * DEGREE, 1)  # (n, G, 2 DEGREE) the knots around each
    start = near[:, :, DEGREE - 1]
    one = torch.zeros_like(near[:, :, : DEGREE + 1])
    one[:, :, 0] = 1.0
    splines = [one]
    for degree in range(1, DEGREE + 1):
        kept, higher = torch.zeros_like(one), []
        for i, spline in enumerate(splines):
            low, high = near[:, :, DEGREE - degree + i], near[:, :, DEGREE + i]
            shifted = F.pad(spline[:, :, :-1], (1, 0))  # times the way
            share = ((start - low)[:, :, None] * spline + shifted) / (high - low)[:, :, None]
            higher.append(kept + spline - share)
            kept = share
        splines = [*higher, kept]
    return torch.stack(splines, dim=3)


def quantile_grid(x: Tensor, intervals: int, even: float) -> Tensor:
    """Grids with as many values in each interval, mixed with evenly spaced ones.

    x (N, n) -> (n, intervals + 1), strictly rising for even > 0, whatever the values.
    """
    share = torch.linspace(0, 1, intervals + 1, dtype=x.dtype, device=x.device)
    rank = (share * (len(x) - 1)).round().long()
    quantiles = x.sort(dim=0).values[rank].T  # (n, G + 1)
    first, last = quantiles[:, :1], quantiles[:, -1:]
    size = torch.maximum(first.abs(), last.abs()).clamp(min=1.0)
    margin = MARGIN * (last - first + size)  # knots lie apart in a constant column as well
    first, last = first - margin, last + margin
    evenly = first + (last - first) * share
    grid = even * evenly + (1 - even) * quantiles
    grid[:, :1], grid[:, -1:] = first, last
    return grid


def extend(grid: Tensor) -> Tensor:
    """Put DEGREE knots on each side, a mean interval apart.  (n, K) -> (n, K + 2 DEGREE)"""
    step = (grid[:, -1:] - grid[:, :1]) / (grid.shape[1] - 1)
    outer = torch.arange(1, DEGREE + 1, dtype=grid.dtype, device=grid.device) * step
    return torch.cat([grid[:, :1] - outer.flip(1), grid, grid[:, -1:] + outer], dim=1)


def between(knots: Tensor, count: int) -> Tensor:
    """`count` even points of every interval of the grid, and its end.  -> (n, G count + 1)"""
    grid = knots[:, DEGREE : knots.shape[1] - DEGREE]
    share = torch.arange(count, dtype=grid.dtype, device=grid.device) / count
    inner = grid[:, :-1, None] + (grid[:, 1:] - grid[:, :-1])[:, :, None] * share
    return torch.cat([inner.flatten(1), grid[:, -1:]], dim=1)
