"""Losses against their definitions, by brute force and by finite differences."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from hermes.core.errors import ConfigError
from hermes.learn import losses


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_logistic_weighs_rows_and_reads_grades_as_relevant() -> None:
    scores, weights = torch.tensor([0.0, 2.0]), torch.tensor([3.0, 1.0])
    expected = (3 * math.log(2) + math.log1p(math.exp(2.0))) / 2
    value = losses.logistic(scores, torch.tensor([4.0, 0.0]), weights)
    assert float(value) == pytest.approx(expected)


def test_logistic_gradient_is_probability_minus_relevance_even_at_extreme_scores() -> None:
    scores = torch.tensor([1e4, -1e4, 1e4, -1e4, 0.5], requires_grad=True)
    labels = torch.tensor([1.0, 0, 0, 1, 1])
    value = losses.logistic(scores, labels, torch.ones(5))
    (gradient,) = torch.autograd.grad(value, scores)
    assert float(value.detach()) == pytest.approx((2e4 + math.log1p(math.exp(-0.5))) / 5)
    expected = torch.tensor([0.0, 0.0, 1.0, -1.0, 1 / (1 + math.exp(-0.5)) - 1]) / 5
    torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("kind", get_args(losses.RANKING))
def test_every_ranking_loss_falls_when_the_relevant_rises(kind: losses.RANKING) -> None:
    labels, query = torch.tensor([0.0, 1, 0, 0, 2, 0]), torch.tensor([0, 0, 0, 1, 1, 1])
    values = [
        float(losses.ranking(kind, size * (labels > 0), labels, query, torch.ones(6)))
        for size in (-2.0, 0.0, 2.0)
    ]
    assert values[0] > values[1] > values[2]


def test_ranking_counts_half_precision_scores_in_full() -> None:
    scores, labels = draw(300).bfloat16(), (torch.arange(300.0) - 294).clamp(min=0)
    query, weights = torch.zeros(300, dtype=torch.long), torch.ones(300)
    for kind in get_args(losses.RANKING):
        half, full = (
            losses.ranking(kind, s, labels, query, weights) for s in (scores, scores.float())
        )
        assert half.dtype == torch.float32
        assert float(half) == pytest.approx(float(full), rel=1e-6)


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


def test_the_loss_of_the_next_item_is_the_one_that_was_named() -> None:
    states, items, target = draw(6, 4).float(), draw(20, 4, seed=1).float(), torch.arange(6) + 1
    negatives, log_q = torch.tensor([10, 11, 12]), draw(20, seed=2).float()
    asked = states, items, target
    expected = {
        "softmax": losses.softmax(*asked),
        "sampled": losses.sampled_softmax(*asked, negatives, log_q),
        "gbce": losses.gbce(*asked, negatives, 0.75),
        "bce": losses.gbce(*asked, negatives, 0.0),
    }
    assert set(expected) == set(get_args(losses.NEXT_ITEM))
    for kind in get_args(losses.NEXT_ITEM):
        value = losses.next_item(kind, *asked, negatives, log_q)
        assert float(value) == pytest.approx(float(expected[kind]))
    assert len({round(float(value), 6) for value in expected.values()}) == 4


def test_a_loss_that_samples_asks_for_its_negatives() -> None:
    with pytest.raises(ConfigError, match="gbce: it needs negatives"):
        losses.next_item("gbce", draw(2, 3), draw(5, 3), torch.tensor([1, 2]))


def test_one_negative_an_event_is_the_loss_of_sasrec() -> None:
    states, items = draw(6, 4), draw(20, 4, seed=1)
    target, negative = torch.arange(6) + 1, torch.arange(6) + 9
    hit, miss = (states * items[target]).sum(1), (states * items[negative]).sum(1)
    expected = -(F.logsigmoid(hit) + F.logsigmoid(-miss)).mean() / 2
    value = losses.next_item("bce", states, items, target, negative[:, None])
    assert float(value) == pytest.approx(float(expected))


@pytest.mark.skipif(
    not losses.has_bfloat16(torch.device("cpu")), reason="no products of bfloat16 here"
)
def test_within_precise_no_product_is_rounded_to_bfloat16() -> None:
    torch.manual_seed(0)
    states, items, target = torch.randn(9, 16), torch.randn(30, 16), torch.arange(1, 10)
    plain = F.cross_entropy((states @ items.T).index_fill(1, torch.tensor([0]), -torch.inf), target)
    with losses.precise():
        torch.testing.assert_close(losses.softmax(states, items, target), plain)
    rounded = losses.softmax(states, items, target)
    assert not torch.equal(rounded, plain)
    torch.testing.assert_close(rounded, plain, rtol=0.02, atol=0.02)
