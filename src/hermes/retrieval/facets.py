"""How what was found falls into kinds, and what of a catalogue is of the kinds somebody chose."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from hermes.core.errors import ConfigError, nearest
from hermes.core.types import Bools, Ints
from hermes.core.vocab import Vocabulary
from hermes.data.catalogue import Catalogue

from .facts import dated

FACETS = ("domain", "category", "creator", "decade")
DECADE = re.compile(r"(-?\d{0,3}0)s")


def facets(catalogue: Catalogue, items: Ints, most: int = 10) -> dict[str, dict[str, int]]:
    """How many of some items are of each domain, category, creator and decade, the most first.

    items (n,) -> by facet, by value; a creator that only one item has is left out, and decades
    stand in their order
    """
    out: dict[str, dict[str, int]] = {}
    domain = np.bincount(catalogue.domain[items], minlength=len(catalogue.domains))
    out["domain"] = counted(domain, catalogue.domains.names, most, 1)
    for facet, table, names, least in (
        ("category", catalogue.category, catalogue.categories.names, 1),
        ("creator", catalogue.creator, catalogue.creators.names, 2),
    ):
        out[facet] = counted(np.asarray(table[items].sum(axis=0)).ravel(), names, most, least)
    years = np.array(dated(catalogue.published[items]))
    first, counts = np.unique(years[np.isfinite(years)] // 10 * 10, return_counts=True)
    pairs = zip(first.astype(int).tolist(), counts.tolist(), strict=True)
    out["decade"] = {f"{decade}s": count for decade, count in pairs}
    return {facet: values for facet, values in out.items() if values}


def counted(
    counts: Ints, names: tuple[str, ...] | list[str], most: int, least: int
) -> dict[str, int]:
    """The largest counts by name."""
    counts = counts.astype(np.int64)
    counts[0] = 0
    order = np.argsort(-counts, kind="stable")[:most]
    return {names[c]: int(counts[c]) for c in order.tolist() if counts[c] >= least}


def chosen(catalogue: Catalogue, wanted: Mapping[str, Sequence[str]]) -> Bools:
    """The items that are of every category and by every creator, of a domain and of a decade.

    Of several domains or decades any will do, as no item is of two. Raises `ConfigError` naming
    the nearest facet or value.  -> (I,)
    """
    fits = np.ones(len(catalogue), bool)
    for facet, values in wanted.items():
        if facet not in FACETS:
            raise ConfigError(f"facets: unknown {facet!r}{nearest(facet, FACETS)}")
        if not values:
            continue
        if facet == "decade":
            starts = [decade(value) for value in values]
            fits &= np.isin(np.array(dated(catalogue.published)) // 10 * 10, starts)
        elif facet == "domain":
            codes = [coded(facet, value, catalogue.domains) for value in values]
            fits &= np.isin(catalogue.domain, codes)
        else:
            of_category = facet == "category"
            table = catalogue.category if of_category else catalogue.creator
            names = catalogue.categories if of_category else catalogue.creators
            for value in values:
                column = table[:, [coded(facet, value, names)]]
                fits &= np.asarray(column.sum(axis=1)).ravel() > 0
    return fits


def coded(facet: str, value: str, names: Vocabulary) -> int:
    """The code of a facet's value; raises `ConfigError` naming the nearest."""
    code = names.code(value)
    if not code:
        raise ConfigError(f"{facet}: unknown name {value!r}{nearest(value, names.names[1:])}")
    return int(code)


def decade(value: str) -> int:
    """Its first year; raises `ConfigError`.

    >>> decade("1990s")
    1990
    """
    found = DECADE.fullmatch(value)
    if found is None:
        raise ConfigError(f"decade: {value!r} is not one, as 1990s is")
    return int(found[1])
