"""Sentences of the agent that need no model, in the reader's language; English where none is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent / "words"
LANGUAGES = ("en", "de", "fr", "es")


@cache
def table(language: str) -> Mapping[str, Mapping[str, str]]:
    """Everything that is said in one language, by section and key."""
    name = language if language in LANGUAGES else "en"
    made: dict[str, dict[str, str]] = tomllib.loads(
        (HERE / f"agent-{name}.toml").read_text("utf-8")
    )
    return made


def told(language: str, key: str, **values: object) -> str:
    """One sentence with its values put in.

    >>> told("en", "slate", titles="Alien and Heat", wishes="")
    'Here is what I would start with: Alien and Heat.'
    """
    return tidy(table(short(language))["say"][key].format(**values))


def role(language: str, name: str) -> str:
    """What a maker is called, as it is where there is no word for it."""
    return table(short(language))["roles"].get(name, name)


def listed(language: str, names: Sequence[str]) -> str:
    """One, two and more.

    >>> listed("en", ["a"]), listed("en", ["a", "b", "c"])
    ('a', 'a, b and c')
    """
    last = f" {table(short(language))['say']['and']} "
    return last.join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def short(language: str) -> str:
    """`de` of `de-CH`."""
    return language.lower()[:2]


def tidy(text: str) -> str:
    """One space between words, and no full stop after another."""
    return " ".join(text.split()).replace("..", ".").replace("?.", "?").replace("!.", "!")


def units(language: str, name: str) -> str:
    """What a length is counted in."""
    return table(short(language))["units"][name]
