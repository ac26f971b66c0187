"""What people choose by what it is: a conditional logit, learned by mini-batches of users.

Of the items on offer a user takes i with the probability of a softmax,

    P(i | u) = exp(u . v_i) / sum_j exp(u . v_j),   v = F map,   u = read own + start

where F is what items are and `read` the shrunken mean of F over what is known of the user. Each
history is parted into a told and an asked half anew in every epoch, so that no item is read to
guess itself. Being a softmax, an item is as likely as its facts multiplied: a mood, a maker and a
price each take their share, where a squared error adds them up and mostly learns what is famous.
The sum runs over a part of the items drawn evenly for each batch; of those the choice has the same
law (McFadden's uniform conditioning), so the cost of a step does not grow with the catalogue.

McFadden. Modelling the choice of residential location. 1978; Kingma, Ba. Adam. ICLR 2015.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from hermes.core.types import Array, Bools, Floats, Ints

BETAS, SMALL = (0.9, 0.99), 1e-8
FULL = 0.2  # share of rows from which on a column is kept dense
WARM = 0.1  # share of the steps in which the rate rises


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how fast."""

    epochs: int = 8
    steps: int = 200  # at least: more epochs where users are few
    lr: float = 0.02
    l2: float = 1e-4
    batch: int = 256  # users
    among: int = 20_000  # items of a step, at most


@dataclass(frozen=True, slots=True)
class Weights:
    """All that is learned."""

    own: Floats  # (Dc, D) content of a history to its user's vector
    map: Floats  # (Dc, D) content to an item's vector
    start: Floats  # (D,) what all users share; by it an item is liked by everybody

    @classmethod
    def random(cls, content: int, d: int, rng: np.random.Generator) -> Weights:
        """Small; the last of the D places is for what everybody likes."""
        own, map = rng.normal(0, 0.1, (2, content, d)).astype(np.float32)
        start = np.zeros(d, np.float32)
        start[-1] = 1.0
        return cls(own, map, start)

    def users(self, read: Floats) -> Floats:
        """(B, Dc) -> (B, D)"""
        return read @ self.own + self.start

    def arrays(self) -> tuple[Floats, ...]:
        """In their order; not copies."""
        return self.own, self.map, self.start


@dataclass(frozen=True, slots=True)
class Facts:
    """What n items are: columns of few items apart from those of many, which multiply faster."""

    dense: Floats  # (n, dense columns)
    sparse: csr_array  # (n, the others)
    full: Bools  # (Dc,) which columns are dense

    @classmethod
    def of(cls, content: Floats) -> Facts:
        """(n, Dc)"""
        full = np.count_nonzero(content, axis=0) > FULL * len(content)
        return cls(np.ascontiguousarray(content[:, full]), csr_array(content[:, ~full]), full)

    def take(self, rows: Ints) -> Facts:
        """The chosen items."""
        return Facts(self.dense[rows], csr_array(self.sparse[rows]), self.full)

    def times(self, weights: Floats) -> Floats:
        """(Dc, D) -> (n, D)"""
        return np.asarray(self.dense @ weights[self.full] + self.sparse @ weights[~self.full])

    def back(self, slopes: Floats) -> Floats:
        """(n, D) -> (Dc, D)"""
        out = np.empty((len(self.full), slopes.shape[1]), slopes.dtype)
        out[self.full] = self.dense.T @ slopes
        out[~self.full] = self.sparse.T @ slopes
        return out


@dataclass(frozen=True, slots=True)
class Asked:
    """What B users chose among n items, and what they cannot choose again."""

    content: Facts  # of n items
    known: csr_array  # (B, n)
    chosen: csr_array  # (B, n) ones


Read = Callable[[csr_array], Floats]


