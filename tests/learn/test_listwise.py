"""Losses over groups against their definitions, by brute force and by finite differences."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

from hermes.learn import listwise

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
    value = listwise.listmle(scores, labels, torch.zeros(n, dtype=torch.long))
    assert float(value) == pytest.approx(-math.log(plackett_luce(scores.tolist())))


def test_likelihoods_of_all_orders_sum_to_one() -> None:
    scores, query = draw(5), torch.zeros(5, dtype=torch.long)
    orders = itertools.permutations(range(5))
    total = sum(
        math.exp(-listwise.listmle(scores, torch.tensor(o).double(), query)) for o in orders
    )
    assert total == pytest.approx(1.0)


def test_listmle_without_tail_sums_over_every_order_of_the_irrelevant() -> None:
    scores = draw(6)
    labels = torch.tensor([0.0, 2, 0, 1, 0, 0]).double()
    head, rest = [1, 3], [0, 2, 4, 5]
    likelihood = sum(
        plackett_luce(scores[head + list(order)].tolist()) for order in itertools.permutations(rest)
    )
    value = listwise.listmle(scores, labels, torch.zeros(6, dtype=torch.long), tail=False)
    assert float(value) == pytest.approx(-math.log(likelihood))


@pytest.mark.parametrize("n", range(2, 7))
def test_listmle_gradient_is_that_of_the_brute_force_likelihood(n: int) -> None:
    scores, labels = draw(n).requires_grad_(), draw(n, seed=1)
    likelihood = {}
    for order in itertools.permutations(range(n)):
        left = scores[list(order)]
        parts = [left[i] - torch.log(torch.exp(left[i:]).sum()) for i in range(n)]
        likelihood[order] = torch.exp(torch.stack(parts).sum())
    assert sum(p.item() for p in likelihood.values()) == pytest.approx(1.0)
    order = tuple(torch.argsort(-labels).tolist())
    (expected,) = torch.autograd.grad(-torch.log(likelihood[order]), scores)
    value = listwise.listmle(scores, labels, torch.zeros(n, dtype=torch.long))
    (given,) = torch.autograd.grad(value, scores)
    torch.testing.assert_close(given, expected)


def test_listmle_of_ties_is_on_average_that_of_every_order_they_allow() -> None:
    scores, labels = draw(5), torch.tensor([1.0, 0, 1, 0, 0]).double()
    orders = [
        [*head, *rest]
        for head in itertools.permutations([0, 2])
        for rest in itertools.permutations([1, 3, 4])
    ]
    expected = np.mean([-math.log(plackett_luce(scores[order].tolist())) for order in orders])
    many, generator = 20_000, torch.Generator().manual_seed(0)
    query = torch.repeat_interleave(torch.arange(many), 5)
    value = listwise.listmle(scores.repeat(many), labels.repeat(many), query, generator=generator)
    assert float(value) == pytest.approx(expected, abs=0.02)


def test_listmle_shuffles_ties() -> None:
    scores, labels = draw(6), torch.zeros(6).double()
    query, generator = torch.zeros(6, dtype=torch.long), torch.Generator().manual_seed(1)
    values = {
        float(listwise.listmle(scores, labels, query, generator=generator)) for _ in range(20)
    }
    assert len(values) > 10


def test_listmle_of_groups_is_the_mean_over_groups() -> None:
    scores, labels = draw(9), torch.tensor([3.0, 1, 2, 5, 1, 4, 2, 3, 1]).double()
    alone = [
        listwise.listmle(scores[groups.eq(g)], labels[groups.eq(g)], groups[groups.eq(g)])
        for g in range(3)
    ]
    together = listwise.listmle(scores, labels, groups)
    assert float(together) == pytest.approx(float(sum(alone)) / 3)


@pytest.mark.parametrize("tail", [True, False])
def test_listmle_gradient_agrees_with_finite_differences(tail: bool) -> None:
    labels = torch.tensor([3.0, 0, 2, 5, 1, 4, 0, 3, 1]).double()
    weights = draw(9, seed=1).abs()
    value = lambda s: listwise.listmle(s, labels, groups, weights, tail)
    assert gradcheck(value, draw(9).requires_grad_())


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_listmle_neither_overflows_nor_loses_the_gradient_at_extreme_scores(size: float) -> None:
    scores = torch.tensor([0.0, size, -size, size, 1.0], requires_grad=True)
    labels, query = torch.tensor([4.0, 3, 2, 1, 0]), torch.tensor([0, 0, 0, 0, 1])
    value = listwise.listmle(scores, labels, query)
    value.backward()
    assert torch.isfinite(value)
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()
    assert scores.grad[:4].abs().max() > 0.4


@pytest.mark.parametrize("loss", [listwise.listmle, listwise.p_listmle])
def test_extreme_scores_leave_the_gradient_right_to_what_single_precision_holds(loss: Any) -> None:
    labels, query = torch.tensor([1.0, 3, 0, 2, 0, 1, 4]), torch.tensor([0, 0, 0, 0, 1, 1, 1])
    scores = torch.tensor([1e4, -1e4, 1e4 - 1, 0.0, -1e4, 9999.5, 1e4])
    single, double = scores.requires_grad_(), scores.detach().double().requires_grad_()
    (given,) = torch.autograd.grad(loss(single, labels, query, tail=False), single)
    (exact,) = torch.autograd.grad(loss(double, labels.double(), query, tail=False), double)
    resolution = 2.0**-10  # of a number of 1e4
    torch.testing.assert_close(given.double(), exact, atol=resolution, rtol=0)


@pytest.mark.parametrize("n", range(1, 7))
def test_p_listmle_weighs_each_place_as_the_paper_does(n: int) -> None:
    scores, labels = draw(n), torch.arange(n, 0, -1).double()
    s, alpha = scores.tolist(), [2 ** (n - i) - 1 for i in range(1, n + 1)]
    costs = [math.log(sum(math.exp(v) for v in s[i:])) - s[i] for i in range(n)]
    expected = sum(a * c for a, c in zip(alpha, costs, strict=True)) / max(sum(alpha), 1)
    value = listwise.p_listmle(scores, labels, torch.zeros(n, dtype=torch.long))
    assert float(value) == pytest.approx(expected)


def test_p_listmle_of_groups_of_any_size_is_the_mean_over_groups() -> None:
    sizes = torch.tensor([3, 1, 7, 1200])
    query = torch.repeat_interleave(torch.arange(4), sizes)
    scores, labels = draw(len(query)), torch.rand(len(query), dtype=torch.float64)
    alone = [
        float(listwise.p_listmle(scores[query == g], labels[query == g], query[query == g]))
        for g in range(4)
    ]
    value = float(listwise.p_listmle(scores, labels, query))
    assert math.isfinite(value)
    assert value == pytest.approx(sum(alone) / 4)


@pytest.mark.parametrize("tail", [True, False])
def test_p_listmle_gradient_agrees_with_finite_differences(tail: bool) -> None:
    labels = torch.tensor([3.0, 0, 2, 5, 1, 4, 0, 3, 1]).double()
    weights = draw(9, seed=1).abs()
    value = lambda s: listwise.p_listmle(s, labels, groups, weights, tail)
    assert gradcheck(value, draw(9).requires_grad_())


def test_listnet_equals_the_cross_entropy_of_top_one_probabilities() -> None:
    scores, labels = draw(9), torch.tensor([2.0, 0, 1, 0, 0, 3, 1, 1, 1]).double()
    weights, expected = draw(9, seed=1).abs(), 0.0
    for g in range(3):
        mine = groups.eq(g)
        s, y, w = scores[mine].tolist(), labels[mine].tolist(), weights[mine].tolist()
        for j in range(len(s)):
            given = math.exp(y[j]) / sum(math.exp(v) for v in y)
            expected -= w[j] * given * math.log(math.exp(s[j]) / sum(map(math.exp, s))) / 3
    assert float(listwise.listnet(scores, labels, groups, weights)) == pytest.approx(expected)


def test_listnet_gradient_agrees_with_finite_differences() -> None:
    labels, weights = torch.tensor([2.0, 0, 1, 0, 0, 3, 1, 1, 1]).double(), draw(9, seed=1).abs()
    value = lambda s: listwise.listnet(s, labels, groups, weights)
    assert gradcheck(value, draw(9).requires_grad_())


def test_listnet_is_least_where_scores_are_labels_and_equal_labels_ask_for_equal_scores() -> None:
    for labels in (torch.tensor([2.0, 0, 1, 0]), torch.ones(4)):
        query, scores = torch.zeros(4, dtype=torch.long), (labels + 7).requires_grad_()
        (gradient,) = torch.autograd.grad(listwise.listnet(scores, labels, query), scores)
        torch.testing.assert_close(gradient, torch.zeros(4), atol=1e-6, rtol=0)


@pytest.mark.parametrize("loss", [listwise.p_listmle, listwise.listnet, listwise.lambdarank])
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_listwise_losses_neither_overflow_nor_lose_the_gradient(loss: Any, size: float) -> None:
    scores = torch.tensor([0.0, size, -size, size, 1.0], requires_grad=True)
    labels, query = torch.tensor([4.0, 3, 2, 1, 0]), torch.tensor([0, 0, 0, 0, 1])
    value = loss(scores, labels, query)
    (gradient,) = torch.autograd.grad(value, scores)
    assert torch.isfinite(value)
    assert torch.isfinite(gradient).all()
    assert gradient[:4].abs().max() > 0.1
    assert gradient[4] == 0  # alone in its group


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
    assert float(listwise.lambdarank(scores, labels, groups)) == pytest.approx(expected)


def test_lambdarank_gradient_agrees_with_finite_differences() -> None:
    labels, weights = torch.tensor([2.0, 0, 1, 0, 0, 3, 1, 1, 1]).double(), draw(9, seed=1).abs()
    value = lambda s: listwise.lambdarank(s, labels, groups, weights)
    assert gradcheck(value, draw(9).requires_grad_())


def test_a_group_without_anything_relevant_costs_nothing() -> None:
    scores, labels = draw(9).requires_grad_(), torch.zeros(9).double()
    assert float(listwise.lambdarank(scores, labels, groups).detach()) == 0.0
    assert float(listwise.listmle(scores, labels, groups, tail=False).detach()) == 0.0
    assert float(listwise.p_listmle(scores, labels, groups, tail=False).detach()) == 0.0


def test_padding_puts_each_group_on_its_row() -> None:
    query, values = torch.tensor([0, 0, 2, 2, 2]), torch.arange(5.0)
    (table,) = listwise.padded(query, (values, -1.0))
    assert table.tolist() == [[0, 1, -1], [2, 3, 4]]


@pytest.mark.parametrize(
    "loss", [listwise.listmle, listwise.p_listmle, listwise.listnet, listwise.lambdarank]
)
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_padding_moves_neither_the_loss_nor_the_gradient_of_a_short_group(
    loss: Any, size: float
) -> None:
    short = (size * torch.tensor([1.0, -1.0])).requires_grad_()
    labels, one = torch.tensor([0.0, 1.0]), torch.zeros(2, dtype=torch.long)
    alone = loss(short, labels, one)
    (expected,) = torch.autograd.grad(alone, short)
    long, silent = torch.zeros(40), torch.zeros(40)
    silent[0] = 1.0
    query = torch.cat([one, torch.ones(40, dtype=torch.long)])
    beside = loss(torch.cat([short, long]), torch.cat([labels, silent]), query)
    (given,) = torch.autograd.grad(beside, short)
    rest = loss(long, silent, torch.zeros(40, dtype=torch.long))
    assert float(beside.detach()) == pytest.approx(float(alone.detach() + rest) / 2)
    resolution = 1.2e-7 * size  # of single precision
    torch.testing.assert_close(given, expected / 2, atol=resolution, rtol=0)


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_equal_labels_leave_a_group_as_likely_in_every_order(value: float) -> None:
    scores, labels = torch.zeros(4).double(), torch.full((4,), value).double()
    query = torch.zeros(4, dtype=torch.long)
    assert float(listwise.listmle(scores, labels, query)) == pytest.approx(math.log(24))
    assert float(listwise.lambdarank(scores, labels, query)) == 0.0
