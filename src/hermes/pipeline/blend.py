"""Candidates of many channels become one pool with one score.

Every method works on a table of channels by items: each channel's scores are put on one scale, an
item that a channel did not bring gets that channel's worst value, and the rows are added up.
Reciprocal rank: Cormack, Clarke, Buettcher. Reciprocal rank fusion outperforms Condorcet and
individual rank learning methods. SIGIR 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy.optimize import minimize

from hermes.core.errors import ConfigError, nearest
from hermes.core.types import Array, Candidates, Floats, Ints

Scale = Literal["rank", "zscore", "minmax", "raw"]
SCALES = ("rank", "zscore", "minmax", "raw")


@dataclass(frozen=True, slots=True)
class Table:
    """What C channels say of the n items that any of them brought."""

    channels: tuple[str, ...]
    items: Ints  # (n,) by code
    scores: Floats  # (C, n) NaN where the channel did not bring the item
    ranks: Floats  # (C, n) from 1, NaN likewise


def tabulate(pools: Mapping[str, Candidates]) -> Table:
    """The union of the pools, each best first with a column `score`."""
    filled = {name: pool for name, pool in pools.items() if len(pool)}
    if not filled:
        blank = np.zeros((0, 0), np.float32)
        return Table((), np.zeros(0, np.int64), blank, blank)
    every = np.concatenate([pool.items for pool in filled.values()])
    known = np.zeros(int(every.max()) + 1, bool)
    known[every] = True
    items = known.nonzero()[0]
    place = np.empty(len(known), np.int64)
    place[items] = np.arange(len(items))
    both = np.full((2, len(filled), len(items)), np.nan, np.float32)
    place, start = place[every], 0
    for scores, ranks, pool in zip(both[0], both[1], filled.values(), strict=True):
        at = place[start : start + len(pool)]
        scores[at] = pool.columns["score"]
        ranks[at] = np.arange(1, len(at) + 1)
        start += len(at)
    return Table(tuple(filled), items, both[0], both[1])


def scaled(table: Table, scale: Scale, constant: float = 60.0) -> Floats:
    """Scores that can be added, the absent as bad as the worst a channel brought.  -> (C, n)

    rank: 1 / (constant + rank), 0 where absent; zscore and minmax over what each channel brought;
    raw: as they are, for weights that were learned on them.
    """
    if scale == "rank":
        points = np.asarray(1 / (constant + table.ranks), np.float32)
        points[np.isnan(points)] = 0
        return points
    absent = np.isnan(table.scores)
    low = np.fmin.reduce(table.scores, axis=1, keepdims=True)
    above = np.where(absent, np.float32(0), table.scores - low)  # the absent at the worst
    if scale == "raw":
        return np.asarray(above + low)
    if scale == "minmax":
        span = above.max(axis=1, keepdims=True)
    else:
        count = above.shape[1] - np.count_nonzero(absent, axis=1, keepdims=True)
        mean = above.sum(axis=1, keepdims=True) / count.astype(np.float32)
        square = np.einsum("cn,cn->c", above, above)[:, None] / count.astype(np.float32)
        above = above - mean
        span = np.sqrt(np.maximum(square - mean * mean, 0))
        span[span < 1e-6 * np.abs(mean)] = 0  # one constant score, but for rounding
    return np.asarray(above / np.where(span > 0, span, np.inf), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """How channels are weighed; a channel without a weight counts 1."""

    scale: Scale = "rank"
    weights: Mapping[str, float] = field(default_factory=dict)
    constant: float = 60.0  # of reciprocal rank: larger trusts the top less

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise ConfigError(f"blend.scale: {self.scale!r}{nearest(self.scale, SCALES)}")

    def __call__(self, pools: Mapping[str, Candidates]) -> Candidates:
        """One pool, by item code, with `blend`, and `retrieval.<c>` and `rank.<c>` per channel."""
        table = tabulate(pools)
        weights = np.array([self.weights.get(c, 1.0) for c in table.channels], np.float32)
        if not weights.any():  # a newcomer may get nothing but channels that others can do without
            weights = np.ones_like(weights)
        columns: dict[str, Array] = {
            "blend": weights @ scaled(table, self.scale, self.constant)
            if len(table.items)
            else np.zeros(0, np.float32)
        }
        for name, score, rank in zip(table.channels, table.scores, table.ranks, strict=True):
            columns[f"retrieval.{name}"] = score
            columns[f"rank.{name}"] = rank
        return Candidates(table.items, columns)


def learn_weights(
    tables: Sequence[Table],
    targets: Ints,
    channels: Sequence[str],
    scale: Scale = "zscore",
    l2: float = 1e-3,
) -> dict[str, float]:
    """Weights under which the item that came next is likeliest: softmax regression per query.

    tables: one a query, channels that brought nothing may lack; targets (Q,), a query whose target
    nobody brought teaches nothing.  Maximises mean log softmax(w . x)[target] - l2 |w|^2 over
    w >= 0, so that no channel counts against what it brings; w here in units of each channel's
    spread, so that l2 means the same on every scale.
    """
    number = {name: c for c, name in enumerate(channels)}
    rows, hits = [], []
    for table, target in zip(tables, targets.tolist(), strict=True):
        hit = np.flatnonzero(table.items == target)
        if len(hit):
            x = np.zeros((len(table.items), len(channels)))
            x[:, [number[c] for c in table.channels]] = scaled(table, scale).T
            rows.append(x)
            hits.append(int(hit[0]))
    if not rows:
        raise ConfigError("blend weights: no channel brought any target; nothing to learn from")
    spread = np.sqrt(np.mean([x.var(axis=0) for x in rows], axis=0))
    spread[spread == 0] = 1
    fit = minimize(
        negative_likelihood,
        np.ones(len(channels)),
        args=([x / spread for x in rows], hits, l2),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * len(channels),
    )
    return {name: float(w) for name, w in zip(channels, fit.x / spread, strict=True)}


def negative_likelihood(
    w: Array, rows: Sequence[Array], hits: Sequence[int], l2: float
) -> tuple[float, Array]:
    """Value and gradient in w of l2 |w|^2 - mean log softmax(x w)[hit], rows each (n, C)."""
    value, slope = 0.0, np.zeros_like(w)
    for x, hit in zip(rows, hits, strict=True):
        z = x @ w
        z -= z.max()
        e = np.exp(z)
        total = e.sum()
        value += np.log(total) - z[hit]
        slope += e @ x / total - x[hit]
    return value / len(rows) + l2 * float(w @ w), slope / len(rows) + 2 * l2 * w
