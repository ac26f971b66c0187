"""Exposure parity: the attention a slate gives to each cohort, held against what it deserves.

Singh, Joachims. Fairness of exposure in rankings. KDD 2018.

    E(G) = sum over items of G on the slate of 1 / log2(rank + 1), Rel(G) over the whole pool
    parity: E(G) / Rel(G) of the two cohorts differ by at most `tolerance` of their mean

A multiplier, what the over-exposed cohort pays in relevance for each place, is raised until that
holds. It decides which places belong to whom and nothing else: within a cohort the order stays,
items of no known cohort stay where they are, and who takes a place is left to diversity and to
chance, whose propensities therefore stay exact. Where every price passes the tolerance by, single
exchanges are tried, and of slates of at most `SMALL` places all: what then remains is infeasible.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from hermes.core.errors import ConfigError
from hermes.core.protocols import Query
from hermes.core.types import Array, Bools, Ints

NAMES = ("", "mainstream", "independent")  # by code, as the catalogue has them
SMALL = 20  # places of which every division is tried


@cache
def discounts(size: int) -> Array:
    """Attention by place, read-only.  -> (size,)

    >>> discounts(3).round(2).tolist()
    [1.0, 0.63, 0.5]
    """
    out = 1 / np.log2(np.arange(2, size + 2))
    out.flags.writeable = False
    return out


def gain(relevance: Array) -> float:
    """Discounted cumulative gain of relevance in the order of a slate.  (k,) -> ()

    >>> gain(np.array([1.0, 0.0, 0.5]))
    1.25
    """
    return float(relevance @ discounts(len(relevance)))


def price(relevance: Array, order: Ints) -> float:
    """Share of the NDCG of the best slate as long as `order` that `order` gives up.  (n,), (k,)

    >>> price(np.array([1.0, 0.5]), np.array([1, 0])) > 0
    True
    """
    best = gain(-np.sort(-relevance)[: len(order)])
    return max(1 - gain(relevance[order]) / best, 0.0) if best > 0 else 0.0


def shares(codes: Ints, amounts: Array) -> dict[str, float]:
    """Of what the known cohorts have together; empty when they have nothing.  (n,), (n,)

    >>> shares(np.array([1, 2, 0]), np.array([3.0, 1.0, 9.0]))
    {'mainstream': 0.75, 'independent': 0.25}
    """
    held = np.bincount(codes, amounts, len(NAMES))[1:]
    total = held.sum()
    return dict(zip(NAMES[1:], (held / total).tolist(), strict=True)) if total > 0 else {}


@dataclass(frozen=True, slots=True)
class Places:
    """Who gets which place, and what that costs."""

    owners: Ints  # (k,) the cohort of each place
    order: Ints  # (k,) positions of the pool, each cohort's best first
    cost: float  # share of NDCG given up, from 0
    multiplier: float  # relevance that the over-exposed cohort pays for a place
    holds: bool
    proved: bool  # where it does not hold, that no division of the places does


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Which items are whose, and how equal they shall be."""

    cohorts: Ints  # (I,) 0 unknown, 1 mainstream, 2 independent
    tolerance: float = 0.1  # of the mean of E(G) / Rel(G)
    always: bool = False  # also for a query that does not say

    def __post_init__(self) -> None:
        if not 0 < self.tolerance <= 2:
            raise ConfigError(f"fairness: a tolerance of {self.tolerance}; give above 0, at most 2")

    def asked(self, query: Query) -> bool:
        """Whether this query's slate is to be divided."""
        return self.always if query.fairness is None else query.fairness

    def balanced(self, exposure: float, merit: float) -> bool:
        """Whether a cohort's share of exposure is as near to that of merit as is asked for."""
        return abs(exposure - merit) <= self.tolerance * merit * (1 - merit) + 1e-9

    def holds(self, items: Ints, relevance: Array, order: Ints) -> bool:
        """Of a slate from a pool; so it does where fewer than two cohorts have any merit.

        items (n,) codes, relevance (n,) from 0 to 1, order (k,) positions.
        """
        codes = self.cohorts[items]
        merit = shares(codes, relevance).get(NAMES[1], 0.0)
        if not 0 < merit < 1:
            return True
        seen = shares(codes[order], discounts(len(order)))
        return not seen or self.balanced(seen[NAMES[1]], merit)

    def places(self, items: Ints, relevance: Array, size: int) -> Places:
        """Divide `size` places of the pool.  (n,), (n,) from 0 to 1"""
        codes, best = self.cohorts[items], np.argsort(-relevance, kind="stable")
        owners = codes[best[:size]]
        if self.holds(items, relevance, best[:size]):
            return Places(owners, best[:size], 0.0, 0.0, True, False)
        merit, weight = shares(codes, relevance), discounts(size)
        over = 1 if shares(owners, weight)[NAMES[1]] > merit[NAMES[1]] else 2
        due = merit[NAMES[3 - over]]
        slack, total = self.tolerance * due * (1 - due), weight[owners > 0].sum()
        ranked = codes[best]
        division = Division(
            weight[owners > 0],
            relevance[best[ranked == over]],
            relevance[best[ranked == 3 - over]],
            (due - slack) * total,
            (due + slack) * total,
        )
        under, multiplier, proved = division.settled()
        owners = owners.copy()
        owners[owners > 0] = np.where(under, 3 - over, over)
        order = filled(best, ranked, owners)
        whole = self.holds(items, relevance, order)
        return Places(owners, order, price(relevance, order), multiplier, whole, proved)


