from __future__ import annotations

import numpy as np
import pytest

from hermes.core.types import Array, Ints, Shape
from hermes.data.interactions import Interactions
from hermes.features.examples import Examples
from hermes.learn import batches


@pytest.fixture(scope="module")
def log() -> Interactions:
    """User 1 has five events, 2 has three, 3 has one; times double from event to event."""
    users, items = np.array([1, 1, 1, 1, 1, 2, 2, 2, 3]), np.arange(1, 10)
    times: Array = 2.0 ** np.array([0, 1, 2, 3, 4, 0, 1, 2, 0])
    return Interactions(users, items, times, np.ones(9, np.float32), Shape(4, 10))


def drawn(log: Interactions, length: int) -> dict[tuple[int, ...], tuple[list[int], list[float]]]:
    """Target and ages of every stretch, by its history."""
    found = {}
    for batch in batches.sequences(log, 1, np.random.default_rng(0), length):
        for history, target, ages in zip(
            *(batch[name].tolist() for name in ("history", "target", "ages")), strict=True
        ):
            found[tuple(i for i in history if i)] = (target, ages)
    return found


def test_a_long_history_is_cut_into_stretches_counted_from_its_end(log: Interactions) -> None:
    found = drawn(log, 3)
    assert {past: [i for i in target if i] for past, (target, _) in found.items()} == {
        (1,): [2], (2, 3, 4): [3, 4, 5], (6, 7): [7, 8],
    }  # fmt: skip


def test_ages_are_the_days_from_an_event_to_the_last_target(log: Interactions) -> None:
    ages = {past: [a for a in ages if a] for past, (_, ages) in drawn(log, 3).items()}
    assert ages == {(1,): [1.0], (2, 3, 4): [14.0, 12.0, 8.0], (6, 7): [3.0, 2.0]}


def test_what_is_padded_is_unknown_and_has_no_age(log: Interactions) -> None:
    wide = batches.sequences(log, 9, np.random.default_rng(0), 4)  # all in one batch
    (batch,) = wide
    blank = batch["history"] == 0
    assert blank.any()
    assert not batch["ages"][blank].any()
    assert not batch["target"][blank].any()


def numbered(sizes: Ints) -> Examples:
    """Groups of the given sizes; every column of a row says which it is."""
    n, q = int(sizes.sum()), len(sizes)
    number = np.arange(n)
    return Examples(
        number[:, None].astype(np.float32), number[:, None], np.repeat(np.arange(q), sizes),
        np.arange(q)[:, None], number.astype(np.float32), number.astype(np.float32), Shape(),
        offset=number.astype(np.float32),
    )  # fmt: skip


@pytest.mark.parametrize("sizes", [[1] * 10, [3, 1, 2, 5, 1, 1], [2, 0, 3, 0]])
def test_a_batch_holds_whole_groups_and_each_row_knows_its_own(sizes: list[int]) -> None:
    x = numbered(np.array(sizes))
    seen = []
    for batch in batches.examples(x, 4, np.random.default_rng(0)):
        assert len(batch["history"]) <= 4
        group = batch["history"][batch["query"], 0].numpy()
        rows = batch["sparse"][:, 0].numpy()
        np.testing.assert_array_equal(group, x.queries[rows])
        for name in ("label", "weight", "offset"):
            np.testing.assert_array_equal(batch[name].numpy(), rows)
        seen.extend(rows.tolist())
    assert sorted(seen) == list(range(len(x)))


def test_groups_come_in_another_order_with_another_generator() -> None:
    x = numbered(np.ones(50, np.int64))
    first, second = (
        next(iter(batches.examples(x, 50, np.random.default_rng(seed)))) for seed in (0, 1)
    )
    assert first["label"].tolist() != second["label"].tolist()
