"""Losses against their definitions, by brute force and by finite differences."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck

from hermes.learn import losses

groups = torch.tensor([0, 0, 0, 1, 1, 1, 1, 1, 2])  # of 3, 5 and 1


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def plackett_luce(scores: list[float]) -> float:
    """The probability of this very order."""
    out = 1.0
    for i in range(len(scores)):
        out *= math.exp(scores[i]) / sum(math.exp(s) for s in scores[i:])
    return out


@pytest.mark.parametrize("n", range(1, 7))
def test_listmle_is_minus_the_log_likelihood_of_the_labelled_order(n: int) -> None:
    scores, labels = draw(n), torch.arange(n, 0, -1).double()
    value = losses.listmle(scores, labels, torch.zeros(n, dtype=torch.long))
    assert float(value) == pytest.approx(-math.log(plackett_luce(scores.tolist())))


def test_likelihoods_of_all_orders_sum_to_one() -> None:
    scores, query = draw(5), torch.zeros(5, dtype=torch.long)
    orders = itertools.permutations(range(5))
    total = sum(math.exp(-losses.listmle(scores, torch.tensor(o).double(), query)) for o in orders)
    assert total == pytest.approx(1.0)


def test_listmle_without_tail_sums_over_every_order_of_the_irrelevant() -> None:
    scores = draw(6)
    labels = torch.tensor([0.0, 2, 0, 1, 0, 0]).double()
    head, rest = [1, 3], [0, 2, 4, 5]
    likelihood = sum(
        plackett_luce(scores[head + list(order)].tolist()) for order in itertools.permutations(rest)
    )
    value = losses.listmle(scores, labels, torch.zeros(6, dtype=torch.long), tail=False)
    assert float(value) == pytest.approx(-math.log(likelihood))


def test_listmle_shuffles_ties() -> None:
    scores, labels = draw(6), torch.zeros(6).double()
    query, generator = torch.zeros(6, dtype=torch.long), torch.Generator().manual_seed(1)
    values = {float(losses.listmle(scores, labels, query, generator=generator)) for _ in range(20)}
    assert len(values) > 10


def test_listmle_of_groups_is_the_mean_over_groups() -> None:
    scores, labels = draw(9), torch.tensor([3.0, 1, 2, 5, 1, 4, 2, 3, 1]).double()
    alone = [
        losses.listmle(scores[groups.eq(g)], labels[groups.eq(g)], groups[groups.eq(g)])
        for g in range(3)
    ]
    together = losses.listmle(scores, labels, groups)
    assert float(together) == pytest.approx(float(sum(alone)) / 3)


@pytest.mark.parametrize("tail", [True, False])
def test_listmle_gradient_agrees_with_finite_differences(tail: bool) -> None:
    labels = torch.tensor([3.0, 0, 2, 5, 1, 4, 0, 3, 1]).double()
    weights = draw(9, seed=1).abs()
    value = lambda s: losses.listmle(s, labels, groups, weights, tail)
    assert gradcheck(value, draw(9).requires_grad_())


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_listmle_neither_overflows_nor_loses_the_gradient_at_extreme_scores(size: float) -> None:
    scores = torch.tensor([0.0, size, -size, size, 1.0], requires_grad=True)
    labels, query = torch.tensor([4.0, 3, 2, 1, 0]), torch.tensor([0, 0, 0, 0, 1])
    value = losses.listmle(scores, labels, query)
    value.backward()
    assert torch.isfinite(value)
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()
    assert scores.grad[:4].abs().max() > 0.4


def test_lambdarank_equals_the_sum_over_pairs() -> None:
    scores, labels = draw(9), torch.tensor([2.0, 0, 1, 0, 0, 3, 1, 1, 1]).double()
    expected = 0.0
    for g in range(3):
        s, y = scores[groups.eq(g)].tolist(), labels[groups.eq(g)].tolist()
        rank = {i: r + 1 for r, i in enumerate(np.argsort(-np.array(s)))}
        ideal = sum((2**v - 1) / math.log2(r + 2) for r, v in enumerate(sorted(y, reverse=True)))
        for i, j in itertools.permutations(range(len(s)), 2):
            if y[i] > y[j]:
                places = abs(1 / math.log2(1 + rank[i]) - 1 / math.log2(1 + rank[j]))
                swap = (2 ** y[i] - 2 ** y[j]) * places / ideal
                expected += swap * math.log1p(math.exp(s[j] - s[i])) / 3
    assert float(losses.lambdarank(scores, labels, groups)) == pytest.approx(expected)


def test_lambdarank_gradient_agrees_with_finite_differences() -> None:
    labels, weights = torch.tensor([2.0, 0, 1, 0, 0, 3, 1, 1, 1]).double(), draw(9, seed=1).abs()
    value = lambda s: losses.lambdarank(s, labels, groups, weights)
    assert gradcheck(value, draw(9).requires_grad_())


def test_a_group_without_anything_relevant_costs_nothing() -> None:
    scores, labels = draw(9).requires_grad_(), torch.zeros(9).double()
    assert float(losses.lambdarank(scores, labels, groups).detach()) == 0.0
    assert float(losses.listmle(scores, labels, groups, tail=False).detach()) == 0.0


def test_logistic_weighs_rows_and_reads_grades_as_relevant() -> None:
    scores, weights = torch.tensor([0.0, 2.0]), torch.tensor([3.0, 1.0])
    expected = (3 * math.log(2) + math.log1p(math.exp(2.0))) / 2
    value = losses.logistic(scores, torch.tensor([4.0, 0.0]), weights)
    assert float(value) == pytest.approx(expected)


def test_fused_softmax_agrees_with_cross_entropy_without_the_unknown() -> None:
    states, items = draw(70, 8).float().requires_grad_(), draw(30, 8, seed=1).float()
    target = torch.arange(70) % 29 + 1
    expected = F.cross_entropy(states @ items[1:].T, target - 1)
    value = losses.softmax(states, items, target, 32)
    assert float(value.detach()) == pytest.approx(float(expected.detach()), rel=2e-2)
    given, wanted = (torch.autograd.grad(v, states)[0] for v in (value, expected))
    assert F.cosine_similarity(given.flatten(), wanted.flatten(), dim=0) > 0.999


def test_sampled_softmax_on_every_item_is_the_full_softmax() -> None:
    states, items, target = draw(7, 4), draw(10, 4, seed=1), torch.arange(7) + 1
    expected = F.cross_entropy(states @ items[1:].T, target - 1)
    value = losses.sampled_softmax(states, items, target, torch.arange(1, 10))
    assert float(value) == pytest.approx(float(expected))


def test_sampled_softmax_takes_negatives_shared_or_per_row() -> None:
    states, items, target = draw(7, 4), draw(10, 4, seed=1), torch.arange(7) + 1
    shared = torch.tensor([2, 9, 4])
    per_row = shared.expand(7, 3)
    a = losses.sampled_softmax(states, items, target, shared)
    assert float(a) == pytest.approx(float(losses.sampled_softmax(states, items, target, per_row)))


def test_logq_makes_the_sampled_softmax_point_where_the_full_one_does() -> None:
    states, items, target = draw(1, 4), draw(40, 4, seed=1), torch.tensor([3])
    states.requires_grad_()
    q = torch.arange(40).double() ** 2
    q = q / q.sum()
    generator = torch.Generator().manual_seed(0)
    negatives = torch.multinomial(q, 200_000, replacement=True, generator=generator)
    negatives = negatives[negatives != 3]
    log_q = torch.log(q * len(negatives) + 1e-300)
    log_q[3] = 0.0  # the target is always there
    given, full = (
        torch.autograd.grad(v, states)[0]
        for v in (
            losses.sampled_softmax(states, items, target, negatives, log_q),
            F.cross_entropy(states @ items[1:].T, target - 1),
        )
    )
    torch.testing.assert_close(given, full, rtol=0.03, atol=0.01)


def test_in_batch_softmax_leaves_twins_out_and_subtracts_log_q() -> None:
    states, items = draw(4, 3), draw(3, 3, seed=1)
    target, log_q = torch.tensor([5, 6, 5, 7]), draw(4, seed=2)
    log_q[2] = log_q[0]
    batch = items[[0, 1, 0, 2]]
    logits = states @ batch.T - log_q
    expected = 0.0
    for i in range(4):
        others = [j for j in range(4) if j == i or target[j] != target[i]]
        expected += float(torch.logsumexp(logits[i, others], 0) - logits[i, i]) / 4
    assert float(losses.in_batch_softmax(states, batch, target, log_q)) == pytest.approx(expected)


def test_gbce_without_calibration_is_binary_cross_entropy() -> None:
    states, items, target = draw(6, 4), draw(20, 4, seed=1), torch.arange(6) + 1
    negatives = torch.tensor([10, 11, 12])
    hit, miss = (states * items[target]).sum(1), states @ items[negatives].T
    logits = torch.cat([hit[:, None], miss], 1)
    truth = torch.zeros_like(logits)
    truth[:, 0] = 1
    expected = F.binary_cross_entropy_with_logits(logits, truth)
    value = losses.gbce(states, items, target, negatives, calibration=0.0)
    assert float(value) == pytest.approx(float(expected))


def test_gbce_fully_calibrated_weighs_the_positive_by_the_sampling_rate() -> None:
    states, items, target = draw(6, 4), draw(21, 4, seed=1), torch.arange(6) + 1
    negatives = torch.tensor([10, 11, 12, 13])
    hit, miss = (states * items[target]).sum(1), states @ items[negatives].T
    rate = 4 / 19  # of the 19 items that are not the positive
    expected = -(rate * F.logsigmoid(hit) + F.logsigmoid(-miss).sum(1)).mean() / 5
    value = losses.gbce(states, items, target, negatives, calibration=1.0)
    assert float(value) == pytest.approx(float(expected))


def test_padding_puts_each_group_on_its_row() -> None:
    query, values = torch.tensor([0, 0, 2, 2, 2]), torch.arange(5.0)
    (table,) = losses.padded(query, (values, -1.0))
    assert table.tolist() == [[0, 1, -1], [2, 3, 4]]
