"""Answers to questions about one item, from nothing but what the catalogue says of it."""

from __future__ import annotations

import re

from hermes.explain.evidence import Item
from hermes.explain.templates import listed, role, told, units

from .turns import place

POINTING = re.compile(
    r"^(?:it|that|this|he|she|them?|(?:that|this|the) (?:one|film|movie|book|item|song|album|game)"
    r"|dies(?:er|e|es)|das|der|die|es|(?:der|die|das) \w+|ça|cela|celui-ci|celle-ci|(?:le|la) \w+"
    r"|es[eao]|est[eao]|(?:el|la) \w+|(?:the )?(?:#|number |no\. ?)?\w{1,10}(?: (?:one|film|movie"
    r"|book|item|song|album|game))?)$",
    re.IGNORECASE,
)
WORDS = re.compile(
    r"^(?:it|that|this|them?|(?:that|this|the) (?:one|film|movie|book|item|song|album|game)"
    r"|dies(?:er|e|es)|das|es|ça|cela|celui-ci|celle-ci|es[eao]|est[eao])$",
    re.IGNORECASE,
)
ROLES = {
    "director": "director", "regisseur": "director", "regisseurin": "director",
    "réalisateur": "director", "réalisatrice": "director", "directora": "director",
    "actor": "actor", "actress": "actor", "cast": "actor", "schauspieler": "actor",
    "schauspielerin": "actor", "schauspielern": "actor", "acteur": "actor", "actrice": "actor",
    "actriz": "actor", "actore": "actor", "author": "author", "writer": "author",
    "autor": "author", "autorin": "author", "auteur": "author", "auteure": "author",
    "autora": "author", "artist": "artist", "band": "artist", "singer": "artist",
    "künstler": "artist", "künstlerin": "artist", "artiste": "artist", "groupe": "artist",
    "artista": "artist", "grupo": "artist", "brand": "brand", "publisher": "publisher",
    "composer": "composer", "producer": "producer",
}  # fmt: skip
SENTENCES = re.compile(r"(?<=[.!?])\s+")
SAID = 2  # sentences of a description that are told


def pointing(target: str) -> bool:
    """Whether words point at what was shown or spoken of, not at a title."""
    return WORDS.match(target) is not None or (
        place(target) is not None and POINTING.match(target) is not None
    )


def answer(one: Item, what: str, language: str) -> str:
    """What the catalogue says; that it does not, where it is silent."""
    said = SAY[what](one, language) if what in SAY else ""
    return said or told(language, "unsaid", title=one.title)


def made(one: Item, language: str, wanted: str = "") -> str:
    """Who made it, as what."""
    lines = []
    for name in dict.fromkeys(r for _, r in one.creators):
        if not wanted or name == wanted:
            names = listed(language, one.makers(name)[:8])
            lines.append(
                told(language, "made", title=one.title, role=role(language, name), names=names)
            )
    return " ".join(lines[:3])


def dated(one: Item, language: str) -> str:
    """From when it is."""
    return "" if one.year is None else told(language, "dated", title=one.title, year=one.year)


def about(one: Item, language: str) -> str:
    """The beginning of its description, word for word."""
    text = " ".join(SENTENCES.split(one.text)[:SAID])
    return told(language, "about", title=one.title, text=text) if text else kinds(one, language)


def kinds(one: Item, language: str) -> str:
    """Its categories."""
    names = listed(language, one.categories)
    return told(language, "kinds", title=one.title, names=names) if names else ""


def costs(one: Item, language: str) -> str:
    """Its price."""
    return told(language, "costs", title=one.title, price=one.cost) if one.cost else ""


def lasts(one: Item, language: str) -> str:
    """Its length."""
    for unit, value in (("minutes", one.minutes), ("pages", one.pages)):
        if value is not None:
            said = units(language, unit)
            return told(language, "lasts", title=one.title, value=f"{value:g}", unit=said)
    return ""


def why(one: Item, language: str) -> str:
    """Why it was shown."""
    return told(language, "why", title=one.title, reason=one.reason) if one.reason else ""


SAY = {
    "director": lambda one, language: made(one, language, "director"),
    "actor": lambda one, language: made(one, language, "actor"),
    "author": lambda one, language: made(one, language, "author") or made(one, language, "writer"),
    "maker": made,
    "year": dated,
    "about": about,
    "category": kinds,
    "price": costs,
    "length": lasts,
    "why": why,
}
