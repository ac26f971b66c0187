from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Array
from hermes.features.batch import MOMENT, as_of, changes
from hermes.features.online import Memory
from hermes.features.rolling import DAY, HOUR, Rolling, Window
from hermes.features.temporal import join

SMALL = (Window("1h", HOUR, HOUR // 4), Window("2h", 2 * HOUR, HOUR))
PAIR = Rolling("pair", ("user_id", "asset_id"), SMALL)
ITEM = Rolling("item", ("asset_id",), SMALL)
EXACT = Rolling("item", ("asset_id",), (Window("1h", HOUR),))
START = datetime(2026, 1, 1, tzinfo=UTC)


def frame(rows: list[tuple[int, int, int, float, float | None]]) -> pl.DataFrame:
    """User, item, quarters of an hour since the start, weight, value."""
    quarter = HOUR // 4
    base = int(START.timestamp()) * 1_000_000
    return pl.DataFrame(
        {
            "user_id": [f"u{u}" for u, *_ in rows],
            "asset_id": [f"i{i}" for _, i, *_ in rows],
            "occurred_at": [base + q * quarter // 4 for _, _, q, *_ in rows],
            "weight": [w for *_, w, _ in rows],
            "value": [v for *_, v in rows],
        },
        schema_overrides={"weight": pl.Float64, "value": pl.Float64},
    ).with_columns(pl.col("occurred_at").cast(MOMENT))


events = st.tuples(
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 64),
    st.floats(-1e6, 1e6),
    st.one_of(st.none(), st.floats(-1e6, 1e6)),
)
logs = st.lists(events, max_size=24).map(frame)


def bits(table: pl.DataFrame | Array) -> list[bytes]:
    """Rows of float32 as what they are made of; every NaN is one."""
    values = np.ascontiguousarray(table.to_numpy() if isinstance(table, pl.DataFrame) else table)
    assert values.dtype == np.float32
    return [np.where(np.isnan(row), np.float32(np.nan), row).tobytes() for row in values]


def counted_by_hand(rolling: Rolling, log: pl.DataFrame) -> list[list[float]]:
    """Each window of each event, by looking at all the others."""
    times = log["occurred_at"].to_physical().to_list()
    keys = log.select(rolling.keys).rows()
    out = []
    for t, key in zip(times, keys, strict=True):
        row = list[float]()
        for window in rolling.windows:
            inside = [
                i for i in range(len(log)) if keys[i] == key and window.edge(t) <= times[i] < t
            ]
            values = [v for i in inside if (v := log["value"][i]) is not None]
            row += [len(inside), sum(log["weight"][i] for i in inside)]
            row.append(sum(values) / len(values) if values else np.nan)
        edge = rolling.longest.edge(t)
        before = [s for s, k in zip(times, keys, strict=True) if k == key and edge <= s < t]
        row.append((t - max(before)) / DAY if before else np.nan)
        out.append(row)
    return out


@settings(max_examples=60, deadline=None)
@given(logs, st.sampled_from([PAIR, ITEM, EXACT]))
def test_features_are_what_one_counts_by_hand(log: pl.DataFrame, rolling: Rolling) -> None:
    found = as_of(rolling, log).to_numpy()
    wanted = np.array(counted_by_hand(rolling, log)).reshape(found.shape)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(logs.filter(len), st.sampled_from([PAIR, ITEM]))
def test_batch_table_and_event_by_event_agree_to_the_bit(
    log: pl.DataFrame, rolling: Rolling
) -> None:
    batch = bits(as_of(rolling, log))
    asked = log.select(*rolling.keys, "occurred_at")
    table = changes(rolling, log)
    read = join(asked, table, rolling.keys, at="occurred_at", blank=rolling.blank)
    assert bits(read.select(rolling.names)) == batch
    order = np.argsort(log["occurred_at"].to_numpy(), kind="stable").tolist()
    before, after = Memory([rolling]), Memory([rolling])
    served, same_moment = dict[int, bytes](), dict[int, bytes]()
    for i in order:
        event, at = log[i], log["occurred_at"][i]
        key = {rolling.name: ["\x1f".join(event[name][0] for name in rolling.keys)]}
        served[i] = bits(before.read(key, at)[rolling.name].values)[0]
        before.add(rolling.name, event)
        after.add(rolling.name, event)
        same_moment[i] = bits(after.read(key, at)[rolling.name].values)[0]
    assert [served[i] for i in range(len(log))] == batch
    assert [same_moment[i] for i in range(len(log))] == batch


@settings(max_examples=25, deadline=None)
@given(logs.filter(len), st.lists(st.integers(0, 200), min_size=1, max_size=6), st.randoms())
def test_they_agree_at_any_time_later_whatever_the_order_of_arrival(
    log: pl.DataFrame, later: list[int], shuffle: random.Random
) -> None:
    end = log["occurred_at"].max()
    assert isinstance(end, datetime)
    times = [end + timedelta(microseconds=step * HOUR // 16) for step in later]
    asked = pl.DataFrame({"asset_id": ["i0", "i1", "i7"]}).join(
        pl.DataFrame({"at": times}, schema={"at": MOMENT}), how="cross"
    )
    batch = bits(as_of(ITEM, log, asked))
    read = join(asked, changes(ITEM, log), ITEM.keys, blank=ITEM.blank)
    assert bits(read.select(ITEM.names)) == batch
    order, online = list(range(len(log))), Memory([ITEM])
    shuffle.shuffle(order)
    online.add("item", log[order[::2]])
    online.add("item", log[order[1::2]])
    for row, wanted in zip(asked.rows(), batch, strict=True):
        assert bits(online.read({"item": [row[0]]}, row[1])["item"].values) == [wanted]


def test_ties_do_not_know_of_each_other() -> None:
    log = frame([(0, 0, 1, 1.0, None)] * 3)
    assert as_of(ITEM, log)["item.count.1h"].to_list() == [0, 0, 0]


def test_whole_numbers_as_keys_give_what_their_names_give() -> None:
    rng = np.random.default_rng(0)
    log = frame([(0, int(i), int(q), 1.5, 2.0) for i, q in rng.integers(0, 64, (500, 2))])
    asked = (
        log.select("asset_id", at="occurred_at")
        .head(50)
        .with_columns(
            pl.when(pl.int_range(50) % 9 == 0)
            .then(pl.lit("i99"))
            .otherwise("asset_id")
            .alias("asset_id")
        )
    )
    code = pl.col("asset_id").str.slice(1).cast(pl.Int64)
    for scale, first in ((1, 0), (1, 7), (1, -20), (10**9, 0)):
        named = log.with_columns(code * scale + first), asked.with_columns(code * scale + first)
        assert bits(as_of(ITEM, *named)) == bits(as_of(ITEM, log, asked))


def test_a_log_that_cannot_be_counted_is_refused_with_its_column_and_row() -> None:
    log = frame([(0, 0, 1, 1.0, 1.0), (0, 1, 2, 1.0, 1.0)])
    with pytest.raises(DataError, match="no column 'weight'"):
        as_of(ITEM, log.drop("weight"))
    with pytest.raises(DataError, match="asset_id is empty in row 1"):
        as_of(ITEM, log.with_columns(asset_id=pl.Series(["a", None])))
    with pytest.raises(DataError, match="make it Datetime"):
        as_of(ITEM, log.with_columns(pl.col("occurred_at").dt.replace_time_zone(None)))
    with pytest.raises(DataError, match="weight is String, no number"):
        as_of(ITEM, log.with_columns(weight=pl.lit("1")))
    for wrong in (np.inf, 5e12):
        with pytest.raises(DataError, match="divide them first"):
            as_of(ITEM, log.with_columns(weight=pl.lit(wrong)))


def test_an_empty_log_knows_nothing() -> None:
    log = frame([(0, 0, 1, 1.0, 1.0)])
    assert len(as_of(ITEM, log.clear())) == 0
    row = as_of(ITEM, log.clear(), log.rename({"occurred_at": "at"})).row(0, named=True)
    np.testing.assert_equal(row, ITEM.blank)


def test_a_definition_says_what_is_wrong_with_it() -> None:
    with pytest.raises(ConfigError, match="no multiple"):
        Window("7d", 7 * DAY, 5 * HOUR)
    with pytest.raises(ConfigError, match="different names"):
        Rolling("item", ("asset_id",), (SMALL[0], SMALL[0]))
    with pytest.raises(ConfigError, match="both sums and means"):
        Rolling("item", ("asset_id",), SMALL, sums=("value",))


def test_another_definition_has_another_identity() -> None:
    assert ITEM.identity != EXACT.identity
    assert ITEM.identity == Rolling("item", ("asset_id",), SMALL).identity
