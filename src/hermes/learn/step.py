"""One step of the loop: the gradient of a batch, in parts and shares, and what it moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from hermes.core.errors import Unavailable

from .losses import has_bfloat16
from .memory import exhausted
from .parallel import Exchange, team
from .run import Run, told
from .sharded import is_shard
from .shares import Batch, size, split


@dataclass
class Step:
    """Learn a batch: this process's share of it, cut into `parts` learned one after another."""

    net: nn.Module
    loss: Callable[[Batch], Tensor]
    optimiser: torch.optim.Optimizer
    limit: float  # of the gradient's length
    device: torch.device
    name: str
    run: Run
    weigh: Callable[[Batch], float]
    observe: Callable[[Batch], None] | None
    parts: int = 1
    exchange: Exchange | None = field(init=False)

    def __post_init__(self) -> None:
        """Room for the message between processes."""
        self.exchange = None if team().alone else Exchange(self.net, team())

    def __call__(self, batch: Batch, lr: float) -> Tensor:
        """Move the weights by one batch; its mean loss.  -> ()"""
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        if self.observe:
            self.observe(self.moved(batch))
        while (value := self.attempt(batch)) is None:
            self.halve(batch)
        clip(self.net, self.limit)
        self.optimiser.step()
        return value

    def attempt(self, batch: Batch) -> Tensor | None:
        """Mean loss of the batch with its gradients in place; None where memory ran out."""
        self.optimiser.zero_grad(set_to_none=True)
        value, total = None, 0.0
        try:
            value, total = self.gradients(batch)
        except (MemoryError, RuntimeError) as error:
            if not exhausted(error):
                raise
            if not team().alone and team().entangled:
                raise Unavailable(
                    f"{self.name}: {self.device} ran out of memory amid an exchange of the network;"
                    " raise schedule.accumulate or lower schedule.batch"
                ) from error
        if self.exchange is None:
            return value
        found = self.exchange(value, total)
        if found is None:
            return None
        for p in self.net.parameters():
            if is_shard(p) and p.grad is not None:
                p.grad /= found[1]
        return found[0].to(self.device)

    def gradients(self, batch: Batch) -> tuple[Tensor, float]:
        """The loss of this process's share and what it counts; its gradients.

        Of a mean over one process's parts the mean, of several processes the sum.
        """
        crew = team()
        crew.entangled = False
        cuts = min(self.parts, max(1, size(batch) // crew.members))
        shares = split(split(batch, crew.members)[crew.member], cuts)
        weights = [1.0] if crew.alone and cuts == 1 else [self.weigh(part) for part in shares]
        over = sum(weights) or 1.0
        total = torch.zeros((), device=self.device)
        for part, weight in zip(shares, weights, strict=True):
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
                value = self.loss(self.moved(part))
            factor = weight / over if crew.alone else weight
            if factor != 1.0:
                value = value * factor
            value.backward()  # type: ignore[no-untyped-call]
            total = total + value.detach().float()
        return total, over

    @property
    def half(self) -> bool:
        """Whether products are taken in bfloat16 wherever torch deems it safe."""
        return self.device.type == "cuda" and has_bfloat16(self.device)

    def moved(self, batch: Batch) -> Batch:
        """On the device."""
        return {k: v.to(self.device, non_blocking=True) for k, v in batch.items()}

    def halve(self, batch: Batch) -> None:
        """From now on in twice as many parts; raises `Unavailable` when one row is left."""
        self.optimiser.zero_grad(set_to_none=True)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        rows = size(batch) // team().members
        if self.parts >= max(rows, 1):
            raise Unavailable(
                f"{self.name}: {self.device} has no memory for a batch of one;"
                " lower length or d, or learn on a larger device"
            )
        self.parts *= 2
        line = (
            f"{self.name}: {self.device} ran out of memory; the batch is halved,"
            f" and {self.parts} parts of about {max(1, rows // self.parts)} make a step"
        )
        if team().leads:
            (self.run.warn or told)(line)


def clip(net: nn.Module, limit: float) -> None:
    """Shorten the gradient to `limit`, that of tables in shards included."""
    crew, given = team(), [p for p in net.parameters() if p.grad is not None]
    shards = [p for p in given if is_shard(p)]
    if not shards:
        nn.utils.clip_grad_norm_(given, limit)
        return
    squares = torch.stack([p.grad.square().sum() for p in shards if p.grad is not None]).sum()
    crew.add(squares)
    rest = [p.grad.square().sum() for p in given if p.grad is not None and not is_shard(p)]
    norm = torch.stack([squares, *rest]).sum().sqrt()
    nn.utils.clip_grads_with_norm_(given, limit, norm)
