"""Where a run of the loop stands, and how that outlives the process."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import nn

from . import sharded
from .parallel import team


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
    halved: int = 0  # times the batch was halved for want of memory

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
    def fresh(cls) -> Self:
        """At the start."""
        return cls(0, 0, 0, -float("inf"), [], None)

    @staticmethod
    def read(checkpoint: Path | None) -> dict[str, Any] | None:
        """What `save` left, on the processor; None where there is nothing."""
        if checkpoint is None or not checkpoint.exists():
            return None
        found: dict[str, Any] = torch.load(checkpoint, weights_only=True, map_location="cpu")
        return found

    @classmethod
    def resumed(cls, saved: dict[str, Any], net: nn.Module) -> Self:
        """From what was saved, its weights as and where the network has its own."""
        state, own = cls(**saved), net.state_dict()
        for name in ("mean", "best_weights"):
            weights = getattr(state, name)
            if weights is not None:
                found = sharded.part(weights, net, team())
                setattr(state, name, {k: v.to(own[k].device) for k, v in found.items()})
        return state

    def save(
        self, net: nn.Module, optimiser: torch.optim.Optimizer, checkpoint: Path | None
    ) -> None:
        """Whole or not at all: written beside, then renamed; by process 0 alone."""
        if checkpoint is None:
            return
        state, crew = vars(self).copy(), team()
        for name in ("mean", "best_weights"):
            if state[name] is not None:
                state[name] = sharded.whole(state[name], net, crew)
        moments = sharded.whole_moments(optimiser.state_dict(), net, crew)
        saved = {"net": sharded.whole(net.state_dict(), net, crew), "optimiser": moments}
        if not crew.leads:
            return
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        part = checkpoint.with_suffix(".part")
        torch.save({**saved, "state": state}, part)
        part.replace(checkpoint)
