"""Weights by place and age, as learned from and as served."""

from __future__ import annotations

import torch

from hermes.learn.recency import Recency


def module(length: int = 6, paces: int = 3) -> Recency:
    torch.manual_seed(0)
    made = Recency(length, paces)
    with torch.no_grad():
        made.places.add_(torch.randn_like(made.places))
        made.rates.add_(torch.randn_like(made.rates) + 3)
    return made


def test_at_the_start_the_paces_run_from_all_alike_to_the_last_few() -> None:
    history = torch.ones(1, 6, dtype=torch.long)
    weights = Recency(6, 3).last(history, torch.zeros(1, 6))[0, :, 0]
    torch.testing.assert_close(weights[0], torch.full((6,), 1 / 7))
    assert bool((weights[1:].diff(dim=1) > 0).all())
    assert bool((weights[:, -1].diff() > 0).all())


def test_the_weights_are_what_the_formula_says() -> None:
    made, ages = module(), torch.tensor([[0.0, 9.0, 4.0, 0.5]])
    found = made.last(torch.tensor([[0, 3, 2, 5]]), ages)[0, :, 0]
    rate = torch.log1p(made.rates.exp())
    raw = made.places[:, [2, 1, 0]].exp() * (1 + ages[:, 1:]) ** -rate[:, None]
    torch.testing.assert_close(found[:, 1:], raw / (1 + raw.sum(1, keepdim=True)))
    assert not found[:, 0].any()


def test_an_older_event_counts_less_and_a_clock_that_runs_late_does_no_harm() -> None:
    made, history = module(), torch.tensor([[4, 4]])
    old, young, future = (
        made.last(history, torch.tensor([[age, 0.0]]))[0, :, 0, 0] for age in (50.0, 1.0, -1e-3)
    )
    assert bool((old < young).all())
    assert bool(torch.isfinite(future).all())


def test_nothing_done_weighs_nothing() -> None:
    assert not module().last(torch.zeros(2, 6, dtype=torch.long), torch.zeros(2, 6)).any()


def test_a_stretch_is_weighed_as_each_of_its_moments_is_served() -> None:
    made, n = module(), 5
    times = torch.tensor([0.0, 1.0, 4.0, 4.0, 9.0, 20.0])
    whole = made.stretch(times[None, -1] - times[None, :n])[0]
    for i in range(n):
        ages = (times[i + 1] - times[: i + 1])[None]
        alone = made.last(torch.ones(1, i + 1, dtype=torch.long), ages)[0, :, 0]
        torch.testing.assert_close(whole[:, i, : i + 1], alone)
        assert not whole[:, i, i + 1 :].any()
