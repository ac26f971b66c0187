"""One reason an item, and never one that the data does not hold.

| code | claim | what must hold |
|---|---|---|
| match | Matches 'alien' | the item holds these words of the query's text |
| because | Because you watched X | X is in the recent history and adds most to the score |
| like | Like X | the same, where X is the anchor of an item's page |
| related | Shares the director of X | the catalogue holds each step from X to the item |
| popular | Popular this week | the item is among the first of the channel that counts that window |
| taste | Matches your taste for Drama | Drama is commoner in the recent history than elsewhere |
| new | New | published at most so long before the request |
| chosen | Chosen for you | a channel that reads the history brought it, and there is a history |
| catalogue | From the catalogue | |

A popular channel, and one that knows how items hang together, speak before the history only where
they ranked the item higher.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np

from hermes.core.compiled import compiled
from hermes.core.protocols import Query, Reason
from hermes.core.types import Array, Candidates, Ints
from hermes.data.catalogue import Catalogue, padded

SECONDS = 86400.0  # a day
VERBS = {
    "listened to": ("music", "song", "podcast", "lastfm", "audio", "artist"),
    "read": ("book", "news", "article", "goodreads", "mind"),
    "bought": ("product", "amazon", "shop", "fashion", "beauty"),
    "watched": ("movie", "film", "video", "tmdb", "series", "tv"),
    "played": ("game",),
}


@runtime_checkable
class Witness(Protocol):
    """A channel that can name the item of the history behind each candidate."""

    def evidence(self, query: Query, items: Ints) -> Ints:
        """(n,) -> (n,) codes of what the query is about, 0 where nothing speaks for the item."""


@runtime_checkable
class Crowd(Protocol):
    """A channel with one order for everybody, and the words for what it counted."""

    phrase: str


@runtime_checkable
class Matcher(Protocol):
    """A channel that can name the words of the query's text that each candidate holds."""

    def matched(self, query: Query, items: Ints) -> list[str]:
        """(n,) -> n, empty where the item holds none."""


@runtime_checkable
class Tracer(Protocol):
    """A channel that can tell how each candidate hangs together with what the query is about."""

    def traced(self, query: Query, items: Ints) -> list[tuple[str, tuple[int, ...]]]:
        """(n,) -> n: a sentence without its subject, and the items it speaks of; or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a claim is worth making."""

    named: int = 3  # times one item of the history is named while something else can be said
    popular: int = 100  # first places of a popular channel
    recent: int = 50  # events of the history that make a taste
    often: int = 3  # of those in a category, at least
    share: float = 0.2  # of those in a category, at least
    lift: float = 1.25  # times the category's share of the catalogue
    new: float = 30.0  # days


