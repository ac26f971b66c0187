"""The one training loop. A function that models call, not a framework that calls models."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hermes.core.errors import DataError, Unavailable

from .run import Run

Batch = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast to learn; part of a model's config."""

    epochs: int = 20
    batch: int = 256
    lr: float = 1e-3
    warmup: int = 0  # steps of linear warm-up
    decay: bool = False  # cosine decay to a tenth over all epochs
    weight_decay: float = 0.0
    clip: float = 5.0
    average: float = 0.0  # decay a step of the running mean of the weights; 0: none
    patience: int = 5  # epochs without a better validation metric
    every: int = 1  # epochs between validations
    minutes: float = 0.0  # stop after this long; 0: never
    refresh: int = 0  # epochs on everything, at a tenth of lr, once the rankers stand


def device_of(run: Run) -> torch.device:
    """`auto` is the GPU when there is one; raises `Unavailable` when one is asked for in vain."""
    if run.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if run.device.startswith("cuda") and not torch.cuda.is_available():
        raise Unavailable(f"device {run.device!r}: torch finds no GPU; use --device auto")
    return torch.device(run.device)


def minimise(
    net: nn.Module,
    loss: Callable[[Batch], Tensor],
    batches: Callable[[np.random.Generator], Iterable[Batch]],
    schedule: Schedule,
    run: Run,
    validate: Callable[[], float] | None = None,
    name: str = "",
) -> list[float]:
    """Minimise `loss` over `batches`; return the mean loss of each epoch.

    With `validate` (higher is better) the weights of the best epoch are kept and learning stops
    after `schedule.patience` validations without a better one. With `run.checkpoint` every epoch is
    saved, and a killed run goes on from the last whole one with the same random numbers.
    """
    net.to(device_of(run))
    optimiser = torch.optim.AdamW(net.parameters(), schedule.lr, weight_decay=schedule.weight_decay)
    state = State.resume(net, optimiser, run)
    started = time.monotonic()
    while state.epoch < schedule.epochs and state.stale < schedule.patience:
        mean = epoch(net, loss, batches, schedule, run, optimiser, state)
        if not np.isfinite(mean):
            raise DataError(
                f"{name or 'model'}: the loss became {mean}; lower lr or check features"
            )
        state.losses.append(mean)
        state.epoch += 1
        figures = {"loss": mean}
        if validate and (state.epoch % schedule.every == 0 or state.epoch == schedule.epochs):
            net.eval()
            with state.averaged(net):
                figures["valid"] = state.judge(validate(), net)
        if run.report:
            run.report(name, state.epoch, schedule.epochs, figures)
        state.save(net, optimiser, run)
        if schedule.minutes and time.monotonic() - started > 60 * schedule.minutes:
            break
    final = state.best_weights or state.mean
    if final is not None:
        net.load_state_dict(final)
    net.cpu().eval()
    return state.losses


def epoch(
    net: nn.Module,
    loss: Callable[[Batch], Tensor],
    batches: Callable[[np.random.Generator], Iterable[Batch]],
    schedule: Schedule,
    run: Run,
    optimiser: torch.optim.Optimizer,
    state: State,
) -> float:
    """One pass over the batches, with random numbers of its own; the mean loss."""
    device = device_of(run)
    amp = torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")
    rng = np.random.default_rng((run.seed, state.epoch))
    torch.manual_seed(run.seed * 1_000_003 + state.epoch)
    net.train()
    total, count = torch.zeros((), device=device), 0
    for batch in batches(rng):
        for group in optimiser.param_groups:
            group["lr"] = schedule.lr * pace(schedule, state.step, state.epoch)
        with amp:
            value = loss({k: v.to(device, non_blocking=True) for k, v in batch.items()})
        optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), schedule.clip)
        optimiser.step()
        state.follow(net, schedule.average)
        total, count = total + value.detach().float(), count + 1
        state.step += 1
    return float(total) / max(count, 1)


def pace(schedule: Schedule, step: int, epoch: int) -> float:
    """The share of `lr` in use."""
    warm = min(1.0, (step + 1) / schedule.warmup) if schedule.warmup else 1.0
    if not schedule.decay:
        return warm
    return warm * (0.55 + 0.45 * float(np.cos(np.pi * epoch / schedule.epochs)))


@dataclass
class State:
    """Where a run stands; what a checkpoint holds."""

    epoch: int
    step: int
    stale: int
    best: float
    losses: list[float]
    best_weights: dict[str, Any] | None
    mean: dict[str, Any] | None = None  # running mean of the weights

    def follow(self, net: nn.Module, decay: float) -> None:
        """Move the mean a step; the first steps count more, so that it forgets the start."""
        if not decay:
            return
        weights = net.state_dict()
        if self.mean is None:
            self.mean = {k: v.clone() for k, v in weights.items()}
        share = max(1 - decay, 1 / (self.step + 1))
        for name, value in weights.items():
            if value.is_floating_point():
                self.mean[name].lerp_(value, share)
            else:
                self.mean[name].copy_(value)

    @contextmanager
    def averaged(self, net: nn.Module) -> Iterator[None]:
        """The network with the mean weights, where there is a mean."""
        if self.mean is None:
            yield
            return
        now = {k: v.clone() for k, v in net.state_dict().items()}
        net.load_state_dict(self.mean)
        yield
        net.load_state_dict(now)

    def judge(self, value: float, net: nn.Module) -> float:
        """Keep the weights when they are the best so far."""
        if value > self.best:
            self.best, self.stale = value, 0
            self.best_weights = copy.deepcopy(net.state_dict())
        else:
            self.stale += 1
        return value

    @classmethod
    def resume(cls, net: nn.Module, optimiser: torch.optim.Optimizer, run: Run) -> State:
        """From the checkpoint when there is one, else from the start."""
        fresh = cls(0, 0, 0, -float("inf"), [], None)
        if run.checkpoint is None or not run.checkpoint.exists():
            return fresh
        saved = torch.load(run.checkpoint, weights_only=True, map_location=device_of(run))
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        state = cls(**saved["state"])
        if state.mean is not None:
            weights = net.state_dict()
            state.mean = {k: v.to(weights[k].device) for k, v in state.mean.items()}
        return state

    def save(self, net: nn.Module, optimiser: torch.optim.Optimizer, run: Run) -> None:
        """Whole or not at all: written beside, then renamed."""
        if run.checkpoint is None:
            return
        run.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        part = run.checkpoint.with_suffix(".part")
        saved = {"net": net.state_dict(), "optimiser": optimiser.state_dict()}
        torch.save({**saved, "state": vars(self)}, part)
        part.replace(run.checkpoint)
