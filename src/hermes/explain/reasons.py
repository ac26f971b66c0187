"""Why each item is on the slate, and never what the data does not hold.

| code | claim | what must hold |
|---|---|---|
| match | Matches 'alien' | the item holds these words of the query's text |
| because | Because you finished X and Y | both are in the recent history and near, and add most |
| | and it shares their director | the catalogue names one and the same for all |
| like | Like X | the same, where X is the anchor of an item's page |
| related | Shares the director of X | the catalogue holds each step from X to the item |
| popular | Popular this week | the item is among the first of the channel that counts that window |
| | Often chosen when it is shown | of what is looked at, it is taken more often than the average |
| taste | Matches your taste for Drama | Drama is commoner in the recent history than elsewhere |
| kin | Drama, like X | both are of that category, and X is in the recent history |
| new | New | published at most so long before the request |
| chosen | Chosen for you | a channel that reads the history brought it, and there is a history |
| catalogue | From the catalogue | |

Where a channel can tell what a person wants more than everybody from what everybody wants, both in
log odds, the larger of them is named. It is named alone where it is the larger with a chance of
`sure`, by how well either is known; else the other follows as a reason of its own. Where no channel
can and scores were taken apart, the part that a claim stands for decides, and a second one follows.

Else a person's own reasons speak before popularity, which is the first to speak only where it
ranked the item higher, the history's channel has it beyond its first `popular` places, and no taste
matches. A channel that knows how items hang together speaks before all where it ranked the item
higher. The verb is what was done, as far as anybody knows. Where more than one claim may be made, a
second item of the history may be named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from hermes.core.protocols import Query, Reason
from hermes.core.types import Array, Candidates, Ints, Odds
from hermes.data.catalogue import Catalogue, padded

from .attribution import PREFIX
from .causes import Causes, above, parts, weighed
from .holdings import Makers, did, favourites
from .seen import (
    Behind,
    Crowd,
    Halves,
    Limits,
    Matcher,
    Seen,
    Tracer,
    Weigher,
    Witness,
    crowded,
    done,
    fresh,
    matched,
    started,
)  # fmt: skip
from .wording import BASE, SHOWN, Claim, sentence


class Reasons:
    """Explains a slate from the columns its channels left and from the user's history."""

    def __init__(
        self, catalogue: Catalogue, channels: Mapping[str, object], limits: Limits = Limits(),
        weigher: Weigher | None = None,
    ) -> None:  # fmt: skip
        self.catalogue, self.limits, self.weigher = catalogue, limits, weigher
        self.high = max(limits.popular, limits.known * len(catalogue))
        self.witnesses = {n: c for n, c in channels.items() if isinstance(c, Witness)}
        self.crowds = {n: c.phrase for n, c in channels.items() if isinstance(c, Crowd)}
        self.matchers = {n: c for n, c in channels.items() if isinstance(c, Matcher)}
        self.tracers = {n: c for n, c in channels.items() if isinstance(c, Tracer)}
        self.categories = padded(catalogue)
        common = np.bincount(self.categories.ravel(), minlength=len(catalogue.categories))
        self.common = np.maximum(common, 1) / max(len(catalogue) - 1, 1)  # (categories,)
        self.newest = float(np.fmax.reduce(catalogue.published, initial=-np.inf))  # days
        self.makers = Makers(catalogue)
        self.said, self.told = lru_cache(1 << 16)(sentence), lru_cache(1 << 16)(self.tell)
        self.plain = lru_cache(1 << 16)(self.say)

    def explain(self, query: Query, slate: Candidates) -> list[Reason]:
        """(k,) the first reason of each item, in the order of the slate; others behind it."""
        apart = {c[len(PREFIX) :]: v for c, v in slate.columns.items() if c.startswith(PREFIX)}
        seen = self.look(query, slate, 2 if apart else 1)
        causes = weighed(seen.odds) if seen.odds else parts(apart, len(slate)) if apart else None
        named = Counter[int]()
        out = []
        for i in range(len(slate)):
            first = self.first(seen, i, named)
            out.append(first if causes is None else self.ordered(first, seen, i, causes))
            if out[-1].code in ("because", "like"):
                named[out[-1].evidence[0]] += 1
        return out

    def look(self, query: Query, slate: Candidates, most: int = 1) -> Seen:
        """What holds of each item; at most so many of the history behind it."""
        ranks = {c[5:]: v for c, v in slate.columns.items() if c.startswith("rank.")}
        place, crowd = crowded(ranks, self.crowds, len(slate))
        odds = self.odds(query, slate.items)
        words, matcher = matched(query, slate.items, self.matchers)
        behind = self.witnessed(query, slate.items, ranks, most)
        return Seen(
            query=query, items=slate.items.tolist(), ranks=ranks, behind=behind,
            deeds=done(query, behind), place=place, crowd=crowd,
            taste=self.taste(query, slate.items), new=self.fresh(query, slate.items),
            words=words, matcher=matcher, related=self.related(query, slate.items, ranks),
            odds=odds, liked=self.liked(odds, len(slate)),
        )  # fmt: skip

    def liked(self, odds: Odds | None, n: int) -> list[bool]:
        """Whether an item is taken more often than the average one by those who look at it."""
        return [False] * n if odds is None else [p >= self.limits.sure for p in above(odds)]

    def odds(self, query: Query, items: Ints) -> Odds | None:
        """What speaks for each item; None where nobody can tell, or for a newcomer."""
        if self.weigher is None or query.anchor or not len(query.history):
            return None
        return self.weigher.odds(query, items)

    def first(self, seen: Seen, i: int, named: Counter[int]) -> Reason:
        """Who speaks first of one item: own reasons that are strong, then what many choose."""
        past, place = seen.behind[i], seen.place[i]
        near = past[0].rank if past else np.inf
        popular, taste = place <= self.limits.popular, seen.taste[i]
        worn = bool(past) and named[past[0].item] >= self.limits.named and (taste or popular)
        if seen.words[i]:
            return self.made(seen, i, "match")
        if (tie := seen.related[i]) and tie[0] <= min(near, place):
            return tie[1]
        if past and not worn and (near <= max(place, self.limits.popular) or not popular):
            return self.made(seen, i, "because")
        if taste:
            return self.made(seen, i, "taste")
        if popular:
            return self.made(seen, i, "popular")
        return self.made(seen, i, "new" if seen.new[i] else "chosen")

    def ordered(self, first: Reason, seen: Seen, i: int, causes: Causes) -> Reason:
        """The largest cause that may be said, and the one after it unless the largest is sure.

        A match and what the graph tells stay first: no cause knows of them.
        """
        size = {name: values[i] for name, values in causes.size.items()}
        can = self.holds(seen, i)
        said = sorted((name for name in size if can[name]), key=size.__getitem__, reverse=True)
        if first.code in ("match", "related"):
            others = [self.claim(seen, i, name, first) for name in said if name != "own"]
            return replace(first, more=tuple(others[:1]))
        if not said:
            return first
        chance = causes.of(said[0], i)
        most = 1 if chance is not None and chance >= self.limits.sure else 2
        claims = [self.claim(seen, i, name, first) for name in said[:most]]
        one = claims[0]
        return Reason(one.code, one.text, one.evidence, one.channels, tuple(claims[1:]), chance)

    def claim(self, seen: Seen, i: int, cause: str, first: Reason) -> Reason:
        """A cause in words; `first`, where that speaks of it already."""
        if cause != "own":
            return self.made(seen, i, cause)
        return first if first.code in ("because", "like", "taste") else self.own(seen, i)

    def holds(self, seen: Seen, i: int) -> dict[str, bool]:
        """Which causes may be said of an item, be it second."""
        own = bool(seen.behind[i]) or bool(seen.taste[i]) or self.kin(seen, i) is not None
        popular = self.counted(seen, i) or seen.liked[i]
        return {"own": own, "popular": popular, "new": seen.new[i]}

    def counted(self, seen: Seen, i: int) -> bool:
        """Whether an item stands high where it is counted what many choose."""
        return bool(seen.place[i] <= self.high)

    def kin(self, seen: Seen, i: int) -> tuple[int, int] | None:
        """The latest of the recent history with a category of the item, and that category."""
        own = set(self.categories[seen.items[i]].tolist()) - {0}
        for item in seen.query.history[: -self.limits.recent - 1 : -1].tolist():
            both = own.intersection(self.categories[item].tolist())
            if both:
                return item, min(both)
        return None

    def own(self, seen: Seen, i: int) -> Reason:
        """What speaks of the person: the history, a taste, or something of the same kind."""
        if seen.behind[i] or seen.taste[i]:
            return self.made(seen, i, "because" if seen.behind[i] else "taste")
        kin = self.kin(seen, i)
        assert kin is not None
        name = self.catalogue.categories.names[kin[1]]
        claim = Claim("kin", "category", (self.title(kin[0]),), name)
        return Reason("kin", self.said(claim, seen.query.language), (kin[0],))

    def made(self, seen: Seen, i: int, code: str) -> Reason:
        """A claim that holds, in words."""
        query, item, language = seen.query, seen.items[i], seen.query.language
        if code == "because":
            told = tuple((c, by, seen.deeds.get(c, 0)) for c, _, by in seen.behind[i])
            return self.told(told, item, query.anchor > 0, language)
        if code == "popular":
            crowd = seen.crowd[i] if self.counted(seen, i) else ""
            return self.plain(code, item, crowd, language)
        if code in ("taste", "new"):
            return self.plain(code, seen.taste[i] if code == "taste" else item, "", language)
        if code == "match":
            words = self.said(Claim("match", "words", name=seen.words[i]), language)
            return Reason("match", words, (item,), (seen.matcher,))
        own = [c for c, r in seen.ranks.items() if r[i] < np.inf and c not in self.crowds]
        if own and len(query.history):
            return Reason("chosen", self.said(Claim("chosen", "item"), language), (), tuple(own))
        return Reason("catalogue", self.said(Claim("catalogue", "item"), language))

    def say(self, code: str, subject: int, channel: str, language: str) -> Reason:
        """A claim of one subject, an item's code or a category's; kept for the next who asks."""
        if code == "popular":
            words = self.said(Claim(code, self.crowds[channel] if channel else SHOWN), language)
            who = channel or (self.weigher.name if self.weigher else "")
            return Reason(code, words, (subject,), (who,))
        if code == "taste":
            name = self.catalogue.categories.names[subject]
            return Reason(code, self.said(Claim(code, "category", name=name), language))
        return Reason(code, self.said(Claim(code, "item"), language), (subject,))

    def tell(
        self, told: tuple[tuple[int, str, int], ...], item: int, like: bool, language: str
    ) -> Reason:
        """The same of items, who named them and what was done; kept for the next who asks."""
        domains, domain = self.catalogue.domains.names, self.catalogue.domain
        verbs = [did(domains[domain[code]], deed) for code, _, deed in told]
        two = len(told) > 1 and verbs[0] == verbs[1] and not like
        items = tuple(code for code, _, _ in told[: 1 + two])
        shared = "" if like else self.makers.shared(items, item)
        code, key = ("like", "item") if like else ("because", verbs[0])
        claim = Claim(code, key, tuple(map(self.title, items)), shared=shared)
        channels = dict.fromkeys(channel for _, channel, _ in told[: 1 + two])
        return Reason(code, self.said(claim, language), items, tuple(channels))

    def title(self, code: int) -> str:
        """An item's title, or its id."""
        return self.catalogue.titles[code] or self.catalogue.items.names[code]

    def witnessed(
        self, query: Query, items: Ints, ranks: Mapping[str, Array], most: int
    ) -> list[list[Behind]]:
        """Which items of the history speak for each, at most so many, by as many channels.

        The channels are asked in their order, until all is explained.
        """
        out: list[list[Behind]] = [[] for _ in range(len(items))]
        halves = Halves(query, self.catalogue.domain)
        for name, channel in self.witnesses.items():
            if name not in ranks or all(len(past) >= most for past in out):
                continue
            found = channel.evidence(query, items)
            if not query.anchor:
                near = self.makers.near(self.categories, items, found)
                found = halves.nearer(channel, items, found, near)
            for past, code, rank in zip(out, found.tolist(), ranks[name].tolist(), strict=True):
                other = len(past) < most and (not past or past[0].item != code)
                if code and other and rank < np.inf:  # not NaN
                    past.append(Behind(code, rank, name))
        return out

    def related(
        self, query: Query, items: Ints, ranks: Mapping[str, Array]
    ) -> list[tuple[float, Reason] | None]:
        """How each item hangs together with the query, and how high who says so ranked it."""
        out: list[tuple[float, Reason] | None] = [None] * len(items)
        for name in filter(ranks.__contains__, self.tracers):
            told = self.tracers[name].traced(query, items)
            for i, ((text, codes), rank) in enumerate(zip(told, ranks[name].tolist(), strict=True)):
                if text and rank < np.inf and not out[i]:
                    out[i] = rank, self.tied(query, text, codes, name)
        return out

    def taste(self, query: Query, items: Ints) -> list[int]:
        """The category of each item that the recent history has most above its share, or 0."""
        recent = query.history[-self.limits.recent :]
        if not len(recent) or query.anchor:
            return [0] * len(items)
        often, share, lift = self.limits.often, self.limits.share, self.limits.lift
        tastes = favourites(self.categories, self.common, recent, items, often, share, lift)
        return [int(code) for code in tastes]

    def fresh(self, query: Query, items: Ints) -> list[bool]:
        """Published, and at most `new` days before the query."""
        return fresh(query, self.catalogue.published[items], self.newest, self.limits.new)

    def tied(self, query: Query, text: str, codes: tuple[int, ...], channel: str) -> Reason:
        """What a tracer told, in the reader's language where it is a part that both share."""
        words = started(text)
        if query.language != BASE and len(codes) == 2:
            part = self.makers.shared(codes[:1], codes[1])
            claim = Claim("related", part, (self.title(codes[0]),))
            if part and words == sentence(claim):
                words = self.said(claim, query.language)
        return Reason("related", words, codes, (channel,))
