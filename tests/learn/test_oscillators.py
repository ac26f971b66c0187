from __future__ import annotations

import pytest
import torch
from torch import Tensor

from hermes.learn.oscillators import Sweep, Turns, doubled, product


def complexes(x: Tensor) -> Tensor:
    return torch.complex(*x.chunk(2, dim=-1))


def randoms(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def test_a_sweep_is_the_recurrence_of_turns_and_jumps() -> None:
    a, u = randoms(3, 7, 10), randoms(3, 7, 10)
    z = complexes(Sweep.apply(a, u))
    state = torch.zeros(3, 5, dtype=torch.complex128)
    for t in range(7):
        state = complexes(a)[:, t] * state + complexes(u)[:, t]
        torch.testing.assert_close(z[:, t], state)


def test_the_gradient_of_a_sweep_is_that_of_finite_differences() -> None:
    assert torch.autograd.gradcheck(Sweep.apply, (randoms(2, 5, 6), randoms(2, 5, 6)))


@pytest.mark.parametrize("n", [1, 2, 3, 8, 11])
def test_doubling_gives_what_the_sweep_gives(n: int) -> None:
    a, u = randoms(2, n, 6), randoms(2, n, 6)
    torch.testing.assert_close(doubled(a, u, 12), Sweep.apply(a, u))


def test_turning_twice_is_turning_for_the_sum_of_the_times() -> None:
    turns, time = Turns(5, 1.0, 20.0), torch.tensor([0.0, 0.3, 2.0])
    torch.testing.assert_close(product(turns(time), turns(2 * time)), turns(3 * time))
    torch.testing.assert_close(complexes(turns(time[:1]))[0], torch.ones(5, dtype=torch.complex64))
