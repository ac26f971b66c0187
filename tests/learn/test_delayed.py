"""Losses of late conversions against Monte-Carlo expectations on the streams they belong to."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck

from hermes.learn import arrivals, delayed
from hermes.learn.arrivals import Arrivals

CLICKS = 200_000  # all of the same x
CHANCE, HAZARD, WAIT, WINDOW = 0.3, 0.8, 0.5, 1e9
LATE = CHANCE * np.exp(-HAZARD * WAIT)  # d
REAL = (1 - CHANCE) / (1 - CHANCE + LATE)  # n
ALARM = 4.5  # standard errors


@pytest.fixture(scope="module")
def clicks() -> tuple[np.ndarray, np.ndarray]:
    """When each click was, and the delay to its conversion."""
    rng = np.random.default_rng(5)
    delay = np.where(rng.random(CLICKS) < CHANCE, rng.exponential(1 / HAZARD, CLICKS), np.inf)
    return np.sort(rng.uniform(0, 30, CLICKS)), delay


def same(value: float, rows: Arrivals) -> tuple[Tensor, Tensor, Tensor]:
    """The same logit for every row, labels, and a column of ones."""
    label = torch.from_numpy(rows.label).double()
    logit = torch.full_like(label, float(np.log(value / (1 - value))), requires_grad=True)
    return logit, label, torch.ones_like(label)


def truth(f: float) -> float:
    """Expected cross-entropy of f on true labels."""
    return float(-CHANCE * np.log(f) - (1 - CHANCE) * np.log(1 - f))


def near(loss: Tensor, expected: float, rows: Arrivals, spread: float = 1.5) -> bool:
    """Within sampling error; a row's loss deviates by less than `spread` nats."""
    return abs(loss.item() - expected) < ALARM * spread / np.sqrt(len(rows.at))


@pytest.mark.parametrize("f", [0.1, 0.3, 0.6])
def test_naive_and_oracle_differ_in_their_labels_only(
    clicks: tuple[np.ndarray, np.ndarray], f: float
) -> None:
    oracle, naive = arrivals.settled(*clicks), arrivals.waited(*clicks, WAIT)
    logit, label, _ = same(f, oracle)
    assert near(delayed.pointwise(logit, label), truth(f), oracle)
    seen = CHANCE - LATE
    logit, label, _ = same(f, naive)
    biased = -seen * np.log(f) - (1 - seen) * np.log(1 - f)
    assert near(delayed.pointwise(logit, label), biased, naive)
    assert abs(biased - truth(f)) > 0.05 or f == 0.6


@pytest.mark.parametrize("f", [0.1, 0.3, 0.6])
def test_elapsed_time_sampling_is_unbiased(clicks: tuple[np.ndarray, np.ndarray], f: float) -> None:
    rows = arrivals.repeated(*clicks, WAIT)
    logit, label, one = same(f, rows)
    assert near(delayed.elapsed_time(logit, label, one * LATE, one * REAL), truth(f), rows)


def test_elapsed_time_sampling_is_unbiased_when_each_click_waits_for_its_own_time(
    clicks: tuple[np.ndarray, np.ndarray],
) -> None:
    wait = np.random.default_rng(1).exponential(0.5, CLICKS)
    rows = arrivals.repeated(*clicks, wait)
    logit, label, _ = same(0.6, rows)
    late = CHANCE * np.exp(-HAZARD * wait[rows.click])
    real = torch.from_numpy((1 - CHANCE) / (1 - CHANCE + late))
    weighed = delayed.elapsed_time(logit, label, torch.from_numpy(late), real)
    copies = 1 + CHANCE * np.exp(-HAZARD * wait)  # rows of a click, in expectation
    assert weighed.item() * len(rows.at) == pytest.approx(copies.sum() * truth(0.6), rel=0.01)


@pytest.mark.parametrize("f", [0.1, 0.3, 0.6])
def test_label_correction_is_unbiased(clicks: tuple[np.ndarray, np.ndarray], f: float) -> None:
    rows = arrivals.repeated(*clicks, WAIT)
    logit, label, one = same(f, rows)
    again = torch.from_numpy(rows.late).double()
    loss = delayed.label_corrected(logit, label, again, one * LATE, one * REAL)
    assert near(loss, truth(f), rows)


