"""Claims become sentences, in the reader's language where there is a table of words for it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

Table = Mapping[str, Mapping[str, str]]
BASE = "en"
SHOWN = "Often chosen when it is shown"  # what is popular, though nobody counts how many choose it


class Claim(NamedTuple):
    """What is said, without the words: a place in a table, and what is put into it."""

    code: str  # because, like, match, popular, taste, new, chosen, catalogue, related
    key: str  # which of its sentences
    titles: tuple[str, ...] = ()  # one item or two
    name: str = ""  # a category, words of a text
    shared: str = ""  # what the item shares with all named: director, author ...


@lru_cache(64)
def table(language: str) -> Table | None:
    """The words of a language, by its code or that of its country's (`de-AT`); None without any.

    >>> table("xx") is None, table("fr-CA")["new"]["item"]
    (True, 'Nouveauté')
    """
    short = language.lower().replace("_", "-").partition("-")[0]
    if not (short.isascii() and short.isalpha() and len(short) == 2):
        return None
    file = files("hermes.explain") / "words" / f"{short}.toml"
    if not file.is_file():
        return None
    found: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
    return found


def sentence(claim: Claim, language: str = BASE) -> str:
    """A claim in words; in English as a whole where the language lacks any of them.

    >>> sentence(Claim("because", "watched", ("Alien", "Solaris"), shared="director"))
    'Because you watched Alien and Solaris, and it shares their director'
    >>> sentence(Claim("popular", "Popular this week"), "de")
    'Diese Woche beliebt'
    """
    own = table(language)
    said = said_in(own, claim) if own is not None else None
    return said or said_in(table(BASE) or {}, claim) or claim.key


def said_in(words: Table, claim: Claim) -> str | None:
    """A claim in the words of one table, None where one is missing."""
    try:
        named = words.get("categories", {}).get(claim.name, claim.name)
        items = listed(words, claim.titles)
        out = filled(words[claim.code][claim.key], items=items, name=named)
        if not claim.shared:
            return out
        clause = words["share" if len(claim.titles) > 1 else "shares"][claim.shared]
        return filled(words["joined"]["clause"], one=out, two=clause)
    except KeyError:
        return None


def listed(words: Table, titles: Sequence[str]) -> str:
    """One title, or two with an `and` between them."""
    if len(titles) < 2:
        return "".join(titles)
    return filled(words["joined"]["items"], one=titles[0], two=titles[1])


def filled(template: str, **values: str) -> str:
    """Values put into a template once; what stands in braces inside a value stays.

    >>> filled("Like {items}", items="The {name} of the rose", name="x")
    'Like The {name} of the rose'
    """
    parts, rest = [], template
    while "{" in rest:
        before, _, after = rest.partition("{")
        key, _, rest = after.partition("}")
        parts += [before, values[key]]
    return "".join([*parts, rest])
