"""What kind of turn a text is: small talk, a question about an item, a wish, or none of the agent's
business.

Patterns, in English, German, French and Spanish; what no pattern knows is a wish.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent / "words"
READ = 1000  # characters of a text that are looked at
PARTS = ("compare", "same")  # kinds that may stand beside others in one text
EMPTY = re.compile(
    r"(?i)\b(?:but|and|also|please|something|anything|show me|give me|i want|ones?|a bit|much"
    r"|make it|etwas|bitte|und|aber|quelque chose de|et|mais|algo|pero|y)\b(?=[\s,.!?]*(?:,|$))"
)
ORDINALS = re.compile(
    r"(?<!\w)(?:the |der |die |das |le |la |el |l')?(?:(?P<digit>[1-9]\d?)(?:st|nd|rd|th|\.|e|º|ª)"
    r"|(?:#|number |no\. ?|nummer |numéro |número )(?P<number>[1-9]\d?)|(?P<word>WORDS))"
    r"(?: (?:one|film|movie|book|item|title|song|album|article|game|product|result|en|un|ein))?"
    r"(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a text wants: `kind` says what to do, `target` what with."""

    kind: str
    what: str = ""  # of a question: director, year, about ...; of a comparison: newer, cheaper ...
    target: str = ""  # the words that say which item or wish, or what is wished for
    role: str = ""  # of whom the same is wanted


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and what it means."""

    kind: str
    what: str
    pattern: re.Pattern[str]


@cache
def rules() -> tuple[Rule, ...]:
    """In the order in which they are tried."""
    told = tomllib.loads((HERE / "turns.toml").read_text("utf-8"))
    return tuple(
        Rule(row["kind"], row.get("what", ""), re.compile(line, re.IGNORECASE))
        for row in told["rule"]
        for line in row["lines"]
    )


@cache
def ordinals() -> tuple[re.Pattern[str], dict[str, int]]:
    """The pattern of places in a list, and the places by word; the last is -1."""
    told = tomllib.loads((HERE / "turns.toml").read_text("utf-8"))["ordinals"]
    words = {word: int(place) for place, line in told.items() for word in line.split("|")}
    ends = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(ORDINALS.pattern.replace("WORDS", ends), re.IGNORECASE), words


def turns(text: str) -> list[Turn]:
    """What a text is: one turn, or comparisons and then what is wished for beside them.

    >>> [one.what or one.kind for one in turns("something shorter, no horror")]
    ['shorter', 'wish']
    >>> turns("who directed Alien?")
    [Turn(kind='ask', what='director', target='Alien', role='')]
    """
    plain = " ".join(text[:READ].replace("\u2019", "'").split())
    out = list[Turn]()
    for rule in rules():
        found = rule.pattern.search(plain)
        if found is None or (out and rule.kind not in PARTS):
            continue
        said = found.groupdict()
        made = Turn(rule.kind, rule.what, trimmed(said.get("x")), (said.get("role") or "").lower())
        if rule.kind not in PARTS:
            return [made]
        if all(one.what != made.what for one in out):
            out.append(made)
            plain = f"{plain[: found.start()]}, {plain[found.end() :]}"
    rest = trimmed(EMPTY.sub(" ", plain)) if out else plain
    return [*out, Turn("wish", target=rest)] if rest else out


def trimmed(text: str | None) -> str:
    """Without signs at its ends."""
    return (text or "").strip(" ?!.,;:\"'\u00bf\u00a1\u201c\u201d")


def place(target: str) -> int | None:
    """The place in the last slate that words name, from 0; -1 is the last, None is none.

    >>> place("the second one"), place("#3"), place("the last"), place("Alien")
    (1, 2, -1, None)
    """
    pattern, words = ordinals()
    found = pattern.search(target)
    if found is None:
        return None
    digit = found["digit"] or found["number"]
    return int(digit) - 1 if digit else words[found["word"].lower()]
