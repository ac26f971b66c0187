from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from hermes.core.errors import DataError
from hermes.features.batch import as_of, changes
from hermes.features.leaks import audit, leaks, refuse
from hermes.features.rolling import DAY, Rolling, Window
from hermes.features.temporal import join, refuse_leaks
from hermes.features.times import MOMENT

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ITEM = Rolling("item", ("asset_id",), (Window("7d", 7 * DAY, DAY),))


def at(*hours: float) -> pl.Series:
    """Hours after noon."""
    return pl.Series([NOON + timedelta(hours=h) for h in hours], dtype=MOMENT)


def asked(*hours: float) -> pl.DataFrame:
    """Examples of item a."""
    return pl.DataFrame({"asset_id": ["a"] * len(hours), "at": at(*hours)})


PRICES = pl.DataFrame(
    {"asset_id": ["a", "a", "b"], "known_at": at(0, 2, 0), "price": [10.0, 12.0, 99.0]}
)


def test_an_example_sees_the_last_row_known_before_it() -> None:
    assert join(asked(3, 1), PRICES, ["asset_id"])["price"].to_list() == [12.0, 10.0]


def test_what_becomes_known_at_the_very_moment_is_not_known_yet() -> None:
    examples = pl.DataFrame(
        {"asset_id": ["a"] * 3, "at": [NOON, NOON + TICK, NOON - TICK]},
        schema_overrides={"at": MOMENT},
    )
    assert join(examples, PRICES, ["asset_id"])["price"].to_list() == [None, 10.0, None]


def test_a_row_counts_from_when_it_holds_and_not_before_it_is_known() -> None:
    announced = PRICES.with_columns(valid_from=at(5, -3, 0))
    found = join(asked(1, 2, 3, 5, 6), announced, ["asset_id"])
    assert found["price"].to_list() == [None, None, 12.0, 10.0, 10.0]


def test_a_row_counts_no_longer_than_it_is_told_to() -> None:
    found = join(asked(1, 3, 3.5), PRICES, ["asset_id"], days=1 / 24)
    assert found["price"].to_list() == [10.0, 12.0, None]


def test_columns_of_moments_become_days_before_the_example() -> None:
    table = PRICES.select("asset_id", "known_at", pl.col("known_at").alias("item.last_at"))
    assert join(asked(24), table, ["asset_id"])["item.since"].to_list() == [np.float32(22 / 24)]


def test_a_table_without_a_time_is_refused() -> None:
    with pytest.raises(DataError, match="no column 'known_at'"):
        join(asked(1), PRICES.drop("known_at"), ["asset_id"])
    with pytest.raises(DataError, match="known_at is empty in row 1"):
        join(
            asked(1),
            PRICES.with_columns(known_at=at(0, 1, 2).replace(at(1)[0], None)),
            ["asset_id"],
        )
    with pytest.raises(DataError, match="make it Datetime"):
        join(asked(1), PRICES.with_columns(pl.col("known_at").dt.date()), ["asset_id"])


def test_rows_that_cannot_be_told_apart_are_refused_with_one_of_them() -> None:
    with pytest.raises(DataError, match=r"2 rows that cannot be told apart.*'a'"):
        join(asked(1), PRICES.with_columns(known_at=at(0, 0, 0)), ["asset_id"])


def test_features_and_examples_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match="both have columns \\['price'\\]"):
        join(asked(1).with_columns(price=1.0), PRICES, ["asset_id"])


def test_a_table_made_when_all_examples_were_over_is_refused() -> None:
    with pytest.raises(DataError, match="Computed over the whole log"):
        join(asked(-1, -2), PRICES, ["asset_id"])
    with pytest.raises(DataError, match="Computed over the whole log"):
        join(asked(-1, 0), PRICES, ["asset_id"])


def test_rows_joined_to_their_future_elsewhere_are_refused_by_number() -> None:
    table = asked(1, 2, 3).with_columns(known_at=at(0, 2, 2), price=1.0)
    with pytest.raises(DataError, match=r"\['price'\] come from the future in 1 of 3 rows: row 1"):
        refuse_leaks(table, "at", "known_at", ["price"])
    refuse_leaks(table[[0, 2]], "at", "known_at", ["price"])
    with pytest.raises(DataError, match="without a time when they became known"):
        refuse_leaks(table.drop("known_at"), "at", "known_at", ["price"])


def log() -> pl.DataFrame:
    """Two hundred events of four items over three weeks."""
    rng = np.random.default_rng(0)
    hours = np.sort(rng.integers(0, 21 * 24, 200)).tolist()
    return pl.DataFrame(
        {
            "asset_id": rng.choice(list("abcd"), 200),
            "occurred_at": at(*hours),
            "weight": np.ones(200),
            "value": rng.integers(1, 6, 200).astype(float),
        }
    )


def examples() -> pl.DataFrame:
    return log().select("asset_id", at="occurred_at")


def honest(log: pl.DataFrame, examples: pl.DataFrame) -> pl.DataFrame:
    return as_of(ITEM, log, examples)


def planted(log: pl.DataFrame, examples: pl.DataFrame) -> pl.DataFrame:
    """Beside honest features the item's events in the whole log."""
    total = log.group_by("asset_id").agg(pl.len().alias("events"))
    joined = examples.join(total, on="asset_id", how="left", maintain_order="left")
    return honest(log, examples).with_columns(joined["events"])


def test_a_feature_of_the_whole_log_is_found_by_name_and_no_other_is() -> None:
    found = leaks(planted, log(), examples(), np.random.default_rng(0))
    assert [leak.feature for leak in found] == ["events"]
    assert len(found[0].rows) > 40
    with pytest.raises(DataError, match=r"know the future: events in .* such as row 0"):
        refuse(found)


def test_features_as_of_each_time_pass() -> None:
    found = leaks(honest, log(), examples(), np.random.default_rng(0))
    assert found == []
    refuse(found)


def test_a_leak_of_one_microsecond_is_found() -> None:
    def inclusive(log: pl.DataFrame, examples: pl.DataFrame) -> pl.DataFrame:
        later = examples.with_columns(pl.col("at") + pl.duration(microseconds=1))
        return as_of(ITEM, log, later)

    assert leaks(inclusive, log(), examples(), np.random.default_rng(0))


def test_a_table_whose_times_are_claimed_too_early_does_not_pass_the_audit() -> None:
    rng = np.random.default_rng(0)
    table = changes(ITEM, log())
    audit(table, ITEM, log(), rng)
    early = table.with_columns(pl.col("known_at") - pl.duration(hours=30))
    with pytest.raises(DataError, match="know the future"):
        audit(early, ITEM, log(), rng)
    with pytest.raises(DataError, match="the table lacks"):
        audit(table.drop("item.count.7d"), ITEM, log(), rng)


def test_a_computation_that_loses_rows_is_refused() -> None:
    with pytest.raises(DataError, match="came as 199 rows"):
        leaks(
            lambda log, asked: honest(log, asked)[1:], log(), examples(), np.random.default_rng(0)
        )
