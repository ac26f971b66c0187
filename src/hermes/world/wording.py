"""From lists of phrases to sentences: slots are filled by chance, never by rote."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

WORDS = Path(__file__).parent / "words"
SLOT = re.compile(r"\{(\w+)\}")
ARTICLE = re.compile(r"\b([Aa]) (?=[AEIOaeio]|[Uu]n(?!i))")
DOUBLED = re.compile(r"\b([Tt]he) (?:[Aa]n?|[Tt]he) (?=\w)")
BLOCK = 8192  # random numbers drawn at once


class Dice:
    """Choices among alternatives, from one generator whose draws come in blocks."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.block: list[float] = []

    def roll(self) -> float:
        """Uniform in [0, 1)."""
        if not self.block:
            self.block = self.rng.random(BLOCK).tolist()
        return self.block.pop()

    def below(self, n: int) -> int:
        """A whole number in [0, n)."""
        return int(self.roll() * n)

    def pick(self, options: tuple[str, ...]) -> str:
        """One of the options."""
        return options[int(self.roll() * len(options))]


@cache
def words(name: str) -> Mapping[str, Any]:
    """One file of words, its alternatives apart."""
    with (WORDS / f"{name}.toml").open("rb") as file:
        return split(tomllib.load(file))


def split(table: Mapping[str, Any]) -> dict[str, Any]:
    """Alternatives between bars become tuples; inner tables likewise; numbers stay."""
    out: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, str):
            out[key] = tuple(value.split("|"))
        else:
            out[key] = split(value) if isinstance(value, Mapping) else value
    return out


def fill(template: str, lists: Mapping[str, Any], dice: Dice) -> str:
    """The template with every slot filled; a slot's own slots are filled in turn.

    `{x_low}` and `{x_cap}` are `{x}` with a lower or upper first letter where no such list exists;
    a slot keeps its first value, so that a text never contradicts itself. Of two articles that meet
    the first stays: `The {number} Stars` with `A Thousand` is `The Thousand Stars`.
    """
    known: dict[str, str] = {}

    def value(name: str) -> str:
        if name not in known:
            known[name] = found(name)
        return known[name]

    def found(name: str) -> str:
        if name in lists:
            options = lists[name]
            chosen = options if isinstance(options, str) else dice.pick(options)
            return SLOT.sub(lambda m: value(m[1]), chosen) if "{" in chosen else chosen
        stem, _, form = name.rpartition("_")
        if form == "low":
            return uncapitalised(value(stem))
        if form == "cap":
            return capitalised(value(stem))
        if name[-1] == "2":
            return other(name[:-1])
        return capitalised(value(name.lower()))

    def other(stem: str) -> str:
        taken = value(stem)
        for _ in range(8):
            drawn = fill("{" + stem + "}", lists, dice)
            if drawn != taken:
                return drawn
        return drawn

    filled = SLOT.sub(lambda m: value(m[1]), template)
    return ARTICLE.sub(r"\1n ", DOUBLED.sub(r"\1 ", filled))


def capitalised(text: str) -> str:
    """With an upper first letter, the rest untouched."""
    return text[:1].upper() + text[1:]


def uncapitalised(text: str) -> str:
    """With a lower first letter, the rest untouched."""
    return text[:1].lower() + text[1:]


def person(dice: Dice) -> str:
    """A coined name."""
    names = words("names")
    return f"{dice.pick(names['given'])} {surname(dice)}"


def surname(dice: Dice) -> str:
    """A coined family name."""
    names = words("names")
    return dice.pick(names["onset"]) + dice.pick(names["coda"])


def place(dice: Dice) -> str:
    """A coined town."""
    names = words("names")
    head = dice.pick(names["place_head"]) if dice.roll() < 0.12 else ""
    return head + dice.pick(names["place_onset"]) + dice.pick(names["place_coda"])


def coined(kind: str, dice: Dice) -> str:
    """A coined band, brand, publisher or outlet."""
    names = words("names")
    lists = {
        **names,
        "surname": surname(dice),
        "surname2": surname(dice),
        "given2": dice.pick(names["given"]),
        "place": place(dice),
    }
    return fill(dice.pick(names[kind]), lists, dice)
