"""Queries made from a catalogue, each for one of its items, and what explicitness learns from them.

For items drawn at random: the title, one in three with a typo; who made it or its category, with a
decade; a few words, some of its text; a mood of its categories; babble; nothing.
How explicit one was is seen by the rank at which its words alone put the item.
Most words of a description are not those of the text, as people rarely call a thing by the same
word: Furnas, Landauer, Gomez, Dumais. The vocabulary problem in human-system communication.
CACM 1987.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import msgspec
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.optimize import minimize

from hermes.core.protocols import Query
from hermes.core.types import Floats
from hermes.pipeline.explicit import FACTS, facts
from hermes.policy.constraints import parse
from hermes.retrieval.query import Understanding
from hermes.retrieval.text_search import Card, TextSearch
from hermes.retrieval.tokens import fold, key
from hermes.retrieval.understood import Understood

KINDS = ("title", "entity", "descriptive", "mood", "babble", "empty")
IDLE = ("", "something to watch", "movies", "recommend me something", "anything good")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIGNLESS = ("one", "mood", "unread")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHARED = 0.3  # of somebody's words for a thing are those of its text
SHOWN = 10  # scores of full text that are looked at


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody who wants an item might type."""

    item: int
    kind: str
    text: str


@dataclass(frozen=True)
class Wishes:
    """What makes them."""

    reader: Understanding
    search: TextSearch
    rng: Generator

    def drawn(self, n: int) -> Iterator[Wish]:
        """For each of n items one of every kind that it has the words for."""
        items = np.arange(1, len(self.reader.catalogue))
        for item in self.rng.choice(items, min(n, len(items)), replace=False).tolist():
            for kind in KINDS:
                text = getattr(self, kind)(item)
                if text is not None:
                    yield Wish(item, kind, text)

    def title(self, item: int) -> str:
        """The title, one in three with a typo."""
        title = self.reader.catalogue.titles[item]
        return typo(title, self.rng) if self.rng.random() < 1 / 3 else title

    def entity(self, item: int) -> str | None:
        """Somebody who made it or its category, one in two with its decade."""
        catalogue = self.reader.catalogue
        said = list[str]()
        for table, names in (
            (catalogue.creator, catalogue.creators),
            (catalogue.category, catalogue.categories),
        ):
            codes = table.indices[table.indptr[item] : table.indptr[item + 1]]
            if len(codes) and self.rng.random() < 0.7:
                said.append(names.names[int(self.rng.choice(codes))])
        day = float(catalogue.published[item])
        if said and not math.isnan(day) and self.rng.random() < 0.5:
            said.append(f"from the {int((1970 + day / 365.2425) // 10 * 10)}s")
        return " ".join(said) or None

    def descriptive(self, item: int) -> str | None:
        """Four to ten words, some of them of its text, none of a name."""
        card = msgspec.json.decode(self.reader.catalogue.cards[item], type=Card)
        own = {*key(self.reader.catalogue.titles[item]), *key(self.search.creators[item])}
        sets = self.reader.gazetteer.lexicon.sets
        words = [
            word
            for word in dict.fromkeys((card.text_content or "").split())
            if word.isalpha() and word.islower() and fold(word) not in own | sets["stops"]
        ]
        if len(words) < SHOWN:
            return None
        size = int(self.rng.integers(4, 11))
        own_words = [words[i] for i in np.sort(self.rng.choice(len(words), size, replace=False))]
        return " ".join(w if self.rng.random() < SHARED else self.other() for w in own_words)

    def other(self) -> str:
        """A word that people use for what the text calls otherwise: one of any other text."""
        return str(self.rng.choice(self.words))

    @cached_property
    def words(self) -> list[str]:
        """Those of any text that are no idle ones."""
        names = self.reader.gazetteer
        return sorted(names.words - names.lexicon.sets["stops"] - names.lexicon.sets["fillers"])

    def mood(self, item: int) -> str | None:
        """A mood that one of its categories is met with."""
        table, names = self.reader.catalogue.category, self.reader.gazetteer
        own = set(table.indices[table.indptr[item] : table.indptr[item + 1]].tolist())
        fit = [
            m for m, groups in names.lexicon.moods.items() if own.intersection(names.meant(groups))
        ]
        return f"something {self.rng.choice(fit)}" if fit else None

    def babble(self, _: int) -> str:
        """Letters without a meaning."""
        sizes = self.rng.integers(4, 10, int(self.rng.integers(1, 4)))
        return " ".join("".join(self.rng.choice(list(LETTERS), size)) for size in sizes)

    def empty(self, _: int) -> str:
        """Nothing that says anything."""
        return str(self.rng.choice(IDLE))

    def scores(self, read: Understood) -> Floats:
        """Of the best by full text, best first.  -> (at most SHOWN,)"""
        return np.asarray(self.search.find(read.semantic, SHOWN).columns.get("score", ()))

    def named(self, read: Understood, item: int) -> float:
        """Which share of what it takes to name the item the text supplies: 1 - log rank / log I."""
        catalogue = self.reader.catalogue
        if not read.constraints and not read.words:
            return 0.0
        query = Query(id="wish", at=NOW, domains=read.domains, filters=read.filters)
        fits = parse(query, catalogue).mask(catalogue)
        fits[0] = False
        if not fits[item]:
            return 0.0
        found = self.search.find(read.semantic, len(catalogue))
        score = np.zeros(len(catalogue))
        if len(found):
            score[found.items] = found.columns["score"]
        mine = score[item]
        rank = 1 + np.sum(score[fits] > mine) + (np.sum(score[fits] == mine) - 1) / 2
        return float(max(0.0, 1 - math.log(rank) / math.log(len(catalogue))))


