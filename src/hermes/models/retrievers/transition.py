"""Co-transition neighbours: what came next, in many users' order, after each of the last items.

A smoothed first-order Markov chain, after Rendle, Freudenthaler, Schmidt-Thieme, Factorizing
personalized Markov chains for next-basket recommendation, WWW 2010 (the unfactorised chain); pairs
further apart count less, as in the sequential rules of Ludewig, Jannach, Evaluation of
session-based recommendation algorithms, UMUAI 2018:

    C[a, b] = sum over pairs a, then b, g <= window events apart in one user's order of
              weight(b) * g^-spread * 2^-(days apart / half_life)
    S[a, b] = (D[a, b] / ((out[a] + shrink) * (in[b] + shrink))^alpha) ^ power,
              D[a, b] = C[a, b] + backward * C[b, a]
    score(b) = sum over the last items a, j-th from the end and `age` days old, of
               j^-decay * 2^-(age / half_life) * S[a, b]

with out and in the row and column sums of D. Ours: the geometric normalisation (alpha .5 is the
cosine of the two margins), and the power below one, which lets many weak witnesses outvote a single
strong one; a sum of square roots of counts lies between a sum of counts and a sum of logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_array

from hermes.core.types import Floats
from hermes.data.interactions import Interactions
from hermes.learn.run import Run
from hermes.models.base import Retriever
from hermes.models.neighbours import Neighbours, nearest


@dataclass(frozen=True, kw_only=True)
class TransitionConfig:
    """How pairs are counted, normalised, kept and read."""

    window: int = 10  # events between the two items of a pair, at most
    spread: float = 1.0  # a pair g events apart counts g^-spread
    half_life: float = float("inf")  # days apart, and days before the query, that count half
    backward: float = 0.0  # what a pair in the other order counts; 0.2 helps short histories
    alpha: float = 0.4  # 0: raw counts favour the popular; 0.5: cosine of the margins
    shrink: float = 5.0  # added to both margins, so that rare items do not shout
    power: float = 0.5  # 1: sums are led by the strongest pair; towards 0: every pair is one vote
    neighbours: int = 500  # kept for each item
    length: int = 30  # last items of a history that are read
    decay: float = 1.0  # the j-th item from the end counts j^-decay


class Transition(Neighbours, Retriever[TransitionConfig]):
    """Counted transitions, normalised, compressed and cut to the strongest."""

    Config = TransitionConfig

    def fit(self, data: Interactions, run: Run = Run()) -> Self:
        """One pass over the log for each distance of the window; dislikes are left out."""
        self.shape = data.shape
        counts = pairs(data.take(data.weights > 0), self.config)
        out = np.asarray(counts.sum(axis=1)) + self.config.shrink
        into = np.asarray(counts.sum(axis=0)) + self.config.shrink
        margins = np.repeat(out, np.diff(counts.indptr)) * into[counts.indices]
        with np.errstate(divide="ignore"):
            counts.data = (counts.data / margins**self.config.alpha) ** self.config.power
        self.neighbour, self.similarity = nearest(counts, self.config.neighbours)
        return self

    def recency(self, ages: Floats) -> Floats:
        """(m,) days -> (m,)"""
        weights = super().recency(ages)
        if self.config.half_life == float("inf"):
            return weights
        return weights * np.exp2(-ages / np.float32(self.config.half_life))


def pairs(log: Interactions, config: TransitionConfig) -> csr_array:
    """C of the module's head.  -> (I, I)"""
    size = (log.shape.n_items, log.shape.n_items)
    total = csr_array(size, dtype=np.float64)
    for g in range(1, min(config.window, len(log) - 1) + 1):
        same = log.users[g:] == log.users[:-g]
        before, after = log.items[:-g][same], log.items[g:][same]
        apart = (log.times[g:] - log.times[:-g])[same]
        worth = log.weights[g:][same] * g**-config.spread * np.exp2(-apart / config.half_life)
        total = total + csr_array((worth, (before, after)), shape=size)
    return csr_array(total + config.backward * total.T) if config.backward else total
