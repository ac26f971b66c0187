"""Titles as they are compared: in all their spellings.

With what stands in brackets and without, articles in front, accents and case gone, numbers as
digits whether they were words or Roman.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LEADING = "the a an la le les il el los las das der die de det den lo un une l"
ARTICLE = re.compile(rf"^(?:{LEADING.replace(' ', '|')}) (?=\S)")
TURNED = re.compile(rf"(?i)^(.+), ({LEADING.replace(' ', '|')}|l')$")
BRACKETS = re.compile(r"\(([^()]*)\)")
KNOWN_AS = re.compile(r"(?i)^(?:a\.?k\.?a\.?|also known as)\s+")
PARTS = re.compile(r":\s+|\s+[-\u2013\u2014]\s+")
OWNER = re.compile(r"^(?:\S+ ){0,2}\S+(?:'s|s')\s+(?=\S)")
ONES = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
ORDERS = (
    *("first", "second", "third", "fourth", "fifth"),
    *("sixth", "seventh", "eighth", "ninth", "tenth"),
)
ROMAN = ("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
SPELLED = (
    {word: str(n) for n, word in enumerate(ONES, 1)}
    | {word: str(n) for n, word in enumerate(ORDERS, 1)}
    | {word: str(n) for n, word in enumerate(ROMAN, 2)}
    | {"dr": "doctor", "mr": "mister", "vs": "versus"}
)


def spellings(title: str) -> tuple[str, ...]:
    """The title, then all that stands in its brackets.

    >>> spellings("Boat, The (Das Boot)"), spellings("Rocky II (a.k.a. Rocky Two)")
    (('boat', 'boot'), ('rocky 2',))
    """
    found = [BRACKETS.sub(" ", title), *(s for b in BRACKETS.findall(title) for s in b.split("/"))]
    named = [normal(turned(KNOWN_AS.sub("", one.strip()))) for one in found]
    return tuple(dict.fromkeys(one for one in named if one))


def turned(title: str) -> str:
    """`The Boat` from `Boat, The`."""
    return TURNED.sub(r"\2 \1", title.strip())


def folded(text: str) -> str:
    """Words in lower case, without accents and signs."""
    text = unicodedata.normalize("NFKD", text.replace("½", " 1/2").replace("&", " and "))
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold()
    return " ".join(re.sub(r"[^\w]+", " ", re.sub(r"['\u2019`\u00b4]", "", text)).split())


def normal(title: str) -> str:
    """As two titles are compared: no article in front, numbers as digits, `part` left out.

    >>> normal("The Seventh Seal"), normal("Fright Night Part II"), normal("Dr. No")
    ('7 seal', 'fright night 2', 'doctor no')
    """
    words = [SPELLED.get(word, word) for word in ARTICLE.sub("", folded(title)).split()]
    words = [re.sub(r"^([0-9]+)(?:st|nd|rd|th)$", r"\1", word) for word in words]
    after = [*words[1:], ""][: len(words)]
    return " ".join(w for w, n in zip(words, after, strict=True) if w != "part" or not n.isdigit())


def shorter(title: str) -> Iterator[str]:
    """What a title is called for short, if that is more than a word or two letters."""
    whole = BRACKETS.sub(" ", title).strip()
    pieces = PARTS.split(whole)
    found = [pieces[0], pieces[-1]] if len(pieces) > 1 else []
    owned = OWNER.sub("", whole)
    whose = owned != whole and not ARTICLE.match(folded(whole))  # a dog's life is not a life
    for one in [*found, *([owned] if whose else [])]:
        if len(name := normal(one)) > 2:
            yield name
