"""The words with which a model may speak, by language, and what each of them claims."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .templates import LANGUAGES, short

HERE = Path(__file__).parent / "words"
WORD = re.compile(r"[^\W_]+")
CLAIMS = (
    "deny", "wish", "wisher", "modal", "like", "because", "popular", "new", "taste", "same",
    "mine", "maker", "series", "year", "category", "measure", "and", "of", "link", "beside",
    "alias", "bound", "cost", "others", "many", "more", "own", "person",
    "begin", "fond", "know", "given",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words in lower case."""

    glue: frozenset[str]  # claim nothing
    nouns: frozenset[str]  # of the glue, those written with a capital
    claims: Mapping[str, frozenset[str]]  # by what is claimed, see CLAIMS
    roles: Mapping[str, frozenset[str]]  # word: the roles it stands for
    done: Mapping[str, str]  # word: what was done, as `reasons.verb` has it
    kinds: Mapping[str, str]  # word for a thing: what one does with it
    units: Mapping[str, str]  # word: the length it counts
    counts: Mapping[str, int]  # numbers in words

    def of(self, claim: str, word: str) -> bool:
        """Whether a word makes a claim."""
        return word in self.claims[claim]


@cache
def vocabulary(language: str) -> Vocabulary:
    """Of one language; English where there is none."""
    name = short(language)
    told = document()[name if name in LANGUAGES else "en"]
    claims = {claim: frozenset(told[claim].split()) for claim in CLAIMS}
    roles: dict[str, frozenset[str]] = {}
    for role, line in told["roles"].items():
        for word in line.split():
            more = {role, "writer"} if role == "author" else {role}
            roles[word] = roles.get(word, frozenset()) | more
    return Vocabulary(
        frozenset(told["glue"].split()) | frozenset(told["nouns"].split()),
        frozenset(told["nouns"].split()),
        claims,
        roles,
        inverse(told["done"]),
        inverse(told["kinds"]),
        inverse(told["units"]),
        {word: int(n) for n, word in told["counts"].items()},
    )


@cache
def document() -> dict[str, Any]:
    """The whole table."""
    found: dict[str, Any] = tomllib.loads((HERE / "claims.toml").read_text("utf-8"))
    return found


@cache
def called() -> dict[tuple[str, ...], frozenset[tuple[str, ...]]]:
    """What a category may be called, by any of those names."""
    out: dict[tuple[str, ...], frozenset[tuple[str, ...]]] = {}
    for line in document()["categories"].values():
        group = frozenset(map(key, line.split("|")))
        out |= {name: out.get(name, frozenset()) | group for name in group}
    return out


def inverse(table: Mapping[str, str]) -> dict[str, str]:
    """Each word to what it stands for."""
    return {word: name for name, line in table.items() for word in line.split()}


def key(name: str) -> tuple[str, ...]:
    """The words of a name as they are compared.

    >>> key("Amélie's Heat")
    ('amelie', 's', 'heat')
    """
    return tuple(fold(word) for word in WORD.findall(name))


def fold(word: str) -> str:
    """Without case and accents."""
    apart = unicodedata.normalize("NFKD", word).casefold()
    return "".join(c for c in apart if not unicodedata.combining(c)) or word
