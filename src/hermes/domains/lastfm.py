"""Listening on Last.fm in the layout of HetRec 2011: `artists.dat`, `user_artists.dat`, tags.

Cantador, Brusilovsky, Kuflik. Second workshop on information heterogeneity and fusion in
recommender systems (HetRec 2011). RecSys 2011. An asset is an artist of the domain `lastfm`, an
event of kind `listen` says with its value how often somebody played them. When is not known: the
events of the file are put into one order by a fixed draw, a second apart from the start of 2000,
since a user's artists stand in it by falling counts. Tags are those that at least `SHARED` people
gave and that speak of the artist, not of the listener; friends stand in the attributes of a user.
An artist whom fewer than `FEW` people played is independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.data.files import fields
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source

START = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
FEW = 10
SHARED = 2
KEPT = 10  # tags of an artist
PERSONAL = r"(?i)^(?:seen live|favou?rites?|my .*|.* i (?:love|like|own)|albums i own|love it)$"
PLAYS = ["user_id", "asset_id", "value"]
NEEDED = ("artists.dat", "user_artists.dat")


class LastFM:
    """Play counts; whoever played an artist often counts as one event of that value."""

    name = "lastfm"
    weights: Mapping[str, float] = WEIGHTS

    def open(self, path: Path) -> Source:
        """A folder with the two files that are needed; `DataError` when one is missing."""
        for name in NEEDED:
            if not (path / name).is_file():
                raise DataError(f"{path}: holds no {name}; give the folder of hetrec2011-lastfm-2k")
        played, friends = path / "user_artists.dat", path / "user_friends.dat"
        parts = [Part("assets", path / "artists.dat", partial(artists, path))]
        if friends.is_file():
            parts.append(Part("users", friends, partial(people, friends)))
        return Source(
            self.name, self.name, (*parts, Part("events", played, partial(plays, played)))
        )


def rows_of(file: Path, names: list[str]) -> Iterator[pl.DataFrame]:
    """The fields of each line but the first, which names them; the tags are in Latin-1."""
    encoding = "latin-1" if file.name == "tags.dat" else "utf-8"
    for frame in fields(file, "\t", names, encoding):
        yield frame.filter(pl.col("line") > 1)


def whole(file: Path, names: list[str]) -> pl.DataFrame:
    """All lines that can be split."""
    return pl.concat(rows_of(file, names)).filter(pl.col("malformed").is_null())


def artists(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    """One row an artist."""
    heard = whole(path / "user_artists.dat", PLAYS).group_by("asset_id").len("listeners")
    tagged = tags(path)
    for frame in rows_of(path / "artists.dat", ["asset_id", "title", "url", "image_uri"]):
        known = frame.join(heard, on="asset_id", how="left").join(tagged, on="asset_id", how="left")
        few = pl.col("listeners").fill_null(0) < FEW
        name = pl.struct(name="title", role=pl.lit("artist"))
        yield known.select(
            "line",
            "malformed",
            "asset_id",
            pl.lit("lastfm").alias("domain"),
            "title",
            "image_uri",
            "tags",
            creators=pl.when(pl.col("title").is_not_null()).then(pl.concat_list(name)),
            cohort=pl.when(few).then(pl.lit("independent")).otherwise(pl.lit("mainstream")),
            attributes=pl.struct("url").struct.json_encode(),
        ).sort("line")


def tags(path: Path) -> pl.DataFrame:
    """Of each artist the tags that most people gave.  -> asset_id, tags"""
    links, words = path / "user_taggedartists.dat", path / "tags.dat"
    if not (links.is_file() and words.is_file()):
        return pl.DataFrame(schema={"asset_id": pl.String, "tags": pl.List(pl.String)})
    names = ["user_id", "asset_id", "tag_id", "day", "month", "year"]
    given = whole(links, names).join(whole(words, ["tag_id", "tag"]), on="tag_id")
    counted = given.group_by("asset_id", "tag").agg(pl.col("user_id").n_unique().alias("people"))
    said = ~pl.col("tag").str.contains(PERSONAL)
    kept = counted.filter((pl.col("people") >= SHARED) & said)
    kept = kept.sort("people", "tag", descending=[True, False])
    grouped = kept.group_by("asset_id", maintain_order=True)
    return grouped.agg(pl.col("tag").head(KEPT).alias("tags"))


def people(file: Path, rows: int) -> Iterator[pl.DataFrame]:
    """One row a user who has friends; its line is the first that names them."""
    frame = pl.concat(rows_of(file, ["user_id", "friend"]))
    grouped = frame.group_by("user_id", "malformed", maintain_order=True)
    friends = grouped.agg(pl.col("line").min(), pl.col("friend").alias("friends"))
    told = pl.struct("friends").struct.json_encode()
    yield friends.select("line", "malformed", "user_id", attributes=told).sort("line")


def plays(file: Path, rows: int) -> Iterator[pl.DataFrame]:
    """One row a user and artist."""
    frame = pl.concat(rows_of(file, PLAYS))
    place = np.random.default_rng(0).permutation(len(frame))
    at = pl.Series("occurred_at", START + place)
    yield frame.with_columns(at, kind=pl.lit("listen"))


adapter = LastFM()
