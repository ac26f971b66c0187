"""Wishes that are told by what was shown or said before: newer, cheaper, not the year."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hermes.core.types import Array
from hermes.data.catalogue import Catalogue
from hermes.retrieval.facts import dated
from hermes.retrieval.understood import Constraint, Kind, Understood
from hermes.retrieval.wording import money, years

from .lengths import FIELDS
from .wishes import Wish

CUE = re.compile(
    r"(?i)[,;]?\s*\b(?:instead|rather|actually|then|now|lieber|stattdessen|doch|plutôt|mejor"
    r"|en cambio|en su lugar)\b[,;]?\s*"
)
INSTEAD = re.compile(
    r"(?i)\b(?:instead|rather|actually|lieber|stattdessen|plutôt|mejor|en cambio)\b"
)
BOTH = re.compile(r"(?i)\b(?:also|too|as well|auch|aussi|también)\b")
KINDS = {
    "year": "year|years|date|time|decade|era|jahr|jahre|zeit|année|époque|año|época",
    "price": "price|cost|money|budget|preis|prix|precio",
    "creator": "director|actor|actress|author|artist|people|person|regisseur|schauspieler|autor"
    "|réalisateur|acteur|auteur|actriz",
    "category": "genre|genres|category|kind|catégorie|género",
    "mood": "mood|stimmung|ambiance|ánimo",
    "minutes": "length|duration|minutes|länge|durée|duración",
    "pages": "length|pages|seiten|páginas",
    "words": "words|text|wörter|mots|palabras",
    "like": "title|similarity",
}


def cue(text: str) -> tuple[str, bool]:
    """A text without words that only say that the mind was changed, and whether it was.

    >>> cue("actually, comedies instead")
    ('comedies', True)
    """
    plain = CUE.sub(" ", text).strip(" ,;")
    return plain, INSTEAD.search(text) is not None and BOTH.search(text) is None


def compared(
    catalogue: Catalogue, sizes: Mapping[str, Array], shown: Sequence[str], what: str, turn: int
) -> list[Wish] | str:
    """A range beyond the middle of what was shown; the key of what to say where there is none."""
    codes = [code for code in catalogue.items.encode(shown).tolist() if code]
    if not codes:
        return "which"
    if what in ("newer", "older"):
        values = np.array(dated(catalogue.published[codes]))
        return ranged("year", "field_year", values, what == "newer", 1.0, turn)
    if what in ("cheaper", "dearer"):
        return ranged("price", "field_price", catalogue.price[codes], what == "dearer", 0.01, turn)
    for field in FIELDS:
        found = ranged(field, "field_length", sizes[field][codes], what == "longer", 1.0, turn)
        if not isinstance(found, str):
            return found
    return "field_length"


def ranged(
    kind: Kind, silent: str, values: Array, above: bool, step: float, turn: int
) -> list[Wish] | str:
    """The wish for values beyond the median of those known."""
    known = values[np.isfinite(values)]
    if not len(known):
        return silent
    middle = float(np.median(known))
    if kind != "price":
        middle = float(np.floor(middle) if above else np.ceil(middle))
    bound = round(middle + step if above else middle - step, 2)
    low, high = (bound, None) if above else (None, bound)
    return [
        Wish(id=f"{turn}-{kind}-c", kind=kind, text=worded(kind, low, high), low=low, high=high)
    ]


def worded(kind: str, low: float | None, high: float | None) -> str:
    """A range as a chip has it.

    >>> worded("year", 1995, None), worded("minutes", None, 96), worded("price", None, 9.5)
    ('after 1994', 'under 97 minutes', 'under 9.5')
    """
    ends = -np.inf if low is None else low, np.inf if high is None else high
    if kind == "year":
        return years(*ends)
    if kind == "price":
        return money(0 if low is None else low, ends[1], "")
    return f"over {low - 1:g} {kind}" if low is not None else f"under {ends[1] + 1:g} {kind}"


def named(held: Sequence[Wish], target: str, understand: Callable[[str], Understood]) -> list[Wish]:
    """The wishes that words name: by what they ask for, or by their kind."""
    plain = target.lower()
    kinds = {k for k, line in KINDS.items() if re.search(rf"\b(?:{line})s?\b", plain)}
    out = []
    for one in held:
        names = {name.lower() for name in (*one.names, one.value, one.words) if name}
        told = any(name in plain or plain in name for name in names)
        if told or any(touches(one, other) for other in understand(target).constraints):
            out.append(one)
    return out or [one for one in held if one.kind in kinds]


def touches(wish: Wish, other: Constraint) -> bool:
    """Whether a wish and something understood of a text ask for the same kind of thing."""
    if wish.kind != other.kind:
        return False
    if wish.kind in ("year", "price"):
        return max(wish.span[0], other.low) <= min(wish.span[1], other.high)
    return not set(wish.names or (wish.value,)).isdisjoint(other.names or (other.value,))
