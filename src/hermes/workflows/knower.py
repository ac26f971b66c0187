"""How far anybody could see: the causes for one who knows the world's law and guesses the person.

Whoever knows the law, every item and how often a place is looked at still has to learn a person's
taste from what that person was shown and took. The guess is the most likely taste given the pages
of the log and how tastes are spread in the world, found by Newton's steps; what it says of causes
is a limit for whoever learns from that log and has to learn all the rest as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hermes.core.types import Array, Ints
from hermes.data.shown import Shown
from hermes.learn.mixed import person
from hermes.learn.places import at
from hermes.world.truth import APPETITE, TASTE, Truth

STEPS = 50  # of Newton


@dataclass(frozen=True)
class Knower:
    """Knows the law of a world; `pages` in its codes, of users and items from 0."""

    truth: Truth
    pages: Shown
    rates: Array  # (K,) how often each place is looked at

    def taste(self, user: int) -> Array:
        """The most likely taste, given what was shown and taken.  -> (D,)"""
        start = self.truth.people.start
        mean, inside = start.mean(axis=0), np.linalg.inv(np.cov(start.T))
        items, rest, looked, taken = self.seen(user)
        if not len(items):
            return np.asarray(mean)
        x = TASTE * self.truth.items.vectors[items]
        return person(x, rest, looked, taken, mean, inside, mean, steps=STEPS)[0]

    def seen(self, user: int) -> tuple[Ints, Array, Array, Array]:
        """A person's rows: items, what the law adds to taste, how looked at, and what was taken."""
        own = self.pages.take(self.pages.users == user)
        days = np.repeat(own.times, np.diff(own.offsets))
        users = np.full(len(own.items), user)
        truth, vectors = self.truth, self.truth.items.vectors[own.items]
        liking = TASTE * np.einsum("nd,nd->n", truth.people.tastes(users, days), vectors)
        rest = truth.preference(users, own.items, days) - liking
        rest = rest + APPETITE[truth.items.domain[own.items]]
        looked = at(own.places, self.rates)
        return own.items, rest, looked, own.taken.astype(np.float64)

    def guessed(self, wanted: Array, user: int) -> Array:
        """What is wanted (I,) with the taste that is guessed in place of the true one."""
        day = np.full(1, float(self.truth.size.days))
        true = self.truth.people.tastes(np.array([user]), day)[0]
        return np.asarray(wanted + TASTE * self.truth.items.vectors @ (self.taste(user) - true))
