from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hermes.core.types import Shape
from hermes.data.catalogue import Catalogue
from hermes.data.dataset import Dataset
from hermes.data.interactions import Interactions
from hermes.features.snapshot import WINDOW, Snapshot
from hermes.pipeline.recipe import Labels
from hermes.workflows.labels import Cut, cut


def log(*events: tuple[int, float]) -> Interactions:
    items, times = zip(*events, strict=True) if events else ((), ())
    users, ones = np.ones(len(items), np.int64), np.ones(len(items), np.float32)
    where = np.array(times, np.float64)
    return Interactions.sort(users, np.array(items, np.int64), where, ones, Shape(2, 41))


def taken(shop: Catalogue, events: Interactions) -> Snapshot:
    return Snapshot.of(shop, events, np.zeros((41, 0), np.float32))


def equal(a: Snapshot, b: Snapshot) -> bool:
    mine, other = a.arrays(), b.arrays()
    return all(np.array_equal(mine[k], other[k], equal_nan=mine[k].dtype.kind == "f") for k in mine)


def test_events_are_counted_whole_and_recent(shop: Catalogue) -> None:
    now = 20100.0
    at = taken(shop, log((3, now - WINDOW - 1), (3, now - 1), (5, now)))
    assert at.popularity[[3, 5, 7]].tolist() == pytest.approx(np.log1p([2, 1, 0]))
    assert at.recent[[3, 5, 7]].tolist() == pytest.approx(np.log1p([1, 1, 0]))
    assert at.first_seen[3] == pytest.approx(WINDOW + 1)
    assert at.first_seen[5] == 0
    assert np.isnan(at.first_seen[7])


def test_what_is_unknown_of_an_item_is_nan(shop: Catalogue) -> None:
    at = taken(shop, log((3, 20100.0)))
    assert np.isnan(at.price[[1, 2, 3]]).all()
    assert at.price[10] == pytest.approx(np.log1p(10))
    assert np.isnan(at.year[4])
    assert at.year[5] == pytest.approx(1970 + (20000 - 5) / 365.25)


def test_rows_of_categories_and_vectors_have_length_one_or_none(shop: Catalogue) -> None:
    vectors = np.random.default_rng(0).normal(size=(41, 6)).astype(np.float32)
    vectors[0] = 0
    at = Snapshot.of(shop, log((3, 1.0)), vectors)
    for table in (at.category, at.vectors):
        length = np.linalg.norm(table, axis=1)
        np.testing.assert_allclose(length[1:], 1, rtol=1e-6)
        assert length[0] == 0


def test_the_largest_categories_are_kept(shop: Catalogue) -> None:
    at = Snapshot.of(shop, log((3, 1.0)), np.zeros((41, 0), np.float32), width=1)
    drama = shop.category.toarray()[:, shop.categories.code("drama")]
    np.testing.assert_array_equal(at.category[:, 0], drama)


def test_an_empty_log_gives_a_snapshot_of_zeros(shop: Catalogue) -> None:
    at = taken(shop, log())
    assert not at.popularity.any()
    assert not at.recent.any()
    assert np.isnan(at.first_seen).all()


def test_a_snapshot_comes_back_to_the_bit(shop: Catalogue) -> None:
    at = taken(shop, log((3, 20100.0), (5, 20101.0)))
    assert equal(Snapshot.restore(at.arrays()), at)


def parts(data: Dataset, events: Interactions) -> Cut:
    return cut(events, Labels(last=2), 10, np.random.default_rng(0))


def test_labels_held_back_leave_no_trace_in_the_snapshot(
    shop: Catalogue, tiny_data: Dataset
) -> None:
    events = tiny_data.interactions
    late = events.rank_from_end() < 2
    other = replace(
        events,
        items=np.where(late, 40, events.items),
        times=np.where(late, events.times + 500.0, events.times),
    )
    assert equal(
        taken(shop, parts(tiny_data, events).log), taken(shop, parts(tiny_data, other).log)
    )
    assert not equal(taken(shop, events), taken(shop, other))


def test_nothing_in_a_snapshot_is_later_than_its_moment(shop: Catalogue) -> None:
    at = taken(shop, log((3, 20100.0), (5, 20101.0), (6, 20099.5)))
    assert np.nanmin(at.first_seen) >= 0
    assert (at.recent <= at.popularity).all()


def test_a_catalogue_may_grow_to_more_than_twice_its_size(shop: Catalogue) -> None:
    small = Snapshot.of(shop, log((3, 1.0)), np.zeros((41, 0), np.float32), np.ones(41, np.float32))
    few = replace(
        small,
        **{
            name: getattr(small, name)[:9]
            for name in ("popularity", "recent", "first_seen", "appeal", "category", "vectors")
        },
        item_fields=small.item_fields[:9],
    )
    grown = few.grown(shop)
    assert len(grown.appeal) == len(grown.popularity) == 41
    assert grown.appeal.tolist() == [1.0] * 9 + [0.0] * 32
    assert not len(replace(few, appeal=few.appeal[:0]).grown(shop).appeal)
