"""What a catalogue states of its items: who made each, as what; of what kind it is, and of when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec
import numpy as np
from scipy.sparse import csr_array

from hermes.core.types import Floats
from hermes.data.catalogue import Catalogue
from hermes.data.series import Kin, series

COHORTS = {1: "mainstream", 2: "independent"}
Fact = tuple[int, str, str, str]  # item, kind of what is stated, its name, what it is to the item


class Creator(msgspec.Struct):
    """A name and what it stands for."""

    name: str
    role: str = "creator"


class Card(msgspec.Struct):
    """What a card says beside title and categories."""

    creators: list[Creator] = []
    tags: list[str] = []
    series: str | None = None


def facts(catalogue: Catalogue) -> Iterator[Fact]:
    """Item by item; a series is what the card says, else what the titles tell."""
    cards = [msgspec.json.decode(card, type=Card) for card in catalogue.cards]
    makers, kinds = listed(catalogue.creator), listed(catalogue.category)
    years = dated(catalogue.published)
    told = series(catalogue.titles, Kin(years, *map(sets, (makers, kinds))))
    for item in range(1, len(catalogue)):
        roles = {(c.name, c.role) for c in cards[item].creators}
        unsaid = {catalogue.creators.names[c] for c in makers[item]} - {name for name, _ in roles}
        for name, role in roles | {(name, "creator") for name in unsaid}:
            yield item, "creator", name, role
        for kind in kinds[item]:
            yield item, "category", catalogue.categories.names[kind], "category"
        for tag in cards[item].tags:
            yield item, "tag", tag, "tag"
        if name := cards[item].series or told[item]:
            yield item, "series", name, "series"
        if cohort := COHORTS.get(int(catalogue.cohort[item])):
            yield item, "cohort", cohort, "cohort"
        if years[item] == years[item]:
            first = int(years[item]) // 5 * 5
            yield item, "era", f"{first}-{first + 4}", "era"


def listed(table: csr_array) -> list[list[int]]:
    """The codes of each row."""
    codes = table.indices.tolist()
    return [codes[a:b] for a, b in pairwise(table.indptr.tolist())]


def dated(days: Floats) -> list[float]:
    """The year of each day since the epoch, NaN where it is unknown.

    >>> dated(np.array([-1, 0, 10957, np.nan], np.float32))
    [1969.0, 1970.0, 2000.0, nan]
    """
    known = np.isfinite(days)
    whole = np.where(known, days, 0).astype("datetime64[D]").astype("datetime64[Y]")
    years: list[float] = np.where(known, whole.astype(np.int64) + 1970, np.nan).tolist()
    return years


def sets(rows: Sequence[Sequence[int]]) -> list[frozenset[int]]:
    """Each row as a set."""
    return [frozenset(row) for row in rows]
