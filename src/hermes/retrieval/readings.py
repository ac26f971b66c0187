"""What was understood, in the reader's language.

A constraint is put down in English once (`wording`) and kept so, for it is also remembered and
compared; here its few forms are said in another language. What is of none of them stays.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent / "words" / "readings.toml"
LABEL = re.compile(r"(genre|by|title|like|in|mood|colour|language|tag|words|without): (.+)", re.S)
BOUND = re.compile(r"(after|before|under|over|at most|at least) (\S*\d\S*)(?: (minutes|pages))?")
SPAN = re.compile(r"(\S*\d\S*) to (\S*\d\S*)(?: (minutes|pages))?")
JOINED = ("genre", "in")  # whose names are alternatives


@cache
def tables() -> Mapping[str, Mapping[str, str]]:
    """The words of every language, by its code."""
    found: dict[str, dict[str, str]] = tomllib.loads(WORDS.read_text("utf-8"))
    return found


def table(language: str) -> Mapping[str, str] | None:
    """The words of a language, by its code or that of a country's; None without any.

    >>> table("de-AT") == table("DE_ch") == table("de"), table("est")
    (True, None)
    """
    return tables().get(re.split("[-_]", language.lower(), maxsplit=1)[0])


def reading(text: str, language: str = "en", names: Sequence[str] = ()) -> str:
    """What reads so in English, in another language; no name of `names` is taken apart.

    >>> reading("genre: Comedy or Noir", "de"), reading("not 1990 to 1999", "fr-CA")
    ('Genre: Comedy oder Noir', 'pas de 1990 à 1999')
    >>> reading("under 120 minutes", "es"), reading("after 1990", "xx")
    ('menos de 120 minutos', 'after 1990')
    """
    words = table(language)
    if words is None:
        return text
    if text.startswith("not "):
        return put(words["not"], reading(text[4:], language, names))
    if found := LABEL.fullmatch(text):
        label, value = found[1], found[2]
        said, *more = apart(value, names) if label in JOINED else [value]
        for name in more:
            said = put(words["or"], said, name)
        return f"{words[label]}: {said}"
    if found := BOUND.fullmatch(text):
        return put(words[found[1]], counted(words, found[2], found[3]))
    if found := SPAN.fullmatch(text):
        return put(words["to"], found[1], counted(words, found[2], found[3]))
    return text


def apart(value: str, names: Sequence[str]) -> Sequence[str]:
    """The alternatives that were joined, which may have an *or* themselves.

    >>> apart("War or Peace", ["War or Peace"]), apart("War or Peace", [])
    (['War or Peace'], ['War', 'Peace'])
    """
    return names if value == " or ".join(names) else value.split(" or ")


def counted(words: Mapping[str, str], value: str, unit: str | None) -> str:
    """A number with its unit, if it has one."""
    return put(words[unit], value) if unit else value


def put(template: str, one: str, two: str = "") -> str:
    """Values in a template, once; braces in a value stay."""
    return re.sub(r"\{(one|two)\}", lambda m: one if m[1] == "one" else two, template)
