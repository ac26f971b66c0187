"""The nouns every floor shares.

One rule holds everywhere: **code 0 means unknown**. Item codes run 1..I-1, user codes 1..U-1, and
so do the codes of every category. Row 0 of every table belongs to the unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .errors import ShapeError

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Array = NDArray[Any]


def expect(array: Array, shape: tuple[int | None, ...], name: str) -> None:
    """Raise `ShapeError` unless `array` has `shape` (None matches any length)."""
    fits = array.ndim == len(shape) and all(
        want is None or want == has for want, has in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise ShapeError(f"{name}: expected {shape}, got {array.shape}")


@dataclass(frozen=True, slots=True)
class Shape:
    """All a model must know about its data to be built, and rebuilt from a bundle."""

    n_users: int = 1  # with the unknown
    n_items: int = 1  # with the unknown
    item_fields: tuple[int, ...] = ()  # cardinality of each item attribute
    user_fields: tuple[int, ...] = ()  # cardinality of each user attribute
    context: tuple[int, ...] = ()  # cardinality of each circumstance of a request
    n_dense: int = 0  # dense features of a ranker
    sparse: tuple[int, ...] = ()  # cardinality of each sparse feature of a ranker
    history: int = 0  # length of the history feature, 0 when absent


@dataclass(frozen=True, slots=True)
class Queries:
    """B queries as columns."""

    users: Ints  # (B,)
    history: Ints  # (B, L) oldest first, left-padded with 0
    ages: Floats  # (B, L) days before the query, 0 where padded
    context: Ints | None = None  # (B, 6) circumstances, see data/context; None: nothing is known

    def __len__(self) -> int:
        return len(self.users)

    def take(self, index: Array | slice) -> Queries:
        """The chosen rows."""
        context = None if self.context is None else self.context[index]
        return Queries(self.users[index], self.history[index], self.ages[index], context)


class Odds(NamedTuple):
    """What speaks for n items, in log odds over the average item's, and the variance of each."""

    own: Floats  # (n,) that this person wants it more than everybody
    main: Floats  # (n,) that everybody wants it
    own_doubt: Floats  # (n,)
    main_doubt: Floats  # (n,)
    appeal: Floats  # (n,) that pages bear it out, see `learn/places`; 0: never shown


@dataclass(frozen=True, slots=True)
class Candidates:
    """n distinct items, and one column per fact known about them."""

    items: Ints  # (n,)
    columns: Mapping[str, Array] = field(default_factory=dict)  # each (n, ...)

    def __len__(self) -> int:
        return len(self.items)

    def with_column(self, name: str, values: Array) -> Candidates:
        """The same items, knowing one thing more; `ShapeError` when the lengths differ."""
        if len(values) != len(self.items):
            raise ShapeError(f"column {name!r}: {len(values)} values for {len(self.items)} items")
        return Candidates(self.items, {**self.columns, name: values})

    def take(self, index: Array) -> Candidates:
        """The items at `index` (positions or a mask), in that order."""
        rows = index.nonzero()[0] if index.dtype == bool else index
        columns = {name: column.take(rows, 0) for name, column in self.columns.items()}
        return Candidates(self.items.take(rows), columns)

    def top(self, column: str, k: int) -> Candidates:
        """The k best by `column`; a non-finite score sinks, ties keep their order."""
        return self.take(strongest(self.columns[column], k))


RADIX = 1 << 16  # scores that are sorted whole; of more the best are selected first


def strongest(scores: Array, k: int) -> Ints:
    """Positions of the k largest, best first; a non-finite one sinks, ties keep their order.

    >>> strongest(np.array([1.0, np.nan, 3.0, 1.0]), 3).tolist()
    [2, 0, 3]
    """
    if scores.dtype == np.float32 and len(scores) <= RADIX:
        return descending(np.ascontiguousarray(scores))[: max(k, 0)]
    cost = np.where(np.isfinite(scores), -scores, np.inf)  # ties at the far end select fastest
    if k >= len(cost):
        return cost.argsort(kind="stable")
    if k <= 0:
        return np.zeros(0, np.int64)
    index: Ints = (cost <= np.partition(cost, k - 1)[k - 1]).nonzero()[0]
    return index[cost[index].argsort(kind="stable")[:k]]


@compiled
def descending(scores: Floats) -> Ints:
    """Positions by falling score, as `strongest` has them: a radix sort, byte by byte.  (n,)"""
    n, byte = len(scores), np.uint32(255)
    bits, keys = scores.view(np.uint32), np.empty(n, np.uint32)
    count = np.zeros((4, 256), np.int64)
    for i in range(n):
        key = bits[i]
        if not np.isfinite(scores[i]):
            key = np.uint32(0xFFFFFFFF)
        elif scores[i] >= 0:  # the two zeros are alike
            key = np.uint32(0x7FFFFFFF) - (key & np.uint32(0x7FFFFFFF))
        keys[i] = key
        for j in range(4):
            count[j, (key >> np.uint32(8 * j)) & byte] += 1
    order, spare = np.arange(n), np.empty(n, np.int64)
    for j in range(4):
        start = 0
        for digit in range(256):
            held = int(count[j, digit])
            count[j, digit] = start
            start += held
        for place in order:
            own = (keys[place] >> np.uint32(8 * j)) & byte
            spare[count[j, own]] = place
            count[j, own] += 1
        order, spare = spare, order
    return order
