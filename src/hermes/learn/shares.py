"""A batch in parts, and what each part counts in the mean of them.

The parts of a batch are learned by several processes, or one after another by one. The loss of the
batch is the mean of the losses of its parts, each weighted by `weight`, for every loss that is
itself a mean over rows, groups or events.
"""

from __future__ import annotations

import torch
from torch import Tensor

Batch = dict[str, Tensor]
SHARED = ("negatives", "rivals")  # drawn for a whole batch when they have one dimension


def size(batch: Batch) -> int:
    """Rows of a batch; groups, where rows belong to groups."""
    if "query" in batch:
        return len(batch["history"])
    return max((len(x) for name, x in batch.items() if not shared(name, x)), default=0)


def split(batch: Batch, parts: int) -> list[Batch]:
    """Every `parts`-th row or whole group from the first, from the second, and so on.

    A batch of fewer rows than that is not cut: each part is all of it. Each part says its `share`,
    (), of the rows of the whole, for a term of a loss that is no mean.
    """
    rows = size(batch)
    if parts == 1 or rows < parts:
        return [batch] * parts
    cut = grouped if "query" in batch else sliced
    before = batch.get("share", torch.ones(()))
    out = [cut(batch, part, parts) for part in range(parts)]
    return [{**part, "share": before * size(part) / rows} for part in out]


def sliced(batch: Batch, part: int, parts: int) -> Batch:
    """The rows `part`, `part + parts`, and so on."""
    whole = {name for name, x in batch.items() if shared(name, x) or len(x) != size(batch)}
    return {name: x if name in whole else x[part::parts] for name, x in batch.items()}


def grouped(batch: Batch, part: int, parts: int) -> Batch:
    """The groups `part`, `part + parts`, and so on, numbered anew."""
    chosen = batch["query"] % parts == part
    rows = {k: v if shared(k, v) else v[chosen] for k, v in batch.items() if k != "history"}
    own = {"history": batch["history"][part::parts], "query": rows["query"] // parts}
    return {**rows, **own}


def shared(name: str, x: Tensor) -> bool:
    """Whether a tensor is the whole batch's, and not one entry a row."""
    return x.dim() == 0 or (name in SHARED and x.dim() == 1)


def weight(batch: Batch, by_rows: bool = False) -> float:
    """What the loss of a batch is a mean over.

    Events that are followed by another (`target`, (B, n), 0 where none), groups (`query`) unless
    `by_rows`, else rows.
    """
    target = batch.get("target")
    if target is not None and target.dim() == 2:
        return float((target > 0).sum())
    return float(len(batch["query"]) if "query" in batch and by_rows else size(batch))
