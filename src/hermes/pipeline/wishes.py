"""What somebody has wished for in the course of a conversation, and the query that it makes.

A wish is a constraint that outlives the text it was read from. What filters is kept as names and
ranges; what only says what would be liked is kept as words, which the next query reads again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import msgspec
import numpy as np

from hermes.core.protocols import Query
from hermes.core.types import Array
from hermes.data.catalogue import Catalogue
from hermes.retrieval.understood import Constraint, Kind, Span, Understood

from .asked import Reader, holding
from .lengths import FIELDS, outside

MOST = 24  # wishes of one conversation; the oldest go first
WORDS = 200  # characters of one wish that are read again
ONCE = ("title", "like", "words")  # a new one takes the place of the old


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One chip."""

    id: str
    kind: Kind | Literal["words"]  # words: what is searched for
    text: str  # for people
    value: str = ""
    words: str = ""  # what is read again with the next query
    names: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()  # ids of what is to be alike
    low: float | None = None
    high: float | None = None
    negated: bool = False
    filters: bool = True
    group: int = 0

    @property
    def span(self) -> tuple[float, float]:
        """Both ends of a range."""
        low = -math.inf if self.low is None else self.low
        return low, math.inf if self.high is None else self.high

    def constraint(self, catalogue: Catalogue) -> Constraint:
        """As the understanding of a text has it; only for what filters."""
        assert self.kind != "words"  # they filter nothing
        low, high = self.span
        items = tuple(code for code in catalogue.items.encode(self.assets).tolist() if code)
        return Constraint(
            kind=self.kind, value=self.value, names=self.names, items=items, low=low, high=high,
            negated=self.negated, group=self.group,
        )  # fmt: skip


def wishes(read: Understood, catalogue: Catalogue, turn: int) -> list[Wish]:
    """What a text asks for, as wishes of this turn; what is left of it is one of words."""
    out, soft = list[Wish](), list[Span]()
    for one in read.constraints:
        number = len(out)
        filters = one.hard and one.kind not in ("mood", "title")
        said = "" if filters else read.text[slice(*one.span)][:WORDS]
        out.append(
            Wish(
                id=f"{turn}-{one.kind}-{number}", kind=one.kind, text=one.reading, value=one.value,
                words=said, names=one.names,
                assets=tuple(catalogue.items.names[code] for code in one.items[:8]),
                low=finite(one.low), high=finite(one.high), negated=one.negated, filters=filters,
                group=turn * 64 + one.group,
            )
        )  # fmt: skip
        if not filters:
            soft.append(one.span)
    rest = " ".join(left(read, soft).split())[:WORDS]
    if rest and any(word in rest.lower() for word in read.words):
        name = f"{turn}-words-{len(out)}"
        out.append(Wish(id=name, kind="words", text=f"words: {rest}", words=rest, filters=False))
    return out


def sized(one: Constraint, turn: int) -> Wish:
    """A length that a text states, as a wish of this turn."""
    return Wish(
        id=f"{turn}-{one.kind}-s", kind=one.kind, text=one.reading,
        low=finite(one.low), high=finite(one.high),
    )  # fmt: skip


def left(read: Understood, taken: Sequence[Span]) -> str:
    """What is to be searched for, without the spans of wishes that have words of their own."""
    out = ""
    for low, high in read.runs:
        gone = {i for start, end in taken for i in range(start, end)}
        out += "".join(" " if i in gone else read.text[i] for i in range(low, high)) + " "
    return out


def finite(value: float) -> float | None:
    """None for an end that is not there."""
    return value if math.isfinite(value) else None


def joined(
    held: Sequence[Wish], new: Sequence[Wish], catalogue: Catalogue, instead: bool = False
) -> tuple[list[Wish], list[Wish]]:
    """The wishes after a turn, and those that gave way to new ones."""
    gone = [old for old in held if any(gives_way(old, one, catalogue, instead) for one in new)]
    same = {(one.kind, one.text) for one in new}
    kept = [old for old in held if old not in gone and (old.kind, old.text) not in same]
    gone = [old for old in gone if (old.kind, old.text) not in same]
    once = {(one.kind, one.text): one for one in new}
    return [*kept, *once.values()][-MOST:], gone


