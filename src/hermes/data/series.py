"""Which titles belong to one series, told from the titles alone.

A number at the end (`Toy Story 2`, `Part II`, `Airport 1975`) says so by itself. A name shared
before a subtitle (`Star Trek: Generations`), a title within another (`Batman Returns`, `Beneath the
Planet of the Apes`) and a plural (`Aliens`) say so only where the two are alike otherwise, in who
made them or in their categories. Of homonyms the one that came last before the rest is meant.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .titles import BRACKETS, ONES, PARTS, SPELLED, folded, turned

COUNTED = ("part", "chapter", "episode", "vol", "volume", "no", "number", "book", "season")
BARE = {(word,) for word in COUNTED}
ROMAN = ("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "xi", "xii")
ODD = ("deux", "3 d", "3d", "2 1 2", "33 1 3")
HIGHEST = 20  # a larger number is a year, or no number of a series
YEAR = re.compile(r"^(?:18|19|20)[0-9]{2}$")
SHORT = re.compile(r"'[0-9]{2}$")  # a year
RAISED = re.compile("([\u00b2\u00b3\u2074-\u2079])")  # the third Alien, as it is written
AND = re.compile(r"^(\S+(?: \S+)+) and the ")
TELLING = re.compile(
    r"^(?:returns?|forever|again|goes|lives|strikes|revenge|rides|meets?|beyond|reloaded|values|"
    r"begins|resurrection|reborn|rises|down under|takes|vs|versus|2|the return|the next)\b"
)
FAR = 25  # years between two of a series that only look alike


@dataclass(frozen=True, slots=True)
class Title:
    """The names in a title, as `plain` writes them."""

    whole: str
    numbered: frozenset[str]  # what stands before a number
    heads: frozenset[str]  # what stands before a subtitle, or before `and the ...`
    within: frozenset[str]  # other names it holds: what begins it, and what ends it
    begun: frozenset[str]  # what begins it
    added: frozenset[str]  # what begins it where `and ...` follows


@dataclass(frozen=True, slots=True)
class Kin:
    """What else is known of the items, for the clues that need a second one."""

    years: Sequence[float] = ()  # (n,) NaN where unknown
    makers: Sequence[frozenset[int]] = ()  # (n,) codes
    kinds: Sequence[frozenset[int]] = ()  # (n,) codes of categories

    @property
    def known(self) -> bool:
        """Whether there is a second clue for anything."""
        return bool(self.makers or self.kinds)

    def alike(self, a: int, b: int) -> bool:
        """Near in time, and either by one maker or, where makers are unknown, of two kinds."""
        if self.years and abs(self.years[a] - self.years[b]) > FAR:
            return False
        if self.makers and self.makers[a] and self.makers[b]:
            return bool(self.makers[a] & self.makers[b])
        if not self.kinds:
            return False
        few = min(len(self.kinds[a]), len(self.kinds[b]), 2)
        return few > 0 and len(self.kinds[a] & self.kinds[b]) >= few

    def crew(self, a: int, b: int) -> bool:
        """By two of the same makers at least."""
        return bool(self.makers) and len(self.makers[a] & self.makers[b]) > 1


@dataclass
class Joined:
    """Items that were found to be of one series: a forest of sets (Tarjan 1975)."""

    parent: list[int] = field(default_factory=list)

    def root(self, item: int) -> int:
        """Whichever item stands for the set."""
        while self.parent[item] != item:
            self.parent[item] = self.parent[self.parent[item]]
            item = self.parent[item]
        return item

    def join(self, a: int, b: int) -> None:
        """Two sets become one; the first of all stands for it."""
        low, high = sorted((self.root(a), self.root(b)))
        self.parent[high] = low

    def join_like(self, item: int, others: list[int], kin: Kin, sure: bool = False) -> None:
        """Join an item with those it is like; sure: with all, where nothing is known of them."""
        for other in others:
            if other != item and (kin.alike(item, other) or (sure and not kin.known)):
                self.join(item, other)

    def sizes(self) -> list[int]:
        """How many there are in each item's set.  -> (n,)"""
        count = Counter(self.root(item) for item in range(len(self.parent)))
        return [count[self.root(item)] for item in range(len(self.parent))]


def series(titles: Sequence[str], kin: Kin = Kin()) -> list[str]:
    """The name of each title's series, empty where it has none.  (n,) -> (n,)

    >>> series(["Toy Story", "Heat", "Toy Story 2", "Apollo 13"])
    ['Toy Story', '', 'Toy Story', '']
    """
    read = [parsed(title) for title in titles]
    sets = Joined(list(range(len(titles))))
    wholes = grouped({title.whole} for title in read)
    numbered = grouped(title.numbered for title in read)
    for name, found in numbered.items():
        if (first := founder(found, wholes.get(name, []), kin)) is not None:
            sets.join(first, found[0])
        for other in found[1:]:
            sets.join(found[0], other)
    for name, found in grouped(title.heads for title in read).items():
        known = [*numbered.get(name, []), *wholes.get(name, []), *found]
        for item in found:
            sets.join_like(item, known, kin, sure=" " in name)
    for item, title in enumerate(read):
        for name in sorted(title.within):
            sets.join_like(item, wholes.get(name, []), kin)
    size = sets.sizes()
    for item, title in enumerate(read):
        for name in sorted(title.begun):
            known = wholes.get(name, [])
            if name in title.added:
                sets.join_like(item, [one for one in known if size[one] > 1], kin)
            sets.join_like(item, [one for one in known if kin.crew(item, one)], kin)
    return labelled(titles, read, sets)


