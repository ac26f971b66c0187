from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from hermes.core.errors import DataError
from hermes.data.script import tokens
from hermes.workflows import known
from hermes.workflows.known import WORDS, Known


@pytest.fixture(scope="module")
def asked(shared_data: Path) -> Known:
    return known.asked(shared_data)


@pytest.fixture(scope="module")
def tuning(shared_data: Path) -> Known:
    return known.tuning(shared_data)


def films() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "film": ["7", "9"],
            "title": ["The Quiet Farm", "Heat"],
            "year": [1950, 1995],
            "cast": [["Ada Byron"], []],
            "genres": [["Drama"], ["Crime", "Crime"]],
            "extract": ["A farmer hears nothing.", None],
        }
    )


def told(path: Path, *rows: str) -> Path:
    file = path / "told.csv"
    file.write_text("film,told\n" + "\n".join(rows) + "\n", "utf-8")
    return file


def test_the_words_of_the_title_are_taken_out_of_what_is_asked(tmp_path: Path) -> None:
    found = known.known(films(), told(tmp_path, "7,the deaf man on a Farm by quietly farming"))
    assert found.texts == ("deaf man on a by",)
    assert found.catalogue.items.names[found.targets[0]] == "7"


def test_what_is_hardly_more_than_a_title_or_of_no_film_is_not_asked(tmp_path: Path) -> None:
    found = known.known(films(), told(tmp_path, "9,heat of two men", "8,a b c d", "9,heat one two"))
    assert found.texts == ("of two men",)


def test_queries_for_other_films_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no film of it is in the catalogue"):
        known.known(films(), told(tmp_path, "1,some other film entirely"))


def test_a_film_is_written_with_its_extract_cast_and_genres() -> None:
    held = known.shelf(films())
    assert held.titles == ("", "The Quiet Farm", "Heat")
    assert b"A farmer hears nothing." in held.cards[1] and b'"text_content":null' in held.cards[2]
    assert held.creators.names == ("", "Ada Byron")
    assert held.category.toarray().sum(1).tolist() == [0, 1, 1]


def test_more_than_a_thousand_films_are_asked_for_each_once(asked: Known) -> None:
    assert len(asked.texts) >= 1000
    assert len(set(asked.targets.tolist())) == len(asked.texts)


def test_what_weights_are_learned_on_shares_no_film_with_what_is_reported(
    asked: Known, tuning: Known, shared_data: Path
) -> None:
    ours = set(known.joined(shared_data)["plot"])
    assert len(ours) == len(asked.catalogue) - 1 == len(tuning.catalogue) - 1
    assert not ours & set(tuning.catalogue.items.names)
    assert len(tuning.texts) > 100


def test_no_query_is_copied_from_what_is_searched(asked: Known, shared_data: Path) -> None:
    """Five words in a row of a query are in no more than a few extracts, by chance."""
    extracts = dict(known.joined(shared_data).select("film", "extract").iter_rows())
    copied = 0
    for film, text in known.told(WORDS / "told.csv"):
        words, whole = tokens(text), f" {' '.join(tokens(extracts.get(film) or ''))} "
        runs = (" ".join(words[i : i + 5]) for i in range(len(words) - 4))
        copied += any(f" {run} " in whole for run in runs)
    assert copied / len(asked.texts) < 0.02
