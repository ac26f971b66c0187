"""Books in the layout of goodbooks-10k: `books.csv`, and of its other files those that are there.

`ratings.csv` (user_id, book_id, rating) holds events of kind `rating`, `to_read.csv` (user_id,
book_id) of kind `save`, `book_tags.csv` with `tags.csv` the words readers shelve a book under. No
time is known: the order of the rows is taken for the order in time, a second apart from the start
of 2000, saves after ratings. A book of fewer than `FEW` ratings on Goodreads is independent. Years
before 1000, which the contract has no date for, stand in the attributes like all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl

from hermes.core.errors import DataError
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source
from hermes.data.tabular import table

START = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
FEW = 20_000  # half of the ten thousand have fewer
SHELVES = 10  # words of readers a book keeps
PRIVATE = r"(?i)^(?:to-?read|owned?|own|books?-.*|my-.*|favou?rites?|currently-reading|re-?read)$"
SERIES = r"^(.*\S)\s*\(([^()]*[^(),\s]),?\s+#([0-9][0-9.\-]*)\)$"
LANGUAGES = {
    "eng": "en", "ara": "ar", "fre": "fr", "ind": "id", "spa": "es", "ger": "de", "jpn": "ja",
    "per": "fa", "por": "pt", "pol": "pl", "nor": "no", "dan": "da", "fil": "fil", "ita": "it",
    "vie": "vi", "tur": "tr", "swe": "sv", "rum": "ro", "rus": "ru", "mul": "mul",
}  # fmt: skip
BOOKS = (
    "book_id", "authors", "original_publication_year", "title", "language_code", "ratings_count",
    "image_url", "isbn", "average_rating",
)  # fmt: skip


class Books:
    """Ratings and shelves; books are assets of the domain `books`."""

    name = "books"
    weights: Mapping[str, float] = WEIGHTS

    def open(self, path: Path) -> Source:
        """A folder with `books.csv`; `DataError` when there is none."""
        file = path / "books.csv"
        if not file.is_file():
            raise DataError(f"{path}: holds no books.csv; give the folder of goodbooks's files")
        shelved = shelves(path)
        parts = [Part("assets", file, partial(books, file, shelved))]
        events = {"ratings.csv": "rating", "to_read.csv": "save"}
        parts += [
            Part("events", path / name, partial(done, path / name, kind, shift))
            for shift, (name, kind) in enumerate(events.items())
            if (path / name).is_file()
        ]
        return Source(self.name, self.name, tuple(parts))


def books(file: Path, shelved: pl.DataFrame, rows: int) -> Iterator[pl.DataFrame]:
    """One row a book; series and number go from the title to the attributes."""
    names = {name: name for name in BOOKS}
    if len(shelved):
        names["goodreads_book_id"] = "goodreads_book_id"  # which the shelves go by
    for frame in table(file, rows, names):
        told = pl.col("title").str.strip_chars()
        found = told.str.extract_groups(SERIES).struct
        year = pl.col("original_publication_year").cast(pl.Float64, strict=False).cast(pl.Int32)
        score = pl.col("average_rating").cast(pl.Float64, strict=False)
        count = pl.col("ratings_count").cast(pl.Int64, strict=False)
        code = pl.col("language_code")
        picture = pl.col("image_url")
        attributes = pl.struct(
            series=found["2"], number=found["3"], year=year, isbn="isbn", rating=score, count=count
        )
        names_of = pl.col("authors").str.split(",").list.eval(pl.element().str.strip_chars())
        authors = names_of.list.filter(pl.element() != "").list.unique(maintain_order=True)
        out = frame.select(
            "line",
            "malformed",
            pl.col("book_id").alias("asset_id"),
            pl.lit("books").alias("domain"),
            pl.coalesce(found["1"], told).alias("title"),
            creators=authors.list.eval(pl.struct(name=pl.element(), role=pl.lit("author"))),
            published_at=pl.when(year >= 1000).then(year).cast(pl.String),
            language=code.replace(LANGUAGES),
            image_uri=pl.when(~picture.str.contains("/nophoto/")).then(picture),
            cohort=pl.when(count < FEW).then(pl.lit("independent")).otherwise(pl.lit("mainstream")),
            attributes=attributes.struct.json_encode(),
            **({"shelf": pl.col("goodreads_book_id")} if len(shelved) else {}),
        )
        yield out if not len(shelved) else out.join(shelved, on="shelf", how="left").drop("shelf")


def shelves(path: Path) -> pl.DataFrame:
    """Of each book the words most readers shelve it under, not those that say who reads it.

    -> shelf (the book's id on Goodreads), tags; empty without both files
    """
    links, words = path / "book_tags.csv", path / "tags.csv"
    if not (links.is_file() and words.is_file()):
        return pl.DataFrame(schema={"shelf": pl.String, "tags": pl.List(pl.String)})
    ids = ("goodreads_book_id", "tag_id", "count")
    linked = pl.concat(table(links, 1 << 20, {name: name for name in ids}))
    named = pl.concat(table(words, 1 << 20, {"tag_id": "tag_id", "tag_name": "tag_name"}))
    kept = linked.join(named, on="tag_id").filter(~pl.col("tag_name").str.contains(PRIVATE))
    count = pl.col("count").cast(pl.Int64, strict=False)
    ranked = kept.sort(count, "tag_name", descending=[True, False], nulls_last=True)
    grouped = ranked.group_by(pl.col("goodreads_book_id").alias("shelf"), maintain_order=True)
    return grouped.agg(pl.col("tag_name").head(SHELVES).alias("tags"))


def done(file: Path, kind: str, shift: int, rows: int) -> Iterator[pl.DataFrame]:
    """One row an event, in the order of the file; those of a later file come after."""
    names = {"user_id": "user_id", "asset_id": "book_id"}
    if kind == "rating":
        names["value"] = "rating"
    for frame in table(file, rows, names):
        at = START + shift * 10**9 // 4 + pl.col("line")
        yield frame.with_columns(kind=pl.lit(kind), occurred_at=at)


adapter = Books()
