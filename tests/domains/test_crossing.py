"""Domains with shared users, from the files to one lake."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hermes.core.errors import DataError
from hermes.data.build import dataset
from hermes.data.ingest import ingest
from hermes.data.lake import Lake
from hermes.data.spec import DataSpec
from hermes.data.validate import validate
from hermes.domains.crossing import adapter

FILES = {
    "films_books": {"train": "0\t7\t1\n0\t8\t1\n1\t7\t1\n", "test": "1\t8\t1\n"},
    "books_films": {"train": "0\t7\t1\n1\t9\t1\n", "test": "0\t9\t1\n"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, splits in FILES.items():
        (tmp_path / name).mkdir()
        for split, text in splits.items():
            (tmp_path / name / f"{split}.txt").write_text(text)
    return tmp_path


def test_the_same_number_is_one_user_and_an_item_of_its_domain(folder: Path) -> None:
    lake = Lake(folder / "lake")
    ingest(lake, adapter, folder, datetime(2026, 1, 1, tzinfo=UTC))
    data = dataset(lake, DataSpec())
    assert data.users.names[1:] == ("0", "1")
    assert set(data.catalogue.items.names[1:]) == {"films-7", "films-8", "books-7", "books-9"}
    assert data.catalogue.domains.names[1:] == ("books", "films")
    assert len(data.interactions) == 7


def test_the_test_comes_after_all_of_training(folder: Path) -> None:
    lake = Lake(folder / "lake")
    ingest(lake, adapter, folder, datetime(2026, 1, 1, tzinfo=UTC))
    data = dataset(lake, DataSpec())
    assert data.split is not None
    times = data.interactions.times
    assert times[data.split == 2].min() > times[data.split == 0].max()


def test_a_line_that_is_no_pair_is_told_and_the_rest_is_read(folder: Path) -> None:
    file = folder / "films_books" / "train.txt"
    file.write_text("0\tseven\t1\n" + file.read_text())
    report = validate(adapter, folder)
    assert report.good["events"] == 7
    assert report.faults


def test_a_folder_without_its_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="A_B"):
        adapter.open(tmp_path)
    (tmp_path / "films_books").mkdir()
    with pytest.raises(DataError, match=r"train\.txt"):
        adapter.open(tmp_path)
