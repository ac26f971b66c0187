"""How often each place of a page is looked at, from what was taken there.

A place is looked at with a probability of its own, and an item that is looked at is taken with one
of its own (Richardson, Dominowska, Ragno. Predicting clicks. WWW 2007): what was taken of item i at
place k is Poisson of mean e_k a_i n_ik, and both are found by turns, each given the other, which
climbs the likelihood. So a place is not thought good because good items stand there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hermes.core.errors import DataError
from hermes.core.types import Array, Bools, Floats, Ints
from hermes.data.shown import Shown

LAST = 50  # places told apart; what stands further down counts as there
ROUNDS = 100
ENOUGH = 1e-6  # change of a logarithm that ends it
PRIOR = 1.0  # of each item's and place's count, at the mean: nothing is never
DOUBT = 3.0  # of an item taken as often as all, before it is believed to differ
CAUTION = 1e-3  # the least that a place is looked at, of the first


@dataclass(frozen=True, slots=True)
class Rows:
    """N places that were shown, each user's in the order of time."""

    users: Ints  # (N,)
    items: Ints  # (N,)
    looked: Array  # (N,) how often such a place is looked at
    taken: Array  # (N,) 0 or 1

    @classmethod
    def of(cls, pages: Shown, rates: Array) -> Rows:
        """Of pages in the order of users; rates (K,) of places."""
        users = np.repeat(pages.users, np.diff(pages.offsets))
        return cls(users, pages.items, at(pages.places, rates), pages.taken.astype(np.float64))

    def offsets(self, n: int) -> Ints:
        """User u's rows are offsets[u] to offsets[u+1].  -> (n+1,)"""
        return np.searchsorted(self.users, np.arange(n + 1))

    def take(self, mask: Bools) -> Rows:
        """The chosen rows."""
        return Rows(self.users[mask], self.items[mask], self.looked[mask], self.taken[mask])


def examined(items: Ints, places: Ints, taken: Bools) -> Array:
    """How often each place is looked at, of the first place.  (N,), (N,) from 0, (N,) -> (K,)

    Raises `DataError` where nothing was taken.

    >>> rates = examined(np.array([1, 1, 1, 1]), np.array([0, 0, 1, 1]), np.array([1, 1, 1, 0]) > 0)
    >>> bool(rates[0] == 1 and 0.5 < rates[1] < 1)
    True
    """
    if not taken.any():
        raise DataError("nothing that was shown was ever taken: no place can be judged")
    places = np.minimum(places, LAST - 1)
    code = np.unique(items, return_inverse=True)[1]
    width = int(places.max()) + 1
    cell = code * width + places
    size = (int(code.max()) + 1, width)
    often = np.bincount(cell, minlength=size[0] * size[1]).reshape(size).astype(np.float64)
    hits = np.bincount(cell, taken, minlength=size[0] * size[1]).reshape(size)
    mean = hits.sum() / often.sum()
    rate = np.ones(width)
    for _ in range(ROUNDS):
        wanted = (hits.sum(axis=1) + PRIOR) / (often @ rate + PRIOR / mean)
        expected = wanted @ often
        new = (hits.sum(axis=0) + PRIOR) / (expected + PRIOR)
        new = np.maximum(new / new[0], CAUTION)
        moved = np.abs(np.log(new / rate)).max()
        rate = new
        if moved < ENOUGH:
            break
    return rate


def appeal(items: Ints, places: Ints, taken: Bools, rates: Array, n: int) -> Floats:
    """How often each of n items is taken where it is looked at: the logarithm, over all items'.

    (N,), (N,), (N,), (K,) of places -> (n,); 0 for one that was never shown, and the nearer to it
    the less it was.
    """
    looked = at(places, rates)
    mean = taken.sum() / looked.sum()
    hits = np.bincount(items, taken, minlength=n)
    expected = mean * np.bincount(items, looked, minlength=n)
    return np.log((hits + DOUBT) / (expected + DOUBT)).astype(np.float32)


def at(places: Ints, rates: Array) -> Array:
    """The rate of each place; one further down than any that is known is like the last.

    >>> at(np.array([0, 1, 7]), np.array([1.0, 0.5])).tolist()
    [1.0, 0.5, 0.5]
    """
    return np.asarray(rates[np.minimum(places, len(rates) - 1)])
