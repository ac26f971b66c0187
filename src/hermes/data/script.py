"""Text as it is compared: without case and accents, in any script."""

from __future__ import annotations

import re
import unicodedata

MARKLESS = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")  # no spaces in between
WORD = re.compile(r"\w+")


def folded(text: str) -> str:
    """Without accents and case, a space around each character of a script that uses none.

    >>> folded("Amélie Straße 千と")
    'amelie strasse  千  と '
    """
    if text.isascii():
        return text
    whole = text.encode("utf-8", "replace").decode()  # half a surrogate pair is no character
    apart = unicodedata.normalize("NFKD", whole).casefold()
    return MARKLESS.sub(r" \g<0> ", "".join(c for c in apart if not unicodedata.combining(c)))


def tokens(text: str) -> list[str]:
    """The words of a text in their order, folded.

    >>> tokens("Don't LOOK, Amélie!")
    ['don', 't', 'look', 'amelie']
    """
    return WORD.findall(folded(text).lower())
