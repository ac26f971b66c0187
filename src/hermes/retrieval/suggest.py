"""What somebody may be about to type: titles, creators and categories that go on as the text does.

Every name stands under each of its words, in the order of the alphabet; what begins with the text
is one stretch of that list, found by bisection, and of it the best known come first.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from hermes.core.types import Floats, Ints, strongest
from hermes.data.catalogue import Catalogue
from hermes.data.script import folded

KINDS = ("title", "creator", "category")
LOOKED = 2000  # entries of a stretch that are weighed
WORDS = 6  # first words of a name under which it stands


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way in which the text could go on."""

    text: str
    kind: str  # title, creator or category
    item: int  # code of the title's item, 0 for what is no item
    items: int  # how many are on offer under that name


class Suggestions:
    """Names of a catalogue by how they begin."""

    def __init__(self, catalogue: Catalogue, popularity: Floats) -> None:
        """popularity (I,): what makes one item better known than another."""
        self.catalogue = catalogue
        self.names: list[tuple[str, int, int]] = []  # text, kind, code
        known: list[float] = []
        for code, title in enumerate(catalogue.titles):
            if title:
                self.names.append((title, 0, code))
                known.append(float(popularity[code]))
        tables = (
            (catalogue.creator, catalogue.creators),
            (catalogue.category, catalogue.categories),
        )
        for kind, (table, names) in enumerate(tables, 1):
            total = np.asarray(table.T @ popularity).ravel()
            self.names += [(name, kind, c) for c, name in enumerate(names.names) if c]
            known += total[1:].tolist()
        self.known: Floats = np.array(known, np.float32)
        entries = sorted(
            (" ".join(words[i:]), place)
            for place, (name, _, _) in enumerate(self.names)
            for words in [folded(name).casefold().split()]
            for i in range(min(len(words), WORDS))
        )
        self.keys = [key for key, _ in entries]
        self.places: Ints = np.array([place for _, place in entries], np.int64)
        self.tables = {1: catalogue.creator.tocsc(), 2: catalogue.category.tocsc()}

    def find(self, text: str, k: int) -> list[Suggestion]:
        """At most k, the best known first; whole names before names within which it begins."""
        start = " ".join(folded(text[:200]).casefold().split())
        if not start:
            return []
        low = bisect_left(self.keys, start)
        high = bisect_left(self.keys, start + "\U0010ffff")
        places = np.unique(self.places[low : min(high, low + LOOKED)])
        out = list[Suggestion]()
        for place in places[strongest(self.known[places], len(places))].tolist():
            found = self.told(place)
            if found.items and all(found.text != other.text for other in out):
                out.append(found)
            if len(out) == k:
                break
        return out

    def told(self, place: int) -> Suggestion:
        """A name, and how many items on offer have it."""
        text, kind, code = self.names[place]
        if not kind:
            return Suggestion(text, KINDS[0], code, int(self.catalogue.available[code]))
        table = self.tables[kind]
        rows = table.indices[table.indptr[code] : table.indptr[code + 1]]
        return Suggestion(text, KINDS[kind], 0, int(self.catalogue.available[rows].sum()))
