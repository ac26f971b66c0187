"""What is made from silver events: made when first read, and again when silver has moved on."""

from __future__ import annotations

import polars as pl

from hermes.core.errors import ConfigError, nearest

from . import transforms
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
    table, stands = f"gold/{name}", lake.version("silver/events")
    if lake.progress(table, "silver/events") < stands:
        with lake.writing():
            stands = lake.version("silver/events")
            events = lake.scan("silver/events").select(COLUMNS).collect()
            lake.replace(table, transforms.run(GOLD[name], events=events), "silver/events", stands)
    return lake.scan(table).collect()
