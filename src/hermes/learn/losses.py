"""Losses used by more than one model."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


class FusedSoftmax(torch.autograd.Function):
    """Cross-entropy over the whole catalogue, a block of rows at a time.

    The gradients are made in the forward pass, so that the (N, I) table of logits never exists; on
    a processor that is what the time goes into. On one with bfloat16 products they are used.
    """

    @staticmethod
    def forward(ctx: Any, states: Tensor, items: Tensor, target: Tensor, block: int) -> Tensor:
        """(N, D), (I, D), (N,) -> ()"""
        n, kind = len(states), states.dtype
        if states.device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported():
            kind = torch.bfloat16
        low, table = states.to(kind), items.to(kind)
        d_states, d_items = torch.empty_like(states), torch.zeros_like(items)
        total = states.new_zeros(())
        for i in range(0, n, block):
            row, goal = low[i : i + block], target[i : i + block]
            logits = (row @ table.T).float()  # (b, I)
            logits[:, 0] = -torch.inf  # the unknown is never next
            logits = logits.sub_(logits.amax(1, keepdim=True))
            hit = logits.gather(1, goal[:, None])
            share = logits.exp_()
            mass = share.sum(1, keepdim=True)
            total += (mass.log() - hit).sum()
            share.div_(mass).scatter_add_(1, goal[:, None], -torch.ones_like(mass))
            share = share.to(kind)
            d_states[i : i + block] = (share @ table).float()
            d_items += (share.T @ row).float()
        ctx.save_for_backward(d_states / n, d_items / n)
        return total / n

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """The gradients kept by `forward`, times the one from above."""
        d_states, d_items = ctx.saved_tensors
        return grads[0] * d_states, grads[0] * d_items, None, None


def softmax(states: Tensor, items: Tensor, target: Tensor, block: int = 512) -> Tensor:
    """Cross-entropy of the next item over the catalogue.  (N, D), (I, D), (N,) -> ()"""
    out: Tensor = FusedSoftmax.apply(states, items, target, block)  # type: ignore[no-untyped-call]
    return out


def bpr(positive: Tensor, negative: Tensor) -> Tensor:
    """Bayesian personalised ranking.  (B,), (B,) -> ()"""
    return -F.logsigmoid(positive - negative).mean()
