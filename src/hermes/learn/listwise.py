"""Losses over groups: what an order of the candidates of one query costs.

All take scores (N,), labels (N,) graded from 0, irrelevant, and query (N,), the non-decreasing
number of each row's group; groups may differ in size. All are means over groups.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

FAR = -1e30  # the score of padding: finite, so that no gradient becomes NaN


def listmle(
    scores: Tensor,
    labels: Tensor,
    query: Tensor,
    weights: Tensor | None = None,
    tail: bool = True,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Minus the Plackett-Luce log-likelihood of the order by label.

    scores, labels, weights (N,), query (N,) -> (). With pi the order by falling label,
    L = sum_i w_pi(i) [logsumexp_{k >= i} f(pi(k)) - f(pi(i))]. Ties are shuffled. Without `tail`
    the places of items with label 0 are left out: the likelihood summed over every order of them,
    which is what the labels say. Xia, Liu, Wang, Zhang, Li. Listwise approach to learning to rank:
    theory and algorithm. ICML 2008.
    """
    cost, label = choices(scores, labels, query, weights, generator)
    counts = label > -torch.inf if tail else label > 0
    return torch.where(counts, cost, 0.0).sum() / len(cost)


def p_listmle(
    scores: Tensor,
    labels: Tensor,
    query: Tensor,
    weights: Tensor | None = None,
    tail: bool = True,
    generator: torch.Generator | None = None,
) -> Tensor:
    """ListMLE whose first places count most.

    scores, labels, weights (N,), query (N,) -> (). Of a group of n, place i (from 1) counts
    alpha(i) = 2^(n - i) - 1; ours: divided by their sum 2^n - n - 1, so that a group of a thousand
    overflows no number and counts what a group of ten does. `tail` as in `listmle`. Lan, Zhu, Guo,
    Niu, Cheng. Position-aware ListMLE: a sequential learning process for ranking. UAI 2014.
    """
    cost, label = choices(scores, labels, query, weights, generator)
    n = (label > -torch.inf).sum(1, keepdim=True).to(cost.dtype)
    place = torch.arange(1, cost.shape[1] + 1, dtype=cost.dtype, device=cost.device)
    total = (1.0 - (n + 1.0) * torch.exp2(-n)).clamp(min=1e-9)  # of a group of one: nothing
    alpha = (torch.exp2(-place) - torch.exp2(-n)) / total  # both sides times 2^-n
    counts = label > -torch.inf if tail else label > 0
    return torch.where(counts, alpha * cost, 0.0).sum() / len(cost)


def choices(
    scores: Tensor,
    labels: Tensor,
    query: Tensor,
    weights: Tensor | None,
    generator: torch.Generator | None,
) -> tuple[Tensor, Tensor]:
    """Minus the log-probability of each choice that makes the order by label, times its weight.

    (N,) four times -> costs (Q, n) and labels (Q, n) by falling label, 0 and -inf where padded.
    A cumulative logsumexp from the end: nothing is exponentiated that is not at most 1.
    """
    score, label = padded(query, (scores, FAR), (labels, -torch.inf))
    noise = torch.rand(label.shape, generator=generator).to(label.device)
    order = noise.argsort(dim=1)
    falling = label.gather(1, order).argsort(dim=1, descending=True, stable=True)
    order = order.gather(1, falling)
    score, label = score.gather(1, order), label.gather(1, order)
    rest = torch.logcumsumexp(score.flip(1), dim=1).flip(1)
    cost = torch.where(label > -torch.inf, rest - score, 0.0)
    if weights is not None:
        (weight,) = padded(query, (weights, 0.0))
        cost = cost * weight.gather(1, order)
    return cost, label


def listnet(scores: Tensor, labels: Tensor, query: Tensor, weights: Tensor | None = None) -> Tensor:
    """Cross-entropy of who comes first: by the labels, and by the scores.

    scores, labels, weights (N,), query (N,) -> (): -sum_j w_j P_y(j) log P_f(j), with
    P_s(j) = exp(s_j) / sum_k exp(s_k) of the labels y and of the scores f. Equal labels ask for
    equal scores. Cao, Qin, Liu, Tsai, Li. Learning to rank: from pairwise approach to listwise
    approach. ICML 2007, with top-one probabilities.
    """
    score, label = padded(query, (scores, FAR), (labels, -torch.inf))
    cost = -label.softmax(1) * score.log_softmax(1)
    if weights is not None:
        (weight,) = padded(query, (weights, 0.0))
        cost = cost * weight
    return cost.sum() / len(cost)


def lambdarank(
    scores: Tensor, labels: Tensor, query: Tensor, weights: Tensor | None = None
) -> Tensor:
    """Pairwise logistic loss, each pair weighted by the NDCG that swapping it would cost.

    scores, labels, weights (N,), query (N,) non-decreasing group numbers -> (), mean over groups:
    sum_{y_i > y_j} w_i |2^y_i - 2^y_j| |1/log2(1 + r_i) - 1/log2(1 + r_j)| / maxDCG *
    log(1 + exp(s_j - s_i)), with r the present ranks. Burges. From RankNet to LambdaRank to
    LambdaMART: an overview. MSR-TR-2010-82; as a loss: Wang et al., The LambdaLoss framework for
    ranking metric optimization, CIKM 2018.
    """
    score, label, real = padded(query, (scores, FAR), (labels, 0.0), (torch.ones_like(scores), 0))
    with torch.no_grad():
        place = score.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
        discount = 1.0 / torch.log2(place + 2.0)
        gain = (torch.exp2(label) - 1.0) * real
        ideal = gain.sort(dim=1, descending=True).values
        falling = torch.arange(gain.shape[1], device=gain.device)
        best = (ideal / torch.log2(falling + 2.0)).sum(1).clamp(min=1e-9)
        cost = across(gain).abs() * across(discount).abs() / best[:, None, None]
        cost = cost * ((across(label) > 0) & (real[:, :, None] > 0) & (real[:, None, :] > 0))
        if weights is not None:
            (weight,) = padded(query, (weights, 0.0))
            cost = cost * weight[:, :, None]
    return (cost * F.softplus(-across(score))).sum() / len(score)


def across(x: Tensor) -> Tensor:
    """x_i - x_j of every pair of a group.  (Q, n) -> (Q, n, n)"""
    return x[:, :, None] - x[:, None, :]


def padded(query: Tensor, *columns: tuple[Tensor, float]) -> list[Tensor]:
    """Columns (N,) as tables of one group a row, the longest group wide.  -> each (Q, n)"""
    counts = torch.bincount(query)
    counts = counts[counts > 0]
    group = torch.repeat_interleave(torch.arange(len(counts), device=query.device), counts)
    first = counts.cumsum(0) - counts
    place = torch.arange(len(query), device=query.device) - first[group]
    size = (len(counts), int(counts.max()))
    return [
        torch.full(size, fill, dtype=column.dtype, device=column.device).index_put(
            (group, place), column
        )
        for column, fill in columns
    ]
