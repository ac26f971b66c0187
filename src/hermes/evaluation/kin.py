"""Which genres lie near each other, by what people choose: read off the log, by no model.

A genre is a category within a domain. With pairs of distinct items that one person chose,

    lift(g, h) = P(one is of g, the other of h) / (P(one is of g) P(one is of h)),

and the neighbours of g are the genres of a domain with the largest lift above 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from hermes.core.types import Array, Bools, Ints
from hermes.data.catalogue import Catalogue
from hermes.data.interactions import Interactions

NEAR = 2  # neighbours of a genre in a domain, at most


@dataclass(frozen=True, slots=True)
class Kin:
    """G genres; code 0 of domains and categories is left out."""

    domain: Ints  # (G,)
    category: Ints  # (G,)
    of: csr_array  # (I, G) 1 where the item is of the genre
    lift: Array  # (G, G) 0 where nobody chose both

    @classmethod
    def read(cls, catalogue: Catalogue, log: Interactions) -> Kin:
        """From all events of positive weight."""
        item, category = catalogue.category.nonzero()
        pair = catalogue.domain[item] * len(catalogue.categories) + category
        genres, code = np.unique(pair, return_inverse=True)
        size = (len(catalogue), len(genres))
        of = csr_array((np.ones(len(item)), (item, code)), shape=size)
        domain, category = np.divmod(genres, len(catalogue.categories))
        return cls(domain, category, of, lifts(chosen(log), of))

    def near(self, genre: int, domain: int) -> Ints:
        """The genre's neighbours in a domain, nearest first; itself is none.  -> (at most 2,)"""
        others = np.flatnonzero(self.domain == domain)
        others = others[(others != genre) & (self.lift[genre, others] > 1)]
        return np.asarray(others[np.argsort(-self.lift[genre, others], kind="stable")[:NEAR]])

    def family(self, genre: int) -> Bools:
        """Items of the genre and of its neighbours in every domain.  -> (I,)"""
        own = [np.array([genre])] + [self.near(genre, d) for d in np.unique(self.domain).tolist()]
        return np.asarray(self.of[:, np.concatenate(own)].sum(axis=1)).ravel() > 0


def chosen(log: Interactions) -> csr_array:
    """1 where a user chose an item.  -> (U, I)"""
    table = log.matrix()
    table.data[:] = 1
    return table


def lifts(table: csr_array, of: csr_array) -> Array:
    """Users by items, items by genres -> genres by genres, each item paired with others only.

    Two people who chose a film of each of two genres and one who chose a third alone: of the four
    ordered pairs all are across, so that the lift of the two is 1 / (.5 * .5) * 1 / 1 * .5 = 2.

    >>> table = csr_array(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], float))
    >>> lifts(table, csr_array(np.eye(3)))[:2, :2].tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    counts = (table @ of).toarray()
    single = of.multiply(np.asarray(table.sum(axis=0)).ravel()[:, None])
    pairs = counts.T @ counts - (of.T @ single).toarray()
    margin = pairs.sum(axis=1)
    expected = np.outer(margin, margin) / max(pairs.sum(), 1)
    return np.asarray(np.divide(pairs, expected, out=np.zeros_like(pairs), where=expected > 0))
