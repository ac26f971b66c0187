"""Boosted trees scored for a whole pool at once, in numpy, to the digits of LightGBM.

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

from hermes.core.errors import ArtifactError, ConfigError, ShapeError
from hermes.core.types import Array, Floats, Ints

BLOCK = 256  # rows scored at once: their bits stay in the core's own cache


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
    tables: tuple[Table, ...]  # of the features that are split on
    leaves: Array  # (T, 32 or 64) float64, left to right

    @classmethod
    def compile(cls, text: str) -> Self:
        """From a LightGBM model as text; raises `ConfigError` on what cannot be scored this way."""
        import lightgbm  # 70 MB that a process which only scores can do without

        model = lightgbm.Booster(model_str=text).dump_model()
        trees = [tree["tree_structure"] for tree in model["tree_info"]]
        most = max((tree["num_leaves"] for tree in model["tree_info"]), default=1)
        if model["num_tree_per_iteration"] != 1 or model["average_output"] or most > 64:
            raise ConfigError("trees: only boosted trees of one output with at most 64 leaves")
        leaves = np.zeros((len(trees), 32 if most <= 32 else 64))
        splits: list[Split] = []
        for number, root in enumerate(trees):
            walk(root, number, 0, leaves, splits)
        n_features = model["max_feature_idx"] + 1
        tables = (table([s for s in splits if s.feature == f], leaves) for f in range(n_features))
        return cls(n_features, tuple(t for t in tables if t is not None), leaves)

    def score(self, x: Floats) -> Floats:
        """A NaN is a missing value; categories are whole numbers.  (n, F) -> (n,)"""
        if x.ndim != 2 or x.shape[1] != self.n_features:
            raise ShapeError(f"trees: expected (n, {self.n_features}), got {x.shape}")
        columns = np.ascontiguousarray(x.T, np.float32)
        place = np.empty((len(self.tables), len(x)), np.int64)  # the interval of each value
        for row, (feature, cuts, _) in zip(place, self.tables, strict=True):
            row[:] = cuts.searchsorted(columns[feature])
            row[np.isnan(columns[feature])] = len(cuts) + 1
        out = np.empty(len(x), np.float32)
        for i in range(0, len(x), BLOCK):
            out[i : i + BLOCK] = self.block(place[:, i : i + BLOCK])
        return out

    def block(self, place: Ints) -> Array:
        """Scores of a few rows.  (features, n) -> (n,)"""
        kind = np.uint32 if self.leaves.shape[1] == 32 else np.uint64
        left = np.full((place.shape[1], len(self.leaves)), np.iinfo(kind).max, kind)
        seen = np.empty_like(left)
        same = (place == place[:, :1]).all(1)  # facts of the query, not of the item
        for row, alike, (_, _, masks) in zip(place, same, self.tables, strict=True):
            if alike:
                np.bitwise_and(left, masks[row[0]], out=left)
            else:
                masks.take(row, 0, out=seen, mode="clip")  # any other mode copies first
                np.bitwise_and(left, seen, out=left)
        below_first = ~left & (left - kind(1))  # as many ones as the first leaf's number
        leaf = np.bitwise_count(below_first).astype(np.int64)
        leaf += np.arange(len(self.leaves)) * self.leaves.shape[1]
        total: Array = self.leaves.ravel().take(leaf).sum(1)
        return total

    def arrays(self) -> dict[str, Array]:
        """All of it, for a bundle."""
        empty = Table(0, np.zeros(0, np.float32), np.zeros((0, len(self.leaves)), np.uint32))
        parts = self.tables or (empty,)
        return {
            "n_features": np.array([self.n_features]),
            "features": np.array([t.feature for t in self.tables], np.int64),
            "ends": np.cumsum([len(t.cuts) for t in self.tables], dtype=np.int64),
            "cuts": np.concatenate([t.cuts for t in parts]),
            "masks": np.concatenate([t.masks for t in parts]),
            "leaves": self.leaves,
        }

    @classmethod
    def restore(cls, arrays: Mapping[str, Array]) -> Self:
        """The inverse of `arrays`; raises `ArtifactError`."""
        try:
            ends, cuts, masks = arrays["ends"], arrays["cuts"], arrays["masks"]
            starts = np.concatenate([[0], ends[:-1]])
            bounds = zip(arrays["features"], starts, ends, strict=True) if len(ends) else ()
            tables = tuple(
                Table(int(f), cuts[a:b], masks[a + 2 * i : b + 2 * i + 2])
                for i, (f, a, b) in enumerate(bounds)
            )
            return cls(int(arrays["n_features"][0]), tables, arrays["leaves"])
        except KeyError as error:
            raise ArtifactError(f"trees: the bundle lacks array {error}") from error


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
    kind, full = (np.uint32, 2**32 - 1) if leaves.shape[1] == 32 else (np.uint64, 2**64 - 1)
    cuts = np.unique(np.concatenate([s.cuts for s in splits]))
    masks = np.full((len(cuts) + 2, len(leaves)), full, kind)
    inside = np.append(cuts, np.float32(np.inf))  # a value of each interval
    for split in splits:
        right = np.append(split.right[split.cuts.searchsorted(inside)], split.right[-1])
        masks[right, split.tree] &= kind(split.keep & full)
    return Table(splits[0].feature, cuts, masks)