def gives_way(old: Wish, new: Wish, catalogue: Catalogue, instead: bool) -> bool:
    """Whether a wish contradicts an older one, or is meant to stand in its place."""
    if old.kind != new.kind:
        return {old.kind, new.kind} == {"title", "like"} or (
            old.kind == "title" and not new.negated
        )
    if new.kind in ONCE:
        return old.negated == new.negated
    if new.kind in FIELDS:
        return True
    if new.kind in ("year", "price"):
        return old.negated == new.negated and not crossed(old.span, new.span)
    shared = not set(old.names or (old.value,)).isdisjoint(new.names or (new.value,))
    if old.negated != new.negated:
        return shared
    if new.negated or not (old.filters and new.filters):
        return shared and new.kind != "mood"
    return instead or new.kind == "domain" or not met(old, new, catalogue)


def crossed(old: tuple[float, float], new: tuple[float, float]) -> bool:
    """Whether two ranges overlap and neither holds the other, so that both can be meant.

    >>> crossed((1990, 1999), (1995, 2030)), crossed((1990, 1999), (1980, 1989))
    (True, False)
    """
    overlap = max(old[0], new[0]) <= min(old[1], new[1])
    within = (old[0] <= new[0] and new[1] <= old[1]) or (new[0] <= old[0] and old[1] <= new[1])
    return overlap and not within


def met(old: Wish, new: Wish, catalogue: Catalogue) -> bool:
    """Whether any item is of both."""
    names, table = (
        (catalogue.categories, catalogue.category)
        if new.kind == "category"
        else (catalogue.creators, catalogue.creator)
    )
    masks = []
    for one in (old, new):
        wanted = np.zeros(table.shape[1], np.float32)
        wanted[names.encode(one.names)] = 1
        wanted[0] = 0
        masks.append(table @ wanted > 0)
    return bool((masks[0] & masks[1]).any())


def put(held: Sequence[Wish], query: Query, reader: Reader, sizes: Mapping[str, Array]) -> Query:
    """The query with all that was wished for.

    Filters come from the wishes that filter; the words of the others are read again with the query,
    and whatever would be a filter in them now was none when it was said, so that it is taken back.
    """
    catalogue = reader.understand.catalogue
    hard = [one for one in held if one.filters and one.kind not in FIELDS]
    known = Understood(text="", constraints=tuple(alternatives(hard, catalogue)))
    said = ", ".join(one.words for one in held if one.words)
    read = reader.understand(said)
    plain = tuple(one.id for one in read.constraints if one.hard and one.kind != "mood")
    gone = [holding(reader.search, word) for word in known.absent]
    gone += [outside(one.span, sizes[one.kind]) for one in held if one.kind in FIELDS]
    return replace(
        query,
        text=said,
        plain=plain,
        filters={**known.filters, **query.filters},
        domains=query.domains or known.domains,
        anchor=query.anchor or next(iter(known.anchors), 0),
        exclude=np.unique(np.concatenate([query.exclude, *gone])) if gone else query.exclude,
    )


def alternatives(hard: Iterable[Wish], catalogue: Catalogue) -> list[Constraint]:
    """Constraints of wishes; two of a kind that no item is both of are alternatives."""
    out = list[Constraint]()
    for one in hard:
        made = one.constraint(catalogue)
        if made.kind in ("category", "creator") and not made.negated:
            names = catalogue.categories if made.kind == "category" else catalogue.creators
            made = replace(made, names=tuple(n for n in made.names if names.code(n)))
            if not made.names:
                continue  # of a bundle that is not served any more
        out.append(made)
    return out
