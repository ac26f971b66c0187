"""A table of labelled rows as examples: what is unseen, missing or broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hermes.core.errors import DataError
from hermes.features.labelled import Encoding, Roles, read

ROLES = Roles(label="taken", codes=("app", "user"), numbers=("price",))
LEARN = pl.DataFrame(
    {
        "taken": [1, 0, 0, 1],
        "app": [30, 7, 30, 8],
        "user": ["ann", "bob", "", None],
        "price": [1.5, None, float("inf"), -2.0],
        "ignored": ["x", "y", "z", "w"],
    }
)


def write(frame: pl.DataFrame, path: Path) -> Path:
    {".parquet": frame.write_parquet, ".csv": frame.write_csv, ".jsonl": frame.write_ndjson}[
        path.suffix
    ](path)
    return path


def test_values_are_coded_by_falling_frequency() -> None:
    assert Encoding.of(LEARN, ROLES).examples(LEARN).sparse[:, 0].tolist() == [1, 2, 1, 3]


def test_an_empty_value_and_one_the_training_rows_lack_are_unknown() -> None:
    asked = LEARN.with_columns(app=pl.Series([31, 8, None, 30]), user=pl.lit("cyd"))
    assert Encoding.of(LEARN, ROLES).examples(LEARN).sparse[:, 1].tolist() == [1, 2, 0, 0]
    assert Encoding.of(LEARN, ROLES).examples(asked).sparse.tolist() == [
        [0, 0], [3, 0], [0, 0], [1, 0]
    ]  # fmt: skip


def test_a_rare_value_is_unknown_and_takes_no_row_of_a_table() -> None:
    encoding = Encoding.of(LEARN, ROLES, rare=2)
    assert encoding.examples(LEARN).sparse[:, 0].tolist() == [1, 0, 1, 0]
    assert encoding.shape.sparse == (2, 1)


def test_a_number_that_is_missing_or_infinite_is_missing() -> None:
    dense = Encoding.of(LEARN, ROLES).examples(LEARN).dense
    np.testing.assert_array_equal(dense, np.array([[1.5], [np.nan], [np.nan], [-2.0]], np.float32))


def test_every_row_is_a_query_of_its_own() -> None:
    x = Encoding.of(LEARN, ROLES).examples(LEARN)
    assert x.queries.tolist() == [0, 1, 2, 3]
    assert x.history.shape == (4, 0)
    assert x.labels.tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_every_format_gives_the_same_examples(tmp_path: Path, suffix: str) -> None:
    frame = LEARN.with_columns(price=pl.Series([1.5, None, 0.25, -2.0]))
    found = read(write(frame, tmp_path / f"rows{suffix}"), ROLES)
    want, got = (Encoding.of(f, ROLES).examples(f) for f in (frame, found))
    np.testing.assert_array_equal(got.sparse, want.sparse)
    np.testing.assert_array_equal(got.dense, want.dense)
    np.testing.assert_array_equal(got.labels, want.labels)


def test_a_whole_number_has_one_name_whatever_its_type() -> None:
    real = LEARN.with_columns(pl.col("app").cast(pl.Float64))
    text = LEARN.with_columns(pl.col("app").cast(pl.String))
    encoding = Encoding.of(LEARN, ROLES)
    for frame in (real, text):
        np.testing.assert_array_equal(
            encoding.examples(frame).sparse, encoding.examples(LEARN).sparse
        )


@pytest.mark.parametrize("label", [0, 1])
def test_training_labels_that_are_all_equal_are_refused(label: int) -> None:
    with pytest.raises(DataError, match="all labels are equal"):
        Encoding.of(LEARN.with_columns(taken=pl.lit(label)), ROLES)


@pytest.mark.parametrize("label", [None, -1, float("nan"), "yes"])
def test_a_label_that_is_none_is_refused_with_its_row(label: object) -> None:
    kind = pl.String if isinstance(label, str) else pl.Float64
    broken = pl.Series(
        [1, 0, label, 1] if kind != pl.String else ["1", "0", "yes", "1"], dtype=kind
    )
    with pytest.raises(DataError, match="row 3"):
        Encoding.of(LEARN.with_columns(taken=broken), ROLES)


def test_a_text_among_the_numbers_is_refused_with_its_row() -> None:
    broken = LEARN.with_columns(price=pl.Series(["1", "", "dear", "2"]))
    with pytest.raises(DataError, match="row 3 has 'dear'"):
        Encoding.of(LEARN, ROLES).examples(broken)


def test_a_column_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    path = write(LEARN.rename({"price": "prize"}), tmp_path / "rows.parquet")
    with pytest.raises(DataError, match="did you mean 'prize'"):
        read(path, ROLES)
    with pytest.raises(DataError, match="did you mean 'prize'"):
        Encoding.of(LEARN, ROLES).examples(LEARN.rename({"price": "prize"}))


def test_a_line_that_is_too_short_is_refused_with_its_number(tmp_path: Path) -> None:
    path = write(LEARN, tmp_path / "rows.csv")
    path.write_text(path.read_text("utf-8") + "1,7\n", "utf-8")
    with pytest.raises(DataError, match="line 6"):
        read(path, ROLES)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no rows"):
        read(write(LEARN[:0], tmp_path / "rows.parquet"), ROLES)