def test_fake_negatives_are_undone_at_the_truth(clicks: tuple[np.ndarray, np.ndarray]) -> None:
    rows = arrivals.repeated(*clicks, 0.0)
    logit, label, _ = same(CHANCE, rows)
    assert near(delayed.fake_negative_weighted(logit, label), truth(CHANCE), rows)


def test_real_negatives_are_undone_at_the_truth(clicks: tuple[np.ndarray, np.ndarray]) -> None:
    rows = arrivals.doubled(*clicks, WAIT, WINDOW)
    logit, label, one = same(CHANCE, rows)
    assert near(delayed.real_negatives(logit, label, one * LATE), truth(CHANCE), rows)


@pytest.mark.parametrize("name", ["fnw", "es-dfm", "defer", "defuse"])
def test_a_corrected_gradient_vanishes_at_the_true_probability_and_nowhere_else(
    clicks: tuple[np.ndarray, np.ndarray], name: str
) -> None:
    def gradient(f: float) -> float:
        if name == "defer":
            rows = arrivals.doubled(*clicks, WAIT, WINDOW)
        else:
            rows = arrivals.repeated(*clicks, 0.0 if name == "fnw" else WAIT)
        logit, label, one = same(f, rows)
        again = torch.from_numpy(rows.late).double()
        loss = {
            "fnw": lambda: delayed.fake_negative_weighted(logit, label),
            "es-dfm": lambda: delayed.elapsed_time(logit, label, one * LATE, one * REAL),
            "defer": lambda: delayed.real_negatives(logit, label, one * LATE),
            "defuse": lambda: delayed.label_corrected(logit, label, again, one * LATE, one * REAL),
        }[name]()
        loss.backward()
        assert logit.grad is not None
        return float(logit.grad.sum())

    assert abs(gradient(CHANCE)) < 0.01
    assert gradient(CHANCE - 0.07) < -0.02
    assert gradient(CHANCE + 0.2) > 0.02


def test_a_network_without_weights_is_calibrated_by_the_odds(
    clicks: tuple[np.ndarray, np.ndarray],
) -> None:
    rows = arrivals.repeated(*clicks, 0.0)
    share = float(rows.label.mean())  # what a network learns from such a stream
    assert share == pytest.approx(CHANCE / (1 + CHANCE), abs=0.003)
    logit = torch.tensor([np.log(share / (1 - share)), 3.0])
    assert delayed.calibrated(logit).tolist() == pytest.approx([CHANCE, 1.0], abs=0.006)


def test_joint_likelihood_is_the_density_of_what_was_seen() -> None:
    """Probabilities of every outcome until an age sum to one."""
    age, grid = 2.0, torch.linspace(0, 2.0, 20_001, dtype=torch.float64)
    logit, log_hazard = torch.tensor([0.4]).double(), torch.tensor([-0.3]).double()
    one = torch.ones(1, dtype=torch.float64)
    density = [(-delayed.joint(logit, log_hazard, one, d[None])).exp().item() for d in grid[::100]]
    open_ = float((-delayed.joint(logit, log_hazard, 0 * one, one * age)).exp())
    assert np.trapezoid(density, grid[::100]) + open_ == pytest.approx(1.0, abs=1e-5)


def test_joint_likelihood_finds_probability_and_hazard(
    clicks: tuple[np.ndarray, np.ndarray],
) -> None:
    clicked_at, delay = (column[:40_000] for column in clicks)
    age = 30.5 - 30 * (clicked_at / clicked_at.max()) ** 0.1  # most are young
    seen = torch.from_numpy(delay <= age).double()
    days = torch.from_numpy(np.minimum(delay, age))
    both = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([both], max_iter=50)

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = delayed.joint(both[0].expand(len(days)), both[1].expand(len(days)), seen, days)
        loss.backward()
        return loss

    optimiser.step(closure)
    assert both[0].sigmoid().item() == pytest.approx(CHANCE, abs=0.015)
    assert both[1].exp().item() == pytest.approx(HAZARD, abs=0.06)
    assert float(seen.mean()) < CHANCE - 0.04  # where the naive ends


