"""Full text over what is written about each item: BM25 by tantivy, in memory.

A word scores in the field where it scores most, a title above creators, those above categories and
the rest. An item matches when it holds every word of the text, failing that half of them, failing
that one; words that stand in many titles (the, of, a) are not asked for, but still score.
Robertson, Zaragoza. The Probabilistic Relevance Framework: BM25 and Beyond. FnTIR 2009.
"""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import tantivy
from scipy.sparse import csr_array

from hermes.core.protocols import Query, none
from hermes.core.types import Bools, Candidates, Ints
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.data.script import folded

from .channels import nothing

BOOSTS = {"title": 3.0, "creator": 2.0, "category": 1.5, "text": 1.0}  # fields, and their weight
TIE = 0.1  # share of a word's score in its other fields that is added
READ = 2000  # characters of a query that are read
WORDS = 32  # distinct words of those that are looked for
COMMON = 0.05  # share of the titles or texts beyond which a word is not asked for
HEAP = 15_000_000  # bytes while the index is built; the least tantivy takes
LONGEST = 64  # bytes of a word


class Card(msgspec.Struct):
    """What a card says beside title, creators and categories."""

    text_content: str | None = None
    tags: list[str] | None = None
    year: int | None = None


class TextSearch:
    """An index over a catalogue, made once; about 15 microseconds and a kilobyte an item."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.creators = named(catalogue.creator, catalogue.creators)
        self.categories = named(catalogue.category, catalogue.categories)
        plain = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        for step in ("lowercase", "ascii_fold"):
            plain = plain.filter(getattr(tantivy.Filter, step)())
        self.analyzer = plain.filter(tantivy.Filter.remove_long(LONGEST)).build()
        self.schema = schema()
        index = tantivy.Index(self.schema)
        index.register_tokenizer("plain", self.analyzer)
        writer = index.writer(heap_size=HEAP, num_threads=1)
        for code in range(1, len(catalogue)):
            writer.add_document(tantivy.Document(code=code, **self.written(code)))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher = index.searcher()

    def written(self, code: int) -> dict[str, str]:
        """What is written about an item, by field."""
        card = msgspec.json.decode(self.catalogue.cards[code], type=Card)
        rest = (card.text_content or "", *(card.tags or ()), str(card.year or ""))
        return {
            "title": folded(self.catalogue.titles[code]),
            "creator": folded(self.creators[code]),
            "category": folded(self.categories[code]),
            "text": folded(" ".join(rest)),
        }

    def words(self, text: str) -> list[str]:
        """The first distinct words of any text, as the index has them; there is no syntax."""
        found = dict.fromkeys(self.analyzer.analyze(folded(text[:READ])))
        return list(found)[:WORDS]

    def find(self, text: str, k: int, without: Ints = none()) -> Candidates:
        """At most k items that match, best first by BM25; those `without` are passed over."""
        known = {w: n for w in self.words(text) if (n := self.frequency(w))[1]}
        asked = [w for w, (often, _) in known.items() if often <= COMMON * len(self.catalogue)]
        asked = asked or list(known)
        more = [(tantivy.Occur.Should, self.word(w)) for w in known if w not in asked]
        each = [(tantivy.Occur.Should, self.word(w)) for w in asked]
        limit = min(k + len(without), len(self.catalogue))
        for least in dict.fromkeys((len(each), (len(each) + 1) // 2, 1)) if each else ():
            core = tantivy.Query.boolean_query(each, minimum_number_should_match=least)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, core), *more])
            found = self.run(query, limit)
            kept = ~np.isin(found.items, without)
            if kept.any():
                return found.take(kept.nonzero()[0][:k])
        return nothing()

    def run(self, query: tantivy.Query, limit: int) -> Candidates:
        """Items by code with their score, best first."""
        hits = self.searcher.search(query, limit=max(limit, 1), count=False).hits
        codes = self.searcher.fast_field_values("code", [address for _, address in hits])
        scores = np.fromiter((score for score, _ in hits), np.float32, len(hits))
        return Candidates(np.array(codes, np.int64), {"score": scores})

    def frequency(self, word: str) -> tuple[int, int]:
        """Items that have the word in title or text, and in any field."""
        counts = [self.searcher.doc_freq(field, word) for field in BOOSTS]
        return max(counts[0], counts[-1]), sum(counts)

    def word(self, word: str) -> tantivy.Query:
        """One word in the field where it counts most."""
        each = [
            tantivy.Query.boost_query(tantivy.Query.term_query(self.schema, field, word), boost)
            for field, boost in BOOSTS.items()
        ]
        return tantivy.Query.disjunction_max_query(each, TIE)

    def matched(self, text: str, items: Ints) -> list[str]:
        """The words of the text that each item holds, in their order.  (n,) -> n"""
        wanted, out = self.words(text), []
        for code in items.tolist():
            held = set(self.analyzer.analyze(" ".join(self.written(code).values())))
            out.append(" ".join(word for word in wanted if word in held))
        return out


class TextChannel:
    """What the words of the query match; nothing when it has none."""

    def __init__(self, name: str, search: TextSearch, *, repeats: bool = False) -> None:
        self.name, self.search, self.repeats = name, search, repeats

    def retrieve(self, query: Query, k: int) -> Candidates:
        """At most k items the user has not seen."""
        if not query.text:
            return nothing()
        seen = none() if self.repeats else query.history
        return self.search.find(query.text, k, np.append(np.unique(seen), query.anchor))

    def matched(self, query: Query, items: Ints) -> list[str]:
        """The words of the query that each item holds.  (n,) -> n"""
        return self.search.matched(query.text, items)


def unavailable(available: Bools) -> Ints:
    """What a search must pass over.  (I,) -> (n,) codes"""
    return np.flatnonzero(~available)


def schema() -> tantivy.Schema:
    """One field for each boost, and the item's code."""
    builder = tantivy.SchemaBuilder().add_integer_field("code", fast=True)
    for field in BOOSTS:
        builder.add_text_field(field, tokenizer_name="plain", index_option="freq")
    return builder.build()


def named(table: csr_array, names: Vocabulary) -> list[str]:
    """The names in each row, joined.  (I, names) -> (I,)"""
    codes = table.indices.tolist()
    return [
        " ".join(names.names[c] for c in codes[a:b]) for a, b in pairwise(table.indptr.tolist())
    ]
