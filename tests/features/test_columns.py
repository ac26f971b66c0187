from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.data.catalogue import Catalogue
from hermes.data.dataset import Dataset
from hermes.features.columns import HISTORY, ITEM, RECENT, Columns
from hermes.features.snapshot import Snapshot

CHANNELS = ("near", "far")


@pytest.fixture(scope="module")
def at(shop: Catalogue, tiny_data: Dataset) -> Snapshot:
    vectors = np.random.default_rng(0).normal(size=(41, 6)).astype(np.float32)
    return Snapshot.of(shop, tiny_data.interactions, vectors)


def asked(*history: int, user: int = 1) -> Query:
    past = np.array(history, np.int64)
    ages = np.ones(len(past), np.float32)
    return Query(id="q", at=datetime(2026, 1, 1, tzinfo=UTC), user=user, history=past, ages=ages)


@pytest.fixture
def pool() -> Candidates:
    """Three items; `far` brought only the last and nothing was said by a third channel."""
    nan = np.nan
    return Candidates(
        np.array([1, 4, 9]),
        {
            "blend": np.array([0.5, 2.0, 1.0], np.float32),
            "retrieval.near": np.array([3.0, 1.0, nan], np.float32),
            "rank.near": np.array([1.0, 2.0, nan], np.float32),
            "retrieval.far": np.array([nan, nan, 7.0], np.float32),
            "rank.far": np.array([nan, nan, 1.0], np.float32),
        },
    )


def column(columns: Columns, query: Query, pool: Candidates, name: str) -> list[float]:
    return columns.dense(query, pool)[:, columns.names.index(name)].tolist()


@pytest.mark.parametrize("rich", [True, False])
@pytest.mark.parametrize("channels", [(), ("near",), CHANNELS, ("near", "silent", "far")])
def test_there_is_one_name_a_column_and_no_name_twice(
    at: Snapshot, pool: Candidates, channels: tuple[str, ...], rich: bool
) -> None:
    columns = Columns(channels, at, rich=rich)
    assert len(set(columns.names)) == len(columns.names)
    dense = columns.dense(asked(2, 3), pool)
    assert dense.shape == (3, len(columns.names))
    assert dense.dtype == np.float32
    wide = 3 * len(channels) + 2 + len(ITEM) + (len(HISTORY) if rich else 0)
    assert len(columns.names) == wide


def test_a_channel_says_score_gap_and_rank_and_is_nan_where_silent(
    at: Snapshot, pool: Candidates
) -> None:
    columns, query = Columns((*CHANNELS, "silent"), at), asked(2)
    assert column(columns, query, pool, "score.near")[:2] == [3.0, 1.0]
    assert column(columns, query, pool, "gap.near")[:2] == [0.0, -2.0]
    assert column(columns, query, pool, "rank.near")[:2] == pytest.approx(np.log([1, 2]))
    assert np.isnan(column(columns, query, pool, "score.near")[2])
    assert np.isnan(column(columns, query, pool, "score.far")[0])
    for fact in ("score", "gap", "rank"):
        assert np.isnan(column(columns, query, pool, f"{fact}.silent")).all()


def test_a_channel_that_brought_nothing_of_the_pool_is_all_nan(at: Snapshot) -> None:
    nan = np.full(2, np.nan, np.float32)
    blend = np.ones(2, np.float32)
    pool = Candidates(np.array([1, 2]), {"blend": blend, "retrieval.a": nan, "rank.a": nan})
    dense = Columns(("a",), at).dense(asked(3), pool)
    assert np.isnan(dense[:, :3]).all()
    assert np.isfinite(dense[:, 3:5]).all()


def test_the_blend_comes_with_its_distance_to_the_best(at: Snapshot, pool: Candidates) -> None:
    columns = Columns(CHANNELS, at)
    assert column(columns, asked(2), pool, "blend") == [0.5, 2.0, 1.0]
    assert column(columns, asked(2), pool, "blend.gap") == [-1.5, 0.0, -1.0]


