"""Candidates of many channels become one pool with one score.

Every method works on a table of channels by items: each channel's scores are put on one scale, an
item that a channel did not bring gets that channel's worst value, and the rows are added up.
Reciprocal rank: Cormack, Clarke, Buettcher. Reciprocal rank fusion outperforms Condorcet and
individual rank learning methods. SIGIR 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal

import numpy as np
from scipy.optimize import minimize

from hermes.core.compiled import compiled
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
    items = np.concatenate([pool.items for pool in filled.values()])
    scores = np.concatenate([pool.columns["score"] for pool in filled.values()])
    ends = np.array([*accumulate(map(len, filled.values()))])
    return Table(tuple(filled), *united(items, scores.astype(np.float32, copy=False), ends))


@compiled
def united(items: Ints, scores: Floats, ends: Ints) -> tuple[Ints, Floats, Floats]:
    """Lists one after the other become a table.  (N,), (N,), (C,) -> (n,), (C, n), (C, n)"""
    place = np.zeros(items.max() + 1, np.int64)
    for item in items:
        place[item] = 1
    known = place.nonzero()[0]
    for i in range(len(known)):
        place[known[i]] = i
    told = np.full((len(ends), len(known)), np.float32(np.nan))
    ranks = np.full((len(ends), len(known)), np.float32(np.nan))
    start = 0
    for c in range(len(ends)):
        for i in range(start, ends[c]):
            told[c, place[items[i]]] = scores[i]
            ranks[c, place[items[i]]] = i - start + 1
        start = ends[c]
    return known, told, ranks


def scaled(table: Table, scale: Scale, constant: float = 60.0) -> Floats:
    """Scores that can be added, the absent as bad as the worst a channel brought.  -> (C, n)

    rank: 1 / (constant + rank), 0 where absent; zscore and minmax over what each channel brought;
    raw: as they are, for weights that were learned on them.
    """
    if scale == "rank":
        points = np.asarray(1 / (constant + table.ranks), np.float32)
        points[np.isnan(points)] = 0
        return points
    return spread(np.ascontiguousarray(table.scores), SCALES.index(scale))


@compiled
def spread(scores: Floats, scale: int) -> Floats:
    """zscore (1), minmax (2) or raw (3) over what is there, the absent at the worst.  (C, n)"""
    out, n = np.empty_like(scores), scores.shape[1]
    for c in range(len(scores)):
        low, high, count, total, squares = np.inf, -np.inf, 0, 0.0, 0.0
        for i in range(n):  # comparisons with NaN are false; no branch depends on the data
            score = scores[c, i]
            low, high = score if score < low else low, score if score > high else high
            count += not np.isnan(score)
        for i in range(n):
            score = scores[c, i]
            above = 0.0 if np.isnan(score) else score - low
            out[c, i] = above
            total += above
            squares += above * above
        mean, span = total / max(count, 1), high - low
        if scale == 1:
            span = np.sqrt(max(squares / max(count, 1) - mean * mean, 0.0))
            if span < 1e-6 * abs(mean):  # one constant score, but for rounding
                span = 0.0
        shift = mean if scale == 1 else -low if scale == 3 else 0.0
        factor = 1.0 if scale == 3 else 1 / span if span > 0 else 0.0
        for i in range(n):
            out[c, i] = (out[c, i] - shift) * factor
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """How channels are weighed; a channel without a weight counts 1."""

    scale: Scale = "rank"
    weights: Mapping[str, float] = field(default_factory=dict)
    constant: float = 60.0  # of reciprocal rank: larger trusts the top less

    def __post_init__(self) -> None:
        if self.scale not in SCALES:
            raise ConfigError(f"blend.scale: {self.scale!r}{nearest(self.scale, SCALES)}")

    def __call__(
        self, pools: Mapping[str, Candidates], instead: Mapping[str, float] | None = None
    ) -> Candidates:
        """One pool, by item code, with `blend`, and `retrieval.<c>` and `rank.<c>` per channel.

        instead: weights of this query alone.
        """
        table = tabulate(pools)
        columns: dict[str, Array] = {
            "blend": self.weigh(table, instead) @ scaled(table, self.scale, self.constant)
            if len(table.items)
            else np.zeros(0, np.float32)
        }
        for name, score, rank in zip(table.channels, table.scores, table.ranks, strict=True):
            columns[f"retrieval.{name}"] = score
            columns[f"rank.{name}"] = rank
        return Candidates(table.items, columns)

    def weigh(self, table: Table, instead: Mapping[str, float] | None) -> Floats:
        """What each channel of the table counts.  -> (C,)"""
        given = self.weights if instead is None else instead
        weights = np.array([given.get(c, 1.0) for c in table.channels], np.float32)
        if not weights.any():  # a newcomer may get nothing but channels that others can do without
            weights = np.ones_like(weights)
        return weights

    def parts(
        self, pools: Mapping[str, Candidates], instead: Mapping[str, float] | None = None
    ) -> tuple[Table, Floats]:
        """What each channel adds to the blend of each item; the columns' sums.  -> C x n, (C, n)"""
        table = tabulate(pools)
        weights = self.weigh(table, instead)
        return table, weights[:, None] * scaled(table, self.scale, self.constant)


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