def grouped(names: Iterable[Iterable[str]]) -> dict[str, list[int]]:
    """Places by name."""
    out = defaultdict[str, list[int]](list)
    for item, own in enumerate(names):
        for name in sorted(own):
            if name:
                out[name].append(item)
    return out


def founder(found: list[int], same: list[int], kin: Kin) -> int | None:
    """Of several with the very name, the last that is not younger than the rest."""
    if not kin.years:
        return same[0] if same else None
    earliest = min(kin.years[i] for i in found)
    before = [i for i in same if not kin.years[i] > earliest and i not in found]
    return max(before, key=lambda i: kin.years[i], default=None)


def parsed(title: str) -> Title:
    """The names in a title.

    >>> sorted(parsed("Die Hard 2").numbered), sorted(parsed("Star Trek: Nemesis").heads)
    (['die hard'], ['star trek'])
    """
    told = turned(RAISED.sub(r" \1", BRACKETS.sub(" ", title)))
    pieces = [turned(piece) for piece in PARTS.split(told) if piece.strip()]
    pairs = (f"{a} {b}" for a, b in pairwise(pieces))
    stems = {unnumbered(piece) for piece in (told, *pieces, *pairs)}
    whole, heads = plain(told), {plain(piece) for piece in pieces[:-1][:1]}
    if found := AND.match(whole):
        heads.add(found[1])
    tails = {name for piece in pieces[1:] if " " in (name := plain(piece))}
    words = whole.split()
    tails |= {article_less(words[n:]) for n in range(1, len(words) - 2)}
    begun = {n: " ".join(words[:n]) for n in range(1, len(words))}
    return Title(
        whole,
        frozenset(stem for stem in stems if len(stem) > 2 and not stem.isdigit()),
        frozenset(head for head in heads if len(head) > 2 and head not in stems),
        frozenset(
            {name for n, name in begun.items() if TELLING.match(" ".join(words[n:]))}
            | tails
            | ({whole[:-1]} if len(whole) > 4 and whole[-1] == "s" else set())
        ),
        frozenset(begun.values()),
        frozenset(name for n, name in begun.items() if words[n] == "and"),
    )


def plain(text: str) -> str:
    """Words in lower case without an English article in front, numbers as digits.

    >>> plain("The Fourth Man"), plain("Die Hard")
    ('4 man', 'die hard')
    """
    return " ".join(SPELLED.get(word, word) for word in article_less(folded(text).split()).split())


def article_less(words: Sequence[str]) -> str:
    """Joined, without `the`, `a` or `an` in front."""
    return " ".join(words[1:] if len(words) > 1 and words[0] in ("the", "a", "an") else words)


def unnumbered(piece: str) -> str:
    """What stands before the number at the end, empty where there is none.

    >>> unnumbered("Rocky IV"), unnumbered("Friday the 13th Part 2"), unnumbered("Air Force One")
    ('rocky', 'friday the 13th', '')
    """
    words = folded(piece).split()
    if SHORT.search(piece.strip()):
        return plain(" ".join(words[:-1]))
    for width in (3, 2, 1):
        rest = words[:-width]
        counted = len(rest) > 1 and rest[-1] in COUNTED
        if rest and tuple(rest) not in BARE and numeral(" ".join(words[-width:]), counted):
            return plain(" ".join(rest[:-1] if counted else rest))
    return ""


def numeral(word: str, counted: bool) -> bool:
    """Whether it counts the parts of a series; more does after `part`."""
    if word.isdecimal():
        number = int(word)
        return (1 if counted else 2) <= number <= HIGHEST or bool(YEAR.match(word))
    return word in ROMAN or word in ODD or (counted and word in (*ONES, "i", "x"))


def labelled(titles: Sequence[str], read: Sequence[Title], sets: Joined) -> list[str]:
    """The names of sets of several titles; one title told twice is no series."""
    members = defaultdict[int, list[int]](list)
    for item in range(len(titles)):
        members[sets.root(item)].append(item)
    out = [""] * len(titles)
    for items in members.values():
        if len({read[item].whole for item in items}) > 1:
            name = called([titles[i] for i in items], [read[i] for i in items])
            for item in items:
                out[item] = name
    return out


def called(titles: Sequence[str], read: Sequence[Title]) -> str:
    """The shortest title as it is written, without its number, or what all have of it."""
    shortest = min(range(len(titles)), key=lambda i: (len(read[i].whole), titles[i]))
    name = BRACKETS.sub(" ", titles[shortest]).strip()
    if not all(unnumbered(name) or plain(name) in title.whole for title in read):
        name = PARTS.split(name)[0].strip()
    stem = unnumbered(name)
    words = name.split()
    while stem and len(words) > 1:
        words.pop()
        if plain(" ".join(words)) == stem:
            return " ".join(words).rstrip(",:")
    return name
