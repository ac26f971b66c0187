"""A catalogue with items that came after it was made: behind the others, whose codes stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np
from scipy.sparse import csr_array

from hermes.core.types import Array
from hermes.core.vocab import Vocabulary

from .catalogue import Catalogue

COHORTS = {"mainstream": 1, "independent": 2}


class Maker(msgspec.Struct):
    """Who made something, and as what."""

    name: str
    role: str | None = None


class Card(msgspec.Struct, omit_defaults=True):
    """An asset that was put online, as a catalogue's cards have it."""

    asset_id: str
    title: str
    domain: str
    creators: list[Maker] = []
    categories: list[str] = []
    tags: list[str] = []
    price: float | None = None
    currency: str | None = None
    image_uri: str | None = None
    audio_uri: str | None = None
    published_at: str | None = None
    year: int | None = None
    text_content: str | None = None
    cohort: str | None = None
    available: bool = True


def read(bodies: Iterable[bytes | str]) -> list[Card]:
    """Cards of assets that the contract has let pass."""
    out = []
    for body in bodies:
        card = msgspec.json.decode(body, type=Card)
        if card.published_at:
            at = datetime.fromisoformat(card.published_at)
            card.published_at, card.year = at.date().isoformat(), at.year
        out.append(card)
    return out


def grown(catalogue: Catalogue, cards: Sequence[Card]) -> Catalogue:
    """The catalogue with these items at its end; what it already has is left as it is."""
    new = list({c.asset_id: c for c in cards if not catalogue.items.code(c.asset_id)}.values())
    if not new:
        return catalogue
    domains = more(catalogue.domains, (c.domain for c in new))
    categories = more(catalogue.categories, (name for c in new for name in c.categories))
    creators = more(catalogue.creators, (m.name for c in new for m in c.creators))
    makers = [[m.name for m in c.creators] for c in new]
    return Catalogue(
        items=more(catalogue.items, (c.asset_id for c in new)),
        domains=domains,
        categories=categories,
        creators=creators,
        domain=np.concatenate([catalogue.domain, domains.encode(c.domain for c in new)]),
        category=below(catalogue.category, [c.categories for c in new], categories),
        creator=below(catalogue.creator, makers, creators),
        cohort=np.concatenate([catalogue.cohort, [COHORTS.get(c.cohort or "", 0) for c in new]]),
        price=longer(catalogue.price, [np.nan if c.price is None else c.price for c in new]),
        published=longer(catalogue.published, [day(c.published_at) for c in new]),
        available=np.concatenate([catalogue.available, [c.available for c in new]]),
        titles=(*catalogue.titles, *(c.title for c in new)),
        cards=(*catalogue.cards, *(msgspec.json.encode(c) for c in new)),
    )


def more(known: Vocabulary, names: Iterable[str]) -> Vocabulary:
    """With the names it lacks at its end."""
    found = dict.fromkeys(name for name in names if name and not known.code(name))
    return Vocabulary.of((*known.names[1:], *found)) if found else known


def below(table: csr_array, rows: Sequence[Sequence[str]], names: Vocabulary) -> csr_array:
    """A table with more rows, and as many columns as there are names now."""
    each = [list(dict.fromkeys(row)) for row in rows]
    codes = names.encode(name for row in each for name in row)
    indptr = np.concatenate([table.indptr, table.indptr[-1] + np.cumsum([len(r) for r in each])])
    indices = np.concatenate([table.indices, codes])
    ones = np.ones(len(indices), np.float32)
    return csr_array((ones, indices, indptr), (table.shape[0] + len(rows), len(names)))


def longer(column: Array, values: Sequence[float]) -> Array:
    """With these values at its end."""
    return np.concatenate([column, np.array(values, column.dtype)])


def day(iso: str | None) -> float:
    """Days since the epoch, NaN where nobody knows."""
    if not iso:
        return np.nan
    at = datetime.fromisoformat(iso)
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp() / 86_400