def gradient(weights: Weights, read: Floats, asked: Asked, l2: float) -> tuple[float, Weights]:
    """Mean -log P of what was chosen, and the slope of that plus l2 times all squares.

    read (B, Dc): what is known of the users.
    """
    users, items = weights.users(read), asked.content.times(weights.map)
    odds = users @ items.T
    odds[asked.known.nonzero()] = -1e4
    odds -= odds.max(axis=1, keepdims=True)
    rows, columns = asked.chosen.nonzero()
    many = np.bincount(rows, minlength=len(odds)).astype(np.float32)
    total = max(float(many.sum()), 1.0)
    gained = float(odds[rows, columns].sum())
    share = np.exp(odds, out=odds)
    sums = share.sum(axis=1)
    loss = (float((many * np.log(sums)).sum()) - gained) / total
    share *= (many / sums)[:, None]
    share[rows, columns] -= 1.0
    share /= total
    by_user = share @ items
    slopes = (
        read.T @ by_user + 2 * l2 * weights.own,
        asked.content.back(share.T @ users) + 2 * l2 * weights.map,
        by_user.sum(axis=0),
    )
    return loss, Weights(*slopes)


def learn(
    x: csr_array,
    content: Floats,
    read: Read,
    weights: Weights,
    schedule: Schedule,
    rng: np.random.Generator,
    report: Callable[[int, int, float], None],
) -> None:
    """Change `weights` until users' told halves say what they chose in the other halves.

    x (U, n) and content (n, Dc) hold the items that may be chosen; `read` tells what rows of x
    say, (B, n) -> (B, Dc), and `report` gets each epoch's number, how many there are, and the loss.
    """
    active = np.flatnonzero(np.diff(x.indptr) > 1)
    facts = Facts.of(content)
    each = max(1, -(-len(active) // schedule.batch))
    epochs = max(schedule.epochs, -(-schedule.steps // each))
    adam = Adam(weights.arrays(), schedule.lr, epochs * each)
    for epoch in range(epochs):
        losses = list[float]()
        order = rng.permutation(active)
        for start in range(0, len(order), schedule.batch):
            first, second = halves(x[np.sort(order[start : start + schedule.batch])], rng)
            some = drawn(x.shape[1], schedule.among, rng)
            asked = Asked(facts.take(some), csr_array(first[:, some]), csr_array(second[:, some]))
            loss, slopes = gradient(weights, read(first), asked, schedule.l2)
            adam.step(slopes.arrays())
            losses.append(loss)
        report(epoch + 1, epochs, float(np.mean(losses)) if losses else 0.0)


def halves(x: csr_array, rng: np.random.Generator) -> tuple[csr_array, csr_array]:
    """Each event of each row on one side or the other, both likely."""
    rows, columns = x.nonzero()
    side = rng.random(len(rows)) < 0.5
    first, second = (
        csr_array((np.ones(len(rows), np.float32)[s], (rows[s], columns[s])), x.shape)
        for s in (side, ~side)
    )
    return first, second


def drawn(n: int, most: int, rng: np.random.Generator) -> Ints:
    """All of n, or `most` of them, in their order."""
    return np.arange(n) if n <= most else np.sort(rng.permutation(n)[:most])


class Adam:
    """Its rate rises for a tenth of the steps and falls to nothing until the last."""

    def __init__(self, arrays: tuple[Array, ...], lr: float, steps: int) -> None:
        self.arrays, self.lr, self.steps, self.done = list(arrays), lr, steps, 0
        self.mean = [np.zeros_like(a) for a in arrays]
        self.square = [np.zeros_like(a) for a in arrays]

    def step(self, slopes: tuple[Array, ...]) -> None:
        """Move every array against its slope."""
        part = self.done / self.steps
        self.done += 1
        rate = self.lr * min(1.0, part / WARM + 0.05) * (1.0 - part)
        first, second = (1 - b**self.done for b in BETAS)
        for i, slope in enumerate(slopes):
            self.mean[i] += (1 - BETAS[0]) * (slope - self.mean[i])
            self.square[i] += (1 - BETAS[1]) * (slope * slope - self.square[i])
            size = np.sqrt(self.square[i] / second) + SMALL
            self.arrays[i] -= rate * (self.mean[i] / first) / size
