"""Boosted trees scored row by row in one compiled loop, to the digits of LightGBM.

QuickScorer: Lucchese et al. QuickScorer: a fast algorithm to rank documents with additive ensembles
of regression trees. SIGIR 2015. A split that sends a row to the right rules out the leaves on its
left; what all splits of a row leave over, as bits, begins with the leaf it falls into. What the
splits of one feature rule out depends only on the interval its value lies in, so it is worked out
once for each interval; a missing value has an interval of its own, and so has each category.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.errors import ArtifactError, ConfigError, ShapeError
from hermes.core.types import Array, Floats, Ints

# The place of a lone bit, from the six bits that its product with this number begins with:
# Leiserson, Prokop, Randall. Using de Bruijn sequences to index a 1 in a computer word. 1998.
DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
WIDTHS = {16: np.uint16, 32: np.uint32, 64: np.uint64}  # by the most leaves of a tree
PLACES = np.zeros(64, np.int64)
PLACES[[((1 << i) * int(DE_BRUIJN) % (1 << 64)) >> 58 for i in range(64)]] = np.arange(64)


class Split(NamedTuple):
    """One inner node."""

    feature: int
    cuts: Floats  # one threshold, or one between any two categories
    right: Array  # (len(cuts) + 2,) whether an interval goes right; the last is missing
    tree: int
    keep: int  # bits of the leaves that going right leaves over


class Table(NamedTuple):
    """The splits of one feature."""

    feature: int
    cuts: Floats  # (C,) interval i is (cuts[i - 1], cuts[i]]
    masks: Array  # (C + 2, T) leaves left over, as bits; the last row is missing


@dataclass(frozen=True, slots=True)
class Trees:
    """T trees over F features; a score is the sum of one leaf of each, before any link function."""

    n_features: int
    features: Ints  # (Q,) that are split on
    ends: Ints  # (Q,) where the cuts of each end
    cuts: Floats  # (C,) one after the other
    masks: Array  # (C + 2 Q, T) of each feature's table, one after the other
    leaves: Array  # (T, 16, 32 or 64) float64, left to right

    @classmethod
    def compile(cls, text: str) -> Self:
        """From a LightGBM model as text; raises `ConfigError` on what cannot be scored this way."""
        import lightgbm  # 70 MB that a process which only scores can do without

        model = lightgbm.Booster(model_str=text).dump_model()
        trees = [tree["tree_structure"] for tree in model["tree_info"]]
        most = max((tree["num_leaves"] for tree in model["tree_info"]), default=1)
        if model["num_tree_per_iteration"] != 1 or model["average_output"] or most > 64:
            raise ConfigError("trees: only boosted trees of one output with at most 64 leaves")
        leaves = np.zeros((len(trees), next(bits for bits in WIDTHS if bits >= most)))
        splits: list[Split] = []
        for number, root in enumerate(trees):
            walk(root, number, 0, leaves, splits)
        n_features = model["max_feature_idx"] + 1
        every = (table([s for s in splits if s.feature == f], leaves) for f in range(n_features))
        tables = [t for t in every if t is not None]
        none = np.zeros((0, len(trees)), width(leaves)[0])
        return cls(
            n_features,
            np.array([t.feature for t in tables], np.int64),
            np.cumsum([len(t.cuts) for t in tables], dtype=np.int64),
            np.concatenate([np.zeros(0, np.float32), *(t.cuts for t in tables)]),
            np.concatenate([none, *(t.masks for t in tables)]),
            leaves,
        )

    def score(self, x: Floats) -> Floats:
        """A NaN is a missing value; categories are whole numbers.  (n, F) -> (n,)"""
        if x.ndim != 2 or x.shape[1] != self.n_features:
            raise ShapeError(f"trees: expected (n, {self.n_features}), got {x.shape}")
        rows = np.ascontiguousarray(x, np.float32)
        full = np.iinfo(self.masks.dtype).max
        return summed(
            rows,
            self.features,
            self.ends,
            self.cuts,
            self.masks,
            self.leaves,
            self.masks.dtype.type(full),
        )

    def rows(self, x: Floats) -> Ints:
        """The row of `masks` that each value falls into, by feature split on.  (n, F) -> (n, Q)"""
        return located(np.ascontiguousarray(x, np.float32), self.features, self.ends, self.cuts)

    def arrays(self) -> dict[str, Array]:
        """All of it, for a bundle."""
        names = ("features", "ends", "cuts", "masks", "leaves")
        own: dict[str, Array] = {name: getattr(self, name) for name in names}
        return {"n_features": np.array([self.n_features]), **own}

    @classmethod
    def restore(cls, arrays: Mapping[str, Array]) -> Self:
        """The inverse of `arrays`; raises `ArtifactError`."""
        try:
            names = ("features", "ends", "cuts", "masks", "leaves")
            own = [np.ascontiguousarray(arrays[name]) for name in names]
            return cls(int(arrays["n_features"][0]), *own)
        except KeyError as error:
            raise ArtifactError(f"trees: the bundle lacks array {error}") from error


@compiled
def summed(
    x: Floats, features: Ints, ends: Ints, cuts: Floats, masks: Array, leaves: Array, full: Any
) -> Floats:
    """Row by row: the interval of each value, the leaves left over, the first of each tree."""
    n, t = len(x), len(leaves)
    out, left = np.empty(n, np.float32), np.empty(t, masks.dtype)
    for i in range(n):
        left[:] = full
        start = 0
        for q in range(len(features)):
            value, low, size = x[i, features[q]], start, ends[q] - start
            while size > 1:  # a search without a branch on what it finds
                low += (size >> 1) * (cuts[low + (size >> 1) - 1] < value)
                size -= size >> 1
            if np.isnan(value):
                low = ends[q] + 1
            else:
                low += cuts[low] < value
            for j in range(t):
                left[j] &= masks[low + 2 * q, j]
            start = ends[q]
        total = 0.0
        for j in range(t):
            bits = np.uint64(left[j])
            lowest = bits & (~bits + np.uint64(1))
            total += leaves[j, PLACES[(lowest * DE_BRUIJN) >> np.uint64(58)]]
        out[i] = total
    return out


@compiled
def located(x: Floats, features: Ints, ends: Ints, cuts: Floats) -> Ints:
    """As `summed` finds the interval of each value.  (n, F) -> (n, Q)"""
    out = np.empty((len(x), len(features)), np.int64)
    for i in range(len(x)):
        start = 0
        for q in range(len(features)):
            value, low, size = x[i, features[q]], start, ends[q] - start
            while size > 1:
                low += (size >> 1) * (cuts[low + (size >> 1) - 1] < value)
                size -= size >> 1
            low = ends[q] + 1 if np.isnan(value) else low + (cuts[low] < value)
            out[i, q] = low + 2 * q
            start = ends[q]
    return out


def walk(node: Mapping[str, Any], tree: int, first: int, leaves: Array, out: list[Split]) -> int:
    """Collect the splits and leaves below a node; return how many leaves there are."""
    if "left_child" not in node:
        if "leaf_coeff" in node:
            raise ConfigError("trees: leaves that are linear models cannot be scored this way")
        leaves[tree, first] = node["leaf_value"]
        return 1
    count = walk(node["left_child"], tree, first, leaves, out)
    cuts, right = intervals(node)
    out.append(Split(node["split_feature"], cuts, right, tree, ~(((1 << count) - 1) << first)))
    return count + walk(node["right_child"], tree, first + count, leaves, out)


def intervals(node: Mapping[str, Any]) -> tuple[Floats, Array]:
    """The cuts of a node and which intervals go right, missing last."""
    if node["decision_type"] == "==":
        members = np.array([int(c) for c in node["threshold"].split("||")])
        cuts = np.arange(members.max() + 2, dtype=np.float32) - np.float32(0.5)
        return cuts, ~np.isin(np.arange(-1, len(cuts) + 1), members)
    if node["missing_type"] == "Zero":
        raise ConfigError("trees: zero_as_missing cannot be scored this way")
    threshold = node["threshold"]
    left = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0
    return np.array([below(threshold)], np.float32), np.array([False, True, not left])


def below(threshold: float) -> np.float32:
    """The greatest single-precision number that is no greater, so that `x <= t` stays what it was.

    >>> float(below(0.5)), bool(below(0.1) < 0.1)
    (0.5, True)
    """
    limit = float(np.finfo(np.float32).max)
    near = np.float32(min(max(threshold, -limit), limit))
    return near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf))


def table(splits: list[Split], leaves: Array) -> Table | None:
    """Which leaves each interval of one feature leaves over; None when it is never split on."""
    if not splits:
        return None
    kind, full = width(leaves)
    cuts = np.unique(np.concatenate([s.cuts for s in splits]))
    masks = np.full((len(cuts) + 2, len(leaves)), full, kind)
    inside = np.append(cuts, np.float32(np.inf))  # a value of each interval
    for split in splits:
        right = np.append(split.right[split.cuts.searchsorted(inside)], split.right[-1])
        masks[right, split.tree] &= kind(split.keep & full)
    return Table(splits[0].feature, cuts, masks)


def width(leaves: Array) -> tuple[Any, int]:
    """The type that has one bit a leaf, and all its bits."""
    return WIDTHS[leaves.shape[1]], 2 ** leaves.shape[1] - 1
