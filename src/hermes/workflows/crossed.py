"""What crosses from one domain to another: the logs on which it is measured, and the ranks.

Nothing is known of time, so that what is held out of a user is drawn. Two protocols, both of users
with at most a few events in the target domain and some in another: `thinned` leaves the users who
are asked about none to three events, as people have who have just come, and asks for all others;
`held` takes two events of everybody, one to choose settings by and one to judge by, and leaves the
rest, so that some have few events and some have many.

A product that is sold in two domains has an item in each, chosen by the same users: what is held
out in one stands in the other, and is found there at once. Such twins are taken out of the other
domains before anything is held out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from hermes.core.errors import DataError
from hermes.core.types import Array, Bools, Floats, Ints
from hermes.data.interactions import Interactions, no_fields
from hermes.evaluation.intervals import resamples
from hermes.evaluation.metrics import score_ranks
from hermes.evaluation.offline import history
from hermes.evaluation.splits import Cases, cases
from hermes.models.base import Retriever
from hermes.models.filters import edges

MOST = 3  # events in the target of users who have few
SHARE = 0.15  # of the users to choose settings by, and as many to judge by


@dataclass(frozen=True, slots=True)
class Crossed:
    """A log of several domains, and what was held out of one of them."""

    target: Bools  # (I,) items of the domain that is asked about
    train: Interactions
    valid: Cases
    test: Cases

    def alone(self) -> Interactions:
        """Training of the target domain by itself."""
        log = self.train.take(self.target[self.train.items])
        shape = replace(log.shape, item_fields=())
        return replace(log, shape=shape, item_fields=no_fields())

    def counts(self, cases: Cases) -> Ints:
        """Events of each case's user that are left in the target.  -> (Q,)"""
        own = self.train.users[self.target[self.train.items]]
        return np.bincount(own, minlength=self.train.shape.n_users)[cases.users]


Protocol = Callable[[Interactions, Bools, np.random.Generator], Crossed]


def twins(data: Interactions, target: Bools, least: int = 2, alike: float = 0.5) -> Ints:
    """Items of other domains chosen by the users of an item of the target.  -> (n,)

    That is at least `least` users, and `alike` of all who chose either. Two items that one user
    chose are no evidence; nor can the one of the target be found once it is held out of them.
    """
    chosen = edges(data)
    count = np.asarray(chosen.sum(axis=0)).ravel()
    here, there = np.flatnonzero(target), np.flatnonzero(~target)
    both = csr_array(chosen[:, here].T @ chosen[:, there]).tocoo()
    one, other = here[both.coords[0]], there[both.coords[1]]
    share = both.data / (count[one] + count[other] - both.data)
    return np.unique(other[(both.data >= least) & (share >= alike)])


def without(data: Interactions, items: Ints) -> Interactions:
    """The log without some items."""
    return data.take(~np.isin(data.items, items))


def thinned(data: Interactions, target: Bools, rng: np.random.Generator) -> Crossed:
    """Some users keep none to `MOST` events of the target, and are asked for the others."""
    users = shared(data, target)
    asked = rng.permutation(users)[: 2 * int(SHARE * len(users))]
    role = np.zeros(data.shape.n_users, np.int64)  # 1 to choose by, 2 to judge by
    role[asked] = 1 + np.arange(len(asked)) % 2
    kept = rng.integers(0, MOST + 1, data.shape.n_users)
    hidden = (role[data.users] > 0) & (drawn(data, target, rng) >= kept[data.users])
    return cut(data, target, *(hidden & (role[data.users] == part) for part in (1, 2)))


def held(data: Interactions, target: Bools, rng: np.random.Generator) -> Crossed:
    """Of every user with three events of the target or more, one to choose by and one to judge."""
    known = np.bincount(data.users[target[data.items]], minlength=data.shape.n_users)
    asked = np.zeros(data.shape.n_users, bool)
    asked[shared(data, target)] = True
    place = drawn(data, target, rng)
    fit = (asked & (known >= 3))[data.users]
    return cut(data, target, fit & (place == 1), fit & (place == 0))


def cut(data: Interactions, target: Bools, valid: Bools, test: Bools) -> Crossed:
    """Neither part is known when the other is asked for."""
    train = data.take(~(valid | test))
    parts = (cases(data, train, train, m, moment=None, repeats=False) for m in (valid, test))
    return Crossed(target, train, *parts)


def shared(data: Interactions, target: Bools) -> Ints:
    """Users with events in the target and in another domain; `DataError` where nobody is."""
    own = target[data.items]
    found = np.intersect1d(data.users[own], data.users[~own])
    if not len(found):
        raise DataError("no user has events in two domains; nothing can cross")
    return found


def drawn(data: Interactions, target: Bools, rng: np.random.Generator) -> Ints:
    """The place of each event among its user's of the target, at random; -1 elsewhere.  -> (N,)"""
    rows = rng.permutation(np.flatnonzero(target[data.items]))
    rows = rows[np.argsort(data.users[rows], kind="stable")]
    _, first, count = np.unique(data.users[rows], return_index=True, return_counts=True)
    place = np.full(len(data), -1)
    place[rows] = np.arange(len(rows)) - np.repeat(first, count)
    return place


def ranks(model: Retriever[Any], crossed: Crossed, asked: Cases, batch: int = 256) -> Ints:
    """The rank of each target among all items of the target domain but those had.  -> (T,)"""
    out, length = [], max(int(asked.history_lengths().max()), 1)
    for start in range(0, len(asked), batch):
        users = asked.users[start : start + batch]
        score: Floats = model.score(asked.known.queries(users, length))
        score[:, ~crossed.target] = -np.inf
        bounds = asked.offsets[start : start + batch + 1]
        mine = asked.targets[bounds[0] : bounds[-1]]
        out.append(score_ranks(score, mine, bounds - bounds[0], *history(asked.known, users)))
    return np.concatenate(out)


def ratio(
    more: Array, less: Array, rng: np.random.Generator, draws: int = 2000
) -> tuple[float, float, float]:
    """Mean of `more` over mean of `less`, with the bounds of its 95 % interval.

    The same users are drawn for both.

    >>> ratio(np.array([2., 4.]), np.array([1., 2.]), np.random.default_rng(0))
    (2.0, 2.0, 2.0)
    """
    if not less.mean():
        raise DataError("a ratio to nothing: the system compared with found no target at all")
    both = np.stack([more, less], axis=1).astype(np.float64)
    sums = np.concatenate([picks @ both for picks in resamples(len(both), draws, rng)])
    sums = sums[sums[:, 1] > 0]
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975])
    return float(more.mean() / less.mean()), float(low), float(high)
