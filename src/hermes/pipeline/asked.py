"""What was understood of a text, put into the query that the stages read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import tantivy

from hermes.core.errors import ConfigError
from hermes.core.protocols import Query
from hermes.core.types import Ints
from hermes.data.script import stems
from hermes.retrieval.query import Understanding
from hermes.retrieval.text_search import TextSearch
from hermes.retrieval.understood import Span, Understood

from .explicit import explicitness

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


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a query's text before anything is retrieved."""

    understand: Understanding
    search: TextSearch

    def __call__(self, query: Query) -> tuple[Query, Understood, float]:
        """The query that stages read, what was understood, and how explicit it is."""
        read = self.understand(query.text, spans(query.plain))
        left = read.semantic
        found = self.search.find(left, TOP).columns["score"] if left else ()
        return asked(query, read, self.search), read, explicitness(read, found)


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
