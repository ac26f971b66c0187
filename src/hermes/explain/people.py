"""Who had which part in what: every person of a sentence stands in a part, and it is theirs.

A person belongs to the part named before (`directed by A and B`, `the cast of X includes A`), to
the one behind (`A and B star in X`), or to a word that tells of one (`by A`, `with A`, `A's X`).
One of whom no part is told, as in `A recommends X`, raises `Doubt`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from .evidence import Item
from .facts import Facts, acted, helped, made
from .marks import Doubt, Mark

FAR = 6  # marks between a part and the person it is of


@dataclass(frozen=True, slots=True)
class People(Facts):
    """The people of one reading of one sentence."""

    def people(self) -> None:
        """Raise `Doubt` at the first who had no such part."""
        used = set[int]()
        for k, mark in enumerate(self.marks):
            if mark.kind == "person" and not self.wished(k):
                self.each(partial(helped, mark.value), f"{mark.value[:60]!r}")
                used |= self.part(k, mark)
        for k, mark in enumerate(self.marks):
            if mark.kind == "role":
                self.own(k, mark)
                if k not in used and not self.of("same"):
                    self.bare(mark)

    def part(self, k: int, person: Mark) -> set[int]:
        """The places of the parts that a person is told to have had, all of which hold."""
        start = self.chain(k, -1)
        link = self.marks[start] if start >= 0 else None
        if link is not None and link.kind == "role":
            return self.held(start, person)
        if link is not None and (link.kind == "maker" or self.words.of("link", link.word)):
            place = self.behind(start)
            if place is not None:
                return self.held(place, person)
            if link.kind == "maker":
                self.tied(start)
                self.each(partial(made, person.value), f"by {person.value[:60]!r}")
                return set()
        if link is not None and self.words.of("beside", link.word):
            self.each(partial(played, person.value), f"with {person.value[:60]!r}")
            return set()
        end = self.chain(k, 1)
        while end < len(self.marks) and self.words.of("link", self.marks[end].word):
            end += 1
        if end < len(self.marks) and self.marks[end].kind == "role":
            return self.held(end, person, False)
        if end < len(self.marks) and end == k + 1 and self.marks[end].word == "s":
            self.each(partial(made, person.value), f"{person.value[:60]!r} as the maker")
            return set()
        raise Doubt(f"{person.value[:60]!r}, and not clear as what")

    def tied(self, k: int) -> None:
        """Raise `Doubt` where `by` stands behind a verb that is no part: found by A."""
        before = self.marks[k - 1] if k else None
        known = ("title", "kind", "category", "number", "decade", "comma", "past")
        if before is not None and not (before.kind in known or self.words.of("link", before.word)):
            raise Doubt(f"{before.word} {self.marks[k].word}")

    def chain(self, k: int, step: int) -> int:
        """The place beyond the people whom commas and `and` join with one."""
        k += step
        while 0 <= k < len(self.marks) and (
            self.marks[k].kind in ("person", "comma") or self.words.of("and", self.marks[k].word)
        ):
            k += step
        return k

    def behind(self, k: int) -> int | None:
        """The place of the part that a link goes back to, over a title, a year and small words."""
        for place in range(k - 1, max(k - FAR, -1), -1):
            mark = self.marks[place]
            if mark.kind == "role":
                return place
            small = mark.kind == "maker" or self.words.of("of", mark.word)
            if not small and mark.kind not in ("title", "number", "decade"):
                return None
        return None

    def held(self, place: int, person: Mark, back: bool = True) -> set[int]:
        """Raise `Doubt` unless the part holds, and those joined with it: directed and written."""
        used = {place}
        if back and place and self.marks[place - 1].kind == "person":
            raise Doubt(f"{person.value[:60]!r} as what somebody plays")
        if back and (other := self.behind(place)) is not None:
            used.add(other)  # `Regie bei Alien führte A`
        while back and place > 1 and self.words.of("and", self.marks[place - 1].word):
            place -= 2
            if self.marks[place].kind != "role":
                break
            used.add(place)
        for k in used:
            what = f"{self.marks[k].word} {person.value[:60]!r}"
            self.each(partial(acted, person.value, frozenset(self.marks[k].value.split())), what)
        return used

    def own(self, k: int, role: Mark) -> None:
        """Raise `Doubt` where the speaker or the reader is said to have had a part."""
        for mark in reversed(self.marks[:k]):
            if mark.kind in ("title", "person"):
                return
            if self.words.of("mine", mark.word):
                raise Doubt(f"{mark.word} {role.word}")

    def bare(self, mark: Mark) -> None:
        """A part without a person: made in such a year says no more than the year."""
        if "creator" not in mark.value.split() or not self.of("number", "decade"):
            raise Doubt(f"the word {mark.word!r}, of nobody")


def played(name: str, one: Item) -> bool:
    """Whether somebody plays in it, where the catalogue says who does."""
    return not one.makers("actor") or name in one.makers("actor")
