"""News: the layout of MIND, or feeds in RSS and Atom.

Wu et al. MIND: a large-scale dataset for news recommendation. ACL 2020. `news.tsv` holds articles,
`behaviors.tsv` what was shown to whom: each item shown is an event of kind `impression` with its
place and the number of the showing, each that was clicked one of kind `click` a second later, and
what a user had read before is of kind `read`, a second apart and up to the first time that the file
shows them anything. A folder of feeds (.xml, .rss, .atom) has articles only. A topic with fewer
than one in a hundred of the articles at hand is independent, all others are mainstream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import msgspec
import polars as pl

from hermes.core.errors import DataError
from hermes.data.feeds import articles
from hermes.data.files import fields
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source

FEEDS = (".xml", ".rss", ".atom")
RARE = 0.01  # share of the articles below which a topic is independent
TAGS = 10  # entities of an article
ARTICLE = ["asset_id", "category", "topic", "title", "abstract", "url", "entities", "more"]
SHOWN = ["request_id", "user_id", "at", "history", "shown"]
WORTH: Mapping[str, float] = WEIGHTS | {"read": 1.0, "click": 1.0}


class News:
    """Articles are assets of the domain `news`."""

    name = "news"
    weights: Mapping[str, float] = WORTH

    def open(self, path: Path) -> Source:
        """A folder of MIND, or of feeds, or one feed; `DataError` when it is neither."""
        if (path / "news.tsv").is_file():
            parts = [Part("assets", path / "news.tsv", partial(described, path / "news.tsv"))]
            if (shown := path / "behaviors.tsv").is_file():
                parts.append(Part("events", shown, partial(behaviours, shown)))
            return Source(self.name, self.name, tuple(parts))
        found = sorted(path.iterdir()) if path.is_dir() else [path]
        files = [file for file in found if file.suffix.lower() in FEEDS and file.is_file()]
        if not files:
            raise DataError(f"{path}: holds no news.tsv of MIND and no feed ({', '.join(FEEDS)})")
        return Source(
            self.name, self.name, tuple(Part("assets", f, partial(fed, f)) for f in files)
        )


def cohort(topic: pl.Expr) -> pl.Expr:
    """By how many of the articles at hand are of the topic; null without one."""
    rare = pl.len().over(topic) < RARE * pl.len()
    named = pl.when(rare).then(pl.lit("independent")).otherwise(pl.lit("mainstream"))
    return pl.when(topic.is_not_null()).then(named)


def described(file: Path, rows: int) -> Iterator[pl.DataFrame]:
    """The articles of MIND, all in one frame, since a topic's share counts them all."""
    frame = pl.concat(fields(file, "\t", ARTICLE, "utf-8"))
    tags = pl.col("entities").map_elements(labels, pl.List(pl.String))
    known = pl.concat_list("category", "topic").list.drop_nulls().list.unique(maintain_order=True)
    yield frame.select(
        "line",
        "malformed",
        "asset_id",
        pl.lit("news").alias("domain"),
        "title",
        pl.when(pl.col("abstract") != "").then(pl.col("abstract")).alias("text_content"),
        pl.when(pl.col("category").is_not_null()).then(known).alias("categories"),
        tags.alias("tags"),
        cohort(pl.col("topic")).alias("cohort"),
        pl.struct("url").struct.json_encode().alias("attributes"),
    )


def labels(entities: str) -> list[str]:
    """The names of what a title speaks of; nothing where its list can not be read."""
    try:
        found = msgspec.json.decode(entities, type=list[Entity])
    except msgspec.DecodeError:
        return []
    return list(dict.fromkeys(one.Label for one in found if one.Label))[:TAGS]


class Entity(msgspec.Struct):
    """What Wikidata knows it as; only its name is read."""

    Label: str = ""


def behaviours(file: Path, rows: int) -> Iterator[pl.DataFrame]:
    """What was read before, then what was shown and clicked, in the order of the file."""
    frame = pl.concat(fields(file, "\t", SHOWN, "utf-8"))
    at = pl.col("at").str.to_datetime("%m/%d/%Y %I:%M:%S %p", strict=False).dt.epoch("s")
    frame = frame.with_columns(at.alias("second"))
    listed = pl.col("shown").str.split(" ")
    each = frame.with_columns(listed, pl.int_ranges(listed.list.len()).alias("position")).explode(
        "shown", "position"
    )
    parts = each.with_columns(
        asset_id=pl.col("shown").str.replace(r"-[01]$", ""),
        clicked=pl.col("shown").str.ends_with("-1"),
        occurred_at=pl.coalesce(pl.col("second").cast(pl.String), "at"),
    )
    columns = ["line", "malformed", "request_id", "user_id", "asset_id", "occurred_at", "position"]
    impressions = parts.select(*columns, kind=pl.lit("impression"))
    clicks = parts.filter(pl.col("clicked")).select(
        *(c for c in columns if c != "occurred_at"),
        occurred_at=(pl.col("second") + 1).cast(pl.String),
        kind=pl.lit("click"),
    )
    done = [past(frame), impressions, clicks]
    yield pl.concat(done, how="diagonal").sort("line", maintain_order=True)


def past(frame: pl.DataFrame) -> pl.DataFrame:
    """What each user had read, told once: the longest history that the file has of them."""
    known = frame.filter(pl.col("history").str.len_chars() > 0, pl.col("second").is_not_null())
    longest = known.with_columns(pl.col("second").min().over("user_id")).sort(
        pl.col("history").str.len_chars(), "line", descending=[True, False]
    )
    one = longest.unique("user_id", keep="first", maintain_order=True)
    items = pl.col("history").str.split(" ")
    place = pl.int_ranges(items.list.len())
    told = one.with_columns(
        items.alias("asset_id"), place.alias("place"), items.list.len().alias("n")
    )
    told = told.explode("asset_id", "place")
    second = pl.col("second") - pl.col("n") + pl.col("place")
    return told.select(
        "line", "malformed", "user_id", "asset_id",
        occurred_at=second.cast(pl.String), kind=pl.lit("read"),
    )  # fmt: skip


def fed(file: Path, rows: int) -> Iterator[pl.DataFrame]:
    """The articles of a feed."""
    frame = articles(file)
    first = pl.col("categories").list.first()
    yield frame.with_columns(pl.lit("news").alias("domain"), cohort(first).alias("cohort"))


adapter = News()
