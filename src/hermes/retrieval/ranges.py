"""Ranges of years and of prices in a typed text, by token patterns of spaCy.

Its matcher is shown words of these patterns and what a token is (a year, a decade, a number), never
what was typed: a spaCy vocabulary keeps every word that it has seen, and people type for ever.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np

from hermes.core.types import Floats

from .lexicon import english
from .tokens import DASHES, Tokens

DECADES = {
    word: 10 * n
    for n, word in enumerate(
        ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties",
         "nineties"), 2,
    )
}  # fmt: skip
MONEY = {"$": "$", "€": "€", "£": "£", "¥": "¥", "dollar": "$", "dollars": "$", "usd": "$",
         "buck": "$", "bucks": "$", "euro": "€", "euros": "€", "eur": "€", "pound": "£",
         "pounds": "£", "gbp": "£", "yen": "¥"}  # fmt: skip
WHEN = {"early": (0, 3), "mid": (3, 6), "late": (6, 9)}
SAME = {  # words that do the same here
    word: said
    for said, words in {
        "THE": "the year years early mid late",
        "after": "past post beyond",
        "newer": "later",
        "older": "earlier cheaper less",
        "more": "up",
        "onward": "onwards on",
        "before": "pre",
        "until": "till til through",
        "under": "below max maximum within",
        "over": "above min minimum",
        "in": "of during around about for",
        "or": "and",
    }.items()
    for word in words.split()
}

# Bars separate words that may stand there, a question mark ends what may be left out.
YEARS = {
    "after": ("after THE? DASH? TIME", "newer than THE? TIME"),
    "since": (
        "since THE? TIME",
        "from? THE? TIME or? onward|newer|more",
        "TIME or newer|after",
    ),
    "before": ("before THE? DASH? TIME", "older than THE? TIME", "prior to THE? TIME"),
    "until": ("until THE? TIME", "more to THE? TIME", "TIME or older|before"),
    "between": (
        "between|from THE? TIME or|to|until|DASH THE? TIME",
        "TIME to|until|DASH THE? TIME",
    ),
    "in": ("from|in THE? DASH? TIME", "THE DASH? TIME", "TIME"),
}
PRICES = {
    "under": (
        "under MONEY? TIME|NUMBER MONEY?",
        "older than MONEY? TIME|NUMBER MONEY?",
        "more to MONEY? TIME|NUMBER MONEY?",
        "at most MONEY? TIME|NUMBER MONEY?",
        "no|not more than MONEY? TIME|NUMBER MONEY?",
    ),
    "over": (
        "over|from MONEY? TIME|NUMBER MONEY?",
        "more than MONEY? TIME|NUMBER MONEY?",
        "at least MONEY? TIME|NUMBER MONEY?",
        "MONEY? TIME|NUMBER MONEY? or more",
    ),
    "between": (
        "between|from MONEY? TIME|NUMBER MONEY? or|to|DASH MONEY? TIME|NUMBER MONEY?",
        "MONEY? TIME|NUMBER MONEY? to|DASH MONEY? TIME|NUMBER MONEY?",
    ),
    "around": ("in MONEY? TIME|NUMBER MONEY?",),
}
PATTERNS = {"year": YEARS, "price": PRICES}
NUMBERS = frozenset(("TIME", "NUMBER"))


@dataclass(frozen=True, slots=True)
class Range:
    """From one end to the other, both included, of years or of money."""

    kind: Literal["year", "price"]
    low: float
    high: float
    start: int  # tokens
    end: int
    loose: bool = False  # nothing but a year
    sign: str = ""  # of the money


class Ranges:
    """The matchers and what they may be shown."""

    def __init__(self, published: Floats, prices: Floats) -> None:
        self.matchers, self.doc, self.vocabulary, self.shown = matchers()
        self.priced = bool(np.isfinite(prices).any())
        dated = published[np.isfinite(published)]
        self.first = 1970 + float(dated.min()) / 365.25 if len(dated) else math.inf

    def known(self, span: Range) -> bool:
        """Whether the catalogue knows what the range is of."""
        return self.priced if span.kind == "price" else self.first < math.inf

    def find(self, found: Tokens) -> list[Range]:
        """Those that do not overlap, in their order."""
        shown = [shape(w, k) for w, k in zip(found.words, found.kinds, strict=True)]
        measured = english().sets["minutes"]
        for i, word in enumerate(found.words[1:]):
            if word in measured and shown[i] in NUMBERS:
                shown[i] = "~"
        wanted = [kind for kind in PATTERNS if self.may(kind, shown)]
        if not wanted:
            return []
        doc = self.doc(self.vocabulary, words=[w if w in self.shown else "~" for w in shown])
        hits = [hit for kind in wanted for hit in self.matchers[kind](doc)]
        out, taken = list[Range](), set[int]()
        for code, start, end in sorted(hits, key=lambda hit: (hit[1] - hit[2], hit[1])):
            if not taken.intersection(range(start, end)):
                made = self.made(self.vocabulary.strings[code], found, shown, start, end)
                if made is not None:
                    out.append(made)
                    taken.update(range(start, end))
        return sorted(out, key=lambda r: r.start)

    def may(self, kind: str, shown: Sequence[str]) -> bool:
        """Whether there is anything to look at."""
        if kind == "year":
            return "TIME" in shown
        return ("MONEY" in shown or self.priced) and not NUMBERS.isdisjoint(shown)

    def made(
        self, name: str, found: Tokens, shown: Sequence[str], start: int, end: int
    ) -> Range | None:
        """What a pattern's tokens say; None where it is no price, or no year after all."""
        kind, _, how = name.partition(".")
        places = [i for i in range(start, end) if shown[i] in NUMBERS]
        if kind == "price":
            signs = [MONEY[found.words[i]] for i in range(start, end) if shown[i] == "MONEY"]
            times = any(shown[i] == "TIME" for i in places)
            if found.kinds[places[0]] == "decade" or (not signs and (times or how == "around")):
                return None
            low, high = priced(how, [amount(found.words[i]) for i in places])
            return Range("price", low, high, start, end, sign=signs[0] if signs else "")
        if {"less", "cheaper", "for", "about"}.intersection(found.words[start:end]):
            return None
        low, high = dated(how, [self.years(found, i, start) for i in places])
        return Range("year", low, high, start, end, loose=end - start == 1)

    def years(self, found: Tokens, place: int, start: int) -> tuple[int, int]:
        """First and last year of a token that is a year or a decade."""
        word = found.words[place]
        if found.kinds[place] == "number":
            return int(word), int(word)
        first = DECADES.get(word) or int(word[:-1])
        if first < 100:
            late = first < 20 or (first == 20 and self.first >= 1930)
            first += 2000 if late else 1900
        before = next((w for w in found.words[start:place][::-1] if w in WHEN), "")
        low, high = WHEN.get(before, (0, 9))
        return first + low, first + high


