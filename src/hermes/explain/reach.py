"""How far what is stated reaches: facts hung on a title of the past, on `the others`, on nothing.

Each of these is a way to say something false in words of which every single one holds.
"""

from __future__ import annotations

from dataclasses import dataclass

from .evidence import Item
from .facts import NAMES, helped, kind_of, named
from .marks import Doubt, Mark
from .people import People

STATED = ("number", "decade", "money", "person", "category", "series", "role", "unit")
BARE = ("unit", "role", "year", "series", "done")  # what a count may not count
AROUND = 4  # words between a year and its number


@dataclass(frozen=True, slots=True)
class Reach(People):
    """What the facts of one reading are about."""

    def reach(self) -> None:
        """Raise `Doubt` at the first thing that is said of something else than it holds of."""
        self.units()
        self.several()
        self.granted()
        self.tastes()
        for k, mark in enumerate(self.marks):
            if fact(mark):
                self.behind_past(k)
            if mark.kind == "title":
                self.joined(k)
            if self.words.of("maker", mark.word) and mark.kind not in STATED:
                near = self.marks[k + 1].word if k + 1 < len(self.marks) else ""
                if self.words.of("person", near):
                    raise Doubt(f"{mark.word} {near}")

    def units(self) -> None:
        """Raise `Doubt` for minutes, years, prices, series and counts of nothing."""
        for k, mark in enumerate(self.marks):
            before = self.marks[k - 1].kind if k else ""
            near = [m.kind for m in self.marks[max(k - AROUND, 0) : k + AROUND + 1]]
            dated = bool({"number", "decade"} & {*near}) or self.wishing or bool(self.of("same"))
            lost = (mark.kind == "unit" and before != "number") or (
                mark.kind == "year" and not dated
            )
            if self.words.of("cost", mark.word) and mark.kind not in ("title", "past"):
                lost = lost or not self.of("money", "unit", "number")
            if mark.kind == "count":
                after = self.marks[k + 1 : k + 3]
                bare = any(m.kind in BARE or (m.kind == "category" and not named(m)) for m in after)
                lost = lost or bare or len(self.named) == 1
            if fact(mark) and not self.apart(k):
                close = self.marks[max(k - 1, 0) : k + 3]
                lost = lost or any(self.words.of("more", m.word) for m in close)
            if mark.kind == "like" and k + 1 < len(self.marks):
                lost = lost or self.marks[k + 1].kind in ("number", "decade")
            if lost:
                raise Doubt(f"the word {mark.word!r}")
        if any(not named(m) for m in self.of("series")) and not self.of("same"):
            self.each(in_series, "a series")

    def several(self) -> None:
        """Raise `Doubt` for facts of the others, or of all, where only one is known."""
        first = next((k for k, m in enumerate(self.marks) if fact(m) or m.kind == "kind"), None)
        if first is None:
            return
        if self.others(first):
            raise Doubt("others, of which nothing is known")
        alone = not self.named and len(self.items) == 1 < len(self.evidence.items)
        for mark in self.marks[:first]:
            many = self.words.of("many", mark.word) or mark.kind == "count"
            if alone and many and mark.kind not in NAMES:
                raise Doubt(f"{mark.word!r}, where one is known")

    def others(self, first: int) -> bool:
        """Whether others than the named are spoken of before the first fact."""
        for k, mark in enumerate(self.marks[:first]):
            if mark.kind not in ("title", "past") and self.words.of("others", mark.word):
                near = self.marks[max(k - 3, 0) : k]
                if not self.named or any(self.words.of("and", m.word) for m in near):
                    return True
        return False

    def granted(self) -> None:
        """Raise `Doubt` where an item is told as what was wished for and is not."""
        if not self.wishing:
            return
        if self.of("quote"):
            raise Doubt("a quotation of the reader")
        for k, mark in enumerate(self.marks):
            being, whose = ([""] * 2 + [m.word for m in self.marks[:k]])[-2:]
            told = self.words.of("link", being) and self.words.of("wisher", whose)
            if mark.kind == "wish" and told and self.named:
                raise Doubt(f"{being} {whose} {mark.word}")
        wanted = {*self.evidence.sought} - {*self.evidence.denied}
        kinds = ("category", "person") if self.of("like") else ("category", "person", "sought")
        for mark in self.of(*kinds):
            for one in self.named if mark.value in wanted else ():
                if not (kind_of(mark.value, one) or helped(mark.value, one)):
                    raise Doubt(f"{mark.value[:60]!r}, wished for and not in {one.title[:60]!r}")

    def tastes(self) -> None:
        """Raise `Doubt` where somebody is said to like, to know or to ask for something."""
        for k, mark in enumerate(self.marks):
            earlier = self.marks[:k]
            if any(self.words.of(c, m.word) for m in earlier for c in ("modal", "given")):
                continue
            before = earlier[-1].word if earlier else ""
            people = ("wisher", "mine", "others", "many")
            somebody = any(self.words.of(claim, before) for claim in people)
            asked = [m.kind for m in earlier[-2:-1]] == ["title"] and self.words.of("link", before)
            if mark.kind not in NAMES and (
                self.words.of("fond", mark.word)
                or (somebody and self.words.of("know", mark.word))
                or (asked and mark.kind == "wish")
            ):
                raise Doubt(f"{before} {mark.word}")

    def behind_past(self, k: int) -> None:
        """Raise `Doubt` for a fact that hangs on a title of the past."""
        earlier = [m.kind for m in self.marks[:k] if m.kind in ("title", "past", "done")]
        later = [m.kind for m in self.marks[k + 1 :] if m.kind in ("title", "past")][:1]
        titles = [kind for kind in earlier if kind != "done"]
        on = titles[-1:] == ["past"] and (earlier[-1] == "past" or later != ["title"])
        own = earlier[-1:] == ["title"] and self.reasoned(k)
        if on or (later == ["past"] and not own):
            raise Doubt(f"{self.marks[k].word or self.marks[k].value!r} of a title of the past")

    def reasoned(self, k: int) -> bool:
        """Whether a reason begins between a fact and the next title."""
        for mark in self.marks[k + 1 :]:
            if mark.kind in ("title", "past"):
                return False
            if mark.kind in ("because", "done") or self.words.of("wisher", mark.word):
                return True
        return False

    def joined(self, k: int) -> None:
        """Raise `Doubt` for a title that words other than `and` tie to the one before."""
        if k + 1 < len(self.marks) and self.marks[k + 1].word == "i":
            raise Doubt("a numeral behind a title")
        for place in range(k - 1, -1, -1):
            mark = self.marks[place]
            if mark.kind == "comma" or self.words.of("and", mark.word):
                return
            if mark.kind == "title":
                raise Doubt(f"{mark.value[:40]!r} and {self.marks[k].value[:40]!r} tied")
            if mark.kind not in ("glue", "year", "maker"):
                return
        before = [m.word for m in self.marks[max(k - 3, 0) : k]]
        reader = any(self.words.of("wisher", word) for word in before)
        if reader and self.words.of("own", before[-1]):
            raise Doubt(f"{before[-1]} {self.marks[k].value[:60]!r}")


def fact(mark: Mark) -> bool:
    """Whether it states something."""
    return mark.kind in STATED and (mark.kind not in ("category", "series") or named(mark))


def in_series(one: Item) -> bool:
    """Whether it is of any series."""
    return bool(one.series)
