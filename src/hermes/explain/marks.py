"""A sentence as marks: names of the evidence, numbers, and words that claim something or nothing.

Whatever is none of these raises `Doubt`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from .evidence import Evidence, Item
from .vocabulary import WORD, Vocabulary, called, fold, key

SIGNS = frozenset(" .,;:!?()'\u2019\u2018-\u2013\u2014\u2026&\u00bf\u00a1")
QUOTED = re.compile(
    r"\u201c([^\u201c\u201d]*)\u201d|\u201e([^\u201e\u201c\u201d]*)[\u201c\u201d]"
    r"|\u00ab\s?([^\u00ab\u00bb]*?)\s?\u00bb|\u00bb([^\u00ab\u00bb]*)\u00ab|\"([^\"]*)\""
)
SIGN, FIGURE = r"[$\u20ac\u00a3\u00a5]", r"\d[\d.,]*"
MONEY = rf"(?P<money>{SIGN}\s?{FIGURE}\d|{FIGURE}\s?(?:[A-Z]{{3}}\b|{SIGN}))"
APART = re.compile(f"{QUOTED.pattern}|{MONEY}")
MARKS = re.compile('["\u201c\u201d\u201e\u00ab\u00bb]')
BRACKET = re.compile(r"\s*\([^()]*\)\s*$")
TURNED = re.compile(r"^(.+), (the|a|an|le|la|les|der|die|das|el|los|las)$", re.IGNORECASE)
JOINT = re.compile(r"[,;:]")
DECADE = re.compile(r"^(?:19|20)?\d0s$")
LONGEST = 12  # words of a name that is looked for outside the evidence
Known = Callable[[tuple[str, ...]], bool]


class Doubt(Exception):
    """Why a sentence is not told."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A word or a name, and what it stands for."""

    kind: str  # title, past, person, category, series, number, decade, money, role ... or glue
    word: str  # folded
    items: tuple[Item, ...] = ()  # of a title; several where they are namesakes
    value: str = ""


Names = Mapping[tuple[str, ...], Mark]


def names(evidence: Evidence) -> dict[tuple[str, ...], Mark]:
    """Everything that the evidence calls by name."""
    out: dict[tuple[str, ...], Mark] = {}
    for one in evidence.items:
        for kind in one.categories:
            put(out, kind, Mark("category", "", (), kind))
    for kind in (*evidence.sought, *evidence.denied):
        put(out, kind, Mark("sought", "", (), kind))
    for one in evidence.items:
        for name in one.makers():
            put(out, name, Mark("person", "", (), name))
        if one.series:
            put(out, one.series, Mark("series", "", (), one.series))
    for title, _ in evidence.history:
        for name in spelt(title):
            put(out, name, Mark("past", "", (), title), whole=True)
    for one in evidence.items:
        for name in spelt(one.title):
            words = key(name)
            held = out.get(words)
            same = held.items if held is not None and held.kind == "title" else ()
            if words and one not in same:
                out[words] = Mark("title", " ".join(words), (*same, one), one.title)
    return out


def put(out: dict[tuple[str, ...], Mark], name: str, mark: Mark, whole: bool = False) -> None:
    """Under its name, and a category under all that it is called."""
    words = key(name)
    group = called().get(words, frozenset((words,))) if mark.kind in ("category", "sought") else ()
    for phrase in group or (words,):
        held = out.get(phrase)
        if phrase and (whole or held is None or held.kind == "sought"):
            out[phrase] = mark


def spelt(title: str) -> tuple[str, ...]:
    """A title, and what it is without brackets and with its article in front.

    >>> spelt("Matrix, The (1999)")
    ('Matrix, The (1999)', 'Matrix, The', 'The Matrix')
    """
    bare = BRACKET.sub("", title)
    return tuple(dict.fromkeys((title, bare, TURNED.sub(r"\2 \1", bare))))


def scanned(
    text: str, names: Names, words: Vocabulary, known: Known, starts: bool = True
) -> list[Mark]:
    """All marks of a sentence, or of a part that begins within one; raises `Doubt`."""
    found = [(m.start(), m.end()) for m in WORD.finditer(text)]
    said = [text[a:b] for a, b in found]
    folded = [fold(word) for word in said]
    longest = max((len(name) for name in names), default=0)
    out, inside = list[Mark](), set[int]()
    k, last = 0, 0
    while k < len(said):
        stop, mark = named(folded, k, longest, names, words)
        start, end = found[k][0], found[stop - 1][1]
        signs(text[last:start])
        if out and JOINT.search(text[last:start]):
            out.append(Mark("comma", ","))
        letters(text[start:end], mark.value if mark is not None else "")
        if mark is not None:
            inside.update(range(k, stop))
        else:
            first = (starts and k == 0) or text[:start].rstrip().endswith((":", "\u00bf", "\u00a1"))
            mark = plain(said[k], first, words)
        out.append(mark)
        k, last = stop, end
    signs(text[last:])
    foreign(said, folded, inside, names, known)
    return out