def filled(best: Ints, ranked: Ints, owners: Ints) -> Ints:
    """Each place with the next of its cohort.  (n,), (n,), (k,) -> (k,)"""
    order = np.empty(len(owners), np.int64)
    for code in range(len(NAMES)):
        own = owners == code
        order[own] = best[ranked == code][: int(own.sum())]
    return order


@dataclass(frozen=True, slots=True)
class Division:
    """K places between a cohort that has too much attention and one that has too little."""

    weight: Array  # (K,) attention, falling
    over: Array  # (a,) relevance, falling
    under: Array  # (b,)
    low: float  # attention that the second shall have at least
    high: float  # and at most

    def settled(self) -> tuple[Bools, float, bool]:
        """Places of the second, the multiplier, and whether it is proved that none will do."""
        prices = np.unique(np.subtract.outer(self.over, self.under))
        prices = np.append(prices[prices > 0], np.inf)
        least, most = -1, len(prices) - 1  # below the first price nothing moves
        if self.attention(np.inf) < self.low:
            return self.at(np.inf), float(prices[-2]) if len(prices) > 1 else 0.0, True
        while most - least > 1:
            middle = (least + most) // 2
            if self.attention(prices[middle]) >= self.low:
                most = middle
            else:
                least = middle
        found, before = self.at(prices[most]), self.at(prices[least] if least >= 0 else 0.0)
        paid = float(prices[min(most, len(prices) - 2)]) if len(prices) > 1 else 0.0
        if self.weight[found].sum() <= self.high:
            return found, paid, False
        mended = self.exchanged(before)
        if mended is None and len(self.weight) <= SMALL:
            mended = self.searched()
        if mended is not None:
            return mended, paid, False
        far = [abs(self.weight[one].sum() - (self.low + self.high) / 2) for one in (before, found)]
        return (before, found)[int(np.argmin(far))], paid, len(self.weight) <= SMALL

    def seats(self, multiplier: float) -> Ints:
        """Where those of the second cohort stand when the first pays so much.  -> (b,)"""
        above = np.searchsorted(multiplier - self.over, -self.under, side="left")
        return above + np.arange(len(self.under))

    def attention(self, multiplier: float) -> float:
        """What the second has then."""
        return float(self.weight[self.at(multiplier)].sum())

    def at(self, multiplier: float) -> Bools:
        """Places of the second then.  -> (K,)"""
        seats, out = self.seats(multiplier), np.zeros(len(self.weight), bool)
        out[seats[seats < len(out)]] = True
        return out

    def exchanged(self, under: Bools) -> Bools | None:
        """One of the second for one of the first, at the least loss; None where none will do.

        The place behind the last stands for the best who has none.  (K,) -> (K,)
        """
        n = int(under.sum())
        weight = np.append(self.weight, 0.0)
        mine = np.append(np.flatnonzero(under), len(under))[: len(self.under)]  # n + 1, if so many
        theirs = np.flatnonzero(~under)
        gained = weight[theirs][None] - weight[mine][:, None]
        rank = np.minimum(np.arange(len(mine)), n)
        loss = (self.over[: len(theirs)][None] - self.under[rank][:, None]) * gained
        now = float(self.weight[under].sum())
        fits = (gained > 0) & (now + gained >= self.low) & (now + gained <= self.high)
        if not fits.any():
            return None
        i, j = divmod(int(np.where(fits, loss, np.inf).argmin()), len(theirs))
        out = np.append(under, False)
        out[mine[i]], out[theirs[j]] = False, True
        return out[:-1]

    def searched(self) -> Bools | None:
        """Any division within the bounds, all of them being tried half by half; else None."""
        left, right = halves(self.weight.tobytes())
        least = len(self.weight) - len(self.over)
        for count, (sums, masks) in enumerate(left):
            for other, (more, others) in enumerate(right):
                if not least <= count + other <= len(self.under):
                    continue
                if sums[-1] + more[-1] < self.low or sums[0] + more[0] > self.high:
                    continue
                first = np.searchsorted(more, self.low - sums)
                found = np.flatnonzero(more[np.minimum(first, len(more) - 1)] <= self.high - sums)
                found = found[first[found] < len(more)]
                if len(found):
                    return np.append(masks[found[0]], others[first[found[0]]])
        return None


Half = list[tuple[Array, Bools]]


@lru_cache(32)
def halves(weight: bytes) -> tuple[Half, Half]:
    """Of both halves of the places: by count, all sums ascending and who stands where."""
    whole = np.frombuffer(weight)
    return subsets(whole[: len(whole) // 2]), subsets(whole[len(whole) // 2 :])


def subsets(weight: Array) -> Half:
    """By count, the sums of all subsets ascending, and which they are."""
    out = []
    for masks in choices(len(weight)):
        sums = masks @ weight
        rising = np.argsort(sums, kind="stable")
        out.append((sums[rising], masks[rising]))
    return out


@cache
def choices(n: int) -> list[Bools]:
    """All subsets of n places, by how many they are."""
    bits = (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)
    counts = bits.sum(1)
    return [bits[counts == count] for count in range(n + 1)]
