"""The names of a catalogue, and what people call them: titles, creators, categories, tags, domains.

Looked up whole, then letter by letter: a name of several words is found by any word of it that few
other names have, the others being an edit or two away; a single word that nobody knows is mended.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
from scipy.sparse import csc_array

from hermes.core.types import Ints
from hermes.data.catalogue import Catalogue
from hermes.data.titles import LEADING, shorter, spellings

from .lexicon import Lexicon, both, english, joined
from .spelling import SHORTEST, Spelling, allowed, apart
from .tokens import fold, key

ORDER = (
    "affirm", "deny", "like", "pair", "category", "mood", "kind", "creator", "title", "colour",
    "language", "tag",
)  # fmt: skip
ARTICLES = frozenset(LEADING.split())
TELLING = 16  # names that share a word beyond which it finds none of them
MENDED = 4  # spellings of one word that are tried
OFTEN = 3  # items whose text has a word from which on it is a word, not a misspelt name
LONGEST = 40  # letters of a whole name that is mended
SAMPLE = 20_000  # items whose texts are read for that
LEADS = 0.6  # share of the items of all namesakes that the one who is meant has


@dataclass(frozen=True, slots=True)
class Name:
    """What a phrase may stand for."""

    kind: str  # category, mood, kind, colour, language, title, creator, tag, or a cue
    value: str  # as the catalogue writes it
    codes: tuple[int, ...] = ()  # items, creators, categories or domains
    full: bool = True  # the name itself, not a part of it


class Card(msgspec.Struct):
    """What a card says that names something."""

    text_content: str | None = None
    tags: list[str] | None = None


class Gazetteer:
    """All names of a catalogue, about 0.2 ms and 3 kB an item to make and to keep."""

    def __init__(self, catalogue: Catalogue, lexicon: Lexicon | None = None) -> None:
        self.catalogue, self.lexicon = catalogue, lexicon or english()
        self.names: dict[str, tuple[Name, ...]] = {}
        cards = [msgspec.json.decode(card, type=Card) for card in catalogue.cards]
        for phrase, name in (*self.said(), *self.people(), *self.titles(), *tagged(cards)):
            held = self.names.get(phrase, ())
            if phrase and all(one.kind != name.kind for one in held):
                self.names[phrase] = (*held, name)
        for phrase, held in self.names.items():
            if len(held) > 1:
                self.names[phrase] = tuple(sorted(held, key=lambda n: ORDER.index(n.kind)))
        self.kinds = {
            n.value for ns in self.names.values() for n in ns if n.kind == "kind" and n.codes
        }
        self.longest: dict[str, int] = {}
        self.rare: defaultdict[str, list[str]] = defaultdict(list)
        parts = set[str]()
        for phrase, names in self.names.items():
            words = phrase.split()
            self.longest[words[0]] = max(self.longest.get(words[0], 0), len(words))
            parts.update(words)
            if len(words) > 1 and any(n.kind in ("title", "creator") for n in names):
                for word in words:
                    self.rare[word].append(phrase)
        self.rare = defaultdict(list, {w: p for w, p in self.rare.items() if len(p) <= TELLING})
        self.parts = frozenset(parts)
        self.spelling = Spelling(parts)
        self.squeezed = {p.replace(" ", ""): p for p in self.names if " " in p and len(p) > 4}
        self.words = self.lexicon.everyday | written(catalogue, cards)
        self.entire: dict[str, str] = {}
        for phrase, names in self.names.items():
            if any(n.kind in ("title", "creator") and n.full for n in names):
                self.entire.setdefault(phrase.replace(" ", ""), phrase)
        self.whole = Spelling(self.entire, LONGEST)

    def said(self) -> Iterator[tuple[str, Name]]:
        """What the language has for the categories and domains of this catalogue, and cues."""
        lexicon, own = self.lexicon, self.categories
        for group in lexicon.synonyms:
            if codes := tuple(sorted({own[p] for p in group if p in own})):
                yield from ((p, Name("category", self.listed(codes), codes)) for p in group)
        for name in self.catalogue.categories.names[1:]:
            code = (self.catalogue.categories.code(name),)
            yield from ((phrase, Name("category", name, code)) for phrase in both(name))
        for phrase, groups in lexicon.pairs.items():
            if codes := self.meant(groups):
                yield phrase, Name("pair", phrase, codes)
        for phrase, groups in lexicon.moods.items():
            yield phrase, Name("mood", phrase, self.meant(groups))
        domains = {joined(d): i for i, d in enumerate(self.catalogue.domains.names) if i}
        for kind, group in lexicon.kinds.items():
            codes = tuple(sorted({domains[p] for p in group if p in domains}))
            yield from ((phrase, Name("kind", kind, codes)) for phrase in group)
        yield from ((d, Name("kind", self.catalogue.domains.names[i], (i,))) for d, i in
                    domains.items())  # fmt: skip
        for cue in ("affirm", "deny", "like"):
            yield from ((phrase, Name(cue, phrase)) for phrase in lexicon.sets[cue])
        for kind in ("colours", "languages"):
            yield from ((phrase, Name(kind[:-1], phrase)) for phrase in lexicon.sets[kind])

    @cached_property
    def categories(self) -> dict[str, int]:
        """Codes by phrase."""
        return {joined(n): i for i, n in enumerate(self.catalogue.categories.names) if i}

    def meant(self, groups: Iterable[str]) -> tuple[int, ...]:
        """Codes of the categories that the groups of these phrases name, in their order."""
        found = dict[int, None]()
        for one in groups:
            group = next((g for g in self.lexicon.synonyms if one in g), (one,))
            found |= dict.fromkeys(self.categories[p] for p in group if p in self.categories)
        return tuple(found)

    def listed(self, codes: tuple[int, ...]) -> str:
        """Categories by name."""
        return " or ".join(self.catalogue.categories.names[c] for c in codes)

    def people(self) -> Iterator[tuple[str, Name]]:
        """Creators by their names; by the last word of them where it is clear who is meant."""
        names = self.catalogue.creators.names
        count = np.bincount(self.catalogue.creator.indices, minlength=len(names))
        called: defaultdict[str, list[int]] = defaultdict(list)
        spelt: defaultdict[str, list[int]] = defaultdict(list)
        for code in (np.argsort(-count[1:], kind="stable") + 1).tolist():
            spelt[" ".join(key(names[code]))].append(code)
        for phrase, codes in spelt.items():
            yield phrase, Name("creator", names[codes[0]], tuple(codes))
            last = phrase.rpartition(" ")[2]
            if " " in phrase and len(last) >= SHORTEST:
                called[last].append(codes[0])
        for word, codes in called.items():
            own = count[codes]
            if own[0] >= OFTEN and own[0] >= LEADS * own.sum():
                yield word, Name("creator", names[codes[0]], (codes[0],), full=False)

    def titles(self) -> Iterator[tuple[str, Name]]:
        """Titles in all their spellings, whole ones before what they are called for short."""
        short: defaultdict[str, list[int]] = defaultdict(list)
        whole: defaultdict[str, list[int]] = defaultdict(list)
        for code, title in enumerate(self.catalogue.titles):
            plain = key(title)
            bare = plain[1:] if plain and plain[0] in ARTICLES and len(plain) > 1 else plain
            for phrase in {" ".join(plain), " ".join(bare), *spellings(title)}:
                whole[phrase].append(code)
            for phrase in set(shorter(title)):
                short[phrase].append(code)
        titles = self.catalogue.titles
        for phrase, codes in whole.items():
            yield phrase, Name("title", titles[codes[0]], tuple(codes))
        for phrase, codes in short.items():
            yield phrase, Name("title", titles[codes[0]], tuple(codes), full=False)

    def offers(self, kind: Name) -> bool:
        """Whether the catalogue may have this kind of thing."""
        return bool(kind.codes) or not self.kinds

    def divides(self, kind: Name) -> bool:
        """Whether only some of the catalogue are of this kind."""
        named = kind.kind == "kind" and bool(kind.codes)
        return named and len(kind.codes) < len(self.catalogue.domains) - 1

    def knows(self, word: str) -> bool:
        """Whether it is a word or a part of a name."""
        return word in self.parts or word in self.words

    def at(self, words: tuple[str, ...], start: int, end: int) -> Iterator[tuple[int, str]]:
        """Names that begin at `start` and end before `end`, the longest first: its end, phrase."""
        most = self.longest.get(words[start], 0)
        for stop in range(min(start + most, end), start, -1):
            phrase = words[start] if stop == start + 1 else " ".join(words[start:stop])
            if phrase in self.names:
                yield stop, phrase
        for stop in (start + 2, start + 1):
            if stop <= end:
                phrase = "".join(words[start:stop])
                if len(phrase) > 4 and phrase in self.squeezed:
                    yield stop, self.squeezed[phrase]
                elif stop > start + 1 and len(phrase) > 4 and phrase in self.names:
                    yield stop, phrase

    def mended(self, word: str) -> list[str]:
        """What a word that nobody knows may have been meant to be."""
        if self.knows(word) or not word.isalpha():
            return []
        return [near for _, near in self.spelling.near(word)[:MENDED]]

    def entirely(self, words: tuple[str, ...]) -> list[str]:
        """Names that a whole text may have been meant to be, if it has a word that nobody knows."""
        if all(word in self.words or word.isdigit() for word in words):
            return []
        text = "".join(words)
        if text in self.entire:
            return [self.entire[text]]
        return [self.entire[near] for _, near in self.whole.near(text)[:MENDED]]

    def around(self, words: tuple[str, ...], place: int, word: str) -> Iterator[
        tuple[int, int, str]
    ]:  # fmt: skip
        """Names that have `word`, where those beside `place` are their others but for typos."""
        for phrase in self.rare.get(word, ()):
            parts = phrase.split()
            start = place - parts.index(word)
            stop = start + len(parts)
            if start >= 0 and stop <= len(words) and alike(parts, words[start:stop]):
                yield start, stop, phrase

    @cached_property
    def works(self) -> csc_array:
        """(I, creators) by creator."""
        return csc_array(self.catalogue.creator)

    def made(self, code: int) -> Ints:
        """Items by a creator."""
        return np.asarray(self.works.indices[self.works.indptr[code] : self.works.indptr[code + 1]])

    @cached_property
    def together(self) -> Ints:
        """Items of each two categories.  -> (C, C)"""
        table = self.catalogue.category
        return np.asarray((table.T @ table).toarray(), np.int64)


def alike(name: list[str], words: tuple[str, ...]) -> bool:
    """Whether words are a name but for typos: an edit or two a word, one for five letters in all.

    >>> alike(["forrest", "gump"], ("forest", "gump")), alike(["tom", "cruise"], ("tim", "cruise"))
    (True, False)
    """
    edits = 0
    for own, word in zip(name, words, strict=True):
        if own != word:
            most = allowed(own)
            here = apart(own, word, most) if most else 1
            if here > most or not most:
                return False
            edits += here
    return 5 * edits <= sum(map(len, name))


def tagged(cards: Iterable[Card]) -> Iterator[tuple[str, Name]]:
    """Tags."""
    for tag in dict.fromkeys(tag for card in cards for tag in card.tags or ()):
        yield joined(tag), Name("tag", tag)


def written(catalogue: Catalogue, cards: list[Card]) -> frozenset[str]:
    """Words of at least `OFTEN` texts."""
    step = max(len(cards) // SAMPLE, 1)
    counts = Counter[str]()
    for title, card in zip(catalogue.titles[::step], cards[::step], strict=True):
        counts.update({*fold(f"{title} {card.text_content or ''}").split()})
    return frozenset(w for w, n in counts.items() if n >= OFTEN and w.isalpha())
