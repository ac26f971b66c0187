"""Losses used by more than one model; those over groups of candidates stand in `listwise`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from hermes.core.errors import ConfigError

from .listwise import lambdarank, listmle, listnet, p_listmle


def has_bfloat16(device: torch.device) -> bool:
    """Products of bfloat16 in hardware: every GPU that trains, and newer processors.

    Never within `precise()`.
    """
    here = device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return here and not PRECISE.get()


PRECISE = ContextVar("precise", default=False)


@contextmanager
def precise(wanted: bool = True) -> Iterator[None]:
    """While it lasts, all products are taken in 32 bits, if that is wanted."""
    before = PRECISE.set(wanted)
    try:
        yield
    finally:
        PRECISE.reset(before)


class FusedSoftmax(torch.autograd.Function):
    """Cross-entropy over the whole catalogue, a block of rows at a time.

    The gradients are made in the forward pass, so that the (N, I) table of logits never exists; on
    a processor that is what the time goes into. On one with bfloat16 products they are used.
    """

    @staticmethod
    def forward(ctx: Any, states: Tensor, items: Tensor, target: Tensor, block: int) -> Tensor:
        """(N, D), (I, D), (N,) -> ()"""
        n, kind = len(states), states.dtype
        if has_bfloat16(states.device):
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
    out: Tensor = FusedSoftmax.apply(states.float(), items, target, block)  # type: ignore[no-untyped-call]
    return out


def sampled_softmax(
    states: Tensor,
    items: Tensor,
    target: Tensor,
    negatives: Tensor,
    log_q: Tensor | None = None,
) -> Tensor:
    """Cross-entropy of the target against drawn items.

    states (N, D), items (I, D), target (N,), negatives (K,) shared or (N, K), log_q (I,) the log
    probability with which each item is drawn (None: uniform, where it cancels) -> ().
    A drawn target is left out. Jean, Cho, Memisevic, Bengio. On using very large target vocabulary
    for neural machine translation. ACL 2015.
    """
    hit, miss = drawn(states, items, target, negatives)
    if log_q is not None:
        hit = hit - log_q[target]
        miss = miss - log_q[negatives]
    miss = miss.masked_fill(negatives == target[:, None], -torch.inf)
    return (torch.logsumexp(torch.cat([hit[:, None], miss], dim=1), dim=1) - hit).mean()


def in_batch_softmax(
    states: Tensor, items: Tensor, target: Tensor, log_q: Tensor, first: int = 0
) -> Tensor:
    """Cross-entropy of each row's item against the other rows' items, corrected for popularity.

    states (B, D), items (M, D) of target (M,), M = B unless others learn the batch as well and the
    rows of these states begin at `first`; log_q (M,) the log probability of finding each in a batch
    -> (). Logits lose log_q, so that popular items are not punished for being drawn often; another
    row with the same target is no negative. Yi et al. Sampling-bias-corrected neural modeling for
    large corpus item recommendations. RecSys 2019, eq. 3-5.
    """
    logits = states @ items.T - log_q
    own = torch.arange(first, first + len(states), device=target.device)[:, None]
    twin = (target == target[own]).scatter(1, own, False)
    hit = logits.gather(1, own)[:, 0]
    return (torch.logsumexp(logits.masked_fill(twin, -torch.inf), dim=1) - hit).mean()


def gbce(
    states: Tensor, items: Tensor, target: Tensor, negatives: Tensor, calibration: float = 0.75
) -> Tensor:
    """Binary cross-entropy whose positive probability is raised to beta against overconfidence.

    states (N, D), items (I, D) with the unknown in row 0, target (N,), negatives (K,) or (N, K)
    drawn uniformly -> (). With alpha = K / (all other items) and t = `calibration` (0: plain BCE,
    1: fully calibrated), beta = alpha (t (1 - 1/alpha) + 1/alpha) and
    L = -(beta log s(x+) + sum log(1 - s(x-))) / (K + 1). A drawn target is left out.
    Petrov, Macdonald. gSASRec: reducing overconfidence in sequential recommendation trained with
    negative sampling. RecSys 2023.
    """
    k, known = negatives.shape[-1], len(items) - 1
    alpha = min(k / max(known - 1, 1), 1.0)
    beta = alpha * (calibration * (1 - 1 / alpha) + 1 / alpha)
    hit, miss = drawn(states, items, target, negatives)
    false = F.logsigmoid(-miss).masked_fill(negatives == target[:, None], 0.0)
    return -(beta * F.logsigmoid(hit) + false.sum(1)).mean() / (k + 1)


def drawn(
    states: Tensor, items: Tensor, target: Tensor, negatives: Tensor
) -> tuple[Tensor, Tensor]:
    """Logits of the target and of drawn items.  -> (N,), (N, K)"""
    hit = (states * F.embedding(target, items)).sum(1)
    others = F.embedding(negatives, items)
    shared = negatives.dim() == 1
    return hit, states @ others.T if shared else torch.einsum("nd,nkd->nk", states, others)


def logistic(scores: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Weighted binary cross-entropy of relevant (label above 0) or not.  (N,) three times -> ()"""
    relevant = (labels > 0).to(scores.dtype)
    return F.binary_cross_entropy_with_logits(scores, relevant, weights)


RANKING = Literal["listmle", "p-listmle", "listnet", "lambdarank", "bce"]


def ranking(
    kind: RANKING, scores: Tensor, labels: Tensor, query: Tensor, weights: Tensor
) -> Tensor:
    """The loss a ranker's config names.  (N,), (N,), (N,), (N,) -> ()"""
    scores = scores.float()  # in half precision a sum over a long group forgets its small parts
    if kind == "bce":
        return logistic(scores, labels, weights)
    if kind == "lambdarank":
        return lambdarank(scores, labels, query, weights)
    if kind == "listnet":
        return listnet(scores, labels, query, weights)
    if kind == "p-listmle":
        return p_listmle(scores, labels, query, weights, tail=False)
    return listmle(scores, labels, query, weights, tail=False)


NEXT_ITEM = Literal["softmax", "sampled", "gbce", "bce"]


def next_item(
    kind: NEXT_ITEM,
    states: Tensor,
    items: Tensor,
    target: Tensor,
    negatives: Tensor | None = None,
    log_q: Tensor | None = None,
) -> Tensor:
    """The loss of the next item by its name.  (N, D), (I, D), (N,) -> ()

    `softmax` needs no negatives, `sampled` some drawn with probability exp(log_q) (I,), `gbce` and
    `bce` some drawn evenly; one a row in `bce` is the loss of Kang, McAuley. Self-attentive
    sequential recommendation. ICDM 2018. Raises `ConfigError` where negatives are missing.
    """
    if kind == "softmax":
        return softmax(states, items, target)
    if negatives is None:
        raise ConfigError(f"loss {kind}: it needs negatives; draw some for every batch")
    if kind == "sampled":
        return sampled_softmax(states, items, target, negatives, log_q)
    return gbce(states, items, target, negatives, 0.75 if kind == "gbce" else 0.0)
