"""What was understood of a text, constraint by constraint; each can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal

Kind = Literal[
    "category", "creator", "title", "like", "year", "price", "domain", "mood", "colour",
    "language", "tag", "word", "minutes", "pages",
]  # fmt: skip
Span = tuple[int, int]  # characters of the text, the second not included
FILTERS: dict[Kind, str] = {"category": "categories", "creator": "creators"}
ENDLESS = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """One thing that the text asks for, or asks not to have."""

    kind: Kind
    value: str  # as the catalogue or the text has it
    names: tuple[str, ...] = ()  # of categories, creators or domains, one of which is asked for
    items: tuple[int, ...] = ()  # codes of a title, or of what a mood is mostly met with
    low: float = -ENDLESS  # of a range, in years, money, minutes or pages, both ends included
    high: float = ENDLESS
    negated: bool = False
    hard: bool = True  # a filter; else it only says what would be liked
    mended: str = ""  # how it is spelt, where the text spells it otherwise
    span: Span = (0, 0)
    group: int = 0  # of its kind those of one group are alternatives
    reading: str = ""  # for people

    @property
    def id(self) -> str:
        """What it is called by where it is taken back.

        >>> Constraint(kind="category", value="Horror", negated=True, span=(4, 10)).id
        'not-category:4-10'
        """
        return f"{'not-' * self.negated}{self.kind}:{self.span[0]}-{self.span[1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A text, what it asks for, and what is left of it to be searched for."""

    text: str  # as it was read
    normal: str = ""  # its words, folded
    constraints: tuple[Constraint, ...] = ()  # in the order of the text
    words: tuple[str, ...] = ()  # what says something and is no constraint
    known: int = 0  # of those, the words that the catalogue or everyday English has
    runs: tuple[Span, ...] = ()  # what is left when fillers and hard constraints are gone
    length: int = 0  # words in all

    @property
    def semantic(self) -> str:
        """The query for text and vectors; empty where nothing is left to be searched for."""
        mended = {one.span: one.mended for one in self.constraints if one.mended}
        return " ".join(respelt(self.text, run, mended) for run in self.runs)

    @property
    def readings(self) -> tuple[str, ...]:
        """What was understood, for people."""
        return tuple(one.reading for one in self.constraints)

    def without(self, which: int | str) -> Understood:
        """The query in which the span of one constraint is plain words again.

        By its place or its id; raises `KeyError` or `IndexError` for one that is not there. All
        constraints that were read from the same words go with it.
        """
        if isinstance(which, str):
            gone = next((one for one in self.constraints if one.id == which), None)
            if gone is None:
                raise KeyError(which)
        else:
            gone = self.constraints[which]
        return self.plain((gone.span,))

    def plain(self, spans: Sequence[Span]) -> Understood:
        """The query in which these spans of the text are plain words."""
        left, runs, words = [], list(self.runs), list(self.words)
        for one in self.constraints:
            if not any(low < one.span[1] and one.span[0] < high for low, high in spans):
                left.append(one)
            elif one.span not in runs and (one.hard or one.kind == "like"):
                runs.append(one.span)
                words += self.text[slice(*one.span)].lower().split()
        return replace(
            self, constraints=tuple(left), runs=merged(self.text, runs), words=tuple(words)
        )

    @property
    def named(self) -> list[Constraint]:
        """Titles of what is wanted."""
        return [one for one in self.constraints if one.kind == "title" and not one.negated]

    @property
    def anchors(self) -> tuple[int, ...]:
        """Codes of items that what is wanted is to be like, the likeliest first."""
        return tuple(code for one in self.of("like") for code in one.items)

    @property
    def absent(self) -> tuple[str, ...]:
        """Words that what is wanted must not hold."""
        return tuple(one.value for one in self.of("word", negated=True))

    @property
    def domains(self) -> tuple[str, ...]:
        """For `Query.domains`."""
        return tuple(dict.fromkeys(name for one in self.of("domain") for name in one.names))

    def of(self, kind: Kind, negated: bool = False) -> list[Constraint]:
        """The hard constraints of a kind."""
        return [
            one
            for one in self.constraints
            if one.kind == kind and one.negated == negated and one.hard
        ]

    @property
    def filters(self) -> dict[str, Any]:
        """For `Query.filters`; see `policy/constraints`."""
        out: dict[str, Any] = {}
        for kind, key in FILTERS.items():
            every = groupby(sorted(self.of(kind), key=grouping), grouping)
            groups = [list(dict.fromkeys(n for one in g for n in one.names)) for _, g in every]
            if len(groups) == 1:
                out[key] = groups[0]
            elif groups:
                out[f"all_{key}"] = groups
            if none := [n for one in self.of(kind, negated=True) for n in one.names]:
                out[f"not_{key}"] = list(dict.fromkeys(none))
        out |= bounds(self.of("year"), "published_after", "published_before", dated)
        out |= bounds(self.of("price"), "price_min", "price_max", lambda value, _: value)
        if gone := self.of("year", negated=True):
            out["not_published"] = [[dated(c.low, False), dated(c.high, True)] for c in gone]
        if dear := self.of("price", negated=True):
            out["not_price"] = [[c.low, c.high] for c in dear]
        return out


def respelt(text: str, run: Span, mended: Mapping[Span, str]) -> str:
    """A run of the text, spans within it as they are spelt.

    >>> respelt("the matrx now", (4, 13), {(4, 9): "Matrix"})
    'Matrix now'
    """
    out, place = "", run[0]
    for (start, end), word in sorted(mended.items()):
        if place <= start and end <= run[1]:
            out, place = out + text[place:start] + word, end
    return out + text[place : run[1]]


def grouping(one: Constraint) -> int:
    """Which alternatives it is one of."""
    return one.group


def bounds(ranges: list[Constraint], after: str, before: str, told: Any) -> dict[str, Any]:
    """Both ends of what all ranges have in common, where there are ends."""
    low = max((c.low for c in ranges), default=-ENDLESS)
    high = min((c.high for c in ranges), default=ENDLESS)
    out = {after: told(low, False)} if low > -ENDLESS else {}
    return out | ({before: told(high, True)} if high < ENDLESS else {})


def dated(year: float, last: bool) -> str:
    """The first or the last moment of a year, for a filter.

    >>> dated(1990, False), dated(1999, True)
    ('1990-01-01T00:00:00+00:00', '1999-12-31T23:59:59+00:00')
    """
    whole = min(max(int(year), 1), 9999)
    first = datetime(whole, 1, 1, tzinfo=UTC)
    end = datetime(whole, 12, 31, 23, 59, 59, tzinfo=UTC)
    return (end if last else first).isoformat()


def merged(text: str, runs: Sequence[Span]) -> tuple[Span, ...]:
    """Runs in order, those with nothing but spaces in between as one."""
    out: list[Span] = []
    for start, end in sorted(runs):
        if out and not text[out[-1][1] : start].strip():
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)
