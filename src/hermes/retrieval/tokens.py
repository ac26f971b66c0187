"""A typed text as tokens that know where they stand in it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from hermes.data.script import whole
from hermes.data.titles import SPELLED

READ = 2000  # characters of a text that are read
MOST = 64  # tokens of those that are kept
MARKS = (  # combining ones, which no letter class knows
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0dff\u0e31-\u0e4e\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f"
)
ALONE = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # of scripts without spaces
LETTER = rf"(?:[^\W_{ALONE}]|[{MARKS}])"
TOKEN = re.compile(
    rf"""
    (?P<decade>['\u2019]?(?<!\d)(?:\d\d)?\d0['\u2019]?s\b)
    | (?P<number>\d{{1,9}}(?:[.,]\d{{1,9}})*(?![^\W_]))
    | (?P<word>[{ALONE}] | {LETTER}+(?:['\u2019\u0060\u00b4]{LETTER}+)*)
    | (?P<sign>[$\u20ac\u00a3\u00a5&/,;:.!?"\u201c\u201d\u00ab\u00bb+\-\u2013\u2014])
    """,
    re.VERBOSE,
)
DROPPED = str.maketrans("", "", "'\u2019`\u00b4")
ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th)$")
QUOTES = frozenset('"\u201c\u201d\u00ab\u00bb')
DASHES = frozenset("-\u2013\u2014")


@dataclass(frozen=True, slots=True)
class Tokens:
    """n tokens of a text: words, numbers, and the signs that may mean something."""

    text: str  # what was read of it
    words: tuple[str, ...]  # (n,) folded
    kinds: tuple[str, ...]  # (n,) word, number, decade or sign
    starts: tuple[int, ...]  # (n,) in the text
    ends: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.words)


def tokens(text: str) -> Tokens:
    """The first `MOST` tokens.

    >>> tokens("Schindler's List (1993), not the '90s!").words
    ('schindlers', 'list', '1993', ',', 'not', 'the', '90s', '!')
    """
    words, kinds, starts, ends = list[str](), list[str](), list[int](), list[int]()
    read = text[:READ]
    for found in TOKEN.finditer(read):
        words.append(fold(found[0]))
        kinds.append(found.lastgroup or "word")
        starts.append(found.start())
        ends.append(found.end())
        if len(words) == MOST:
            break
    return Tokens(read, tuple(words), tuple(kinds), tuple(starts), tuple(ends))


def fold(word: str) -> str:
    """Lower case, without accents and apostrophes."""
    if word.isascii():
        return word.lower().translate(DROPPED)
    clean = whole(word).translate(DROPPED)
    apart = unicodedata.normalize("NFKD", clean).casefold()
    return "".join(c for c in apart if not unicodedata.combining(c)) or clean


def spoken(word: str) -> str:
    """A word as names are compared: numbers as digits, whether they were words or Roman.

    >>> spoken("iii"), spoken("third"), spoken("13th"), spoken("&")
    ('3', '3', '13', 'and')
    """
    if word == "&":
        return "and"
    found = ORDINAL.match(word)
    return found[1] if found else SPELLED.get(word, word)


def key(name: str) -> tuple[str, ...]:
    """The words of a name, as they are looked up.

    >>> key("The Godfather: Part II"), key("X-Men")
    (('the', 'godfather', 'part', '2'), ('10', 'men'))
    """
    found = tokens(name)
    pairs = zip(found.words, found.kinds, strict=True)
    return tuple(spoken(w) for w, kind in pairs if kind != "sign" or w == "&")
