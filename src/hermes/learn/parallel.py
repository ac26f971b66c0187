"""Processes that learn one network together, as torchrun starts them.

Each holds the whole network and takes its share of every batch; gradients are summed over all in
one exchange a step, so that the networks stay equal. Process 0 does everything else. What they tell
each other besides numbers is pickled by torch, between processes of one run; none of it is kept.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from hermes.core.errors import HermesError, Unavailable

PATIENCE = timedelta(days=14)  # process 0 alone may take long: rankers, closed forms, validation
SAID, LEFT = "hermes/said", "hermes/left"  # keys in the store that torchrun keeps
LOST = (
    "another process of this run ended, or torchrun was stopped; run it again,"
    " it goes on from the last whole epoch"
)


class Dismissed(Exception):
    """Another process has failed and said why; nothing is left to do for this one."""


@dataclass
class Team:
    """The processes of a run; alone there is one. `together` while they work on one network."""

    rank: int = 0
    size: int = 1
    together: bool = False
    entangled: bool = field(default=False)  # the network itself has exchanged within this step

    @property
    def alone(self) -> bool:
        """Whether nothing needs to be exchanged."""
        return self.size == 1 or not self.together

    @property
    def leads(self) -> bool:
        """Whether this process writes, judges and tells."""
        return self.alone or self.rank == 0

    @property
    def members(self) -> int:
        """How many share a batch."""
        return 1 if self.alone else self.size

    @property
    def member(self) -> int:
        """Which share this process takes."""
        return 0 if self.alone else self.rank

    def tell(self, said: Any = None) -> Any:
        """What process 0 says, on all of them."""
        if self.alone:
            return said
        return told(said)

    def add(self, x: Tensor) -> None:
        """Sum `x` over the processes, in place."""
        if not self.alone:
            with listening():
                dist.all_reduce(x)


TEAM = Team()


def team() -> Team:
    """The processes this one belongs to."""
    return TEAM


def told(said: Any) -> Any:
    """What process 0 says, on every process, waiting for it if need be."""
    box = [said]
    with listening():
        dist.broadcast_object_list(box, 0, device=torch.device("cpu"))
    return box[0]


@contextmanager
def listening() -> Iterator[None]:
    """Turn a broken connection into one clear error."""
    try:
        yield
    except RuntimeError as error:  # what gloo and nccl raise when the other side is gone
        raise Unavailable(LOST) from error


def first() -> bool:
    """Whether no process of this run has said yet why it ends."""
    try:
        return bool(dist.distributed_c10d._get_default_store().add(SAID, 1) == 1)
    except RuntimeError:  # torchrun, which keeps the store, is gone as well
        return TEAM.rank == 0


def part(size: int) -> None:
    """Wait until all `size` processes are here, by the store that torchrun keeps.

    Not by gloo: its thread lets go of the last tensor it sent whenever it comes to it, and where
    the interpreter is on its way out by then the process aborts.
    """
    store = dist.distributed_c10d._get_default_store()
    if store.add(LEFT, 1) == size:
        store.set(f"{LEFT}/all", "1")
    store.wait([f"{LEFT}/all"], PATIENCE)


@contextmanager
def processes(device: str) -> Iterator[Team]:
    """Join the processes that torchrun started; without torchrun there is this one alone.

    They talk by gloo, and about tensors on a GPU by nccl. When one fails the others do, and only
    the first says why; the rest raise `Dismissed`.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ or int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield TEAM
        return
    gpu = device != "cpu" and torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(local_device())
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpu else "gloo", timeout=PATIENCE)
    TEAM.rank, TEAM.size = dist.get_rank(), dist.get_world_size()
    before = signal.signal(signal.SIGTERM, ended)
    try:
        yield TEAM
    except BaseException as error:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # torchrun's, on the way out
        if not first() and isinstance(error, HermesError):
            raise Dismissed from error
        raise
    finally:
        TEAM.rank, TEAM.size, TEAM.together = 0, 1, False
    with suppress(RuntimeError):  # nobody hangs up while another still listens
        part(dist.get_world_size())
    signal.signal(signal.SIGTERM, before)
    dist.destroy_process_group()


def ended(number: int, frame: FrameType | None) -> None:
    """torchrun asks this process to end, mostly because another one did."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Unavailable(LOST)


def local_device() -> torch.device:
    """The GPU of this process, in turn."""
    own = int(os.environ.get("LOCAL_RANK", "0"))
    return torch.device("cuda", own % max(torch.cuda.device_count(), 1))


class Gathered(torch.autograd.Function):
    """The rows of every process, in their order; gradients of a row go back to where it is from."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, crew: Team, sizes: list[int]) -> Tensor:
        """(B, ...) -> (all B, ...)"""
        crew.entangled, ctx.crew, ctx.sizes = True, crew, sizes
        out = rows.new_empty(sum(sizes), *rows.shape[1:])
        sent = rows.repeat(crew.size, *[1] * (rows.dim() - 1))
        with listening():
            dist.all_to_all_single(out, sent, sizes, [len(rows)] * crew.size)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        """(all B, ...) -> (B, ...)"""
        summed, rank = grads[0].clone(), ctx.crew.rank
        ctx.crew.add(summed)
        return summed.split(ctx.sizes)[rank], None, None  # type: ignore[no-untyped-call]


def gathered(*columns: Tensor) -> tuple[list[Tensor], int]:
    """What all processes that share a batch have, and where this one's rows begin.

    (B, ...) each -> (all B, ...) each, and a row. Gradients go back to the process a row is from.
    """
    if TEAM.alone:
        return list(columns), 0
    mine = torch.tensor([len(columns[0])], device=columns[0].device)
    counts = [torch.empty_like(mine) for _ in range(TEAM.size)]
    with listening():
        dist.all_gather(counts, mine)
    sizes = [int(count) for count in counts]
    every = [Gathered.apply(rows, TEAM, sizes) for rows in columns]  # type: ignore[no-untyped-call]
    return every, sum(sizes[: TEAM.rank])


class Exchange:
    """The sum of all processes' gradients, in one message a step.

    The message also carries which parameters got a gradient anywhere, the weight of each share, its
    loss, and whether a process ran out of memory: all of them learn of it in the same step.
    """

    def __init__(self, net: nn.Module, team: Team) -> None:
        self.team = team
        self.own = [p for p in net.parameters() if not getattr(p, "sharded", False)]
        sizes = [p.numel() for p in self.own]
        device = self.own[0].device if self.own else torch.device("cpu")
        self.flat = torch.zeros(sum(sizes) + len(sizes) + 3, device=device)
        self.parts = torch.split(self.flat[: sum(sizes)], sizes)
        self.tail = self.flat[sum(sizes) :]

    def __call__(self, loss: Tensor | None, weight: float) -> tuple[Tensor, float] | None:
        """The mean loss of the whole batch and its weight, with its mean gradients in place.

        loss () is the sum that this process's gradients stem from, None when it ran out of memory;
        then, and when another one did, all get None.
        """
        self.flat.zero_()
        for i, p in enumerate(self.own):
            if p.grad is not None and loss is not None:
                self.parts[i].view_as(p).copy_(p.grad)
                self.tail[i] = 1.0
        if loss is None:
            self.tail[-1] = 1.0
        else:
            self.tail[-3], self.tail[-2] = weight, loss
        self.team.add(self.flat)
        *given, total, summed, short = self.tail.tolist()
        if short:
            return None
        total = max(total, 1.0)
        self.flat[: -len(self.tail)] /= total
        for part, p, got in zip(self.parts, self.own, given, strict=True):
            p.grad = part.view_as(p) if got else None
        return torch.tensor(summed / total), total
