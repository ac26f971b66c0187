"""What a sentence states of items: years, lengths, prices, people and their parts, categories.

Whatever does not hold of every item that the sentence is about raises `Doubt`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from .evidence import Evidence, Item
from .marks import Doubt, Mark
from .vocabulary import Vocabulary

NEAR = 2  # words of glue between a denial or a likeness and what it is about
NAMES = ("title", "past", "person", "category", "sought", "series")


@dataclass(frozen=True, slots=True)
class Facts:
    """One reading of one sentence."""

    marks: Sequence[Mark]
    evidence: Evidence
    words: Vocabulary
    named: tuple[Item, ...]  # in the sentence
    items: tuple[Item, ...]  # that it is about

    def of(self, *kinds: str) -> list[Mark]:
        """The marks of these kinds, in order."""
        return [m for m in self.marks if m.kind in kinds]

    def has(self, claim: str) -> bool:
        """Whether a word of the sentence makes a claim, whatever else it is."""
        return any(self.words.of(claim, m.word) for m in self.marks if m.kind not in NAMES)

    @property
    def wishing(self) -> bool:
        """Whether it speaks of what the reader wished for."""
        first = next((k for k, m in enumerate(self.marks) if m.kind == "wish"), 0)
        asked = any(self.words.of("given", m.word) for m in self.marks[:first])  # `if you want`
        return bool(self.of("wish")) and self.has("wisher") and not asked

    def each(self, holds: Callable[[Item], bool], what: str) -> None:
        """Raise `Doubt` unless a function holds of every item that is spoken of."""
        if not self.items:
            raise Doubt(f"{what}, of nothing that was named")
        wrong = next((one for one in self.items if not holds(one)), None)
        if wrong is not None:
            raise Doubt(f"{what}, which is not so of {wrong.title[:60]!r}")

    def numbers(self) -> None:
        """Years, decades, lengths, prices and counts."""
        for k, mark in enumerate(self.marks):
            after = self.marks[k + 1] if k + 1 < len(self.marks) else None
            if mark.kind in ("number", "decade", "money"):
                self.exact(k)
            if mark.kind == "number" and after is not None and after.kind == "unit":
                lasts = partial(lasting, after.value, float(mark.word))
                self.each(lasts, f"{mark.word} {after.word}")
            elif mark.kind == "number":
                self.year(k, int(mark.word), 1)
            elif mark.kind == "decade":
                first = int(mark.word[:-1])
                self.year(k, first if first > 99 else 1900 + first, 10)
            elif mark.kind == "money":
                self.each(partial(priced, mark.value), f"the price {mark.value}")
            elif mark.kind == "measure" and not any(
                m.kind == "unit" for m in self.marks[max(k - 1, 0) : k + 5]
            ):
                raise Doubt(f"the word {mark.word!r}")
            elif mark.kind == "count":
                self.count(mark)

    def exact(self, k: int) -> None:
        """Raise `Doubt` for about, over or up to a number, and for a price without a currency."""
        before = [m.word for m in self.marks[max(k - 2, 0) : k]]
        near = next((w for w in before[-1:] if self.words.of("bound", w)), "")
        counted = any(m.kind == "unit" for m in self.marks[k + 1 : k + 2])
        if self.marks[k].kind != "money" and not counted:
            near = near or next((w for w in before if self.words.of("cost", w)), "")
        if near:
            raise Doubt(f"{near} {self.marks[k].word}")

    def count(self, mark: Mark) -> None:
        """So many items, and no more is said of them than that they are here."""
        wrong = int(mark.value) not in (len(self.named), len(self.evidence.items))
        if wrong or self.of("person") or any(map(named, self.of("series"))):
            raise Doubt(f"the number {mark.word!r}")

    def year(self, k: int, first: int, span: int) -> None:
        """A year, or the first of ten."""
        said = self.marks[k].word
        years = range(first, first + span)
        told = any(m.kind == "wish" for m in self.marks[:k])
        if self.wishing and (self.apart(k) or not told) and first not in self.evidence.years:
            raise Doubt(f"the year {said}, which was not wished for")
        if len(said) < 3:
            raise Doubt(f"the number {said!r}")
        if not self.apart(k):
            self.each(partial(dated, years), f"the year {said}")

    def sought(self, mark: Mark) -> bool:
        """Whether a name is one that the reader wished for, in a sentence that says so."""
        return self.wishing and mark.value in (*self.evidence.sought, *self.evidence.denied)

    def apart(self, k: int) -> bool:
        """Whether a mark tells a wish only: a wish is spoken of, and no title stands before it."""
        return self.wishing and not any(m.kind == "title" for m in self.marks[:k])

    def wished(self, k: int) -> bool:
        """Whether a name is only wished for; raises `Doubt` where a wish is told that is none."""
        mark = self.marks[k]
        if self.wishing and not self.sought(mark):
            raise Doubt(f"{mark.value[:60]!r}, which was not wished for")
        return self.apart(k)

    def categories(self) -> None:
        """Categories and series of the items, and names that were only wished for."""
        for k, mark in enumerate(self.marks):
            if mark.kind == "category" and named(mark) and not self.wished(k):
                self.each(partial(kind_of, mark.value), f"{mark.value[:60]!r}")
        for k, mark in enumerate(self.marks):
            if mark.kind == "sought" and not (self.sought(mark) and self.apart(k)):
                raise Doubt(f"{mark.value[:60]!r}, which is nowhere here")
        for mark in filter(named, self.of("series")):
            self.each(partial(part_of, mark.value), f"the series {mark.value[:60]!r}")

    def denials(self) -> None:
        """Only what the reader does not want may be denied, and that must be."""
        denied = set[int]()
        for k, mark in enumerate(self.marks):
            if mark.kind != "deny":
                continue
            place = self.next(k, NAMES)
            if not self.wishing or place is None:
                raise Doubt(f"the word {mark.word!r}")
            denied.add(place)
        for k, mark in enumerate(self.marks):
            if mark.kind in ("category", "sought", "person") and named(mark):
                no, yes = mark.value in self.evidence.denied, mark.value in self.evidence.sought
                if (k in denied and not no) or (k not in denied and no and not yes):
                    raise Doubt(f"{mark.value[:60]!r}, wished for the other way round")

    def next(self, k: int, kinds: Sequence[str]) -> int | None:
        """The place of what follows a word with little glue between."""
        for place in range(k + 1, min(k + 2 + NEAR, len(self.marks))):
            if self.marks[place].kind in kinds and self.marks[place].value:
                return place
            if self.marks[place].kind not in ("glue", "maker", "kind"):
                return None
        return None


def named(mark: Mark) -> bool:
    """Whether it is a name, not the word for one."""
    return bool(mark.value)


def helped(name: str, one: Item) -> bool:
    """Whether somebody had any part in it."""
    return name in one.makers()


def made(name: str, one: Item) -> bool:
    """Whether somebody made it, not only played in it."""
    return any(n == name and r != "actor" for n, r in one.creators)


def acted(name: str, roles: frozenset[str], one: Item) -> bool:
    """Whether somebody had one of the parts; to create is any part but an actor's."""
    return any((name, role) in one.creators for role in roles) or (
        "creator" in roles and made(name, one)
    )


def dated(years: range, one: Item) -> bool:
    """Whether it is of one of these years."""
    return one.year in years


def kind_of(name: str, one: Item) -> bool:
    """Whether it is of a category."""
    return name in one.categories


def part_of(name: str, one: Item) -> bool:
    """Whether it is of a series."""
    return one.series == name


def lasting(field: str, value: float, one: Item) -> bool:
    """Whether it is so many minutes or pages long."""
    return bool(getattr(one, field) == value)


def priced(said: str, one: Item) -> bool:
    """Whether a price is the item's, in its currency.

    >>> priced("$9.99", Item(id="a", title="a", price=9.99, currency="USD"))
    True
    """
    signs = {"$": "USD", "\u20ac": "EUR", "\u00a3": "GBP", "\u00a5": "JPY"}
    number = re.sub(r"[^\d.,]", "", said).rstrip(".,")
    unit = next((c for s, c in signs.items() if s in said), "") or re.sub(r"[^A-Z]", "", said)
    try:
        value = float(number.replace(",", "."))
    except ValueError:
        return False
    return one.price is not None and abs(one.price - value) < 0.005 and unit == one.currency
