"""MovieLens in GroupLens's own layouts, told apart by the files in the folder.

100k (u.data, u.item, u.user), 1M and 10M (ratings.dat, movies.dat, users.dat), latest-small, 25M
and 32M (ratings.csv, movies.csv).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import polars as pl

from hermes.core.errors import DataError
from hermes.data.files import fields
from hermes.data.rules import WEIGHTS
from hermes.data.source import Part, Source
from hermes.data.tabular import table

ARTICLES = "The|A|An|La|Le|Les|Il|El|Los|Las|Das|Der|Die|De|Det|Den|Lo|Un|Une"
AGES = {1: "under 18", 18: "18-24", 25: "25-34", 35: "35-44", 45: "45-49", 50: "50-55", 56: "56+"}
OCCUPATIONS = (
    "other", "academic or educator", "artist", "clerical or administrative",
    "college or graduate student", "customer service", "doctor or health care",
    "executive or managerial", "farmer", "homemaker", "school student", "lawyer", "programmer",
    "retired", "sales or marketing", "scientist", "self-employed", "technician or engineer",
    "tradesman or craftsman", "unemployed", "writer",
)  # fmt: skip
GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip
RATING = ["user_id", "asset_id", "value", "occurred_at"]


class MovieLens:
    """Ratings are events of kind `rating`, films are assets of the domain `movielens`."""

    name = "movielens"
    weights: Mapping[str, float] = WEIGHTS

    def open(self, path: Path) -> Source:
        """Assets, users where there are any, events."""
        if not path.is_dir():
            raise DataError(f"{path}: no such folder; give the folder that holds MovieLens's files")
        for needed, layout in LAYOUTS.items():
            if all((path / name).is_file() for name in needed):
                return Source(self.name, self.name, layout(path))
        wanted = " or ".join(" with ".join(names) for names in LAYOUTS)
        raise DataError(f"{path}: holds no MovieLens; looked for {wanted}")


def part(name: str, file: Path, frames: Callable[[], Iterator[pl.DataFrame]]) -> Part:
    """A part whose reader ignores the wanted number of rows, since lines come in blocks."""
    return Part(name, file, lambda rows: frames())


def films(frame: pl.DataFrame, categories: pl.Expr) -> pl.DataFrame:
    """`The Matrix` of 1999 from `Matrix, The (1999)`."""
    told = pl.col("title").str.strip_chars()
    year = told.str.extract(r"\(([0-9]{4})(?:-[0-9]{0,4})?\)$")
    bare = told.str.replace(r"\s*\([0-9]{4}(?:-[0-9]{0,4})?\)$", "")
    bare = pl.when(bare != "").then(bare).otherwise(told)
    title = bare.str.replace(rf"^(.+), ({ARTICLES})$", "${2} ${1}")
    return frame.with_columns(
        title, pl.lit("movielens").alias("domain"), year.alias("published_at"), categories
    )


def genres(column: str) -> pl.Expr:
    """`A|B` as a list."""
    return pl.col(column).str.split("|").list.filter(pl.element() != "(no genres listed)")


def dat(path: Path) -> tuple[Part, ...]:
    """1M and 10M: `::` between fields, Latin-1."""

    def movies() -> Iterator[pl.DataFrame]:
        split = (
            pl.col("categories").str.split("|").list.filter(pl.element() != "(no genres listed)")
        )
        for frame in fields(path / "movies.dat", "::", ["asset_id", "title", "categories"], LATIN):
            yield films(frame, split)

    def users() -> Iterator[pl.DataFrame]:
        names = ["user_id", "gender", "age", "job", "zip"]
        for frame in fields(path / "users.dat", "::", names, LATIN):
            age = pl.col("age").cast(pl.Int64, strict=False)
            job = pl.col("job").cast(pl.Int64, strict=False)
            yield frame.select(
                "line", "malformed", "user_id", "gender",
                age.replace_strict(AGES, default=pl.col("age")).alias("age_band"),
                job.replace_strict(dict(enumerate(OCCUPATIONS)), default=pl.col("job"))
                .alias("occupation"),
            )  # fmt: skip

    def ratings() -> Iterator[pl.DataFrame]:
        for frame in fields(path / "ratings.dat", "::", RATING, LATIN):
            yield frame.with_columns(kind=pl.lit("rating"))

    out = [part("assets", path / "movies.dat", movies)]
    if (path / "users.dat").is_file():
        out.append(part("users", path / "users.dat", users))
    return (*out, part("events", path / "ratings.dat", ratings))


def hundred(path: Path) -> tuple[Part, ...]:
    """100k: tabs and bars, Latin-1, one column a genre."""

    def movies() -> Iterator[pl.DataFrame]:
        names = ["asset_id", "title", "released", "video", "url", *GENRES]
        marked = pl.concat_list(
            [pl.when(pl.col(g) == "1").then(pl.lit(g)) for g in GENRES[1:]]
        ).list.drop_nulls()
        for frame in fields(path / "u.item", "|", names, LATIN):
            known = films(frame, marked.alias("categories"))
            yield known.select(
                "line", "malformed", "asset_id", "title", "domain", "published_at", "categories"
            )

    def users() -> Iterator[pl.DataFrame]:
        names = ["user_id", "age", "gender", "occupation", "zip"]
        for frame in fields(path / "u.user", "|", names, LATIN):
            age = pl.col("age").cast(pl.Int64, strict=False)
            bands = [pl.when(age >= low).then(pl.lit(band)) for low, band in AGES.items()]
            cut: pl.Expr = pl.coalesce(bands[::-1])
            yield frame.select("line", "malformed", "user_id", "gender", "occupation", age_band=cut)

    def ratings() -> Iterator[pl.DataFrame]:
        for frame in fields(path / "u.data", "\t", RATING, LATIN):
            yield frame.with_columns(kind=pl.lit("rating"))

    out = [part("assets", path / "u.item", movies)]
    if (path / "u.user").is_file():
        out.append(part("users", path / "u.user", users))
    return (*out, part("events", path / "u.data", ratings))


def csv(path: Path) -> tuple[Part, ...]:
    """latest-small, 25M and 32M: commas, quotes, a header."""
    names = {"movieId": "asset_id", "userId": "user_id", "rating": "value",
             "timestamp": "occurred_at"}  # fmt: skip

    def movies(rows: int) -> Iterator[pl.DataFrame]:
        for frame in table(path / "movies.csv", rows):
            yield films(
                frame.rename(names, strict=False), genres("genres").alias("categories")
            ).drop("genres")

    def ratings(rows: int) -> Iterator[pl.DataFrame]:
        for frame in table(path / "ratings.csv", rows):
            yield frame.rename(names, strict=False).with_columns(kind=pl.lit("rating"))

    assets = Part("assets", path / "movies.csv", movies)
    return assets, Part("events", path / "ratings.csv", ratings)


LATIN = "latin-1"
LAYOUTS = {
    ("ratings.dat", "movies.dat"): dat,
    ("u.data", "u.item"): hundred,
    ("ratings.csv", "movies.csv"): csv,
}
adapter = MovieLens()
