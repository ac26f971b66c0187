from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from hermes.core.errors import DataError
from hermes.data.columns import admit
from hermes.domains import amazon

NEW = [
    {"rating": 5.0, "asin": "B2", "parent_asin": "P1", "user_id": "u", "title": "Yes",
     "text": "Good", "timestamp": 1588687728923, "verified_purchase": True},
    {"rating": 1.0, "asin": "B3", "parent_asin": "P2", "user_id": "v", "timestamp": 1588687729000},
]  # fmt: skip
OLD = [
    {"overall": 4.0, "reviewerID": "A1", "asin": "B1", "unixReviewTime": 1418428800,
     "summary": "ok", "verified": False},
]  # fmt: skip
META = {
    "main_category": "All Beauty", "title": "Howard&#39;s Oil", "average_rating": 4.8,
    "features": ["Shines"], "description": ["For <b>wood</b>."], "price": "$1,009.50 - $1,200.00",
    "images": [{"thumb": "t", "large": "l", "hi_res": None}], "store": "Howard",
    "categories": ["Home", "Care"], "details": {"Brand": "Howard Products"}, "parent_asin": "P1",
}  # fmt: skip
OLDER = (
    "{'asin': 'B1', 'title': 'Soap', 'price': 7.98, 'imUrl': 'http://i/1.jpg', 'brand': 'Dove',"
    " 'categories': [['Beauty', 'Bath'], ['Gifts']], 'description': 'White.'}"
)


def write(path: Path, rows: list[Any]) -> None:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


def read(folder: Path, table: str) -> Any:
    part = next(p for p in amazon.adapter.open(folder).parts if p.table == table)
    return admit(next(iter(part.read(10))), table)


def test_reviews_of_2023_are_of_the_parent_product_and_in_milliseconds(tmp_path: Path) -> None:
    write(tmp_path / "Beauty.jsonl.gz", NEW)
    one, two = read(tmp_path, "events").good.to_dicts()
    assert (one["user_id"], one["asset_id"], one["kind"], one["value"]) == ("u", "P1", "rating", 5)
    assert one["occurred_at"].year == 2020 and json.loads(one["context"]) == {"verified": True}
    assert two["context"] is None


def test_reviews_of_2014_and_2018_are_read_by_their_names(tmp_path: Path) -> None:
    write(tmp_path / "reviews.json", [*OLD, "{broken", '{"overall": "five", "asin": "B1"}'])
    judged = read(tmp_path, "events")
    (one,) = judged.good.to_dicts()
    assert (one["user_id"], one["asset_id"], one["value"]) == ("A1", "B1", 4)
    assert one["occurred_at"].year == 2014 and json.loads(one["context"]) == {"verified": False}
    assert judged.bad["reason"].to_list() == ["malformed", "missing"]


def test_metadata_of_2023_has_brand_price_picture_and_words(tmp_path: Path) -> None:
    write(tmp_path / "meta.jsonl", [META])
    (one,) = read(tmp_path, "assets").good.to_dicts()
    assert (one["asset_id"], one["title"]) == ("P1", "Howard's Oil")
    assert one["creators"] == [{"name": "Howard Products", "role": "brand"}]
    assert (one["price"], one["currency"]) == (1009.5, "USD") and one["image_uri"] == "l"
    assert one["categories"] == ["Home", "Care"] and one["cohort"] == "independent"
    assert one["text_content"].split() == ["Shines", "For", "wood", "."]


def test_metadata_of_2014_are_literals_of_python(tmp_path: Path) -> None:
    write(tmp_path / "meta_Beauty.json", [OLDER, "__import__('os').getcwd()"])
    judged = read(tmp_path, "assets")
    (one,) = judged.good.to_dicts()
    assert one["title"] == "Soap" and one["categories"] == ["Beauty", "Bath"]
    assert one["image_uri"] == "http://i/1.jpg" and one["price"] == 7.98
    assert judged.bad["reason"].to_list() == ["malformed"]


def test_a_brand_of_many_products_is_mainstream(tmp_path: Path) -> None:
    many = [{**META, "parent_asin": f"P{i}"} for i in range(10)]
    nameless = {"parent_asin": "Q", "title": "Thing", "price": None, "images": [], "store": None}
    write(tmp_path / "meta.jsonl", [*many, nameless])
    cohorts = read(tmp_path, "assets").good["cohort"].to_list()
    assert cohorts == ["mainstream"] * 10 + [None]


def test_a_folder_holds_both_and_products_come_first(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", NEW)
    write(tmp_path / "b.jsonl", [META])
    write(tmp_path / "c.json", [{"what": 1}])
    assert [p.table for p in amazon.adapter.open(tmp_path).parts] == ["assets", "events"]


def test_what_is_cut_off_or_holds_neither_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file of Amazon's reviews or metadata"):
        amazon.adapter.open(tmp_path)
    whole = gzip.compress(json.dumps(OLD[0]).encode() * 1000)
    (tmp_path / "reviews.json.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="is no whole gzip file"):
        amazon.adapter.open(tmp_path)
