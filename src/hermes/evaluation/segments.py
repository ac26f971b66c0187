"""Where a system is good: by how much is known of the user, and by how popular the item is."""

from __future__ import annotations

import numpy as np

from hermes.core.types import Array, Bools, Ints

from .metrics import METRICS
from .splits import Cases

HEAD = 0.8  # share of the training events that the head holds
COLD = 5  # events at most


def by_user(cases: Cases) -> dict[str, Bools]:
    """Cold users, and thirds of all users by the length of their history; empty ones left out."""
    lengths = cases.history_lengths()
    low, high = np.quantile(lengths, [1 / 3, 2 / 3])
    masks = {
        f"cold users (at most {COLD} events)": lengths <= COLD,
        f"short histories (at most {low:.0f})": lengths <= low,
        f"middle histories (to {high:.0f})": (lengths > low) & (lengths <= high),
        f"long histories (over {high:.0f})": lengths > high,
    }
    return {name: mask for name, mask in masks.items() if mask.any()}


def head(counts: Ints) -> Bools:
    """The most popular items that together hold `HEAD` of all events.  -> (I,)

    >>> head(np.array([0, 60, 25, 10, 5]))
    array([False,  True,  True, False, False])
    """
    order = np.argsort(-counts, kind="stable")
    before = np.concatenate([[0], np.cumsum(counts[order])[:-1]])
    out = np.zeros(len(counts), bool)
    out[order] = (before < HEAD * counts.sum()) & (counts[order] > 0)
    return out


def by_item(cases: Cases, counts: Ints) -> dict[str, Bools]:
    """Targets in the head, in the tail, and never seen in training.  -> each (T,)"""
    popular, known = head(counts)[cases.targets], counts[cases.targets] > 0
    masks = {
        f"head items ({HEAD:.0%} of the events)": popular,
        "tail items": ~popular & known,
        "items new since training": ~known,
    }
    return {name: mask for name, mask in masks.items() if mask.any()}


def restrict(ranks: Ints, cases: Cases, mask: Bools) -> tuple[Ints, Ints]:
    """Ranks and offsets of the targets in mask (T,) alone; users left without one are left out."""
    counts = np.add.reduceat(mask.astype(np.int64), cases.offsets[:-1])
    return ranks[mask], np.concatenate([[0], np.cumsum(counts[counts > 0])])


def measure(
    ranks: Ints, cases: Cases, counts: Ints, metrics: tuple[tuple[str, int], ...]
) -> dict[str, dict[str, Array]]:
    """Each segment's metrics, one value a user; metrics are (name, k)."""
    out = {}
    for name, users in by_user(cases).items():
        out[name] = restrict(ranks, cases, users[cases.owners()])
    for name, targets in by_item(cases, counts).items():
        out[name] = restrict(ranks, cases, targets)
    return {
        name: {f"{metric}@{k}": METRICS[metric](some, offsets, k) for metric, k in metrics}
        for name, (some, offsets) in out.items()
    }
