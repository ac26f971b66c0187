"""Lengths that a text states itself, under two hours, at most 300 pages, and those of the items."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import msgspec
import numpy as np

from hermes.core.types import Array, Ints
from hermes.data.catalogue import Catalogue
from hermes.retrieval.tokens import READ
from hermes.retrieval.understood import Constraint, Kind, Span

FIELDS: tuple[Kind, ...] = ("minutes", "pages")  # lengths that a card may state

NUMBERS = {
    word: float(n)
    for n, words in enumerate(
        ("an a one ein eine einer einem une un una", "two zwei deux dos", "three drei trois tres",
         "four vier quatre cuatro", "five fünf fuenf cinq cinco"), 1,
    )
    for word in words.split()
}  # fmt: skip
UNITS = {
    "minutes": "minutes?|mins?|minuten?|minutos?",
    "hours": "hours?|hrs?|stunden?|heures?|horas?",
    "pages": "pages?|seiten?|p[áa]ginas?",
}
SHORT = (
    "under|below|less than|shorter than|within|unter|weniger als|k(?:ü|ue)rzer als|moins de"
    "|menos de"
)
LONG = "over|above|more than|longer than|(?:ü|ue)ber|mehr als|l(?:ä|ae)nger als|plus de|m[áa]s de"
MOST = "at most|up to|maximum|max|h(?:ö|oe)chstens|maximal|au plus|au maximum|como m[áa]ximo"
LEAST = "at least|minimum|mindestens|au moins|al menos|por lo menos"
DENIED = "not|no|nothing|never|nicht|nichts|pas|rien|nada"
STATED = re.compile(
    rf"(?<!\w)(?:(?P<denied>{DENIED}) )?(?:(?P<short>{SHORT})|(?P<long>{LONG})|(?P<most>{MOST})"
    rf"|(?P<least>{LEAST})) (?P<half>half )?"
    rf"(?P<number>\d{{1,5}}(?:[.,]\d)?|{'|'.join(NUMBERS)})(?P<more> and a half)?[ -]?"
    rf"(?:{'|'.join(f'(?P<{name}>{words})' for name, words in UNITS.items())})(?!\w)",
    re.IGNORECASE,
)


class Sized(msgspec.Struct):
    """What a card says of its item's length."""

    minutes: float | None = None
    pages: float | None = None


def stated(text: str, plain: Sequence[Span] = ()) -> tuple[str, list[Constraint]]:
    """The text with blanks for the lengths that it states, and they; the last of a kind counts.

    What is stated within the spans `plain` stays what it is, words.

    >>> rest, (one,) = stated("a comedy under two hours")
    >>> rest.rstrip(), one.id, one.reading, one.high
    ('a comedy', 'minutes:9-24', 'under 120 minutes', 119.0)
    >>> [one.reading for one in stated("no more than 300 pages, at least half an hour")[1]]
    ['at most 300 pages', 'at least 30 minutes']
    """
    found = [
        one
        for one in STATED.finditer(text, 0, READ)
        if not any(low < one.end() and one.start() < high for low, high in plain)
    ]
    for one in found:
        text = text[: one.start()] + " " * len(one[0]) + text[one.end() :]
    made = {one.kind: one for one in map(length, found)}
    return text, list(made.values())


def length(found: re.Match[str]) -> Constraint:
    """One length as a range of whole minutes or pages."""
    word = found["number"].lower()
    value = NUMBERS[word] if word in NUMBERS else float(word.replace(",", "."))
    value = (value + (0.5 if found["more"] else 0)) * (0.5 if found["half"] else 1)
    value = float(round(value * 60 if found["hours"] else value))
    kind: Kind = "pages" if found["pages"] else "minutes"
    how = next(name for name in ("short", "long", "most", "least") if found[name])
    if found["denied"]:
        how = {"short": "least", "long": "most", "most": "long", "least": "short"}[how]
    low = {"long": value + 1, "least": value}.get(how, -math.inf)
    high = {"short": value - 1, "most": value}.get(how, math.inf)
    said = {"short": "under", "long": "over", "most": "at most", "least": "at least"}[how]
    text = f"{said} {value:g} {kind}"
    return Constraint(kind=kind, value=text, low=low, high=high, span=found.span(), reading=text)


def outside(span: tuple[float, float], held: Array) -> Ints:
    """Items whose length is unknown or not within both ends.  (I,) -> (n,)"""
    return np.flatnonzero(~((held >= span[0]) & (held <= span[1])))


def lengths(catalogue: Catalogue) -> dict[str, Array]:
    """What the cards say of lengths, by field, NaN where they say nothing.  -> each (I,)"""
    rows = [msgspec.json.decode(card, type=Sized) for card in catalogue.cards]
    return {
        field: np.array([math.nan if v is None else v for v in (getattr(r, field) for r in rows)])
        for field in FIELDS
    }