def test_joint_likelihood_is_finite_and_smooth_at_extremes() -> None:
    logit = torch.tensor([-1e4, 1e4, 0.0, 1e4]).double().requires_grad_()
    log_hazard = torch.tensor([5.0, -5.0, 8.0, 3.0]).double().requires_grad_()
    label, days = torch.tensor([0.0, 1, 0, 0]), torch.tensor([1e4, 0.0, 1e4, 10.0]).double()
    loss = delayed.joint(logit, log_hazard, label, days)
    loss.backward()
    assert all(torch.isfinite(x).all() for x in (loss, logit.grad, log_hazard.grad))
    near_zero = torch.randn(4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    inputs = (near_zero.clone().requires_grad_(), near_zero.clone().requires_grad_())
    assert gradcheck(lambda a, b: delayed.joint(a, b, label, days.clamp_max(3)), inputs)


def test_an_open_click_is_a_true_negative_as_often_as_w_says(
    clicks: tuple[np.ndarray, np.ndarray],
) -> None:
    delay = clicks[1]
    for age in (0.0, 0.5, 2.0, 6.0):
        w = float(delayed.true_negative(*map(torch.tensor, (CHANCE, HAZARD, age))))
        assert w == pytest.approx(np.isinf(delay)[delay > age].mean(), abs=0.005)
    assert float(delayed.true_negative(*map(torch.tensor, (CHANCE, HAZARD, 0.0)))) == (
        pytest.approx(1 - CHANCE)
    )
    assert float(delayed.true_negative(*map(torch.tensor, (CHANCE, HAZARD, 99.0)))) == 1.0


def test_w_in_a_pointwise_loss_has_the_gradient_of_the_joint_likelihood() -> None:
    draw = torch.Generator().manual_seed(3)
    logit, log_hazard = (torch.randn(50, generator=draw).double() for _ in range(2))
    label = torch.rand(50, generator=draw).round()
    days = torch.rand(50, generator=draw).double() * 3
    logit.requires_grad_()
    w = delayed.true_negative(logit.sigmoid(), log_hazard.exp(), days)
    soft = torch.autograd.grad(delayed.softened(logit, label, w), logit)[0]
    joint = torch.autograd.grad(delayed.joint(logit, log_hazard, label, days), logit)[0]
    assert torch.allclose(soft, joint, atol=1e-9)


def test_what_is_weighed_by_is_learned_from_complete_labels(
    clicks: tuple[np.ndarray, np.ndarray],
) -> None:
    delay = torch.from_numpy(clicks[1])
    both = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([both], max_iter=50)

    def closure() -> Tensor:
        optimiser.zero_grad()
        n = len(delay)
        loss = delayed.auxiliary(both[0].expand(n), both[1].expand(n), delay, WAIT)
        loss.backward()
        return loss

    optimiser.step(closure)
    assert both.sigmoid().tolist() == pytest.approx([LATE, REAL], abs=0.005)


def test_weights_are_held_fixed() -> None:
    late = torch.tensor([0.2], requires_grad=True)
    real = torch.tensor([0.9], requires_grad=True)
    logit = torch.tensor([0.3], requires_grad=True)
    for label in (torch.zeros(1), torch.ones(1)):
        delayed.elapsed_time(logit, label, late, real).backward()
        delayed.real_negatives(logit, label, late).backward()
        delayed.label_corrected(logit, label, label, late, real).backward()
    assert late.grad is None
    assert real.grad is None
    held = F.logsigmoid(torch.tensor([0.3])) * -1.2
    loss = delayed.elapsed_time(logit, torch.ones(1), late, real)
    assert loss.item() == pytest.approx(held.item())


def test_a_late_share_above_the_whole_cannot_turn_a_weight_round() -> None:
    logit = torch.tensor([-6.0], requires_grad=True)
    loss = delayed.real_negatives(logit, torch.ones(1), torch.tensor([0.9]))
    loss.backward()
    assert loss.item() > 0
    assert float(logit.grad) < 0  # type: ignore[arg-type]
