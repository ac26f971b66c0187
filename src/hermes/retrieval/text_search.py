"""Full text over what is written about each item: BM25 by tantivy, in memory.

Title, creators, categories and the rest are one text: counted field by field a word that is rare in
titles but common in texts (to, her) would weigh as if it were rare. A title that says half of what
is asked or more scores a second time. An item matches when it holds every word of the text, failing
that half of them, failing that one; of a sentence any word will do. Words that stand in many texts
(the, of, a) are not asked for, but still score. Words are cut to their English stems.
Robertson, Zaragoza. The Probabilistic Relevance Framework: BM25 and Beyond. FnTIR 2009.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import msgspec
import numpy as np
import tantivy
from scipy.sparse import csr_array

from hermes.core.protocols import Query, none
from hermes.core.types import Candidates, Ints
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue
from hermes.data.script import STEMS, folded, stems, tokens

from .channels import nothing
from .lexicon import english
from .semantic import SemanticChannel

FIELDS = ("title", "creator", "category", "text")
TITLED = 0.5  # share of the words asked for that a title must hold to score by itself
FEW = 5  # items; a word that no more hold is always asked for
SENTENCE = 6  # words asked for beyond which a text is no name
READ = 2000  # characters of a query that are read
WORDS_HELD = 1 << 16  # whose frequencies are kept
WORDS = 32  # distinct words of those that are looked for
COMMON = 0.05  # share of the titles and texts beyond which a word of them is not asked for
HEAP = 15_000_000  # bytes while the index is built; the least tantivy takes
Clause = tuple[tantivy.Occur, tantivy.Query]


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
        self.schema = schema()
        index = tantivy.Index(self.schema)
        index.register_tokenizer("stemmed", STEMS)
        writer = index.writer(heap_size=HEAP, num_threads=1)
        for code in range(1, len(catalogue)):
            written = self.written(code)
            title, prose = written["title"], f"{written['title']} {written['text']}"
            whole = f"{prose} {written['creator']} {written['category']}"
            writer.add_document(tantivy.Document(code=code, title=title, prose=prose, any=whole))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher = index.searcher()
        self.held = lru_cache(WORDS_HELD)(self.searcher.doc_freq)  # items by field and stem

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
        """The first distinct words of any text, folded; there is no syntax."""
        found = dict.fromkeys(tokens(text[:READ]))
        return list(found)[:WORDS]

    def find(self, text: str, k: int, without: Ints = none()) -> Candidates:
        """At most k items that match, best first by BM25; those `without` are passed over."""
        wanted = dict.fromkeys(stems(" ".join(self.words(text))))
        known = {stem: n for stem in wanted if (n := self.held("any", stem))}
        most = max(COMMON * len(self.catalogue), FEW)
        asked = [stem for stem in known if self.held("prose", stem) <= most]
        asked = asked or list(known)
        limit = min(k + len(without), len(self.catalogue))
        for query in self.asking(asked, known) if asked else ():
            found = self.run(query, limit)
            kept = ~np.isin(found.items, without)
            if kept.any():
                return found.take(kept.nonzero()[0][:k])
        return nothing()

    def asking(self, asked: Sequence[str], known: Mapping[str, int]) -> Iterator[tantivy.Query]:
        """For all words, for half, for one; of a sentence, which no item holds, for any word."""
        if len(asked) > SENTENCE:  # a plain union skips what cannot be among the best
            yield tantivy.Query.boolean_query([self.term("any", stem) for stem in known])
            return
        each = [self.term("any", stem) for stem in asked]
        more = [self.term("any", stem) for stem in known if stem not in asked]
        more += self.titled(known, max(1, math.ceil(TITLED * len(asked))))
        for least in dict.fromkeys((len(each), (len(each) + 1) // 2, 1)):
            core = tantivy.Query.boolean_query(each, minimum_number_should_match=least)
            yield tantivy.Query.boolean_query([(tantivy.Occur.Must, core), *more])

    def term(self, field: str, stem: str, weight: float = 1.0) -> Clause:
        """A word that adds to the score where a field holds it."""
        query = tantivy.Query.term_query(self.schema, field, stem)
        return tantivy.Occur.Should, tantivy.Query.boost_query(query, weight)

    def titled(self, known: Mapping[str, int], least: int) -> list[Clause]:
        """What titles that hold `least` of the words score more, each word as rare as anywhere."""
        counts = {stem: n for stem in known if (n := self.held("title", stem))}
        if len(counts) < least:
            return []
        each = [
            self.term("title", stem, self.rarity(known[stem]) / self.rarity(n))
            for stem, n in counts.items()
        ]
        query = tantivy.Query.boolean_query(each, minimum_number_should_match=least)
        return [(tantivy.Occur.Should, query)]

    def rarity(self, items: int) -> float:
        """BM25's weight of a word that so many items hold."""
        return math.log1p((len(self.catalogue) - 1 - items + 0.5) / (items + 0.5))

    def run(self, query: tantivy.Query, limit: int) -> Candidates:
        """Items by code with their score, best first."""
        hits = self.searcher.search(query, limit=max(limit, 1), count=False).hits
        codes = self.searcher.fast_field_values("code", [address for _, address in hits])
        scores = np.fromiter((score for score, _ in hits), np.float32, len(hits))
        return Candidates(np.array(codes, np.int64), {"score": scores})

    def matched(self, text: str, items: Ints) -> list[str]:
        """The words of the text that each item holds, in their order.  (n,) -> n

        Words such as `the` only where the text has no others.
        """
        words, stops = self.words(text), english().sets["stops"]
        telling = [word for word in words if word not in stops] or words
        wanted = [(word, stem) for word in telling for stem in stems(word)]
        out = list[str]()
        for code in items.tolist():
            held = set(stems(" ".join(self.written(code).values())))
            out.append(" ".join(word for word, stem in wanted if stem in held))
        return out


class TextChannel(SemanticChannel):
    """What the words of the query match; nothing when it has none."""

    def __init__(self, name: str, search: TextSearch, *, repeats: bool = False) -> None:
        super().__init__(name, search, repeats=repeats)
        self.lexical = search

    def matched(self, query: Query, items: Ints) -> list[str]:
        """The words of the query that each item holds.  (n,) -> n"""
        return self.lexical.matched(query.text, items)


def schema() -> tantivy.Schema:
    """The title, it with the text, all that is written, and the item's code."""
    builder = tantivy.SchemaBuilder().add_integer_field("code", fast=True)
    for field in ("title", "prose", "any"):
        builder.add_text_field(field, tokenizer_name="stemmed", index_option="freq")
    return builder.build()


def named(table: csr_array, names: Vocabulary) -> list[str]:
    """The names in each row, joined.  (I, names) -> (I,)"""
    codes = table.indices.tolist()
    return [
        " ".join(names.names[c] for c in codes[a:b]) for a, b in pairwise(table.indptr.tolist())
    ]
