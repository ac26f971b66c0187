"""Hyperbolic space as the upper sheet of a hyperboloid, where straight lines part exponentially.

The Lorentz model: the points x = (x0, x1 .. xd) with <x, x> = -1 and x0 > 0, where
<x, y> = -x0 y0 + x1 y1 + .. + xd yd. What is learned are tangent vectors at the origin
o = (1, 0 .. 0), which are any vectors of d numbers; `point` and `tangent` lead there and back.
Nickel, Kiela. Learning continuous hierarchies in the Lorentz model of hyperbolic geometry. ICML
2018. The curvature is -1: another one only rescales vectors and distances.
"""

from __future__ import annotations

import torch
from torch import Tensor

RADIUS = 5.0  # farthest from the origin, where x0 is 74; float32 still tells 1e-3 apart there
TINY = 1e-6


def point(vector: Tensor) -> Tensor:
    """exp_o(v) = (cosh |v|, sinh |v| v / |v|), |v| at most RADIUS.  (..., d) -> (..., d+1)"""
    norm = vector.norm(dim=-1, keepdim=True)
    far = norm.clamp(min=TINY, max=RADIUS)
    return torch.cat([far.cosh(), far.sinh() / norm.clamp(min=TINY) * vector], dim=-1)


def tangent(x: Tensor) -> Tensor:
    """log_o(x) = arsinh |x'| x' / |x'| with x' = (x1 .. xd).  (..., d+1) -> (..., d)"""
    space = x[..., 1:]
    norm = space.norm(dim=-1, keepdim=True).clamp(min=TINY)
    return norm.asinh() / norm * space


def centroid(weights: Tensor, x: Tensor) -> Tensor:
    """The point of least mean squared distance.  (..., n, m), (..., m, d+1) -> (..., n, d+1)

    s / sqrt(-<s, s>) with s = sum of w x, where what weights leave of 1 goes to the origin; by the
    reversed triangle inequality the root is at least 1. Law, Liao, Snell, Zemel. Lorentzian
    distance learning for hyperbolic representations. ICML 2019, theorem 3.3.
    """
    rest = 1.0 - weights.sum(-1, keepdim=True)
    total = weights @ x
    time, space = total[..., :1] + rest, total[..., 1:]
    square = time.square() - space.square().sum(-1, keepdim=True)
    return torch.cat([time, space], dim=-1) / square.clamp(min=1.0).sqrt()


def flipped(x: Tensor) -> Tensor:
    """What has <x, y> as its plain product with y.  (..., d+1) -> (..., d+1)"""
    return torch.cat([-x[..., :1], x[..., 1:]], dim=-1)
