"""Assets of the lake as a `Catalogue`: codes for what models read, JSON for what people read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from hermes.core.types import Ints
from hermes.core.vocab import Vocabulary

from .catalogue import Catalogue

COHORTS = {"mainstream": 1, "independent": 2}
DAY = 86_400_000_000  # microseconds
SIZES = ("minutes", "pages")  # of the attributes, what is stated on a card
NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]+)?")


def catalogue(assets: pl.DataFrame) -> Catalogue:
    """In the order of the rows, after the unknown; ids are distinct."""
    items = Vocabulary.of(assets["asset_id"].to_list())
    domains = Vocabulary.of(assets["domain"].unique().sort().to_list())
    people = [[c["name"] for c in row] for row in filled(assets["creators"])]
    kinds = [list(dict.fromkeys(row)) for row in filled(assets["categories"])]
    people = [list(dict.fromkeys(row)) for row in people]
    creators, categories = distinct(people), distinct(kinds)
    published = assets["published_at"].cast(pl.Int64).cast(pl.Float64) / DAY
    cohort = assets["cohort"].replace_strict(COHORTS, default=0, return_dtype=pl.Int64)
    return Catalogue(
        items=items,
        domains=domains,
        categories=categories,
        creators=creators,
        domain=np.concatenate([[0], domains.encode(assets["domain"].to_list())]).astype(np.int64),
        category=table(kinds, categories),
        creator=table(people, creators),
        cohort=np.concatenate([[0], cohort.to_numpy()]).astype(np.int64),
        price=first(assets["price"]),
        published=first(published),
        available=np.concatenate([[False], assets["available"].fill_null(True).to_numpy()]),
        titles=("", *assets["title"].to_list()),
        cards=(b"{}", *cards(assets)),
    )


def filled(column: pl.Series) -> Iterable[list[Any]]:
    """Lists, empty where there was none."""
    return (row or [] for row in column.to_list())


def first(column: pl.Series) -> Any:
    """Floats with NaN where unknown, and for the unknown.  -> (I,)"""
    known = column.cast(pl.Float32).fill_null(float("nan")).to_numpy()
    return np.concatenate([[np.nan], known]).astype(np.float32)


def distinct(rows: list[list[str]]) -> Vocabulary:
    """All the names there are, sorted."""
    return Vocabulary.of(sorted({name for row in rows for name in row}))


def table(rows: list[list[str]], names: Vocabulary) -> csr_array:
    """1 where the item has the name, in the order its source gave them.  -> (I, names)"""
    ends = np.cumsum([0, 0, *map(len, rows)])
    codes: Ints = names.encode(name for row in rows for name in row)
    return csr_array((np.ones(len(codes), np.float32), codes, ends), (len(rows) + 1, len(names)))


def cards(assets: pl.DataFrame) -> Iterable[bytes]:
    """What an answer says of an item, as a JSON object; of several sources where it is of those."""
    columns = (
        "asset_id", "title", "domain", "creators", "categories", "tags", "price", "currency",
        "image_uri", "published_at",
    )  # fmt: skip
    rare = [name for name in ("text_content", "sources") if name in assets.columns]
    known = "attributes" in assets.columns
    given = assets["attributes"] if known else pl.Series([None] * len(assets), dtype=pl.String)
    series = given.str.json_path_match("$.series").to_list()
    sizes = {name: given.str.json_path_match(f"$.{name}").to_list() for name in SIZES}
    told = assets.select(*columns, *rare).iter_rows(named=True)
    for i, (row, whole) in enumerate(zip(told, series, strict=True)):
        at: datetime | None = row["published_at"]
        row["published_at"] = at.astimezone(UTC).date().isoformat() if at else None
        row["year"] = at.year if at else None
        if whole:
            row["series"] = whole
        row |= {name: float(values[i]) for name, values in sizes.items() if number(values[i])}
        for name in ("creators", "categories", "tags"):
            row[name] = row[name] or []
        for name in rare:
            if row[name] is None:
                del row[name]
        yield json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()


def number(text: str | None) -> bool:
    """Whether an attribute is a plain number.

    >>> number("97"), number("long"), number(None)
    (True, False, False)
    """
    return text is not None and NUMBER.fullmatch(text) is not None
