"""A table of vectors whose rows are spread over the processes of a run.

Row r lives on process r mod n. A lookup asks each owner for the rows it needs, once each, and the
gradients of rows go back the same way, so that no device ever holds more than its rows, their
gradient and what the optimiser keeps of them. The table is whole before learning and after it, on
the processor; for validation process 0 has all of it there too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from .layers import embedding
from .parallel import Team, listening, team

Weights = dict[str, Any]


class ShardedEmbedding(nn.Module):
    """Looks up rows like `nn.Embedding`; alone it is one."""

    weight: nn.Parameter  # (I, D) whole, else the rows of this process

    def __init__(self, n: int, d: int) -> None:
        super().__init__()
        self.rows, self.weight = n, nn.Parameter(embedding(n, d).weight.detach())

    def forward(self, index: Tensor) -> Tensor:
        """(...) -> (..., D)"""
        if not is_shard(self.weight):
            return F.embedding(index, self.weight)
        out: Tensor = Lookup.apply(self.weight, index, team())  # type: ignore[no-untyped-call]
        return out

    def hold(self, weight: Tensor, shard: bool) -> None:
        """Take a whole table or the rows of this process for its own."""
        self.weight = nn.Parameter(weight)
        self.weight.sharded = shard  # type: ignore[attr-defined]


class Lookup(torch.autograd.Function):
    """Rows from their owners, and gradients to them."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, index: Tensor, crew: Team) -> Tensor:
        """(I / n, D), (...) -> (..., D)"""
        crew.entangled = True
        wanted, place = torch.unique(index.reshape(-1), return_inverse=True)
        order = torch.argsort(wanted % crew.size, stable=True)
        send = torch.bincount(wanted % crew.size, minlength=crew.size)
        receive = torch.empty_like(send)
        with listening():
            dist.all_to_all_single(receive, send)
        ctx.send, ctx.receive = send.tolist(), receive.tolist()
        asked = swap(wanted[order] // crew.size, ctx.receive, ctx.send)
        rows = torch.empty(len(wanted), weight.shape[1], device=weight.device)
        rows[order] = swap(weight[asked], ctx.send, ctx.receive)
        ctx.save_for_backward(asked, order, place)
        ctx.shape = weight.shape
        return rows[place].view(*index.shape, -1)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        """(..., D) -> (I / n, D)"""
        asked, order, place = ctx.saved_tensors
        given = grads[0].reshape(len(place), -1)
        summed = given.new_zeros(len(order), given.shape[1]).index_add_(0, place, given)
        back = swap(summed[order], ctx.receive, ctx.send)
        return given.new_zeros(ctx.shape).index_add_(0, asked, back), None, None


def swap(x: Tensor, receive: list[int], send: list[int]) -> Tensor:
    """The first `send[0]` rows to process 0 and so on, for `receive[0]` of its own."""
    out = x.new_empty(sum(receive), *x.shape[1:])
    with listening():
        dist.all_to_all_single(out, x.contiguous(), receive, send)
    return out


def is_shard(weight: Tensor) -> bool:
    """Whether a tensor holds only the rows of this process."""
    return bool(getattr(weight, "sharded", False))


def tables(net: nn.Module) -> dict[str, ShardedEmbedding]:
    """The sharded tables of a network by the names of their weights."""
    found = {name: m for name, m in net.named_modules() if isinstance(m, ShardedEmbedding)}
    return {f"{name}.weight": module for name, module in found.items()}


def cut(net: nn.Module, crew: Team) -> None:
    """Keep of each table the rows of this process."""
    if not crew.alone:
        for table in tables(net).values():
            table.hold(own(table.weight.detach(), crew), True)


def join(net: nn.Module, crew: Team) -> None:
    """Make each table whole again, on every process."""
    for name, table in tables(net).items():
        if is_shard(table.weight):
            table.hold(whole({name: table.weight.detach()}, net, crew)[name], False)


def whole(weights: Weights, net: nn.Module, crew: Team) -> Weights:
    """Named weights of a network with the tables among them whole; the others as they are."""
    split = {n: m for n, m in tables(net).items() if is_shard(m.weight) and n in weights}
    return {**weights, **{n: collected(weights[n], m.rows, crew) for n, m in split.items()}}


def part(weights: Weights, net: nn.Module, crew: Team) -> Weights:
    """The inverse of `whole`: of each table the rows of this process."""
    split = {n for n, m in tables(net).items() if is_shard(m.weight) and n in weights}
    return {n: own(w, crew) if n in split else w for n, w in weights.items()}


def whole_moments(saved: Weights, net: nn.Module, crew: Team) -> Weights:
    """What `state_dict` of the network's optimiser gave, with its tables whole."""
    state = dict(saved["state"])
    for i, rows in split_places(net, state):
        state[i] = {k: collected(v, rows, crew) if v.dim() else v for k, v in state[i].items()}
    return {**saved, "state": state}


def part_moments(saved: Weights, net: nn.Module, crew: Team) -> Weights:
    """The inverse of `whole_moments`."""
    state = dict(saved["state"])
    for i, _ in split_places(net, state):
        state[i] = {k: own(v, crew) if v.dim() else v for k, v in state[i].items()}
    return {**saved, "state": state}


def split_places(net: nn.Module, state: dict[int, Any]) -> list[tuple[int, int]]:
    """Where an optimiser keeps what belongs to each shard, and the rows of its whole table."""
    rows = {name: table.rows for name, table in tables(net).items()}
    names = enumerate(net.named_parameters())
    return [(i, rows[name]) for i, (name, p) in names if is_shard(p) and i in state]


def own(table: Tensor, crew: Team) -> Tensor:
    """The rows of this process.  (I, ...) -> (I / n, ...)"""
    return table[crew.rank :: crew.size].clone()


def collected(rows: Tensor, count: int, crew: Team) -> Tensor:
    """The table of `count` rows from every process's own, on the processor.  -> (count, ...)"""
    table = torch.zeros(count, *rows.shape[1:])
    table[crew.rank :: crew.size] = rows.cpu()
    with listening():
        dist.all_reduce(table)
    return table


@contextmanager
def gathered(net: nn.Module, crew: Team) -> Iterator[None]:
    """While it lasts, process 0 has the network whole and on the processor, if it was cut."""
    split = {n: m.weight for n, m in tables(net).items() if is_shard(m.weight)}
    if not split:
        yield
        return
    full = whole(dict(split), net, crew)
    device = next(net.parameters()).device
    found = tables(net)
    for name in split:
        found[name].hold(full[name].detach(), False)
    net.cpu()
    yield
    for name, weight in split.items():
        found[name].weight = weight
    net.to(device)
