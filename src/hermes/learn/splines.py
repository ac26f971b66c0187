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
    """The B-splines of each column at its values, by the recursion of Cox and de Boor.

    x (N, n), knots (n, G + 1 + 2 DEGREE) rising -> (N, n, G + DEGREE), none negative, their sum 1.
    A value outside of the grid counts as the end of it.
    """
    first, last = knots[:, DEGREE], knots[:, -DEGREE - 1]
    at = torch.minimum(torch.maximum(x, first), last)[:, :, None]
    out = ((at >= knots[:, :-1]) & (at < knots[:, 1:])).to(at.dtype)
    for k in range(1, DEGREE + 1):
        share = (at - knots[:, :-k]) * (1.0 / (knots[:, k:] - knots[:, :-k]))  # of the way through
        rising = share * out
        out = rising[:, :, :-1] + (out[:, :, 1:] - rising[:, :, 1:])
    return out


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
