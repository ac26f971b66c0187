"""Ways to draw batches from data. Each returns a stream of `Batch`, shuffled by the generator."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from hermes.core.types import Array, Ints
from hermes.data.interactions import Interactions
from hermes.features.examples import Examples

from .loop import Batch


def sequences(
    data: Interactions,
    size: int,
    rng: np.random.Generator,
    length: int,
    occasions: Ints | None = None,
) -> Iterator[Batch]:
    """Stretches of one user's events and the event that follows each.

    A long history is cut into stretches of `length`, counted from its end. A batch holds stretches
    of like length and about as many events as `size` of them have on average, so that every event
    counts the same: history and target (B, n), right-padded with 0, n <= length; user (B,). Days
    from each event to the last target, ages (B, n), are 0 where padded: the event after it was
    asked about at the age it has itself. With occasions (N, C), what is known of each event, those
    of the targets too: context (B, n, C).
    """
    users, starts, ends = stretches(data, length)
    order, events = rng.permutation(len(starts)), ends - starts
    order = order[np.argsort(events[order] + rng.integers(0, 8, len(order)), kind="stable")]
    budget = size * max(float(events.mean()), 1.0) if len(events) else 1.0
    number = (np.cumsum(events[order]) // budget).astype(np.int64)
    batches = np.split(order, np.flatnonzero(np.diff(number)) + 1) if len(order) else []
    for index in (batches[i] for i in rng.permutation(len(batches))):
        n = int((ends - starts)[index].max())
        place = starts[index, None] + np.arange(n + 1)[None, :]  # (B, n+1)
        known, place = place <= ends[index, None], np.minimum(place, ends[index, None])
        items = np.where(known, data.items[place], 0)
        history = np.where(known[:, 1:], items[:, :-1], 0)
        ages = (data.times[ends[index], None] - data.times[place[:, :-1]]).astype(np.float32)
        known_too = {} if occasions is None else {"context": occasions[place[:, 1:]]}
        yield tensors(
            user=users[index], history=history, target=items[:, 1:], ages=ages, **known_too
        )


def stretches(data: Interactions, length: int) -> tuple[Ints, Ints, Ints]:
    """Users, first rows and last rows of all stretches of at most length+1 events."""
    offsets = data.offsets()
    users, starts, ends = [], [], []
    for user in np.flatnonzero(np.diff(offsets) > 1):
        first, last = offsets[user], offsets[user + 1] - 1
        stops = np.arange(last, first, -length)
        users.append(np.full(len(stops), user))
        ends.append(stops)
        starts.append(np.maximum(stops - length, first))
    if not users:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(users), np.concatenate(starts), np.concatenate(ends)


def steps(data: Interactions, size: int, rng: np.random.Generator, length: int) -> Iterator[Batch]:
    """Single events, each with what came before it.

    user (B,), history (B, length) left-padded with 0, item (B,) the event.
    """
    offsets = data.offsets()
    rows = np.flatnonzero(data.weights > 0)
    for index in chunks(len(rows), size, rng):
        row = rows[index]
        user = data.users[row]
        place = row[:, None] - np.arange(length, 0, -1)[None, :]
        known = place >= offsets[user][:, None]
        history = np.where(known, data.items[np.maximum(place, 0)], 0)
        yield tensors(user=user, history=history, item=data.items[row])


def examples(data: Examples, size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Whole groups of a ranker's examples, `size` groups a batch.

    dense (N, Fd), sparse (N, Fs), history (Q, L), query (N,) the row's group within the batch,
    label (N,), weight (N,), and where the examples have them offset (N,) and value (N,).
    """
    bounds = np.searchsorted(data.queries, np.arange(len(data.history) + 1))
    for groups in chunks(len(data.history), size, rng):
        counts = np.diff(bounds)[groups]
        query = np.repeat(np.arange(len(groups)), counts)
        before = np.cumsum(counts) - counts  # rows of the batch before each group
        rows = np.arange(len(query)) + (bounds[groups] - before)[query]
        known = {"offset": data.offset, "value": data.values}
        yield tensors(
            **{name: column[rows] for name, column in known.items() if column is not None},
            dense=data.dense[rows],
            sparse=data.sparse[rows],
            history=data.history[groups],
            query=query,
            label=data.labels[rows],
            weight=data.weights[rows],
        )


def chunks(n: int, size: int, rng: np.random.Generator) -> Iterator[Ints]:
    """A permutation of n, cut into pieces."""
    order = rng.permutation(n)
    return (order[i : i + size] for i in range(0, n, size))


def tensors(**arrays: Array) -> Batch:
    """Arrays as tensors, without a copy where that is possible."""
    return {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in arrays.items()}