def test_facts_of_items_are_those_of_the_snapshot(at: Snapshot, pool: Candidates) -> None:
    columns = Columns(CHANNELS, at)
    for name in ITEM:
        got = np.array(column(columns, asked(2), pool, name), np.float32)
        np.testing.assert_array_equal(got, getattr(at, name)[pool.items])


def test_the_past_is_summed_up_as_it_says(at: Snapshot, pool: Candidates) -> None:
    columns, query = Columns(CHANNELS, at), asked(*range(10, 30))
    now, i = np.arange(30 - RECENT, 30), pool.items
    like = at.vectors[i] @ at.vectors[now].T
    want = {
        "category.past": at.category[i] @ at.category[10:30].mean(0),
        "category.last": at.category[i] @ at.category[29],
        "year.gap": at.year[i] - at.year[now].mean(),
        "popularity.gap": at.popularity[i] - at.popularity[now].mean(),
        "like.last": like[:, -1],
        "like.mean": like.mean(1),
        "like.max": like.max(1),
        "past.length": np.full(3, np.log1p(20)),
    }
    assert tuple(want) == HISTORY
    for name, values in want.items():
        np.testing.assert_allclose(
            column(columns, query, pool, name), values, rtol=1e-4, atol=1e-4, err_msg=name
        )


def test_a_newcomer_has_no_past_and_everything_else(at: Snapshot, pool: Candidates) -> None:
    columns = Columns(CHANNELS, at)
    dense = columns.dense(asked(user=0), pool)
    start = len(columns.names) - len(HISTORY)
    assert np.isnan(dense[:, start:]).all()
    np.testing.assert_array_equal(dense[:, :start], columns.dense(asked(2), pool)[:, :start])
    assert not columns.history(asked(user=0)).any()


def test_years_nobody_knows_leave_a_gap_and_warn_nobody(at: Snapshot, pool: Candidates) -> None:
    columns = Columns(CHANNELS, at)
    assert np.isnan(column(columns, asked(4), pool, "year.gap")).all()
    assert np.isnan(column(columns, asked(5), pool, "year.gap")[1])


def test_without_vectors_there_is_no_likeness(shop: Catalogue, tiny_data: Dataset) -> None:
    bare = Snapshot.of(shop, tiny_data.interactions, np.zeros((41, 0), np.float32))
    columns = Columns((), bare)
    pool = Candidates(np.array([1]), {"blend": np.ones(1, np.float32)})
    assert np.isnan(column(columns, asked(2), pool, "like.max")).all()


def test_an_empty_pool_has_no_rows(at: Snapshot) -> None:
    nothing = np.zeros(0, np.float32)
    names = ("blend", "retrieval.near", "rank.near")
    pool = Candidates(np.zeros(0, np.int64), dict.fromkeys(names, nothing))
    columns = Columns(CHANNELS, at)
    assert columns.dense(asked(2), pool).shape == (0, len(columns.names))
    assert columns.sparse(asked(2), pool).shape == (0, len(columns.cardinalities))


def test_codes_stay_below_their_cardinalities(at: Snapshot) -> None:
    everything = Candidates(np.arange(41), {"blend": np.zeros(41, np.float32)})
    columns = Columns((), at)
    sparse = columns.sparse(asked(2), everything)
    assert sparse.shape == (41, len(columns.cardinalities))
    assert sparse[:, 0].tolist() == list(range(41))
    assert (sparse.max(axis=0) < np.array(columns.cardinalities)).all()


def test_a_user_the_snapshot_never_saw_is_the_unknown(at: Snapshot, pool: Candidates) -> None:
    from dataclasses import replace

    with_users = replace(at, user_fields=np.array([[0, 0], [1, 2]]))
    columns = Columns((), with_users)
    assert columns.sparse(asked(2, user=1), pool)[0, -2:].tolist() == [1, 2]
    assert columns.sparse(asked(2, user=99), pool)[0, -2:].tolist() == [0, 0]


def test_the_history_is_its_last_events_padded_on_the_left(at: Snapshot) -> None:
    columns = Columns((), at, length=4)
    assert columns.history(asked(7, 8)).tolist() == [0, 0, 7, 8]
    assert columns.history(asked(*range(1, 9))).tolist() == [5, 6, 7, 8]
