from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hermes.core.errors import ConfigError, DataError, Unavailable
from hermes.learn.loop import Batch, Schedule, device_of, minimise, pace
from hermes.learn.losses import has_bfloat16
from hermes.learn.run import Run

PLAN = Schedule(epochs=6, lr=0.05, warmup=3, decay=True, patience=6)


class Line(nn.Module):
    """y = w x + b, with dropout, so that the order of random numbers matters."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.drop = nn.Linear(3, 1), nn.Dropout(0.3)
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    def loss(self, batch: Batch) -> Tensor:
        if self.training:
            self.count += 1
        return ((self.layer(self.drop(batch["x"]))[:, 0] - batch["y"]) ** 2).mean()


def batches(rng: np.random.Generator) -> Iterator[Batch]:
    for _ in range(5):
        x = rng.normal(size=(8, 3)).astype(np.float32)
        yield {"x": torch.from_numpy(x), "y": torch.from_numpy(x @ np.array([1, -2, 3], "f4") + 1)}


def line() -> Line:
    torch.manual_seed(0)
    return Line()


def learn(
    run: Run = Run(), plan: Schedule = PLAN, judge: Callable[[], float] | None = None
) -> tuple[Line, list[float]]:
    net = line()
    return net, minimise(net, net.loss, batches, plan, run, judge)


def same(a: nn.Module, b: nn.Module) -> bool:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def test_the_loss_falls_and_the_net_is_left_ready_to_serve() -> None:
    net, losses = learn(plan=replace(PLAN, epochs=40, decay=False))
    assert losses[-1] < 0.5 * losses[0]
    assert len(losses) == 40
    assert not net.training


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    assert same(learn()[0], learn()[0])
    assert not same(learn()[0], learn(Run(seed=1))[0])


def test_the_weights_of_the_best_epoch_are_kept() -> None:
    seen: list[Tensor] = []
    figures = iter([0.1, 0.5, 0.3, 0.2, 0.1, 0.0])
    net = line()

    def judge() -> float:
        assert not net.training
        seen.append(net.layer.weight.detach().clone())
        return next(figures)

    minimise(net, net.loss, batches, PLAN, Run(), judge)
    assert len(seen) == 6
    assert torch.equal(net.layer.weight, seen[1])


def test_learning_stops_when_patience_ends() -> None:
    figures = iter([0.1, 0.5, 0.3, 0.5])
    losses = learn(plan=replace(PLAN, patience=2), judge=lambda: next(figures))[1]
    assert len(losses) == 4


def test_validation_comes_every_so_many_epochs_and_at_the_end() -> None:
    told: list[dict[str, float]] = []
    run = Run(report=lambda name, step, of, figures: told.append(figures))
    learn(run, replace(PLAN, epochs=5, every=2), lambda: 1.0)
    assert ["valid" in figures for figures in told] == [False, True, False, True, True]


def test_the_mean_of_the_weights_is_what_is_judged_and_kept() -> None:
    plan = replace(PLAN, epochs=3, average=0.9)
    plain, _ = learn(plan=replace(plan, average=0.0))
    net, judged = line(), []

    def judge() -> float:
        judged.append(net.layer.weight.detach().clone())
        return float(len(judged))

    minimise(net, net.loss, batches, plan, Run(), judge)
    assert torch.equal(net.layer.weight, judged[-1])
    assert not torch.equal(net.layer.weight, plain.layer.weight)
    assert int(net.count) == 15


def test_the_mean_is_the_running_mean() -> None:
    net, trail = line(), []
    step = net.loss

    def loss(batch: Batch) -> Tensor:
        trail.append(net.layer.weight.detach().clone())
        return step(batch)

    minimise(net, loss, batches, replace(PLAN, epochs=1, average=0.999), Run())
    final, _ = learn(plan=replace(PLAN, epochs=1))
    after = [*trail[1:], final.layer.weight.detach()]
    torch.testing.assert_close(net.layer.weight.detach(), torch.stack(after).mean(0))


def test_a_loss_that_is_no_number_is_an_error_with_a_remedy() -> None:
    net = line()

    def loss(batch: Batch) -> Tensor:
        return net.loss(batch) * float("nan")

    with pytest.raises(DataError, match="Line: the loss became nan; lower lr"):
        minimise(net, loss, batches, PLAN, Run(), name="Line")


def test_warm_up_and_decay_are_as_they_say() -> None:
    plan = Schedule(epochs=10, warmup=4, decay=True)
    assert pace(plan, 0, 0) == pytest.approx(0.25)
    assert pace(plan, 9, 0) == pytest.approx(1.0)
    assert pace(plan, 99, 10) == pytest.approx(0.1)
    assert pace(Schedule(), 0, 5) == 1.0


def test_a_run_stops_when_its_minutes_are_over() -> None:
    assert len(learn(plan=replace(PLAN, minutes=1e-9))[1]) == 1


def test_auto_is_a_device_that_is_here() -> None:
    want = "cuda" if torch.cuda.is_available() else "cpu"
    assert device_of(Run(device="auto")).type == want


def test_a_device_nobody_knows_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="'cdua'; did you mean 'cuda'"):
        Run(device="cdua")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_one_clear_line() -> None:
    with pytest.raises(Unavailable, match="finds no GPU"):
        device_of(Run(device="cuda:1"))


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("judged", [True, False])
@pytest.mark.parametrize("last", [1, 3, 6])
def test_a_killed_run_ends_with_the_weights_of_one_that_was_not(
    tmp_path: Path, last: int, judged: bool, average: float
) -> None:
    plan, checkpoint = replace(PLAN, average=average), tmp_path / "x.checkpoint"

    def figures() -> Callable[[], float] | None:
        return (lambda: -abs(float(net.layer.bias.detach()) - 0.4)) if judged else None

    def die(name: str, epoch: int, of: int, figures: dict[str, float]) -> None:
        if epoch == last:
            os.kill(os.getpid(), signal.SIGKILL)

    net = line()
    losses = minimise(net, net.loss, batches, plan, Run(), figures())
    whole = net
    child = os.fork()
    if child == 0:
        net = line()
        run = Run(checkpoint=checkpoint, report=die)
        minimise(net, net.loss, batches, plan, run, figures())
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert checkpoint.exists() == (last > 1)
    net, epochs = line(), []
    run = Run(checkpoint=checkpoint, report=lambda name, step, of, f: epochs.append(step))
    assert minimise(net, net.loss, batches, plan, run, figures()) == losses
    assert epochs == list(range(last, 7))
    assert same(net, whole)
    assert [p.name for p in tmp_path.iterdir()] == ["x.checkpoint"]


def test_a_run_that_had_finished_learns_no_more(tmp_path: Path) -> None:
    run = Run(checkpoint=tmp_path / "x.checkpoint")
    net, losses = learn(run)

    def never(rng: np.random.Generator) -> Iterator[Batch]:
        raise AssertionError("learned again")

    again = line()
    assert minimise(again, again.loss, never, PLAN, run) == losses
    assert same(again, net)


@pytest.mark.parametrize("mixed", [True, False])
def test_a_schedule_says_whether_products_may_be_rounded(mixed: bool) -> None:
    net, seen = line(), list[bool]()

    def loss(batch: Batch) -> Tensor:
        seen.append(has_bfloat16(torch.device("cuda")))
        return net.loss(batch)

    minimise(net, loss, batches, replace(PLAN, epochs=1, mixed=mixed), Run())
    assert set(seen) == {mixed}