def typo(text: str, rng: Generator) -> str:
    """With one letter left out, put in, changed, or swapped with the next, not the first of all."""
    places = [i for i in range(1, len(text)) if text[i].isalpha()]
    if not places:
        return text
    i, how = int(rng.choice(places)), int(rng.integers(4))
    letter = LETTERS[int(rng.integers(len(LETTERS)))]
    if how == 3 and i + 1 < len(text) and text[i] != text[i + 1]:
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return text[:i] + (letter if how in (1, 2) else "") + text[i + (how != 1) :]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is known of n queries and how explicit each was."""

    facts: Floats  # (n, F)
    named: Floats  # (n,) 0 to 1
    kinds: tuple[str, ...]


def lesson(maker: Wishes, n: int) -> Lesson:
    """Of queries for n items, every other one without a look at the full text."""
    rows, named, kinds = list[Floats](), list[float](), list[str]()
    for i, wish in enumerate(maker.drawn(n)):
        read = maker.reader(wish.text)
        if read.constraints or read.words:
            rows.append(facts(read, maker.scores(read) if i % 2 else None))
            named.append(maker.named(read, wish.item))
            kinds.append(wish.kind)
    return Lesson(np.stack(rows), np.array(named), tuple(kinds))


def learned(given: Lesson, l2: float = 1e-3) -> dict[str, float]:
    """Coefficients of a fractional logistic regression by the name of each fact, most of which can
    not speak against explicitness."""
    x, y = np.asarray(given.facts, np.float64), np.asarray(given.named, np.float64)

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = x @ w
        p = 1 / (1 + np.exp(-z))
        value = np.mean(np.logaddexp(0, z) - y * z) + l2 * float(w[1:] @ w[1:])
        return float(value), x.T @ (p - y) / len(y) + 2 * l2 * np.append(0.0, w[1:])

    ends = [(None, None) if name in SIGNLESS else (0, None) for name in FACTS]
    fit = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=ends)
    return dict(zip(FACTS, np.round(fit.x, 3).tolist(), strict=True))


def error(given: Lesson, coefficients: Sequence[float]) -> float:
    """Mean distance of what was predicted and what was, over ten equal groups by prediction."""
    p = 1 / (1 + np.exp(-given.facts @ np.asarray(coefficients)))
    groups = np.array_split(np.argsort(p, kind="stable"), 10)
    return float(np.mean([abs(p[g].mean() - given.named[g].mean()) for g in groups]))
