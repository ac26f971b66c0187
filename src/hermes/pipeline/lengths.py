"""Lengths that a text states itself: under two hours, at most 300 pages."""

from __future__ import annotations

import re

from .wishes import Wish

NUMBERS = {
    word: float(n)
    for n, words in enumerate(
        ("an a one ein eine einer einem une un una", "two zwei deux dos", "three drei trois tres",
         "four vier quatre cuatro", "five fünf cinq cinco"), 1,
    )
    for word in words.split()
}  # fmt: skip
UNITS = {
    "minutes": "minutes?|mins?|minuten?|minutos?",
    "hours": "hours?|hrs?|stunden?|heures?|horas?",
    "pages": "pages?|seiten?|páginas?",
}
SHORT = "under|below|less than|shorter than|within|unter|weniger als|kürzer als|moins de|menos de"
LONG = "over|above|more than|longer than|über|mehr als|länger als|plus de|más de"
MOST = "at most|up to|maximum|max|höchstens|maximal|au plus|au maximum|como máximo"
LEAST = "at least|minimum|mindestens|au moins|al menos|por lo menos"
DENIED = "not|no|nothing|never|nicht|nichts|pas|rien|nada"
STATED = re.compile(
    rf"(?<!\w)(?:(?P<denied>{DENIED}) )?(?:(?P<short>{SHORT})|(?P<long>{LONG})|(?P<most>{MOST})"
    rf"|(?P<least>{LEAST})) (?P<half>half )?"
    rf"(?P<number>\d{{1,5}}(?:[.,]\d)?|{'|'.join(NUMBERS)})(?P<more> and a half)?[ -]?"
    rf"(?:{'|'.join(f'(?P<{name}>{words})' for name, words in UNITS.items())})(?!\w)",
    re.IGNORECASE,
)


def stated(text: str, turn: int) -> tuple[str, list[Wish]]:
    """The text without the lengths that it states, and they as wishes; the last of a kind counts.

    >>> rest, (wish,) = stated("a comedy under two hours", 1)
    >>> rest, wish.text, wish.high
    ('a comedy', 'under 120 minutes', 119.0)
    >>> [one.text for one in stated("no more than 300 pages, at least half an hour", 1)[1]]
    ['at most 300 pages', 'at least 30 minutes']
    """
    made = {one.kind: one for one in (wish(found, turn) for found in STATED.finditer(text))}
    return (" ".join(STATED.sub(" ", text).split()) if made else text), list(made.values())


def wish(found: re.Match[str], turn: int) -> Wish:
    """One length as a range of whole minutes or pages."""
    word = found["number"].lower()
    value = NUMBERS[word] if word in NUMBERS else float(word.replace(",", "."))
    value = (value + (0.5 if found["more"] else 0)) * (0.5 if found["half"] else 1)
    value = float(round(value * 60 if found["hours"] else value))
    kind = "pages" if found["pages"] else "minutes"
    how = next(name for name in ("short", "long", "most", "least") if found[name])
    if found["denied"]:
        how = {"short": "least", "long": "most", "most": "long", "least": "short"}[how]
    low = {"long": value + 1, "least": value}.get(how)
    high = {"short": value - 1, "most": value}.get(how)
    said = {"short": "under", "long": "over", "most": "at most", "least": "at least"}[how]
    text = f"{said} {value:g} {kind}"
    return Wish(id=f"{turn}-{kind}-s", kind=kind, text=text, low=low, high=high)
