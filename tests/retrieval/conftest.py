"""What the tests of channels may ask for."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from hermes.data.catalogue import Catalogue
from hermes.data.shelf import catalogue

FILMS = [
    ("Comet", 1979, "drift sf", "Rada:director Vale:actor Quill:actor"),
    ("Comet 2", 1986, "drift sf", "Oake:director Vale:actor"),
    ("Harbour", 1984, "drama", "Rada:director Lund:actor"),
    ("Winter Mill", 1990, "drama", "Oake:director Brand:actor"),
    ("Brandt's Debt", 1991, "drama", "Rada:actor Tove:director"),
    ("The Orchard", 1975, "drama", "Vale:actor Tove:director"),
    ("Salt", 1975, "drama", "Ines:director"),
    ("Ember", 2001, "drama", ""),
    ("Stone", 2001, "noir", ""),
]


@pytest.fixture(scope="session")
def films() -> Callable[..., Catalogue]:
    """Makes a shelf of nine films by people who do not exist, and of some more on demand."""
    return made


def made(more: int = 0) -> Catalogue:
    """The nine, and `more` dramas of 1999 that share nothing else."""
    rows = FILMS + [(f"Filler {word(n)}", 1999, "drama", f"P{n}:actor") for n in range(more)]
    return catalogue(
        pl.DataFrame(
            {
                "asset_id": [f"f{n}" for n in range(1, len(rows) + 1)],
                "domain": "films",
                "title": [title for title, *_ in rows],
                "creators": [
                    [dict(zip(("name", "role"), c.split(":"), strict=True)) for c in told.split()]
                    for *_, told in rows
                ],
                "categories": [kinds.split() for _, _, kinds, _ in rows],
                "tags": [["slow"] if year == 1975 else [] for _, year, *_ in rows],
                "published_at": [str(year) for _, year, *_ in rows],
                "price": None,
                "currency": None,
                "image_uri": None,
                "attributes": None,
                "cohort": "mainstream",
                "available": True,
            },
            schema_overrides={
                "price": pl.Float64, "currency": pl.String, "image_uri": pl.String,
                "attributes": pl.String,
                "creators": pl.List(pl.Struct({"name": pl.String, "role": pl.String})),
                "tags": pl.List(pl.String),
            },
        ).with_columns(pl.col("published_at").str.to_datetime("%Y", time_zone="UTC"))
    )  # fmt: skip


def word(n: int) -> str:
    """A name without digits."""
    return "".join(chr(97 + int(d)) for d in str(n))
