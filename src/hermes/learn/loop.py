"""The one training loop. A function that models call, not a framework that calls models."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hermes.core.errors import ConfigError, DataError, Unavailable

from . import memory, sharded
from .losses import precise
from .parallel import local_device, team
from .run import Run
from .shares import Batch, weight
from .state import State
from .step import Step

__all__ = ["Batch", "Schedule", "device_of", "minimise"]


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
    accumulate: int = 1  # parts of a batch that are learned one after another, for one step
    mixed: bool = True  # products in bfloat16 where the hardware has them; else all in 32 bits
    checkpointing: bool = False  # blocks are computed twice instead of kept, to save memory

    def __post_init__(self) -> None:
        """Refuse a batch in less than one part."""
        if self.accumulate < 1:
            raise ConfigError(f"schedule.accumulate: {self.accumulate} must be at least 1")


def device_of(run: Run) -> torch.device:
    """`auto` is the GPU when there is one; raises `Unavailable` when one is asked for in vain.

    Of several processes on a machine each has a GPU of its own, as far as there are any.
    """
    here = torch.cuda.is_available()
    if run.device.startswith("cuda") and not here:
        raise Unavailable(f"device {run.device!r}: torch finds no GPU; use --device auto")
    if here and run.device in ("auto", "cuda"):
        return torch.device("cuda") if team().alone else local_device()
    return torch.device("cpu" if run.device == "auto" else run.device)


def minimise(
    net: nn.Module,
    loss: Callable[[Batch], Tensor],
    batches: Callable[[np.random.Generator], Iterable[Batch]],
    schedule: Schedule,
    run: Run,
    validate: Callable[[], float] | None = None,
    name: str = "",
    weigh: Callable[[Batch], float] = weight,
    observe: Callable[[Batch], None] | None = None,
) -> list[float]:
    """Minimise `loss` over `batches`; return the mean loss of each epoch.

    With `validate` (higher is better) the weights of the best epoch are kept and learning stops
    after `schedule.patience` validations without a better one. With `run.checkpoint` every epoch is
    saved, and a killed run goes on from the last whole one with the same random numbers. `weigh`
    says what a part of a batch counts in its mean; `observe` is shown every whole batch before its
    loss. A batch that finds no memory is halved, once and for all.
    """
    name, crew, device = name or "model", team(), device_of(run)
    ways = precise(not schedule.mixed), memory.checkpointed(net, schedule.checkpointing)
    with memory.enough(name, device), ways[0], ways[1]:
        state, optimiser = begin(net, schedule, run, device)
        step = Step(net, loss, optimiser, schedule.clip, device, name, run, weigh, observe)
        step.parts = schedule.accumulate << state.halved
        started = time.monotonic()
        while state.epoch < schedule.epochs and state.stale < schedule.patience:
            mean = epoch(step, batches, schedule, run, state)
            if not np.isfinite(mean):
                raise DataError(f"{name}: the loss became {mean}; lower lr or check features")
            state.losses.append(mean)
            state.epoch += 1
            figures = {"loss": mean}
            if validate and (state.epoch % schedule.every == 0 or state.epoch == schedule.epochs):
                figures["valid"] = judged(net, state, validate)
            if run.report and crew.leads:
                run.report(name, state.epoch, schedule.epochs, figures)
            state.save(net, optimiser, run.checkpoint)
            late = schedule.minutes and time.monotonic() - started > 60 * schedule.minutes
            if crew.tell(late):
                break
    final = state.best_weights or state.mean
    if final is not None:
        net.load_state_dict(final)
    sharded.join(net, crew)
    net.cpu().eval()
    return state.losses


def judged(net: nn.Module, state: State, validate: Callable[[], float]) -> float:
    """What process 0 finds, for all of them to judge by."""
    crew = team()
    net.eval()
    with state.averaged(net):
        with sharded.gathered(net, crew):
            value = validate() if crew.leads else 0.0
        return state.judge(crew.tell(value), net)


def begin(
    net: nn.Module, schedule: Schedule, run: Run, device: torch.device
) -> tuple[State, torch.optim.Optimizer]:
    """Network, optimiser and state where the checkpoint left them, else at the start; everywhere
    what process 0 has."""
    crew = team()
    saved = State.read(run.checkpoint) if crew.leads else None
    if not crew.alone:
        saved = crew.tell(saved)
        net.load_state_dict(crew.tell(net.state_dict() if crew.leads else None))
    if saved:
        net.load_state_dict(saved["net"])
    sharded.cut(net, crew)
    net.to(device)
    optimiser = torch.optim.AdamW(
        net.parameters(), schedule.lr, weight_decay=schedule.weight_decay, fused=True
    )
    if not saved:
        return State.fresh(), optimiser
    optimiser.load_state_dict(sharded.part_moments(saved["optimiser"], net, crew))
    return State.resumed(saved["state"], net), optimiser


def epoch(
    step: Step,
    batches: Callable[[np.random.Generator], Iterable[Batch]],
    schedule: Schedule,
    run: Run,
    state: State,
) -> float:
    """One pass over the batches, with random numbers of its own; the mean loss.

    Every process draws the same batches and takes its share; what networks draw is each one's own.
    """
    rng = np.random.default_rng((run.seed, state.epoch))
    torch.manual_seed(run.seed * 1_000_003 + state.epoch + team().member * 1_000_000_007)
    step.net.train()
    total, count = torch.zeros((), device=step.device), 0
    for batch in batches(rng):
        value = step(batch, schedule.lr * pace(schedule, state.step, state.epoch))
        state.follow(step.net, schedule.average)
        total, count = total + value, count + 1
        state.step += 1
    state.halved = (step.parts // schedule.accumulate).bit_length() - 1
    return float(total) / max(count, 1)


def pace(schedule: Schedule, step: int, epoch: int) -> float:
    """The share of `lr` in use."""
    warm = min(1.0, (step + 1) / schedule.warmup) if schedule.warmup else 1.0
    if not schedule.decay:
        return warm
    return warm * (0.55 + 0.45 * float(np.cos(np.pi * epoch / schedule.epochs)))