class Reasons:
    """Explains a slate from the columns its channels left and from the user's history."""

    def __init__(
        self, catalogue: Catalogue, channels: Mapping[str, object], limits: Limits = Limits()
    ) -> None:
        self.catalogue, self.limits = catalogue, limits
        self.witnesses = {n: c for n, c in channels.items() if isinstance(c, Witness)}
        self.crowds = {n: c.phrase for n, c in channels.items() if isinstance(c, Crowd)}
        self.matchers = {n: c for n, c in channels.items() if isinstance(c, Matcher)}
        self.tracers = {n: c for n, c in channels.items() if isinstance(c, Tracer)}
        self.categories = padded(catalogue)
        common = np.bincount(self.categories.ravel(), minlength=len(catalogue.categories))
        self.common = np.maximum(common, 1) / max(len(catalogue) - 1, 1)  # (categories,)
        self.newest = float(np.fmax.reduce(catalogue.published, initial=-np.inf))  # days
        self.verbs = tuple(map(verb, catalogue.domains.names))
        self.said = lru_cache(1 << 16)(self.say)

    def explain(self, query: Query, slate: Candidates) -> list[Reason]:
        """(k,) one reason an item, in the order of the slate."""
        ranks = {c[5:]: v for c, v in slate.columns.items() if c.startswith("rank.")}
        behind, near, witness = self.witnessed(query, slate.items, ranks)
        place, crowd = self.crowded(ranks, len(slate))
        taste, new = self.taste(query, slate.items), self.fresh(query, slate.items)
        words, matcher = self.matched(query, slate.items)
        related = self.related(query, slate.items, ranks)
        because, named = "like" if query.anchor else "because", Counter[int]()
        out = []
        for i, item in enumerate(slate.items.tolist()):
            popular = place[i] <= self.limits.popular
            worn = named[behind[i]] >= self.limits.named and (taste[i] or popular)
            if words[i]:
                claim = f"Matches '{words[i]}'"
                reason = Reason("match", claim, (item,), (matcher,))
            elif (tie := related[i]) and tie[0] <= min(near[i], place[i]):
                reason = tie[1]
            elif behind[i] and not worn and not (popular and place[i] < near[i]):
                reason = self.said(because, behind[i], witness[i])
                named[behind[i]] += 1
            elif popular and not (taste[i] and near[i] <= place[i]):
                reason = self.said("popular", item, crowd[i])
            elif taste[i]:
                reason = self.said("taste", taste[i], "")
            elif new[i]:
                reason = self.said("new", item, "")
            else:
                reason = self.chosen(query, ranks, i)
            out.append(reason)
        return out

    def witnessed(
        self, query: Query, items: Ints, ranks: Mapping[str, Array]
    ) -> tuple[list[int], list[float], list[str]]:
        """Which history item speaks for each, how high its channel ranked it, and which that is.

        The channels are asked in their order, each for what no channel before it could explain.
        """
        n = len(items)
        behind, near, witness = [0] * n, [np.inf] * n, [""] * n
        for name, channel in self.witnesses.items():
            if name in ranks and not all(behind):
                found = channel.evidence(query, items).tolist()
                for i, (code, rank) in enumerate(zip(found, ranks[name].tolist(), strict=True)):
                    if code and not behind[i] and rank < np.inf:  # not NaN
                        behind[i], near[i], witness[i] = code, rank, name
        return behind, near, witness

    def related(
        self, query: Query, items: Ints, ranks: Mapping[str, Array]
    ) -> list[tuple[float, Reason] | None]:
        """How each item hangs together with the query, and how high who says so ranked it."""
        out: list[tuple[float, Reason] | None] = [None] * len(items)
        for name in filter(ranks.__contains__, self.tracers):
            told = self.tracers[name].traced(query, items)
            for i, ((text, codes), rank) in enumerate(zip(told, ranks[name].tolist(), strict=True)):
                if text and rank < np.inf and not out[i]:
                    out[i] = rank, Reason("related", started(text), codes, (name,))
        return out

    def matched(self, query: Query, items: Ints) -> tuple[list[str], str]:
        """The words of the text that each item holds, and the channel that says so."""
        if query.text:
            for name, matcher in self.matchers.items():
                return matcher.matched(query, items), name
        return [""] * len(items), ""

    def crowded(self, ranks: Mapping[str, Array], n: int) -> tuple[list[float], list[str]]:
        """The best place of each item in a popular channel, and in which."""
        place, crowd = [np.inf] * n, [""] * n
        for name in filter(ranks.__contains__, self.crowds):
            for i, rank in enumerate(ranks[name].tolist()):
                if rank < place[i]:
                    place[i], crowd[i] = rank, name
        return place, crowd

    def taste(self, query: Query, items: Ints) -> list[int]:
        """The category of each item that the recent history has most above its share, or 0."""
        recent = query.history[-self.limits.recent :]
        if not len(recent) or query.anchor:
            return [0] * len(items)
        limits = self.limits
        tastes = favourites(
            self.categories, self.common, recent, items, limits.often, limits.share, limits.lift
        )
        return [int(code) for code in tastes]

    def fresh(self, query: Query, items: Ints) -> list[bool]:
        """Published, and at most `new` days before the query."""
        now = query.at.timestamp() / SECONDS
        if not self.newest >= now - self.limits.new:  # nothing in the catalogue is
            return [False] * len(items)
        age = now - self.catalogue.published[items]
        return [bool(x) for x in (age >= 0) & (age <= self.limits.new)]

    def chosen(self, query: Query, ranks: Mapping[str, Array], i: int) -> Reason:
        """What can be said when nothing else holds."""
        own = [c for c, r in ranks.items() if r[i] < np.inf and c not in self.crowds]
        if own and len(query.history):
            return Reason("chosen", "Chosen for you", (), tuple(own))
        return Reason("catalogue", "From the catalogue")

    def say(self, code: str, subject: int, channel: str) -> Reason:
        """The words of a claim; the subject is an item's code or a category's."""
        if code == "popular":
            return Reason(code, self.crowds[channel], (subject,), (channel,))
        if code == "taste":
            name = self.catalogue.categories.names[subject]
            return Reason(code, f"Matches your taste for {name}")
        if code == "new":
            return Reason(code, "New", (subject,))
        title = self.catalogue.titles[subject] or self.catalogue.items.names[subject]
        if code == "like":
            return Reason(code, f"Like {title}", (subject,), (channel,))
        done = self.verbs[self.catalogue.domain[subject]]
        return Reason(code, f"Because you {done} {title}", (subject,), (channel,))


@compiled
def favourites(
    categories: Ints, common: Array, recent: Ints, items: Ints, often: int, share: float,
    lift: float,
) -> Ints:  # fmt: skip
    """Of each item the category that is most above its share, 0 where none is enough.  -> (n,)"""
    counts = np.zeros(len(common), np.int64)
    for item in recent:
        for category in categories[item]:
            counts[category] += 1
    lifts = counts / len(recent) / common
    for category in range(len(common)):
        weak = counts[category] < often or counts[category] / len(recent) < share
        if weak or lifts[category] < lift or not category:
            lifts[category] = 0.0
    out = np.zeros(len(items), np.int64)
    for i in range(len(items)):
        for category in categories[items[i]]:
            if lifts[category] > lifts[out[i]]:
                out[i] = category
    return out


def started(text: str) -> str:
    """A sentence without its subject as a line of its own.

    >>> started("is in the same series as Alien"), started("shares the director of Alien")
    ('Same series as Alien', 'Shares the director of Alien')
    """
    bare = text.removeprefix("is in the ").removeprefix("is ")
    return bare[:1].upper() + bare[1:]


def verb(domain: str) -> str:
    """What one does with an item of a domain, in the past.

    >>> verb("books"), verb("movielens"), verb("recipes")
    ('read', 'watched', 'chose')
    """
    words = domain.lower()
    return next((v for v, stems in VERBS.items() if words.startswith(stems)), "chose")