def dated(how: str, spans: list[tuple[int, int]]) -> tuple[float, float]:
    """First and last year of a range.

    >>> dated("after", [(1990, 1990)]), dated("before", [(1980, 1989)])
    ((1991, inf), (-inf, 1979))
    """
    first, last = min(spans), max(spans)
    ends = {
        "after": (last[1] + 1, math.inf),
        "since": (first[0], math.inf),
        "before": (-math.inf, first[0] - 1),
        "until": (-math.inf, last[1]),
    }
    return ends.get(how, (first[0], last[1]))


def priced(how: str, values: list[float]) -> tuple[float, float]:
    """Least and most of a range."""
    low, high = min(values), max(values)
    ends = {"under": (0.0, high), "over": (low, math.inf), "around": (0.8 * low, 1.2 * high)}
    return ends.get(how, (low, high))


def amount(word: str) -> float:
    """A number with points or commas.

    >>> amount("1,200.50"), amount("19,99"), amount("1.000")
    (1200.5, 19.99, 1000.0)
    """
    *whole, last = re.split(r"[.,]", word)
    cents = bool(whole) and len(last) < 3
    return float("".join(whole) + "." * cents + last)


def shape(word: str, kind: str) -> str:
    """What the matcher is shown for a token.

    >>> shape("1999", "number"), shape("50", "number"), shape("90s", "decade"), shape("$", "sign")
    ('TIME', 'NUMBER', 'TIME', 'MONEY')
    """
    if kind == "number":
        return "TIME" if len(word) == 4 and word.isdigit() and "1000" <= word < "2101" else "NUMBER"
    if kind == "decade" or word in DECADES:
        return "TIME"
    if word in MONEY:
        return "MONEY"
    return "DASH" if word in DASHES else SAME.get(word, word)


def matchers() -> tuple[dict[str, Any], Any, Any, frozenset[str]]:
    """spaCy's matchers by kind of range, its `Doc`, a vocabulary, and the words it may be shown.

    Where torch is installed spaCy loads it, which takes seconds and 200 MB; it is kept from it.
    """
    absent = "torch" not in sys.modules
    if absent:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import spacy
        from spacy.matcher import Matcher
        from spacy.tokens import Doc
    finally:
        if absent:
            del sys.modules["torch"]
    vocabulary = spacy.blank("xx").vocab
    made, known = {kind: Matcher(vocabulary) for kind in PATTERNS}, {"~"}
    for kind, hows in PATTERNS.items():
        for how, lines in hows.items():
            patterns = [tokens for line in lines for tokens in spelled(line)]
            made[kind].add(f"{kind}.{how}", patterns)
            known.update(token["ORTH"] for tokens in patterns for token in tokens)
    Doc(vocabulary, words=sorted(known))  # it has seen them all now, and never grows again
    return made, Doc, vocabulary, frozenset(known)


def spelled(line: str) -> Iterator[list[dict[str, str]]]:
    """A line of the table as patterns of one word a token: sets of words are slow to match."""
    steps = [step.rstrip("?").split("|") for step in line.split()]
    ends = [step.endswith("?") for step in line.split()]
    for words in product(*steps):
        yield [
            {"ORTH": word, "OP": "*" if word == "THE" else "?"} if left_out else {"ORTH": word}
            for word, left_out in zip(words, ends, strict=True)
        ]
