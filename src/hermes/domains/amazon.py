"""Amazon's reviews and metadata as published in 2014, 2018 and 2023: an object a line, gzip or not.

He, McAuley. Ups and downs. WWW 2016; Ni, Li, McAuley. Justifying recommendations using
distantly-labeled reviews. EMNLP 2019; Hou et al. Bridging language and items. 2024. A file of the
folder is one of reviews or of metadata by what its first line holds; metadata may be missing. The
metadata of 2014 are literals of Python and are read as such. A review is an event of kind `rating`
about a product (its `parent_asin` where it has one), with whether it was bought in its context. A
brand with fewer than `FEW` products in the metadata is independent; without one nothing is said.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from hermes.core.errors import DataError
from hermes.data.files import lines
from hermes.data.markup import words
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source
from hermes.data.tabular import uniform

FEW = 10
LONGEST = 100_000  # characters of text the contract takes
SUFFIXES = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
MONEY = re.compile(r"\$?\s*([0-9][0-9,]*(?:\.[0-9]+)?)")
GIVEN = None  # the type is the values'
EVENT = dict.fromkeys(("user_id", "asset_id", "kind", "value", "occurred_at", "context"), GIVEN)
ASSET: dict[str, Any] = {
    "asset_id": GIVEN,
    **dict.fromkeys(("domain", "title", "text_content", "image_uri"), pl.String()),
    "creators": pl.List(pl.Struct({"name": pl.String, "role": pl.String})),
    "categories": pl.List(pl.String),
    "price": pl.Float64(),
    **dict.fromkeys(("currency", "cohort", "attributes"), pl.String()),
}
Row = dict[str, Any]


class Amazon:
    """Ratings with what is known of the products."""

    name = "amazon"
    weights: Mapping[str, float] = WEIGHTS

    def open(self, path: Path) -> Source:
        """A file of reviews, or a folder of files; `DataError` without any reviews."""
        found = sorted(path.iterdir()) if path.is_dir() else [path]
        files = [file for file in found if file.name.lower().endswith(SUFFIXES)]
        kinds = {file: kind(file) for file in files}
        reviews = [file for file in files if kinds[file] == "reviews"]
        described = [file for file in files if kinds[file] == "metadata"]
        if not reviews and not described:
            wanted = ", ".join(SUFFIXES)
            raise DataError(f"{path}: no file of Amazon's reviews or metadata ({wanted}) here")
        assets = [Part("assets", f, partial(products, f, tuple(described))) for f in described]
        events = [Part("events", f, partial(ratings, f)) for f in reviews]
        return Source(self.name, self.name, (*assets, *events))


def kind(file: Path) -> str:
    """`reviews`, `metadata`, or nothing where the first line is neither."""
    first = next((row for frame in objects(file) for _, row, _ in frame), None)
    keys = set(first or ())
    if keys & {"reviewerID", "user_id"} and keys & {"overall", "rating"}:
        return "reviews"
    return "metadata" if keys & {"asin", "parent_asin"} else ""


def objects(file: Path) -> Iterator[list[tuple[int, Row | None, str]]]:
    """Of every line its number, what it says (None where it says nothing), and its text."""
    for frame in lines(file):
        pairs = zip(frame["line"].to_list(), frame["text"].to_list(), strict=True)
        yield [(line, told(text), text) for line, text in pairs]


def told(text: str) -> Row | None:
    """The object on a line: JSON, or what 2014 wrote in its place."""
    try:
        row = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        try:
            row = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return row if isinstance(row, dict) else None


def ratings(file: Path, rows: int) -> Iterator[pl.DataFrame]:
    """One row a review."""
    for found in objects(file):
        yield framed(found, rating, EVENT)


def rating(row: Row) -> Row:
    """2014 and 2018 call them reviewerID, overall and unixReviewTime (s); 2023 uses ms."""
    bought = row.get("verified_purchase", row.get("verified"))
    return {
        "user_id": row.get("user_id", row.get("reviewerID")),
        "asset_id": row.get("parent_asin") or row.get("asin"),
        "kind": "rating",
        "value": row.get("rating", row.get("overall")),
        "occurred_at": row.get("timestamp", row.get("unixReviewTime")),
        "context": None if bought is None else json.dumps({"verified": bool(bought)}),
    }


def products(file: Path, described: Iterable[Path], rows: int) -> Iterator[pl.DataFrame]:
    """One row a product; how many a brand has is counted over all files first."""
    counts = Counter(
        brand
        for other in described
        for found in objects(other)
        for _, row, _ in found
        if row and (brand := brand_of(row))
    )
    for found in objects(file):
        yield framed(found, partial(product, counts=counts), ASSET)


def product(row: Row, counts: Mapping[str, int]) -> Row:
    """A line of metadata, of whatever year."""
    brand, text = brand_of(row), [*texts(row, "features", "feature"), *texts(row, "description")]
    price = MONEY.search(str(row.get("price") or ""))
    cohort = "independent" if counts.get(brand or "", 0) < FEW else "mainstream"
    return {
        "asset_id": row.get("parent_asin") or row.get("asin"),
        "domain": "amazon",
        "title": clean(row.get("title")),
        "text_content": "\n".join(text)[:LONGEST] or None,
        "image_uri": picture(row),
        "creators": [{"name": brand, "role": "brand"}] if brand else None,
        "categories": shelf(row),
        "price": float(price[1].replace(",", "")) if price else None,
        "currency": "USD" if price else None,
        "cohort": cohort if brand else None,
        "attributes": json.dumps({"average_rating": row["average_rating"]})
        if isinstance(row.get("average_rating"), float)
        else None,
    }


def brand_of(row: Row) -> str | None:
    """Who made it; 2023 keeps the brand in the details, else there is the name of the store."""
    details = row.get("details")
    named = details.get("Brand") if isinstance(details, dict) else None
    return clean(row.get("brand") or named or row.get("store"))


def clean(value: Any) -> str | None:
    """The words of a text, None for anything else and for what is empty."""
    return words(value) or None if isinstance(value, str) else None


def texts(row: Row, *names: str) -> list[str]:
    """The paragraphs under the first of these names that is there: a text, or a list of texts."""
    value: Any = next((row[name] for name in names if row.get(name)), [])
    found = [clean(v) for v in (value if isinstance(value, list) else [value])]
    return [text for text in found if text]


def shelf(row: Row) -> list[str] | None:
    """From the widest category to the narrowest; of several ways the first, as in 2014."""
    listed = row.get("categories") or row.get("category")
    if isinstance(listed, list) and listed and isinstance(listed[0], list):
        listed = listed[0]
    found = [clean(v) for v in listed] if isinstance(listed, list) else []
    found = found or [clean(row.get("main_category") or row.get("main_cat"))]
    return list(dict.fromkeys(name for name in found if name)) or None


def picture(row: Row) -> str | None:
    """The first picture, as large as there is."""
    images = row.get("images") or row.get("imageURLHighRes") or row.get("imageURL") or []
    first = images[0] if isinstance(images, list) and images else row.get("imUrl")
    if isinstance(first, dict):
        first = first.get("hi_res") or first.get("large") or first.get("thumb")
    return first if isinstance(first, str) else None


def framed(
    found: list[tuple[int, Row | None, str]], judge: Any, schema: Mapping[str, Any]
) -> pl.DataFrame:
    """Rows as columns; a line that says nothing is `malformed`."""
    made = [judge(row) if row is not None else {} for _, row, _ in found]
    columns = []
    for name, dtype in schema.items():
        values = [one.get(name) for one in made]
        columns.append(uniform(name, values) if dtype is GIVEN else pl.Series(name, values, dtype))
    line = pl.Series("line", [line for line, _, _ in found], dtype=pl.Int64)
    broken = [None if row is not None else text for _, row, text in found]
    return pl.DataFrame([*columns, line, pl.Series("malformed", broken, dtype=pl.String)])


adapter = Amazon()
