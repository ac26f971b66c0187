"""Known items: a person has seen a film and tells what happens in it; which film was it?

The catalogue is the films of MovieLens 1M that are also among the plots of Wikipedia, joined by
`data.resolve`, with title, genres, cast and extract. A query is the plot of one extract told again
in a line of other words, as one types who remembers: each was written for itself and by no rule,
with the extract in sight, without names of characters, and none was changed once a search had seen
it. What is left of the title's words, in whatever form, is taken out here. No query's text is in
any index.

`words/told.csv` holds what is asked, by MovieLens's number of a film. Nothing is chosen or learned
on it: `words/tuning.csv` is for that, with films of the plots (by row) that are not in MovieLens,
searched for among as many others, so that not one item is in both catalogues.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from hermes.core.errors import DataError
from hermes.core.types import Ints
from hermes.data.catalogue import Catalogue
from hermes.data.columns import admit
from hermes.data.resolve import matches
from hermes.data.script import stems, tokens
from hermes.data.shelf import catalogue
from hermes.domains import movielens

WORDS = Path(__file__).parent / "words"
PLOTS = Path("movie-plots") / "plots.parquet"
SINCE = 1930  # the years of the films that are searched while tuning
LEAST = 3  # words of a query once the title's are gone


@dataclass(frozen=True)
class Known:
    """A catalogue and what is asked of it."""

    catalogue: Catalogue
    texts: tuple[str, ...]  # (Q,)
    targets: Ints  # (Q,) the item each text tells of


def asked(data: Path) -> Known:
    """The films of MovieLens 1M with a plot, and the queries that are reported."""
    return known(joined(data), WORDS / "told.csv")


def tuning(data: Path) -> Known:
    """As many films that are not in MovieLens, and the queries everything is chosen on."""
    ours = joined(data)
    taken = ours["plot"].to_list()
    wanted = [film for film, _ in told(WORDS / "tuning.csv")]
    rest = plots(data).filter(~pl.col("plot").is_in(taken), pl.col("year") >= SINCE)
    chosen = rest.filter(pl.col("plot").is_in(wanted))
    others = rest.filter(~pl.col("plot").is_in(wanted), pl.col("extract").is_not_null())
    drawn = others.sample(len(ours) - len(chosen), seed=0)
    films = pl.concat([chosen, drawn]).sort(pl.col("plot").cast(pl.Int64))
    return known(films.with_columns(film=pl.col("plot")), WORDS / "tuning.csv")


def known(films: pl.DataFrame, queries: Path) -> Known:
    """The queries of a file whose film is there and whose words are not all in the title."""
    held = shelf(films)
    texts, targets = list[str](), list[int]()
    for film, text in told(queries):
        code = held.items.code(film)
        named = set(stems(held.titles[code]))
        kept = [word for word in tokens(text) if not named.intersection(stems(word))]
        if code and len(kept) >= LEAST:
            texts.append(" ".join(kept))
            targets.append(code)
    if not texts:
        raise DataError(f"{queries}: no film of it is in the catalogue")
    return Known(held, tuple(texts), np.array(targets))


def told(file: Path) -> list[tuple[str, str]]:
    """Film and text."""
    with file.open(encoding="utf-8") as lines:
        return [(row["film"], row["told"]) for row in csv.DictReader(lines)]


def plots(data: Path) -> pl.DataFrame:
    """All plots, `plot` being the row."""
    return pl.read_parquet(data / PLOTS).with_columns(plot=pl.int_range(pl.len()).cast(pl.String))


def joined(data: Path) -> pl.DataFrame:
    """MovieLens's films with their plot: film, and the columns of the plots with that title."""
    part = movielens.adapter.open(data / "movielens-1m").parts[0]
    films = pl.concat(admit(one, "assets").good for one in part.read(1 << 20))
    found = plots(data)
    dated = found.select(
        pl.col("plot").alias("asset_id"), "title", pl.datetime("year", 1, 1).alias("published_at")
    )
    pairs = matches(films.drop("creators"), dated).select(film="left", plot="right")
    named = films.select(film="asset_id", called="title")
    whole = pairs.join(found, on="plot").join(named, on="film").with_columns(title="called")
    return whole.drop("called").sort(pl.col("film").cast(pl.Int64))


def shelf(films: pl.DataFrame) -> Catalogue:
    """A catalogue of films, cast and genres as they are, the extract as what is written of each."""
    people = pl.col("cast").list.eval(
        pl.struct(pl.element().alias("name"), pl.lit("actor").alias("role"))
    )
    assets = films.select(
        pl.col("film").alias("asset_id"),
        pl.lit("film").alias("domain"),
        "title",
        people.alias("creators"),
        pl.col("genres").alias("categories"),
        pl.datetime("year", 1, 1, time_zone="UTC").alias("published_at"),
        pl.int_range(1, pl.len() + 1).alias("line"),
    )
    bare = catalogue(admit(assets, "assets").good)
    written = dict(films.select("film", "extract").iter_rows())
    cards = (
        msgspec.json.encode({**msgspec.json.decode(card), "text_content": written.get(name)})
        for card, name in zip(bare.cards, bare.items.names, strict=True)
    )
    return replace(bare, cards=tuple(cards))
