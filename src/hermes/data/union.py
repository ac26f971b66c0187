"""One asset of several that are the same thing: the kept one speaks first, others fill its gaps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import polars as pl

from .titles import folded

LISTS = ("creators", "categories", "tags")
TOGETHER = (("price", "currency"),)  # the second says nothing without the first
Row = dict[str, Any]


def joined(assets: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Assets of silver, those that `links` (see `merges.links`) calls one as one row.

    Adds `sources`, a list of asset_id, domain and source of what was joined, null for all else.
    """
    place = links.select("asset_id", "kept", "place")
    groups = assets.join(place, on="asset_id", how="inner").sort("kept", "place")
    schema = {**assets.schema, "sources": SOURCES}
    rows = [one(part.to_dicts()) for part in groups.partition_by("kept")]
    rest = assets.join(place, on="asset_id", how="anti").with_columns(
        pl.lit(None, SOURCES).alias("sources")
    )
    made = pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)
    return pl.concat([rest, made])


SOURCES = pl.List(pl.Struct({"asset_id": pl.String, "domain": pl.String, "source": pl.String}))


def one(rows: list[Row]) -> Row:
    """The first row, with what only the others know; lists hold what any of them does.

    >>> one([{"asset_id": "a", "text_content": None, "tags": ["Sci-Fi"]},
    ...      {"asset_id": "b", "text_content": "So.", "tags": ["sci fi", "Cult"]}])["tags"]
    ['Sci-Fi', 'Cult']
    """
    made = dict(rows[0])
    for name, said in rows[0].items():
        if name in LISTS:
            made[name] = union(name, [row[name] or [] for row in rows])
        elif said is None:
            made[name] = next((row[name] for row in rows if row[name] is not None), None)
    for first, second in TOGETHER:
        whole = next((row for row in rows if row.get(first) is not None), rows[0])
        made |= {name: whole[name] for name in (first, second) if name in made}
    named = [row for row in rows if not row.get("placeholder")]
    if named and made.get("placeholder"):  # its title is its id
        made |= {"title": named[0]["title"], "placeholder": False}
    if made.get("attributes"):
        told = (json.loads(row["attributes"]) for row in reversed(rows) if row["attributes"])
        facts = {key: value for each in told for key, value in each.items()}
        made["attributes"] = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    keys = ("asset_id", "domain", "source")
    return made | {"sources": [{key: row.get(key) for key in keys} for row in rows]}


def union(name: str, lists: Iterable[list[Any]]) -> list[Any] | None:
    """What any of the lists holds, under the name it has where it comes first; None for nothing.

    A person whom an earlier list names keeps the parts that list gives.
    """
    called: Callable[[Any], str] = (
        (lambda c: folded(c["name"]) or c["name"])
        if name == "creators"
        else (lambda text: folded(text) or text)
    )
    kept: list[Any] = []
    for entries in lists:
        known = {called(entry) for entry in kept}
        kept += [entry for entry in entries if called(entry) not in known]
    return kept or None
