"""A factorisation machine with a deep part scored for a whole pool at once.

What depends on the item alone is worked out before any request: its codes always add the same to
the sum of vectors, to the sum of their squares and to the first hidden layer. So do the user's
codes to every candidate of a query. A candidate then costs one row of a table, what its numbers
add, and the layers above. The scores are those of `models.rankers.deepfm`, but for rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.errors import ArtifactError
from hermes.core.types import Array, Floats, Ints

ZERO = np.float32(0.0)
LIMIT = np.float32(5.0)  # deviations beyond which a number is cut off, as in `learn.tabular`


@dataclass(frozen=True, slots=True)
class Factors:
    """A row of K = D + 1 + H + 1: sums of vectors, of the first hidden layer, and of squares."""

    d: int
    own: int  # sparse columns that the item decides, itself among them
    starts: Ints  # (Fs,) where each sparse feature's rows begin
    codes: Floats  # (rows, D + 1)
    of_codes: Floats  # (Fs (D + 1), H) of the first hidden layer
    items: Floats  # (I, K)
    bias: Floats  # (K,)
    numbers: Floats  # (2 Fd, K) what a number adds but for its square, then what its absence adds
    squares: Floats  # (Fd,) what a number's square adds
    mean: Floats  # (Fd,)
    scale: Floats  # (Fd,)
    layers: tuple[tuple[Floats, Floats], ...]  # above the first: weights (H, H') and biases (H',)

    @classmethod
    def of(cls, arrays: Mapping[str, Array], cardinalities: tuple[int, ...], fields: Ints) -> Self:
        """From the arrays of a `DeepFM` and the attributes of all items (I, F).

        cardinalities: of each sparse feature. Raises `ArtifactError` when an array is not there.
        """
        try:
            return cls.made(arrays, cardinalities, fields)
        except KeyError as error:
            raise ArtifactError(f"factors: the bundle lacks array {error}") from error

    @classmethod
    def made(
        cls, arrays: Mapping[str, Array], cardinalities: tuple[int, ...], fields: Ints
    ) -> Self:
        """As `of`; raises `KeyError`."""
        names = {name.rsplit(".", 1)[0] for name in arrays if name.startswith("deep.")}
        first, *later = sorted(names, key=lambda name: int(name.split(".")[1]))
        codes, vectors = arrays["codes.table.weight"], arrays["vectors"]
        d, wide = vectors.shape[1] - 1, codes.shape[1] * len(cardinalities)
        layer = np.ascontiguousarray(arrays[f"{first}.weight"].T)  # (Fs (D+1) + 2Fd, H)
        squares = np.square(vectors[:, :d]).sum(1, keepdims=True)
        count = len(vectors) // 2
        absent = np.where(np.arange(2 * count)[:, None] < count, 0, squares)  # one is its square
        starts = np.cumsum([0, *cardinalities[:-1]])
        own = np.concatenate([np.arange(len(fields))[:, None], fields], axis=1)
        zeros = np.zeros(d + 1, np.float32)
        return cls(
            d=d, own=own.shape[1], starts=starts, codes=codes, of_codes=layer[:wide],
            items=together(own, 0, codes, layer[:wide], starts),
            bias=np.concatenate([zeros, arrays[f"{first}.bias"], zeros[:1]]),
            numbers=np.concatenate([vectors, layer[wide:], absent], axis=1).astype(np.float32),
            squares=np.ascontiguousarray(squares[:count, 0]),
            mean=arrays["numbers.mean"], scale=arrays["numbers.scale"],
            layers=tuple(
                (np.ascontiguousarray(arrays[f"{name}.weight"].T), arrays[f"{name}.bias"])
                for name in later
            ),
        )  # fmt: skip

    def score(self, dense: Floats, sparse: Ints) -> Floats:
        """(n, Fd) NaN where missing, (n, Fs) of one user -> (n,)"""
        return self.scored(dense, sparse, self.items, np.ascontiguousarray(sparse[:, 0]))

    def score_parts(self, dense: Floats, sparse: Ints) -> Floats:
        """The same of rows whose attributes need not be those of their item."""
        rows = together(sparse[:, : self.own], 0, self.codes, self.of_codes, self.starts)
        return self.scored(dense, sparse, rows, np.arange(len(rows)))

    def scored(self, dense: Floats, sparse: Ints, items: Floats, rows: Ints) -> Floats:
        """What is known of each item is in its row of `items` (N, K).  rows (n,) -> (n,)"""
        if not len(sparse):
            return np.zeros(0, np.float32)
        user = together(
            sparse[:1, self.own :], self.own, self.codes, self.of_codes, self.starts
        ).sum(0)
        x = standardised(dense, self.mean, self.scale)
        out, hidden = summed(
            x @ self.numbers, np.square(x[:, : len(self.mean)]) @ self.squares,
            rows, items, user + self.bias, self.d,
        )  # fmt: skip
        for weights, biases in self.layers[:-1]:
            hidden = rectified(hidden @ weights, biases)
        weights, biases = self.layers[-1]
        out += hidden @ weights[:, 0]
        out += biases[0]
        return out


def together(codes: Ints, start: int, table: Floats, layer: Floats, starts: Ints) -> Floats:
    """What codes of the features from `start` on add.  (N, F) -> (N, K)"""
    end, wide = start + codes.shape[1], table.shape[1]
    v = table[codes + starts[start:end]]  # (N, F, D + 1)
    above = v.reshape(len(v), -1) @ layer[start * wide : end * wide]
    squares = np.square(v[:, :, :-1]).sum((1, 2))
    return np.concatenate([v.sum(1), above, squares[:, None]], axis=1)


@compiled
def standardised(dense: Floats, mean: Floats, scale: Floats) -> Floats:
    """Numbers in deviations, cut off, 0 where missing; then 1 where missing.  -> (n, 2 Fd)"""
    n, count = dense.shape
    out = np.empty((n, 2 * count), np.float32)
    for i in range(n):
        for f in range(count):
            value = dense[i, f]
            x = (value - mean[f]) * scale[f]
            x = min(x, LIMIT)
            x = max(x, -LIMIT)
            out[i, f] = ZERO if np.isnan(value) else x
            out[i, count + f] = np.isnan(value)
    return out


@compiled
def summed(
    known: Floats, squares: Floats, item: Ints, items: Floats, base: Floats, d: int
) -> tuple[Floats, Floats]:
    """First order and pairs (n,) and the first hidden layer (n, H), of what the numbers add."""
    n, last = len(item), known.shape[1] - 1
    score, hidden = np.empty(n, np.float32), np.empty((n, last - d - 1), np.float32)
    for i in range(n):
        of_numbers, of_item = known[i], items[item[i]]
        for k in range(d + 1, last):
            value = of_numbers[k] + of_item[k] + base[k]
            hidden[i, k - d - 1] = max(value, ZERO)
        pairs = -(of_numbers[last] + of_item[last] + base[last] + squares[i])
        for k in range(d):
            value = of_numbers[k] + of_item[k] + base[k]
            pairs += value * value
        score[i] = of_numbers[d] + of_item[d] + base[d] + np.float32(0.5) * pairs
    return score, hidden


@compiled
def rectified(rows: Floats, biases: Floats) -> Floats:
    """A layer's sums with their biases, what is below zero cut off.  (n, H), (H,) -> (n, H)"""
    for row in rows:
        for k in range(len(biases)):
            value = row[k] + biases[k]
            row[k] = max(value, ZERO)
    return rows