def named(
    folded: Sequence[str], k: int, longest: int, names: Names, words: Vocabulary
) -> tuple[int, Mark | None]:
    """The longest name that begins at a word, and where it ends.

    A name of nothing but glue, as `It`, cannot be told from words and is none outside quotes.
    """
    for stop in range(min(k + longest, len(folded)), k, -1):
        mark = names.get(tuple(folded[k:stop]))
        if mark is not None and not all(w in words.glue for w in folded[k:stop]):
            return stop, mark
    return k + 1, None


def signs(between: str) -> None:
    """Raise `Doubt` for a sign that a plain sentence does not need."""
    strange = next((c for c in between if c not in SIGNS), "")
    if strange:
        raise Doubt(f"the sign {strange!r}")


def letters(word: str, name: str) -> None:
    """Raise `Doubt` for a letter of another script than the languages have, or than the name."""
    for c in word:
        latin = (c.isascii() and c.isalnum()) or "\u00c0" <= c <= "\u017f"
        if not latin and c not in name and c not in SIGNS:
            raise (
                Doubt(f"the sign {c!r}")
                if c.isascii()
                else Doubt(f"the letter {unicodedata.name(c, 'without a name')}")
            )


def plain(word: str, first: bool, words: Vocabulary) -> Mark:
    """What a word that is no name of the evidence stands for; raises `Doubt`."""
    exact = word.casefold()
    if word.isdigit() or DECADE.match(exact):
        return Mark("decade" if DECADE.match(exact) else "number", exact)
    if any(c.isdigit() for c in word):
        raise Doubt(f"the number {word[:40]!r}")
    kind, value = claimed(exact, words)
    if kind == "" and exact not in words.glue:
        raise Doubt(f"the word {word[:40]!r}")
    noun = exact in words.nouns or kind in ("role", "kind", "unit", "category", "year", "series")
    if not word.islower() and not first and not noun and exact not in ("i", "sie", "ihnen"):
        raise Doubt(f"{word[:40]!r}, written like a name")
    return Mark(kind or "glue", exact, (), value)


def claimed(word: str, words: Vocabulary) -> tuple[str, str]:
    """The kind of a claim, empty where it is none."""
    if word in words.roles:
        return "role", " ".join(sorted(words.roles[word]))
    if word in words.done:
        return "done", words.done[word]
    if word in words.kinds:
        return "kind", words.kinds[word]
    if word in words.units:
        return "unit", words.units[word]
    if word in words.counts:
        return "count", str(words.counts[word])
    for claim in ("deny", "popular", "new", "taste", "same", "like", "because", "series",
                  "measure"):  # fmt: skip
        if word in words.claims[claim]:
            return claim, ""
    listed = next((c for c in ("wish", "maker", "year", "category") if words.of(c, word)), "")
    return listed, ""


def foreign(
    said: Sequence[str], folded: Sequence[str], inside: Collection[int], names: Names, known: Known
) -> None:
    """Raise `Doubt` where words written like a title are one that the evidence does not name."""
    capitals = [k for k, word in enumerate(said) if not word.islower()]
    for start in capitals:
        for last in capitals:
            span = tuple(folded[start : last + 1])
            if not 0 <= last - start < LONGEST or (start == last == 0):
                continue
            if span in names or all(k in inside for k in range(start, last + 1)):
                continue
            if known(span):
                raise Doubt(f"{' '.join(said[start : last + 1])[:60]!r}, not spoken of here")


def parts(text: str) -> list[tuple[str, str]]:
    """A sentence as what stands between its quotations and prices: kind and text.

    Kinds are text, quote and money. Raises `Doubt` for a quotation without an end.

    >>> parts('It costs 9.99 USD.')
    [('text', 'It costs '), ('money', '9.99 USD'), ('text', '.')]
    """
    out, last = list[tuple[str, str]](), 0
    for found in APART.finditer(text):
        out.append(("text", text[last : found.start()]))
        held = next(filter(None, found.groups()), "")
        out.append(("money", found[0]) if found["money"] else ("quote", held))
        last = found.end()
    out.append(("text", text[last:]))
    if any(MARKS.search(said) for kind, said in out if kind == "text"):
        raise Doubt("a quotation without an end")
    return out


def clauses(text: str) -> Collection[str]:
    """The sentences of a description, as they may be quoted: one, or several in a row."""
    parts = re.split(r"(?<=[.!?])\s+", text.strip())
    return {
        " ".join(parts[a:b]).strip(" .!?\u2026")
        for a in range(len(parts))
        for b in range(a + 1, min(a + 4, len(parts)) + 1)
    }
