"""Damped rotations of complex numbers: the flow of a linear ODE, and its sweep over many jumps.

Complex numbers are kept as reals, real parts before imaginary ones, so that what a graph cannot
hold never stands in one. Between two jumps a state only turns and fades, so that a sweep is exact
whatever the times between them: Orvieto, Smith, Gu, Fernando, Gulcehre, Pascanu, De. Resurrecting
recurrent neural networks for long sequences. ICML 2023.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Turns(nn.Module):
    """exp((-damping + i frequency) t), the flow of the linear part.

    Half lives start between `short` and `long`, as many in each octave, and frequencies between
    none and half a turn in the time in which a state falls to 1 / e.
    """

    def __init__(self, size: int, short: float, long: float) -> None:
        super().__init__()
        half_life = short * (long / short) ** torch.rand(size)
        self.damping = nn.Parameter(torch.log(np.log(2) / half_life))  # its logarithm
        self.frequency = nn.Parameter(torch.rand(size) * np.pi)  # over the damping

    def forward(self, time: Tensor) -> Tensor:
        """(...) -> (..., 2 size), real parts, then imaginary ones"""
        faded = self.damping.exp() * time.float().unsqueeze(-1)
        size, angle = torch.exp(-faded), self.frequency * faded
        return torch.cat([size * angle.cos(), size * angle.sin()], dim=-1)

    def share(self) -> Tensor:
        """What jumps are to be scaled by for a state of their own size.  -> (2 size,)"""
        return torch.sqrt(-torch.expm1(-2 * self.damping.exp())).repeat(2)


def product(a: Tensor, b: Tensor) -> Tensor:
    """Of complex numbers, real parts before imaginary ones.  (..., D), (..., D) -> (..., D)"""
    (ar, ai), (br, bi) = a.chunk(2, dim=-1), b.chunk(2, dim=-1)
    return torch.cat([ar * br - ai * bi, ar * bi + ai * br], dim=-1)


def doubled(turns: Tensor, jumps: Tensor, longest: int) -> Tensor:
    """What `Sweep` gives, in a few steps for all events instead of one for each, as a graph needs.

    Sums over 1, 2, 4 ... events are added up until they reach `longest`: more work, but no loop.
    """
    n, reach = jumps.shape[1], 1
    while reach < longest:
        turned, before = (F.pad(x, (0, 0, reach, 0))[:, :n] for x in (turns, jumps))
        jumps, turns = jumps + product(turns, before), product(turns, turned)
        reach *= 2
    return jumps


class Sweep(torch.autograd.Function):
    """State after every event: the one before, turned, and the jump. Gradients go the way back."""

    @staticmethod
    def forward(ctx: Any, turns: Tensor, jumps: Tensor) -> Tensor:
        """(B, n, D), (B, n, D) -> (B, n, D)"""
        a, u = packed(turns), packed(jumps)
        z = u.clone()
        for t in range(1, len(z)):
            z[t].addcmul_(a[t], z[t - 1])
        ctx.save_for_backward(a, z)
        return unpacked(z)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor]:
        """Those of the turns and of the jumps."""
        a, z = ctx.saved_tensors
        g, back = packed(grads[0]), a.conj().resolve_conj()
        for t in range(len(g) - 2, -1, -1):
            g[t].addcmul_(back[t + 1], g[t + 1])
        past = torch.cat([torch.zeros_like(z[:1]), z[:-1].conj().resolve_conj()])
        return unpacked(g * past), unpacked(g)


def packed(x: Tensor) -> Tensor:
    """(B, n, 2 C) -> (n, B, C) complex"""
    real, imaginary = x.transpose(0, 1).chunk(2, dim=-1)
    return torch.complex(real.contiguous(), imaginary.contiguous())


def unpacked(z: Tensor) -> Tensor:
    """(n, B, C) complex -> (B, n, 2 C)"""
    return torch.cat([z.real, z.imag], dim=-1).transpose(0, 1)
