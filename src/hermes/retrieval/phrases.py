"""Which words of a text name something: whole names first, then names that are misspelt.

A name that is also plain words is taken for a name only where the text says so: a title when
nothing else was asked, after "like", in quotes, or when its words are telling; one word of a
creator's name beside "with" or "films"; and nothing is mended that everyday English or the
catalogue's own texts know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .gazetteer import ARTICLES, Gazetteer, Name
from .ranges import Range
from .tokens import QUOTES, Tokens, spoken

CUES = ("affirm", "deny", "like")
MINUS = re.compile(r"(?:^|\s)-$")
ENDING = re.compile(r"(?:s|d|ed|r|er|ing|ly|y)$")
TRIED = 8  # words of a text that are mended
BACK = 6  # words before a misspelt one where its name may begin


@dataclass(slots=True)
class Hit:
    """Words `start` to `end` that name something, or are a range."""

    start: int
    end: int
    name: Name
    range: Range | None = None
    meant: str = ""  # the phrase, where it was spelt otherwise
    negated: bool = False
    denied: int = -1  # where its denial begins, in words

    @property
    def kind(self) -> str:
        """What it names."""
        return self.name.kind


@dataclass(slots=True)
class Phrases:
    """A text as n words and the hits among them."""

    found: Tokens
    gazetteer: Gazetteer
    ranges: Sequence[Range]
    words: tuple[str, ...] = ()  # (n,) as names are looked up
    starts: list[int] = field(default_factory=list)  # (n,) characters
    ends: list[int] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    cover: list[Hit | None] = field(default_factory=list)  # (n,)
    spans: dict[int, tuple[int, Range]] = field(default_factory=dict)  # of ranges, by their start
    timed: set[int] = field(default_factory=set)  # words of ranges

    def __post_init__(self) -> None:
        found = self.found
        places = [
            i for i, (w, kind) in enumerate(zip(found.words, found.kinds, strict=True))
            if kind != "sign" or w == "&"
        ]  # fmt: skip
        self.words = tuple(spoken(found.words[i]) for i in places)
        self.starts = [found.starts[i] for i in places]
        self.ends = [found.ends[i] for i in places]
        self.cover = [None] * len(places)
        for one in self.ranges:
            inside = [k for k, i in enumerate(places) if one.start <= i < one.end]
            self.spans[inside[0]] = (inside[-1] + 1, one)
            self.timed.update(inside)
        self.scan()
        self.mend()
        self.hits = sorted(set_of(self.cover), key=lambda hit: hit.start)

    def gap(self, k: int) -> str:
        """What stands between a word and the one before."""
        return self.found.text[self.ends[k - 1] if k else 0 : self.starts[k]]

    def span(self, hit: Hit) -> tuple[int, int]:
        """The characters of a hit, its denial and the sign of its money with it."""
        start, end = self.starts[hit.start], self.ends[hit.end - 1]
        if hit.range is not None:
            start, end = self.found.starts[hit.range.start], self.found.ends[hit.range.end - 1]
        return (self.starts[hit.denied] if hit.negated else start), end

    def kind_at(self, k: int) -> bool:
        """Whether a word says what kind of thing is wanted."""
        hit = self.cover[k] if 0 <= k < len(self.words) else None
        return hit is not None and hit.kind == "kind"

    def within(self, k: int, spans: Sequence[tuple[int, int]]) -> bool:
        """Whether a word stands within one of the spans."""
        return any(low <= self.starts[k] < high for low, high in spans)

    def scan(self) -> None:
        """Whole names from left to right, the longest first."""
        k, n = 0, len(self.words)
        while k < n:
            stop, phrase, chosen = next(self.named(k), (k, "", None))
            end, one = self.spans.get(k, (k, None))
            alone = chosen is not None and chosen.kind == "title" and end - k == 1
            if (
                one is not None
                and end >= stop
                and not (alone and stop == end and self.whole(k, stop))
            ):
                self.put(Hit(k, end, Name("range", one.kind), one))
                k = end
            elif chosen is not None:
                self.put(self.hit(k, stop, chosen, phrase))
                k = stop
            else:
                k += 1

    def hit(self, start: int, stop: int, name: Name, phrase: str) -> Hit:
        """Words that are a phrase, or were meant to be."""
        typed = phrase == " ".join(self.words[start:stop])
        return Hit(start, stop, name, meant="" if typed else name.value if name.full else phrase)

    def named(self, k: int) -> Iterator[tuple[int, str, Name]]:
        """What begins at a word and may be meant, the longest first."""
        for stop, phrase in self.gazetteer.at(self.words, k, len(self.words)):
            chosen = self.chosen(self.gazetteer.names[phrase], k, stop)
            if chosen is not None:
                yield stop, phrase, chosen

    def put(self, hit: Hit) -> None:
        """Cover its words."""
        self.cover[hit.start : hit.end] = [hit] * (hit.end - hit.start)

    def chosen(
        self, names: tuple[Name, ...], start: int, stop: int, typo: bool = False
    ) -> Name | None:
        """The one of a phrase's names that is meant, None when it is plain words."""
        named = any(n.kind in ("title", "creator") for n in names)
        whole = named and self.whole(start, stop)
        quoted = named and self.quoted(start, stop)
        if quoted or (whole and names[0].kind in CUES):
            names = tuple(sorted(names, key=lambda n: n.kind != "title"))
        return next((n for n in names if self.fits(n, start, stop, whole, quoted, typo)), None)

    def fits(
        self, name: Name, start: int, stop: int, whole: bool, quoted: bool, typo: bool
    ) -> bool:
        """Whether it is meant where it stands."""
        if name.kind == "title":
            return quoted or self.titled(start, stop, whole, typo)
        if name.kind == "creator":
            return self.person(name, start, stop, whole)
        if name.kind == "like":
            return stop - start > 1 or not start or self.before_like(start)
        if name.kind == "tag":
            return not self.gazetteer.lexicon.sets["fillers"].issuperset(self.words[start:stop])
        return True

    def before_like(self, k: int) -> bool:
        """Whether "like" at a word can be followed by what is to be alike."""
        said = self.gazetteer.lexicon.sets["before_like"]
        before = self.cover[k - 1]
        return self.words[k - 1] in said or "," in self.gap(k) or (
            before is not None and before.kind in ("category", "kind", "deny")
        )  # fmt: skip

    def whole(self, start: int, stop: int) -> bool:
        """Whether nothing is asked but this."""
        beside = self.gazetteer.lexicon.sets["beside"]
        outside = (*range(start), *range(stop, len(self.words)))
        return all(k in self.timed or self.words[k] in beside for k in outside) and not (
            self.gazetteer.lexicon.sets["fillers"].issuperset(self.words[start:stop])
        )

    def quoted(self, start: int, stop: int) -> bool:
        """Whether it stands in quotes."""
        after = self.found.text[self.ends[stop - 1] :][:1]
        return after in QUOTES and bool(after) and bool(QUOTES.intersection(self.gap(start)))

    def titled(self, start: int, stop: int, whole: bool, typo: bool) -> bool:
        """Whether a title is meant."""
        if whole or self.alike(start):
            return True
        words = [w for w in self.words[start:stop] if w not in ARTICLES]
        plain = self.gazetteer.lexicon.sets["stops"]
        telling = [w for w in words if w not in self.gazetteer.lexicon.everyday and w not in plain]
        content = [w for w in words if w not in plain]
        if typo and not telling:
            return False
        return len(words) > 1 and len(content) > 1 and (bool(telling) or len(content) > 2)

    def alike(self, start: int) -> bool:
        """Whether "like" stands before it."""
        while start and self.cover[start - 1] is None and self.words[start - 1] in ARTICLES:
            start -= 1
        before = self.cover[start - 1] if start else None
        return before is not None and before.kind == "like"

    def person(self, name: Name, start: int, stop: int, whole: bool) -> bool:
        """Whether a creator is meant."""
        sets, everyday = self.gazetteer.lexicon.sets, self.gazetteer.lexicon.everyday
        if (sets["stops"] | sets["fillers"]).issuperset(self.words[start:stop]):
            return False  # there are catalogues with somebody called The
        told = stop - start > 1 and not all(w in everyday for w in self.words[start:stop])
        before = " ".join(self.words[max(start - 2, 0) : start])
        after = self.words[stop] if stop < len(self.words) else ""
        beside = any(before.endswith(by) for by in sets["by"]) or after in sets["before_like"]
        return (
            told
            or whole
            or self.alike(start)
            or (beside and (name.full or len(self.words[start]) > 3))
        )

    def mend(self) -> None:
        """Misspelt names among the words that nothing covers."""
        if self.words and self.mended():
            return
        plain, everyday = self.gazetteer.lexicon.sets["stops"], self.gazetteer.lexicon.everyday
        tried = 0
        for k, word in enumerate(self.words):
            if self.cover[k] is not None or word in plain or tried == TRIED:
                continue
            tried += 1
            meant = self.gazetteer.mended(word)
            telling = [w for w in (word, *meant) if w not in everyday and w in self.gazetteer.rare]
            best = max(
                (*self.replaced(k, meant), *self.around(k, telling)),
                key=lambda hit: hit.end - hit.start,
                default=None,
            )
            if best is not None:
                self.put(best)

    def mended(self) -> bool:
        """Whether all of it is one misspelt name, which it is then taken for."""
        n, first = len(self.words), self.cover[0]
        if first is not None and first.end == n:
            return False
        for phrase in self.gazetteer.entirely(self.words):
            chosen = self.chosen(self.gazetteer.names[phrase], 0, n, typo=True)
            if chosen is not None:
                self.put(self.hit(0, n, chosen, phrase))
                return True
        return False

    def replaced(self, k: int, meant: Sequence[str]) -> Iterator[Hit]:
        """Names with one word put right, the nearest first."""
        for word in meant:
            words = (*self.words[:k], word, *self.words[k + 1 :])
            for start in range(max(k - BACK, 0), k + 1):
                for stop, phrase in self.gazetteer.at(words, start, len(words)):
                    if stop > k and self.free(start, stop):
                        names = self.gazetteer.names[phrase]
                        chosen = self.chosen(names, start, stop, typo=True)
                        if chosen is not None and self.worth(chosen, stop - start, self.words[k]):
                            yield self.hit(start, stop, chosen, phrase)

    def around(self, k: int, telling: Sequence[str]) -> Iterator[Hit]:
        """Names that a telling word is of, those beside it being misspelt."""
        for word in telling:
            for start, stop, phrase in self.gazetteer.around(self.words, k, word):
                if self.free(start, stop) and phrase != " ".join(self.words[start:stop]):
                    chosen = self.chosen(self.gazetteer.names[phrase], start, stop, typo=True)
                    if chosen is not None and chosen.kind in ("title", "creator"):
                        yield self.hit(start, stop, chosen, phrase)

    def worth(self, name: Name, length: int, word: str) -> bool:
        """Whether a word that nobody knows may have been meant to be this."""
        if length > 1:
            return True
        if name.kind == "mood" and ENDING.sub("", word) == ENDING.sub("", name.value):
            return False
        return name.kind in ("category", "pair", "mood", "kind") or len(word) > 5

    def free(self, start: int, stop: int) -> bool:
        """Whether nothing covers the words but what is no name."""
        return all(
            hit is None or hit.kind in CUES or (stop - start > 1 and not hit.name.full)
            for hit in self.cover[start:stop]
        )


def set_of(cover: Sequence[Hit | None]) -> list[Hit]:
    """Each once."""
    return list({id(hit): hit for hit in cover if hit is not None}.values())
