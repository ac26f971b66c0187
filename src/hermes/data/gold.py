"""What is made from silver events: made when first read, and again when silver has moved on."""

from __future__ import annotations

import polars as pl

from hermes.core.errors import ConfigError, nearest

from . import merges, transforms
from .lake import Lake

GOLD = {
    "histories": transforms.histories,
    "cooccurrence": transforms.cooccurrence,
    "popularity": transforms.popularity,
}
COLUMNS = ["event_id", "user_id", "asset_id", "domain", "kind", "occurred_at", "line"]


def gold(lake: Lake, name: str) -> pl.DataFrame:
    """One gold table, as fresh as silver; see `transforms` for its columns."""
    if name not in GOLD:
        raise ConfigError(f"no gold table {name!r}{nearest(name, GOLD)}")
    table = f"gold/{name}"
    if lake.progress(table, "silver/events") < stands(lake):
        with lake.writing():
            upto = stands(lake)
            events = lake.scan("silver/events").select(COLUMNS).collect()
            events = merges.resolved(events, merges.links(lake))
            lake.replace(table, transforms.run(GOLD[name], events=events), "silver/events", upto)
    return lake.scan(table).collect()


def stands(lake: Lake) -> int:
    """Grows whenever an event comes or a merge is made or undone."""
    return lake.version("silver/events") + max(lake.version("silver/merges"), 0)
