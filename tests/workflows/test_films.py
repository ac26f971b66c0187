"""Films of MovieLens and what Wikipedia tells of them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from hermes.core.errors import DataError
from hermes.data import merges
from hermes.data.build import DataSpec, dataset
from hermes.data.lake import Lake
from hermes.workflows import films

TITLES = ("Heat", "Alien", "Casino", "Clue", "Speed")  # of which the last two have no plot


@pytest.fixture
def data(tmp_path: Path) -> Path:
    lens, plots = tmp_path / "data" / "movielens-1m", tmp_path / "data" / "movie-plots"
    lens.mkdir(parents=True)
    plots.mkdir()
    rows = [f"{n}::{title} ({1990 + n})::Drama" for n, title in enumerate(TITLES, 1)]
    (lens / "movies.dat").write_text("\n".join(rows) + "\n", "latin-1")
    (lens / "users.dat").write_text("1::M::25::1::1\n")
    rated = [f"1::{n}::5::{1_000_000 + n}" for n in range(1, 6)]
    (lens / "ratings.dat").write_text("\n".join(rated) + "\n")
    told = [*TITLES[:3], "Another"]
    pl.DataFrame(
        {
            "title": told,
            "year": [1991 + n for n in range(len(told))],
            "extract": [f"The plot of {title}." for title in told],
            "cast": [[f"Lead of {title}"] for title in told],
            "genres": [["Thriller"]] * len(told),
        }
    ).write_parquet(plots / "plots.parquet")
    return tmp_path / "data"


def test_a_lake_and_a_shelf_join_the_same_films(data: Path, tmp_path: Path) -> None:
    lake = Lake(films.plotted(data, tmp_path / "work"))
    pairs = merges.standing(lake)
    assert pairs["kept_domain"].unique().to_list() == ["movielens"]
    shelf = films.rated(data)
    cards = [json.loads(card) for card in shelf.cards[1:]]
    assert [card["text_content"] is not None for card in cards] == [True] * 3 + [False] * 2
    joined = [card["asset_id"] for card in cards if card["text_content"]]
    assert sorted(pairs["kept"]) == sorted(joined)
    whole = dataset(lake, DataSpec(domains=["movielens"], min_item_events=1)).catalogue
    kept = {json.loads(card)["asset_id"]: json.loads(card) for card in whole.cards[1:]}
    assert kept[joined[0]]["text_content"] == "The plot of Heat."


def test_the_lake_is_made_once(data: Path, tmp_path: Path) -> None:
    made = [films.plotted(data, tmp_path / "work") for _ in range(2)]
    assert made[0] == made[1]
    assert len(merges.standing(Lake(made[0]))) == 3


def test_plots_that_are_not_there_are_named(data: Path, tmp_path: Path) -> None:
    (data / "movie-plots" / "plots.parquet").unlink()
    for read in (films.rated, lambda folder: films.plotted(folder, tmp_path / "work")):
        with pytest.raises(DataError, match="movie-plots"):
            read(data)
