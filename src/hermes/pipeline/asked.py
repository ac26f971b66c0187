"""What was understood of a text, put into the query that the stages read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import tantivy

from hermes.core.errors import ConfigError
from hermes.core.protocols import Query
from hermes.core.types import Array, Ints
from hermes.data.script import stems
from hermes.retrieval.query import Understanding
from hermes.retrieval.text_search import TextSearch
from hermes.retrieval.understood import Span, Understood

from .explicit import explicitness
from .lengths import FIELDS, lengths, outside, stated

TOP = 10  # hits of full text by which explicitness is judged
PLACE = re.compile(r"[a-z-]{1,30}:([0-9]{1,6})-([0-9]{1,6})")


def asked(query: Query, read: Understood, search: TextSearch | None = None) -> Query:
    """The query with the text's filters, domains, anchor and absent words, and what is left of it.

    What it names by title may come again: who types a title wants that item, seen or not.

    What the query itself says of a filter, of domains or of an anchor stands. Without `search`
    words that must be absent are not looked for.
    """
    titled = [code for one in read.named for code in one.items]
    gone = [holding(search, word) for word in read.absent] if search else []
    return replace(
        query,
        text=read.semantic,
        filters={**read.filters, **query.filters},
        domains=query.domains or read.domains,
        anchor=query.anchor or next(iter(read.anchors), 0),
        again=np.array(titled, np.int64),
        exclude=np.unique(np.concatenate([query.exclude, *gone])) if gone else query.exclude,
    )


@dataclass(frozen=True)
class Reader:
    """Reads a query's text before anything is retrieved."""

    understand: Understanding
    search: TextSearch

    @cached_property
    def sizes(self) -> dict[str, Array]:
        """Lengths of the items by field, read from their cards when first asked for."""
        return lengths(self.understand.catalogue)

    def __call__(self, query: Query) -> tuple[Query, Understood, float]:
        """The query that stages read, what was understood, and how explicit it is."""
        read = self.read(query.text, spans(query.plain))
        left = read.semantic
        found = self.search.find(left, TOP).columns["score"] if left else ()
        return self.asked(query, read), read, explicitness(read, found)

    def read(self, text: str, plain: Sequence[Span] = ()) -> Understood:
        """What a text asks for, lengths among it, the spans `plain` of it taken as plain words.

        Lengths that no item states filter nothing.
        """
        rest, found = stated(text, plain)
        read = self.understand(rest, plain)
        if not found:
            return read
        known = [replace(one, hard=bool(np.isfinite(self.sizes[one.kind]).any())) for one in found]
        every = sorted((*read.constraints, *known), key=lambda one: one.span)
        words = sum(len(text[slice(*one.span)].split()) for one in found)
        return replace(read, constraints=tuple(every), length=read.length + words)

    def asked(self, query: Query, read: Understood) -> Query:
        """As the function `asked`; what is not as long as the text has it is left out."""
        out = asked(query, read, self.search)
        sized = [one for kind in FIELDS for one in read.of(kind)]
        if not sized:
            return out
        gone = [outside((one.low, one.high), self.sizes[one.kind]) for one in sized]
        return replace(out, exclude=np.unique(np.concatenate([out.exclude, *gone])))


def spans(ids: Sequence[str]) -> tuple[Span, ...]:
    """The places in the text of constraints that are taken back; `ConfigError` for no id.

    >>> spans(["not-category:3-12"])
    ((3, 12),)
    """
    out = []
    for one in ids:
        place = PLACE.fullmatch(one)
        if place is None:
            raise ConfigError(f"plain: {one[:80]!r} is no id of what was understood, as genre:3-9")
        out.append((int(place[1]), int(place[2])))
    return tuple(out)


def held(search: TextSearch, words: str) -> bool:
    """Whether the title or the text of any item has any of the words."""
    return any(len(holding(search, word)) for word in words.split())


def holding(search: TextSearch, phrase: str) -> Ints:
    """Items whose title or text has every word of a phrase, in any form of it.  -> (n,)"""
    each = [
        (tantivy.Occur.Must, tantivy.Query.term_query(search.schema, "prose", stem))
        for stem in stems(phrase)
    ]
    if not each:
        return np.zeros(0, np.int64)
    return search.run(tantivy.Query.boolean_query(each), len(search.catalogue)).items
