"""How constraints read for the person who typed them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from .ranges import Range
from .understood import Constraint

WORDS = {
    "category": "genre", "creator": "by", "title": "title", "like": "like", "domain": "in",
    "mood": "mood", "colour": "colour", "language": "language", "tag": "tag",
}  # fmt: skip


def worded(one: Constraint) -> Constraint:
    """With its reading.

    >>> worded(Constraint(kind="category", value="Sci-Fi", names=("Sci-Fi",))).reading
    'genre: Sci-Fi'
    >>> worded(Constraint(kind="category", value="Horror", negated=True)).reading
    'not Horror'
    """
    value = " or ".join(one.names) if one.kind in ("category", "domain") else one.value
    said = (
        f"not {value or one.value}" if one.negated else f"{WORDS[one.kind]}: {value or one.value}"
    )
    return replace(one, reading=said)


def ranged(made: Constraint, span: Range, hard: bool) -> Iterator[Constraint]:
    """A range as a constraint; denied with one end open, it is what the other side leaves."""
    low, high, negated = span.low, span.high, made.negated
    step = 1.0 if span.kind == "year" else 0.0
    if negated and math.isinf(high):
        low, high, negated = -math.inf if span.kind == "year" else 0.0, low - step, False
    elif negated and (math.isinf(low) or (span.kind == "price" and low == 0)):
        low, high, negated = high + step, math.inf, False
    said = years(low, high) if span.kind == "year" else money(low, high, span.sign)
    reading = f"not {said}" if negated else said
    yield replace(
        made, kind=span.kind, value=said, low=low, high=high, negated=negated, hard=hard,
        reading=reading,
    )  # fmt: skip


def years(low: float, high: float) -> str:
    """A span of years.

    >>> years(1991, math.inf), years(-math.inf, 1979), years(1990, 1999), years(1994, 1994)
    ('after 1990', 'before 1980', '1990 to 1999', '1994')
    """
    if math.isinf(high):
        return f"after {low - 1:.0f}"
    if math.isinf(low):
        return f"before {high + 1:.0f}"
    return f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"


def money(low: float, high: float, sign: str) -> str:
    """A span of prices.

    >>> money(0, 50, "$"), money(20, math.inf, ""), money(20, 30, "€")
    ('under $50', 'over 20', '€20 to €30')
    """
    if math.isinf(high):
        return f"over {sign}{low:g}"
    return f"under {sign}{high:g}" if not low else f"{sign}{low:g} to {sign}{high:g}"
