"""What English says around the names of a catalogue, read from `words/`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .tokens import key

HERE = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Phrases as `tokens.key` has them, joined by spaces."""

    synonyms: tuple[tuple[str, ...], ...]  # names of one category
    pairs: Mapping[str, tuple[str, ...]]  # phrase: the categories it means, all of them
    moods: Mapping[str, tuple[str, ...]]  # phrase: the categories where it is mostly met
    kinds: Mapping[str, tuple[str, ...]]  # kind of thing: its words and domains
    sets: Mapping[str, frozenset[str]]  # deny, affirm, like, fillers ...
    everyday: frozenset[str]  # words that are no misspelt names


@cache
def english() -> Lexicon:
    """The one there is."""
    told = tomllib.loads((HERE / "english.toml").read_text("utf-8"))
    sets = {name: frozenset(phrases(text)) for name, text in told["words"].items()}
    synonyms = tuple(tuple(plurals(phrases(text))) for text in told["synonyms"].values())
    lexicon = Lexicon(
        synonyms,
        {one: tuple(phrases(text)) for name, text in told["pairs"].items() for one in both(name)},
        {joined(name): tuple(phrases(text)) for name, text in told["moods"].items()},
        {name: tuple(phrases(text)) for name, text in told["kinds"].items()},
        sets,
        frozenset(),
    )
    spoken = [*lexicon.moods, *lexicon.pairs, *(p for group in synonyms for p in group)]
    spoken += [p for group in (*lexicon.kinds.values(), *sets.values()) for p in group]
    everyday = set((HERE / "everyday.txt").read_text("utf-8").split())
    return Lexicon(
        synonyms,
        lexicon.pairs,
        lexicon.moods,
        lexicon.kinds,
        sets,
        frozenset(everyday.union(*(p.split() for p in spoken))),
    )


def joined(phrase: str) -> str:
    """As it is looked up."""
    return " ".join(key(phrase))


def phrases(text: str) -> Iterator[str]:
    """Of a text with bars."""
    return (joined(phrase) for phrase in text.split("|") if phrase)


def both(phrase: str) -> tuple[str, str]:
    """One and many.

    >>> both("comedy"), both("film noir"), both("sketch"), both("western")
    (('comedy', 'comedies'), ('film noir', 'films noir'), ('sketch', 'sketches'), ...
    """
    one = joined(phrase)
    if one.startswith("film "):
        return one, f"films {one[5:]}"
    if one.endswith("y") and one[-2:-1] not in "aeiou":
        return one, f"{one[:-1]}ies"
    return one, f"{one}es" if one.endswith(("s", "x", "ch", "sh")) else f"{one}s"


def plurals(found: Iterator[str]) -> Iterator[str]:
    """Each phrase, and many of it."""
    return (form for phrase in found for form in both(phrase))
