"""The uncertainty gate: a request unlike those the rankers learned from is not left to them.

Two signs are read before any ranker is asked. *Disagreement*: how little the channels that read the
history have in common, 1 - the mean overlap of their best `TOP`, since models that were taught by
the same events agree on a person they understand. *Incoherence*: how unlike neighbours of the
history are, 1 - the mean cosine of their vectors, since people go from like to like. Each is
standardised by what it is on ordinary held-out queries, and the gate opens when the larger of the
two exceeds a quantile of the same. Both are measured where they were made: `workflows/gate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Array, Candidates, Floats, Ints

TOP = 50  # items of a channel that are compared
RECENT = 50  # events of a history that are compared
USUAL = 10.0  # steps that a short history is believed to have made as everybody does
SIGNS = ("disagreement", "incoherence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Opens on queries out of distribution."""

    channels: tuple[str, ...]  # that read the history; without all of them nothing is compared
    vectors: Floats  # (I, D) unit rows
    usual: float  # cosine of neighbours in a history
    mean: tuple[float, float]  # of the signs on ordinary queries
    deviation: tuple[float, float]
    threshold: float = np.inf  # deviations from the mean
    to: str = ""  # channel that answers instead of the rankers; empty: the blend

    def signs(self, query: Query, brought: Mapping[str, Candidates]) -> Array:
        """Disagreement and incoherence, NaN where nothing can be compared.  -> (2,)"""
        there = [brought[c].items[:TOP] for c in self.channels if c in brought]
        whole = len(there) == len(self.channels)
        return np.array([
            disagreement(there) if whole else np.nan,
            incoherence(self.vectors, query.history[-RECENT:], self.usual),
        ])  # fmt: skip

    def strangeness(self, query: Query, brought: Mapping[str, Candidates]) -> tuple[float, str]:
        """Deviations of the stranger sign, and its name; -inf when there is nothing to go by."""
        z = (self.signs(query, brought) - self.mean) / self.deviation
        if not np.isfinite(z).any():
            return -np.inf, ""
        return float(np.nanmax(z)), SIGNS[int(np.nanargmax(z))]

    def cause(self, query: Query, brought: Mapping[str, Candidates]) -> str:
        """Why it opens and who answers, or nothing."""
        found, sign = self.strangeness(query, brought)
        if not found > self.threshold:
            return ""
        instead = f"channel {self.to}" if self.to else "the blend"
        return (
            f"open: {sign} is {found:.1f} deviations above the usual, {self.threshold:.1f} pass;"
            f" {instead} answers without the rankers"
        )

    def handed(self, pool: Candidates) -> Candidates:
        """The pool in the order of who answers; what that channel did not bring comes behind."""
        own = pool.columns.get(f"retrieval.{self.to}")
        if own is None or not np.isfinite(own).any():
            return pool
        blend, there = pool.columns["blend"], np.isfinite(own)
        behind = own[there].min() - 1 - (blend.max() - blend)
        score = np.where(there, own, behind).astype(np.float32)
        return pool.with_column("score", score).top("score", len(pool))


def disagreement(lists: list[Ints]) -> float:
    """1 - the mean share of items that two lists have in common; NaN for fewer than two.

    >>> disagreement([np.array([1, 2]), np.array([2, 3]), np.array([1, 2])])
    0.33333333333333337
    """
    filled = [set(items.tolist()) for items in lists if len(items)]
    if len(filled) < 2:
        return float("nan")
    common = [len(a & b) / min(len(a), len(b)) for a, b in combinations(filled, 2)]
    return 1 - sum(common) / len(common)


def incoherence(vectors: Floats, history: Ints, usual: float) -> float:
    """1 - the mean cosine of neighbours, `USUAL` steps of the usual cosine among them.

    vectors (I, D) unit rows, history (H,); NaN for fewer than two events or without vectors.
    """
    if len(history) < 2 or not vectors.shape[1]:
        return np.nan
    seen = vectors.take(history, 0)
    cosines = np.einsum("hd,hd->h", seen[1:], seen[:-1])
    return 1 - float((cosines.sum() + USUAL * usual) / (len(cosines) + USUAL))
