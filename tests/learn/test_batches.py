from __future__ import annotations

import numpy as np
import pytest

from hermes.core.types import Array, Shape
from hermes.data.interactions import Interactions
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
