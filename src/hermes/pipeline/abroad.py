"""Wishes in German, French and Spanish, phrase by phrase in the English that is understood.

No translation: what no phrase knows stands as it is, so that names and titles are found.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent / "words"


@cache
def phrases(language: str) -> tuple[re.Pattern[str], Mapping[str, str]] | None:
    """The pattern of a language's phrases, the longest first, and what they are in English."""
    told = tomllib.loads((HERE / "abroad.toml").read_text("utf-8")).get(language)
    if told is None:
        return None
    table = {key: english for line, english in told.items() for key in line.split("|")}
    ends = "|".join(spaced(key) for key in sorted(table, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{ends})(?:['\u2019](?=\w)|(?!\w))", re.IGNORECASE), table


def spaced(phrase: str) -> str:
    """A phrase as a pattern: any space or apostrophe between its words."""
    return r"[\s'\u2019]+".join(map(re.escape, phrase.split()))


def english(text: str, language: str, named: Callable[[str], bool]) -> str:
    """A wish as it would be said in English; a text that is a name by itself is left alone.

    >>> english("eine Komödie aus den 90ern ohne Tom Hanks", "de", lambda _: False)
    'comedies from the 90s without Tom Hanks'
    >>> english("une comédie, pas d'horreur", "fr", lambda _: False)
    'comedies, no horror'
    """
    found = phrases(language.lower()[:2])
    if found is None or named(text):
        return text
    pattern, table = found
    said = pattern.sub(lambda m: table[plain(m[0])] + " " * (m[0][-1] in "'\u2019"), text)
    return re.sub(
        r"(?i)\b(?:eine?[nmrs]?|une?|unas?|unos|der|die|das|el|la|los|las|les?)\s+", "", said
    )


def plain(phrase: str) -> str:
    """As the table has it."""
    return " ".join(re.sub("['\u2019]", " ", phrase).lower().split())
