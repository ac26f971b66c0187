from __future__ import annotations

import hashlib
import subprocess
import sys
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from hermes.core.errors import DataError
from hermes.world.pictures import SIZES, picture
from hermes.world.pictures.canvas import Sheet
from hermes.world.pictures.lettering import FILES, fitted, font, write


@pytest.fixture(scope="module")
def rows(written: Any) -> list[dict[str, Any]]:
    """One asset of every genre."""
    genre = pl.col("categories").list.first()
    return written.assets.group_by("domain", genre, maintain_order=True).head(1).to_dicts()


def test_every_genre_is_drawn_in_its_size_and_small(written: Any, rows: list[Any]) -> None:
    full = {row["asset_id"]: row for row in written.assets.to_dicts()}
    for row in rows:
        drawn = picture(full[row["asset_id"]])
        with Image.open(BytesIO(drawn)) as image:
            assert image.size == SIZES[row["domain"]]
            assert image.format == "JPEG"
            assert np.asarray(image.convert("L")).std() > 8  # something is to be seen
        assert len(drawn) < 60_000


def test_the_same_asset_is_drawn_the_same_and_another_differently(written: Any) -> None:
    one, two = written.assets.head(2).to_dicts()
    assert picture(one) == picture(one) != picture(two)


def test_another_process_draws_the_same(written: Any) -> None:
    row = written.assets.row(700, named=True)
    code = f"""
import datetime, hashlib, zoneinfo
from hermes.world.pictures import picture
print(hashlib.sha256(picture({row!r})).hexdigest())
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == hashlib.sha256(picture(row)).hexdigest()


def test_every_article_of_the_shop_has_a_shape(written: Any) -> None:
    shapes = written.assets.filter(pl.col("domain") == "products").with_columns(
        shape=pl.col("attributes").str.json_path_match("$.shape")
    )
    for row in shapes.unique("shape", maintain_order=True).drop("shape").to_dicts():
        assert picture(row).startswith(b"\xff\xd8")


def test_a_foreign_domain_is_refused(written: Any) -> None:
    row = written.assets.row(0, named=True) | {"domain": "film"}
    with pytest.raises(DataError, match="films"):
        picture(row)


@pytest.mark.parametrize("face", ["sans", *FILES])
def test_no_title_is_clipped(written: Any, face: Any) -> None:
    for title in written.assets.filter(pl.col("domain") == "films")["title"].gather_every(9):
        size, lines = fitted(title.upper(), face, 300, 118, 50, 9, 1.12)
        assert " ".join(lines) == title.upper()
        assert all(font(face, size).getlength(line) <= 300 for line in lines)
        assert len(lines) * size * 1.12 <= 118


def test_a_word_too_long_for_the_smallest_letters_is_cut_and_never_overflows() -> None:
    sheet = Sheet(100, 100, (0, 0, 0), (0, 0, 0))
    write(sheet, "W" * 400, (0.2, 0.2, 0.8, 0.8), "bold", (255, 255, 255))
    lit = np.asarray(sheet.image.convert("L")) > 60
    assert lit.any()
    assert not lit[:, :19].any()
    assert not lit[:, 81:].any()
