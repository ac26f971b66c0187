from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from hermes.core.errors import DataError
from hermes.data.columns import admit
from hermes.data.validate import validate
from hermes.domains import movielens, sequences, world
from hermes.domains.movielens import GENRES


def first(folder: Path, table: str) -> list[dict[str, object]]:
    part = next(p for p in movielens.adapter.open(folder).parts if p.table == table)
    return admit(next(iter(part.read(10))), table).good.to_dicts()


def test_the_hundred_thousand_layout(tmp_path: Path) -> None:
    marks = "|".join("1" if g in ("Action", "Crime") else "0" for g in GENRES)
    row = f"1|Léon (1994)|01-Jan-1994||http://imdb|{marks}\n"
    (tmp_path / "u.item").write_text(row, encoding="latin-1")
    (tmp_path / "u.user").write_text("1|24|M|technician|85711\n")
    (tmp_path / "u.data").write_text("1\t1\t3\t881250949\n")
    (film,) = first(tmp_path, "assets")
    assert film["title"] == "Léon" and film["categories"] == ["Action", "Crime"]
    assert film["published_at"].year == 1994  # type: ignore[attr-defined]
    (user,) = first(tmp_path, "users")
    assert (user["gender"], user["age_band"], user["occupation"]) == ("M", "18-24", "technician")
    assert first(tmp_path, "events")[0]["value"] == 3


def test_the_csv_layout(tmp_path: Path) -> None:
    (tmp_path / "movies.csv").write_text(
        'movieId,title,genres\n1,"American President, The (1995)",Comedy|Drama\n'
        "2,Untitled,(no genres listed)\n"
    )
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,1,2.5,1260759144\n")
    one, two = first(tmp_path, "assets")
    assert one["title"] == "The American President" and one["categories"] == ["Comedy", "Drama"]
    assert two["title"] == "Untitled" and two["categories"] == [] and not two["published_at"]
    assert first(tmp_path, "events")[0]["value"] == 2.5


def test_a_folder_without_movielens_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ratings.dat with movies.dat or u.data with u.item or"):
        movielens.adapter.open(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        movielens.adapter.open(tmp_path / "nowhere")


def test_movielens_latest_small_is_whole(shared_data: Path) -> None:
    report = validate(movielens.adapter, shared_data / "movielens-latest-small")
    assert report.good == {"assets": 9125, "events": 100004} and not report.faults


def test_sequences_keep_their_order(tmp_path: Path) -> None:
    (tmp_path / "sequences.txt").write_text("7 a b a\n8 b\nlonely\n")
    source = sequences.adapter.open(tmp_path)
    judged = admit(next(iter(source.parts[0].read(10))), "events")
    good = judged.good.sort("user_id", "occurred_at")
    assert good["asset_id"].to_list() == ["a", "b", "a", "b"]
    assert judged.bad["reason"].to_list() == ["malformed"] and judged.bad["line"].to_list() == [3]


def test_pictures_of_a_world_are_found_below_its_folder(tmp_path: Path) -> None:
    uris = ["pictures/1.jpg", "https://example.org/2.jpg", None]
    assets = {"asset_id": ["1", "2", "3"], "domain": "films", "title": "t", "image_uri": uris}
    pl.DataFrame(assets).write_parquet(tmp_path / "assets.parquet")
    with pytest.raises(DataError, match=r"no events\.parquet"):
        world.adapter.open(tmp_path)
    pl.DataFrame({"user_id": ["u"]}).write_parquet(tmp_path / "events.parquet")
    frame = next(iter(world.adapter.open(tmp_path).parts[0].read(10)))
    assert frame["image_uri"].to_list() == [f"{tmp_path}/pictures/1.jpg", *uris[1:]]
