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
        return bool(self.of("wish")) and self.has("wisher")

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
            if mark.kind == "number" and after is not None and after.kind == "unit":
                lasts = partial(lasting, after.value, float(mark.word))
                self.each(lasts, f"{mark.word} {after.word}")
            elif mark.kind == "number":
                self.year(mark.word, int(mark.word), 1)
            elif mark.kind == "decade":
                first = int(mark.word[:-1])
                self.year(mark.word, first if first > 99 else 1900 + first, 10)
            elif mark.kind == "money":
                self.each(partial(priced, mark.value), f"the price {mark.value}")
            elif mark.kind == "measure" and not any(
                m.kind == "unit" for m in self.marks[max(k - 1, 0) : k + 5]
            ):
                raise Doubt(f"the word {mark.word!r}")
            elif mark.kind == "count" and int(mark.value) not in (
                len(self.named), len(self.evidence.items),
            ):  # fmt: skip
                raise Doubt(f"the number {mark.word!r}")

    def year(self, said: str, first: int, span: int) -> None:
        """A year, or the first of ten."""
        if not self.named and self.wishing and first in self.evidence.years:
            return
        if len(said) < 3:
            raise Doubt(f"the number {said!r}")
        self.each(
            lambda one: one.year is not None and first <= one.year < first + span,
            f"the year {said}",
        )

    def people(self) -> None:
        """Who made what, as what."""
        shared = bool(self.of("same"))
        for k, mark in enumerate(self.marks):
            if mark.kind == "person" and not (not self.named and self.sought(mark)):
                self.each(partial(helped, mark.value), f"{mark.value[:60]!r}")
                before = self.marks[k - 1] if k else None
                if before is not None and before.kind == "maker" and not self.of("role"):
                    self.each(partial(made, mark.value), f"by {mark.value[:60]!r}")
        if not shared:
            self.roles()

    def sought(self, mark: Mark) -> bool:
        """Whether a name is one that the reader wished for, in a sentence that says so."""
        return self.wishing and mark.value in (*self.evidence.sought, *self.evidence.denied)

    def roles(self) -> None:
        """Each role with those named after it, the first also with those before."""
        waiting, people = list[Mark](), list[Mark]()
        for k, mark in enumerate(self.marks):
            if mark.kind == "person" and not waiting:
                people.append(mark)
            elif mark.kind == "person":
                self.held(waiting, mark)
                people.append(mark)
            elif mark.kind == "role":
                if k and self.words.of("mine", self.marks[k - 1].word):
                    raise Doubt(f"who {mark.word}")
                follows = next(
                    (m for m in self.marks[k + 1 :] if m.kind in ("person", "role")), None
                )
                ends = follows is None or follows.kind == "role"
                if people and not any(m.kind == "role" for m in self.marks[:k]):
                    for person in people:
                        self.held([mark], person)
                elif ends and follows is None:
                    self.bare(mark)
                fresh = k == 0 or self.marks[k - 1].kind == "person" or bool(people)
                waiting = [mark] if fresh else [*waiting, mark]
        if self.of("role") and not self.of("person"):
            for mark in self.of("role"):
                self.bare(mark)

    def bare(self, mark: Mark) -> None:
        """A role without a person: made in such a year says no more than the year."""
        if "creator" not in mark.value.split() or not self.of("number", "decade"):
            raise Doubt(f"the word {mark.word!r}, of nobody")

    def held(self, roles: Sequence[Mark], person: Mark) -> None:
        """Raise `Doubt` unless the person had each of the roles."""
        for role in roles:
            what = f"{role.word} {person.value[:60]!r}"
            self.each(partial(acted, person.value, frozenset(role.value.split())), what)

    def categories(self) -> None:
        """Categories and series of the items, and names that were only wished for."""
        for mark in filter(named, self.of("category")):
            if not (not self.named and self.sought(mark)):
                self.each(partial(kind_of, mark.value), f"{mark.value[:60]!r}")
        for mark in self.of("sought"):
            if not self.sought(mark) or self.named:
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
