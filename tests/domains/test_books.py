from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hermes.core.errors import DataError
from hermes.data.columns import admit
from hermes.data.validate import validate
from hermes.domains import books

HEADER = (
    "book_id,goodreads_book_id,authors,isbn,original_publication_year,title,language_code,"
    "average_rating,ratings_count,image_url\n"
)
PHOTO = "https://images.example/m/1.jpg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = (
        '1,77,"J.K. Rowling, Mary GrandPré",0439,1997.0,"Harry Potter (Harry Potter, #1)",eng,4.4,'
        f"4602479,{PHOTO}\n"
        "2,78,Homer,0143,-750.0,The Iliad,,3.8,19999,https://s.example/nophoto/book/1.png\n"
        "3,79,Homer,0143,-750.0,The\n"
        '4,80,"Anon, Anon",,,"(Untitled #2)",fre,,,\n'
    )
    (tmp_path / "books.csv").write_text(HEADER + rows)
    return tmp_path


def read(folder: Path, place: int = 0) -> Any:
    part = books.adapter.open(folder).parts[place]
    return admit(next(iter(part.read(10))), part.table)


def test_a_book_has_its_authors_its_series_and_its_year(folder: Path) -> None:
    judged = read(folder)
    potter, iliad, odd = judged.good.to_dicts()
    assert potter["title"] == "Harry Potter" and potter["language"] == "en"
    assert [c["name"] for c in potter["creators"]] == ["J.K. Rowling", "Mary GrandPré"]
    assert {c["role"] for c in potter["creators"]} == {"author"}
    told = json.loads(potter["attributes"])
    assert (told["series"], told["number"], told["year"]) == ("Harry Potter", "1", 1997)
    assert potter["image_uri"] == PHOTO and potter["cohort"] == "mainstream"
    assert iliad["published_at"] is None and json.loads(iliad["attributes"])["year"] == -750
    assert iliad["image_uri"] is None and iliad["cohort"] == "independent"
    assert odd["title"] == "(Untitled #2)" and len(odd["creators"]) == 1
    assert judged.bad["reason"].to_list() == ["malformed"] and judged.bad["line"].to_list() == [4]


def test_what_readers_shelve_a_book_under_becomes_its_tags(folder: Path) -> None:
    words = ["to-read", "fantasy", "my-books", "magic", "books-i-own", "young-adult"]
    lines = [f"{i},{word}\n" for i, word in enumerate(words)]
    (folder / "tags.csv").write_text("tag_id,tag_name\n" + "".join(lines))
    links = [f"77,{i},{count}\n" for i, count in enumerate([900, 50, 40, 80, 30, 50])]
    (folder / "book_tags.csv").write_text("goodreads_book_id,tag_id,count\n" + "".join(links))
    potter, iliad, _ = read(folder).good.to_dicts()
    assert potter["tags"] == ["magic", "fantasy", "young-adult"] and not iliad["tags"]


def test_ratings_come_in_the_order_of_the_file_and_before_what_is_to_be_read(folder: Path) -> None:
    (folder / "ratings.csv").write_text("user_id,book_id,rating\n7,2,5\n7,1,3\n")
    (folder / "to_read.csv").write_text("user_id,book_id\n7,4\n")
    rated, saved = (read(folder, i).good.to_dicts() for i in (1, 2))
    assert [(r["kind"], r["asset_id"], r["value"]) for r in rated] == [
        ("rating", "2", 5.0),
        ("rating", "1", 3.0),
    ]
    assert saved[0]["kind"] == "save" and saved[0]["value"] is None
    assert rated[0]["occurred_at"] < rated[1]["occurred_at"] < saved[0]["occurred_at"]


def test_a_folder_without_books_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no books\.csv"):
        books.adapter.open(tmp_path)
    (tmp_path / "books.csv").write_text("book_id,title\n1,It\n")
    with pytest.raises(DataError, match="no column 'authors'"):
        read(tmp_path)


def test_goodbooks_is_whole(shared_data: Path) -> None:
    report = validate(books.adapter, shared_data / "books")
    assert report.good == {"assets": 10_000} and not report.faults
