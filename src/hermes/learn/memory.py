"""What to do about memory: compute twice what need not be kept, and know when there is none left.

Chen, Xu, Zhang, Guestrin. Training deep nets with sublinear memory cost. 2016: of the blocks of a
network only the inputs are kept; the backward pass computes each block once more. Random numbers
are drawn again as they were, so that the gradients are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from hermes.core.errors import ConfigError, Unavailable

SIGNS = ("out of memory", "DefaultCPUAllocator", "can't allocate memory")


@contextmanager
def checkpointed(net: nn.Module, wanted: bool = True) -> Iterator[None]:
    """While it lasts, what the modules in `net.blocks` compute for a gradient is not kept.

    Raises `ConfigError` when it is wanted of a network without blocks.
    """
    blocks = cast("nn.ModuleList | None", getattr(net, "blocks", None))
    if not wanted:
        yield
        return
    if blocks is None:
        raise ConfigError(
            f"schedule.checkpointing: {type(net).__name__} has no blocks to compute again; leave it"
        )
    for block in blocks:
        block.forward = twice(block, block.forward)
    try:
        yield
    finally:
        for block in blocks:
            del block.forward  # what the class defines shows again


def twice(block: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
    """`forward`, computed again when its gradient is asked for."""

    def call(*inputs: Any, **named: Any) -> Any:
        if not (block.training and torch.is_grad_enabled()):
            return forward(*inputs, **named)
        return checkpoint(forward, *inputs, use_reentrant=False, **named)

    return call


def exhausted(error: BaseException) -> bool:
    """Whether an error says that a device or the machine has no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in SIGNS)


@contextmanager
def enough(what: str, device: torch.device) -> Iterator[None]:
    """Raise `Unavailable` when not even the network finds room; smaller batches would not help."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not exhausted(error):
            raise
        raise Unavailable(
            f"{what}: {device} has too little memory for the network and what its optimiser keeps;"
            " lower d, or learn on a larger device"
        ) from error
