"""The softmax against shared drawn items, beside the one that autograd differentiates."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hermes.learn import drawn
from hermes.learn.drawn import drawn_softmax
from hermes.learn.losses import sampled_softmax


def sample(n: int = 11, k: int = 7, items: int = 30, d: int = 4) -> tuple[Tensor, ...]:
    """States, a catalogue, targets and drawn items, two of which are some row's own."""
    rng = torch.Generator().manual_seed(0)
    states, table = (torch.randn(size, d, generator=rng) for size in (n, items))
    target = torch.randint(1, items, (n,), generator=rng)
    negatives = torch.randint(1, items, (k,), generator=rng)
    negatives[:2] = target[:2]
    return states.requires_grad_(), table.requires_grad_(), target, negatives


@pytest.fixture(params=[False, True], ids=["float32", "bfloat16"])
def tolerance(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """Both kinds of product, and how near they come."""
    monkeypatch.setattr(drawn, "has_bfloat16", lambda device: request.param)
    return 0.05 if request.param else 1e-5


@pytest.mark.parametrize("block", [3, 512])
def test_value_and_gradients_are_those_of_the_sampled_softmax(tolerance: float, block: int) -> None:
    states, table, target, negatives = sample()
    sampled_softmax(states, table, target, negatives).backward()  # type: ignore[no-untyped-call]
    expected = [states.grad, table.grad]
    states.grad = table.grad = None
    same = negatives == target[:, None]
    value = drawn_softmax(states, table[target], table[negatives], same, block)
    value.backward()  # type: ignore[no-untyped-call]
    reference = sampled_softmax(states, table, target, negatives)
    torch.testing.assert_close(value, reference, atol=tolerance, rtol=0)
    for found, wanted in zip([states.grad, table.grad], expected, strict=True):
        torch.testing.assert_close(found, wanted, atol=tolerance, rtol=0)


def test_large_logits_stay_finite(tolerance: float) -> None:
    states, table, target, negatives = sample()
    same = negatives == target[:, None]
    value = drawn_softmax(1e4 * states, table[target], table[negatives], same)
    value.backward()  # type: ignore[no-untyped-call]
    assert torch.isfinite(value)
    assert states.grad is not None
    assert torch.isfinite(states.grad).all()


def test_a_row_whose_own_item_is_all_that_was_drawn_costs_nothing() -> None:
    states, table, target, _ = sample(n=2)
    same = torch.ones(2, 1, dtype=torch.bool)
    value = drawn_softmax(states, table[target], table[target[:1]], same)
    assert float(value.detach()) == pytest.approx(0.0, abs=1e-6)
