"""The law of the world: what anybody would do with anything, anywhere on a page, at any time.

Nothing in the log is drawn from anything else than this file and the logging policy, so an estimate
made from the log can be checked against what it estimates. Let s be the logistic function.

    examined  P(E=1 | k, device) = (1 + k) ** -decay[device], at position k counted from 0
    click     P(C=1 | x, k)      = P(E=1 | k, device) * s(preference(x) + appetite[domain])
    dismiss   P(X=1 | E=1, C=0)  = 0.10 * s(-preference(x) - 0.5)
    play      P(V=1 | C=1)       = s(0.8 + 0.6 * preference(x)), only for films, music and news
    convert   P(Y=1 | C=1)       = s(-1.7 + 0.7 * preference(x) - 0.45 * dear), never for news
    delay     hazard(x), per day = 1.2 * exp(-0.55 * dear - 0.8 * thrift + 0.25 * preference);
              given Y=1 the purchase follows the click after a time of density h exp(-h t)
    rating    1 to 5: the rounded 3.1 + 0.8 * preference + 0.6 * N(0, 1)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from hermes.core.errors import NotFound
from hermes.core.types import Ints

from .catalogue import NEWS, Catalogue, Reals, catalogue
from .people import People, people
from .scale import DOMAINS, END, Scale, scale

SINGULAR = ("film", "record", "book", "product", "story")  # the first part of an asset's id
DECAY = np.array([0.6, 0.4, 0.75])  # of phone, desktop, tv
APPETITE = np.array([-0.7, -0.7, -0.8, -0.9, -0.5])  # of each domain, log odds
PLAYED = np.array([True, True, False, False, True])
TASTE, QUALITY, INTEREST, FASHION = 4.5, 0.45, 0.9, 0.3  # weights in the preference


@dataclass(frozen=True, slots=True)
class Truth:
    """N pairs at a time: `users`, `items` (N,) codes from 0 and `days` (N,) after the start."""

    size: Scale
    seed: int
    items: Catalogue
    people: People

    @classmethod
    def of(cls, name: str = "small", seed: int = 7) -> Truth:
        """The truth of the world that `hermes.world.write` writes from the same arguments."""
        size = scale(name)
        return cls(size, seed, catalogue(size, seed), people(size, seed))

    @property
    def start(self) -> float:
        """Seconds since 1970 when the log begins."""
        return END - 86_400.0 * self.size.days

    def preference(self, users: Ints, items: Ints, days: Reals) -> Reals:
        """How much a person wants a thing, in log odds; 0 is indifferent.  -> (N,)"""
        c, p = self.items, self.people
        liking = np.einsum("nd,nd->n", p.tastes(users, days), c.vectors[items])
        attention = np.log(0.03 + p.interest[users, c.domain[items]]) / 4 + 0.45
        out: Reals = (
            TASTE * liking
            - 1.0
            + QUALITY * c.quality[items]
            + INTEREST * attention
            - p.thrift[users] * c.dear[items]
            + self.trend(items, days)
        )
        return out

    def trend(self, items: Ints, days: Reals) -> Reals:
        """Fashion of the genre, the item's own vogue, and its novelty, in log odds.  -> (N,)"""
        c = self.items
        kinds = c.genres
        genre = c.genre[items]
        wave = FASHION * np.sin(2 * np.pi * days / kinds.period[genre] + kinds.phase[genre])
        vogue = c.burst[items] * np.exp(-0.5 * ((days - c.peak[items]) / c.width[items]) ** 2)
        age = np.maximum(days - c.published[items], 0.0)
        news = 0.8 - 0.3 * np.minimum(age, 10.0)
        novelty = np.where(c.domain[items] == NEWS, news, 0.5 * np.exp(-age / 20.0))
        return wave + vogue + novelty

    def examined(self, positions: Ints, devices: Ints) -> Reals:
        """Probability that the place on the page is looked at.  -> (N,)"""
        out: Reals = (1.0 + positions) ** -DECAY[devices]
        return out

    def appeal(self, users: Ints, items: Ints, days: Reals) -> Reals:
        """Probability of a click on what is looked at.  -> (N,)"""
        out: Reals = expit(self.preference(users, items, days) + APPETITE[self.items.domain[items]])
        return out

    def click(self, users: Ints, items: Ints, days: Reals, positions: Ints, devices: Ints) -> Reals:
        """Probability of a click on what stands there.  -> (N,)"""
        return self.examined(positions, devices) * self.appeal(users, items, days)

    def dismissal(self, users: Ints, items: Ints, days: Reals) -> Reals:
        """Probability that what was looked at and not clicked is sent away.  -> (N,)"""
        out: Reals = 0.10 * expit(-self.preference(users, items, days) - 0.5)
        return out

    def play(self, users: Ints, items: Ints, days: Reals) -> Reals:
        """Probability that a click leads to playing or reading; 0 for books, products.  -> (N,)"""
        wanted = expit(0.8 + 0.6 * self.preference(users, items, days))
        out: Reals = np.where(PLAYED[self.items.domain[items]], wanted, 0.0)
        return out

    def conversion(self, users: Ints, items: Ints, days: Reals) -> Reals:
        """Probability that a click is ever followed by a purchase; 0 for news.  -> (N,)"""
        odds = 0.7 * self.preference(users, items, days) - 0.45 * self.items.dear[items] - 1.7
        out: Reals = np.where(self.items.domain[items] == NEWS, 0.0, expit(odds))
        return out

    def hazard(self, users: Ints, items: Ints, days: Reals) -> Reals:
        """Rate of the exponential delay from click to purchase, per day.  -> (N,)"""
        slow = 0.55 * self.items.dear[items] + 0.8 * self.people.thrift[users]
        out: Reals = 1.2 * np.exp(0.25 * self.preference(users, items, days) - slow)
        return out

    def asset_ids(self) -> list[str]:
        """(I,) in the order of the codes."""
        return [f"{SINGULAR[d]}-{i:06d}" for d, n in enumerate(self.size.items) for i in range(n)]

    def user_ids(self) -> list[str]:
        """(U,) in the order of the codes."""
        return [f"user-{u:06d}" for u in range(self.size.users)]

    def item_codes(self, ids: Iterable[str]) -> Ints:
        """The inverse of `asset_ids`; `NotFound` for an id that is not of this world."""
        return codes(self.asset_ids(), ids)

    def user_codes(self, ids: Iterable[str]) -> Ints:
        """The inverse of `user_ids`; `NotFound` for an id that is not of this world."""
        return codes(self.user_ids(), ids)

    def days(self, seconds: Reals) -> Reals:
        """Seconds since 1970 as days after the start.  -> (N,)"""
        return (seconds - self.start) / 86_400.0

    def domain_names(self) -> list[str]:
        """(I,) of each item."""
        return [DOMAINS[d] for d in self.items.domain]


def codes(known: list[str], ids: Iterable[str]) -> Ints:
    """Places of `ids` in `known`."""
    place = {name: code for code, name in enumerate(known)}
    try:
        return np.array([place[name] for name in ids], np.int64)
    except KeyError as missing:
        raise NotFound(f"{missing} is not of this world; were scale and seed the same?") from None
