"""What the shop showed: a logging policy whose propensities are exact.

For a request x on a page (home, or one domain) the weights of all available items sum to 1:

    w(i | x) = (1 - e) * P(genre of i | x) * P(i | genre) + e / available items of the page

The genre is a softmax of the shop's noisy guess of the person's taste; within a genre an item
counts by its fame, which grows with its recent clicks; e explores. A slate is Plackett and Luce's:
place by place, from what is left, without what the person opened lately. So the propensity of item
i at position k, given the places above, is  w(i) / (1 - w(shown above) - w(opened lately)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hermes.core.types import Array, Bools, Ints

from .catalogue import NEWS, Catalogue, Reals, stream
from .people import People
from .scale import DOMAINS, SLOTS

PAGES = ("home", *DOMAINS)
MEMORY = 32  # items lately opened that are not shown again
FADE = 0.93  # what is left of a click's fame after a day
STALE = 14.0  # days after which news is no longer shown
ROUNDS = 40  # of rejection, before the rest is drawn outright


@dataclass(frozen=True, slots=True)
class Version:
    """One setting of the policy."""

    name: str
    explore: float  # e
    sharpness: float  # of the softmax over genres


VERSIONS = (Version("shop-1", 0.30, 1.6), Version("shop-2", 0.15, 2.6))  # first and second half


@dataclass(frozen=True, slots=True)
class Day:
    """The policy as it stands for one day: weights by genre, and items within them."""

    version: Version
    users: Reals  # (U, G) affinities, logarithms up to a constant
    share: Reals  # (I,) P(i | genre), 0 when not available
    order: Ints  # (I,) items sorted by genre
    ladder: Reals  # (I,) genre code plus cumulative share, in that order
    genre: Ints  # (I,)
    pages: Bools  # (6, G) genres with anything to show on a page
    stock: tuple[Ints, ...]  # (6,) available items of each page
    page_of: Ints  # (I,) page of the item's domain

    def genres(self, users: Ints, pages: Ints) -> Reals:
        """P(genre | request).  -> (R, G)"""
        odds = np.where(self.pages[pages], self.users[users], -np.inf)
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        out: Reals = odds / odds.sum(axis=1, keepdims=True)
        return out

    def weights(self, genres: Reals, pages: Ints, items: Ints) -> Reals:
        """w(i | x) of items (R, K) under `genres` (R, G).  -> (R, K), 0 where not available"""
        e = self.version.explore
        taste = np.take_along_axis(genres, self.genre[items], axis=1) * self.share[items]
        size = np.array([len(s) for s in self.stock])[pages]
        on = (self.share[items] > 0) & (
            (pages[:, None] == 0) | (self.page_of[items] == pages[:, None])
        )
        out: Reals = np.where(on, (1 - e) * taste + e / size[:, None], 0.0)
        return out

    def draw(self, ladder: Reals, pages: Ints, rng: np.random.Generator) -> Ints:
        """One item for each request, by w; `ladder` (R, G) cumulates P(genre | x).  -> (R,)"""
        n = len(pages)
        genre = (ladder < rng.random(n)[:, None]).sum(axis=1)
        place = np.searchsorted(self.ladder, genre + rng.random(n), side="left")
        items: Ints = self.order[np.minimum(place, len(self.order) - 1)]
        lost = rng.random(n) < self.version.explore
        for page in np.unique(pages[lost]).tolist():
            mask = lost & (pages == page)
            items[mask] = rng.choice(self.stock[page], int(mask.sum()))
        return items

    def served(self, pages: Ints, opened: Ints) -> Ints:
        """The pages, but home where too little is left of a page to fill a slate.  -> (R,)"""
        known = (opened >= 0) & (self.page_of[np.maximum(opened, 0)] == pages[:, None])
        size = np.array([len(s) for s in self.stock])[pages]
        return np.where(size - known.sum(axis=1) < 2 * SLOTS, 0, pages)

    def slates(
        self, users: Ints, pages: Ints, opened: Ints, rng: np.random.Generator
    ) -> tuple[Ints, Reals]:
        """Slates and the propensity of each place; opened (R, M) holds -1 where empty.

        users, pages (R,) -> (R, SLOTS), (R, SLOTS)
        """
        genres = self.genres(users, pages)
        ladder = np.cumsum(genres, axis=1)
        ladder[:, -1] = np.inf
        known = np.where(opened >= 0, self.weights(genres, pages, np.maximum(opened, 0)), 0.0)
        left = 1.0 - known.sum(axis=1)
        shown = np.full((len(users), SLOTS), -1)
        chance = np.zeros(shown.shape)
        for k in range(SLOTS):
            waiting = np.arange(len(users))
            for _ in range(ROUNDS):
                drawn = self.draw(ladder[waiting], pages[waiting], rng)
                bad = taken(drawn, shown[waiting, :k], opened[waiting]) | (self.share[drawn] <= 0)
                shown[waiting[~bad], k] = drawn[~bad]
                waiting = waiting[bad]
                if not len(waiting):
                    break
            for row in waiting.tolist():
                shown[row, k] = self.outright(
                    genres[row], int(pages[row]), shown[row], opened[row], rng
                )
            w = self.weights(genres, pages, shown[:, k : k + 1])[:, 0]
            chance[:, k] = np.minimum(w / left, 1.0)
            left = left - w
        return shown, chance

    def whole(self, users: Ints, pages: Ints) -> Reals:
        """w of every item.  -> (R, I)"""
        every = np.broadcast_to(np.arange(len(self.genre)), (len(users), len(self.genre)))
        return self.weights(self.genres(users, pages), pages, every)

    def outright(
        self, genres: Reals, page: int, shown: Ints, opened: Ints, rng: np.random.Generator
    ) -> int:
        """One item of what is left, from all the weights at once."""
        stock = self.stock[page]
        w = self.weights(genres[None], np.array([page]), stock[None])[0]
        w[np.isin(stock, shown) | np.isin(stock, opened)] = 0.0
        return int(rng.choice(stock, p=w / w.sum()))


def taken(drawn: Ints, shown: Ints, opened: Ints) -> Bools:
    """Which of `drawn` (R,) stand above already, or were opened lately.  -> (R,)"""
    before = np.concatenate([shown, opened], axis=1)
    out: Bools = (before == drawn[:, None]).any(axis=1)
    return out


class Shop:
    """The policy through time: its guesses are fixed, its fame moves with the clicks."""

    def __init__(self, items: Catalogue, people: People, seed: int, days: int) -> None:
        rng = stream(seed, "shop")
        self.items, self.days = items, days
        told = 0.5 * items.quality + 0.9 * ~items.independent  # the famous are shown more
        self.fame: Reals = np.exp(told + 0.6 * rng.normal(size=len(items)))
        kinds = items.genres
        means = np.einsum("gd,gde->ge", kinds.moods, items.loadings[kinds.domain])
        self.affinity: Reals = people.guess @ means.T
        self.interest: Reals = 0.5 * np.log(0.05 + people.interest)[:, kinds.domain]

    def clicked(self, items: Ints) -> None:
        """A day passes, with these clicks."""
        base = self.fame.min()
        counts = np.bincount(items, minlength=len(self.fame))
        self.fame = np.maximum(self.fame * FADE + 0.07 * counts.astype(np.float64), base)

    def open(self, day: int) -> Day:
        """The policy of one day."""
        c, kinds = self.items, self.items.genres
        version = VERSIONS[int(day >= self.days / 2)]
        on: Bools = c.published <= day
        on &= (c.domain != NEWS) | (day - c.published < STALE)
        fame = np.where(on, self.fame**0.8, 0.0)
        total = np.bincount(c.genre, fame, minlength=len(kinds.names))
        share = fame / np.where(total > 0, total, 1.0)[c.genre]
        order = np.argsort(c.genre, kind="stable")
        pages = np.stack([total > 0] + [(total > 0) & (kinds.domain == d) for d in range(5)])
        stock = [np.flatnonzero(on)] + [np.flatnonzero(on & (c.domain == d)) for d in range(5)]
        return Day(
            version,
            version.sharpness * self.affinity + self.interest,
            share,
            order,
            rungs(share[order], c.genre[order]),
            c.genre,
            pages,
            tuple(stock),
            c.domain + 1,
        )


def rungs(share: Array, genre: Array) -> Reals:
    """Genre code plus the share cumulated within it, for one search among all genres.  -> (I,)"""
    total = np.cumsum(share)
    first = np.searchsorted(genre, genre, side="left")
    before = np.where(first > 0, total[first - 1], 0.0)
    out: Reals = genre + np.minimum(total - before, 1.0)
    return out
