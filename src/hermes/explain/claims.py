"""Whether what a sentence claims is so: its facts, and why it says that something is here.

Nothing is guessed. A sentence that names two items claims each of its facts of both; one that names
none claims them of the items named last. What cannot be checked raises `Doubt`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice, product

from .evidence import Evidence, Item
from .facts import NAMES, named
from .holdings import verb
from .marks import Doubt, Mark, clauses
from .reach import Reach
from .templates import LANGUAGES
from .vocabulary import Vocabulary
from .wording import SHOWN, Claim, sentence

NAMESAKES = 16  # readings of a sentence whose titles several items have
UNSAFE = re.compile(r"(?i)https?:|www\.|[<>{}\[\]|`\\]|\w@\w|\w\.(?:com|net|org|io|xyz|ru|info)\b")


@dataclass(frozen=True, slots=True)
class Told:
    """What a sentence that holds was about."""

    items: tuple[Item, ...]
    substance: bool  # it says something of an item


def judged(
    marks: Sequence[Mark], evidence: Evidence, words: Vocabulary, subject: Sequence[Item]
) -> Told:
    """What it is about in the first reading that holds; raises the last `Doubt`."""
    titles = [m.items for m in marks if m.kind == "title"]
    doubt = Doubt("nothing")
    for chosen in islice(product(*titles), NAMESAKES):
        spoken = tuple(dict.fromkeys(chosen))
        try:
            Claims(marks, evidence, words, spoken, spoken or tuple(subject)).check()
        except Doubt as error:
            doubt = error
        else:
            facts = any(
                m.kind not in ("glue", "wish", "maker", "year", "unit", "comma") for m in marks
            )
            return Told(spoken or tuple(subject), bool(spoken) or (bool(subject) and facts))
    raise doubt


@dataclass(frozen=True, slots=True)
class Claims(Reach):
    """One reading of one sentence."""

    def check(self) -> None:
        """Raise `Doubt` at the first claim that does not hold."""
        for part in (
            self.numbers, self.people, self.categories, self.denials, self.history, self.reasons,
            self.relations, self.things, self.reach,
        ):  # fmt: skip
            part()

    def history(self) -> None:
        """What the reader did, with which title; and that it is why the items are here."""
        done = dict[str, set[str]]()
        for title, what in self.evidence.history:
            done.setdefault(title, set()).add(what)
        for k, mark in enumerate(self.marks):
            if mark.kind == "done":
                near = self.nearest(k)
                if near is None or not self.has("wisher"):
                    raise Doubt(f"the word {mark.word!r}")
                if mark.value not in done.get(near.value, ()):
                    raise Doubt(f"{mark.word} {near.value[:60]!r}")
        self.listed(done)
        for mark in self.of("past"):
            reasons = self.of("done", "same", "like", "because")
            if not reasons:
                raise Doubt(f"{mark.value[:60]!r}, which is not spoken of here")
            if self.named or self.of("same", "like", "because"):
                self.each(partial(led, mark.value), f"{mark.value[:60]!r}")

    def listed(self, done: Mapping[str, set[str]]) -> None:
        """Raise `Doubt` for a title that stands in one list with what the reader did."""
        for k, mark in enumerate(self.marks):
            if mark.kind != "past":
                continue
            for step in (-1, 1):
                other, ended = self.chained(k, step)
                near = self.marks[other] if 0 <= other < len(self.marks) else None
                if near is None or near.kind != "title" or near.value in done:
                    continue
                if ended or other == len(self.marks) - 1:
                    raise Doubt(f"{near.value[:60]!r} among what was done")

    def chained(self, k: int, step: int) -> tuple[int, bool]:
        """The place of what commas and `and` join with a mark, and whether an `and` did."""
        ended = False
        k += step
        while 0 <= k < len(self.marks) and (
            self.marks[k].kind == "comma" or self.words.of("and", self.marks[k].word)
        ):
            ended |= self.marks[k].kind != "comma"
            k += step
        return k, ended

    def nearest(self, k: int) -> Mark | None:
        """The title that stands nearest to a word."""
        titles = [(abs(i - k), m) for i, m in enumerate(self.marks) if m.kind in ("title", "past")]
        return min(titles, key=lambda pair: pair[0], default=(0, None))[1]

    def reasons(self) -> None:
        """Because, popular, new and a taste are claims about why something is here."""
        if self.of("because"):
            names = self.of("category", "person", "sought")
            wished = self.wishing and any(map(self.sought, names))
            if not self.of("past") and not wished:
                raise Doubt("a reason that is not known")
        if self.of("popular"):
            self.each(counted, "popular as the reason")
        for kind in ("new", "taste"):
            if self.of(kind):
                self.each(partial(coded, kind), f"{kind} as the reason")
        if self.of("taste"):
            for mark in filter(named, self.of("category")):
                self.each(partial(reasoned, mark.value), f"a taste for {mark.value!r}")

    def relations(self) -> None:
        """What is the same of several, what is like what, what is called what, what was wanted."""
        for k, mark in enumerate(self.marks):
            self.named_after(k, mark)
            self.beside(k, mark)
            if mark.kind == "like" and not self.modal(k):
                place = self.next(k, ("title", "past", "sought"))
                if place is not None and not self.sought(self.marks[place]):
                    self.liked(self.marks[place])
        if self.of("same"):
            self.shared()

    def named_after(self, k: int, mark: Mark) -> None:
        """Raise `Doubt` for a title that nobody wished for, or that something else is called."""
        place = self.next(k, NAMES)
        near = None if place is None else self.marks[place]
        titled = near is not None and near.kind in ("title", "past")
        if near is not None and mark.kind == "wish" and titled and not self.sought(near):
            raise Doubt(f"{near.value[:60]!r}, which was not wished for")
        alias = self.words.of("alias", mark.word) and mark.kind not in NAMES
        if alias and (len(self.named) > 1 or (near is not None and near.kind != "title")):
            raise Doubt(f"the word {mark.word!r}")

    def beside(self, k: int, mark: Mark) -> None:
        """Raise `Doubt` for a title that small words tie to another: X belongs to Y, it is of Y."""
        if mark.kind != "title" or not k:
            return
        before = self.marks[k - 1].word
        if not any(self.words.of(claim, before) for claim in ("of", "bound", "maker", "beside")):
            return
        earlier = self.marks[:k]
        spoken = any(
            self.words.of("mine", m.word) or self.words.of("wisher", m.word) for m in earlier
        )
        spoken = spoken or self.words.of("begin", self.marks[k - 2].word)
        stated = self.of("role", "quote") or (
            k > 1 and self.marks[k - 2].kind in ("year", "category")
        )
        if any(m.kind == "title" for m in earlier) or (k > 1 and not spoken and not stated):
            raise Doubt(f"{before} {mark.value[:60]!r}")

    def modal(self, k: int) -> bool:
        """Whether it is `you might like`, or `might also like`."""
        before = [m.word for m in self.marks[max(k - 2, 0) : k]]
        return any(self.words.of("modal", word) for word in before)

    def liked(self, mark: Mark) -> None:
        """Each other item is here because of this one."""
        others = [one for one in self.items if one.title != mark.value]
        if not others or any(mark.value not in one.because for one in others):
            raise Doubt(f"like {mark.value[:60]!r}")

    def shared(self) -> None:
        """Raise `Doubt` unless the items have in common what the sentence says."""
        if len(self.items) < 2 or self.of("past"):
            raise Doubt("what is shared with something else")
        kinds = self.of("role", "series", "year", "category", "kind")
        if len(kinds) != 1:
            raise Doubt("something shared, and not clear what")
        kind, sets = kinds[0], list[set[str]]()
        for one in self.items:
            if kind.kind == "role":
                sets.append({n for role in kind.value.split() for n in one.makers(role)})
            elif kind.kind == "series":
                sets.append({one.series} - {""})
            elif kind.kind == "year":
                sets.append({str(one.year)} - {"None"})
            else:
                sets.append(set(one.categories))
        if kind.kind == "kind" or not set.intersection(*sets):
            raise Doubt(f"the same {kind.word}")

    def things(self) -> None:
        """Films are films, and a quotation stands in the description of its one item."""
        for mark in self.of("kind"):
            about = self.items or self.evidence.items
            if not about or any(verb(one.domain) != mark.value for one in about):
                raise Doubt(f"the word {mark.word!r}")
        for mark in self.of("quote"):
            said = mark.value.strip(" .!?\u2026")
            held = len(self.items) == 1 and said in clauses(self.items[0].text)
            if not said or not held or UNSAFE.search(mark.value):
                raise Doubt("a quotation that the catalogue does not hold")


def led(title: str, one: Item) -> bool:
    """Whether a title of the history is why it is here."""
    return title in one.because


@cache
def often() -> frozenset[str]:
    """The reason that counts nobody, in every language."""
    return frozenset(sentence(Claim("popular", SHOWN), name) for name in LANGUAGES)


def counted(one: Item) -> bool:
    """Whether it was counted that many choose it."""
    return coded("popular", one) and one.reason not in often()


def coded(code: str, one: Item) -> bool:
    """Whether its reason is of a kind."""
    return one.code == code


def reasoned(word: str, one: Item) -> bool:
    """Whether its reason names something."""
    return word in one.reason
