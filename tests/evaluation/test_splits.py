from __future__ import annotations

import numpy as np
import pytest

from hermes.core.errors import ConfigError, DataError
from hermes.core.types import Shape
from hermes.data.interactions import Interactions
from hermes.evaluation import splits


def log(rows: list[tuple[int, int, float, float]], users: int = 5, items: int = 10) -> Interactions:
    """(user, item, day, weight)"""
    u, i, t, w = (np.array(c) for c in zip(*rows, strict=True))
    return Interactions.sort(u, i, t.astype(float), w.astype(np.float32), Shape(users, items))


def plain(*rows: tuple[int, int, float]) -> Interactions:
    return log([(*r, 1.0) for r in rows])


CHAIN = plain((1, 1, 0), (1, 2, 1), (1, 3, 2), (1, 4, 3), (2, 2, 0), (2, 1, 5), (2, 5, 9))


def test_the_last_event_is_the_test_and_the_one_before_it_validation() -> None:
    split = splits.leave_one_out(CHAIN)
    assert split.test.users.tolist() == [1, 2]
    assert split.test.targets.tolist() == [4, 5]
    assert split.valid.targets.tolist() == [3, 1]
    assert split.train.items.tolist() == [1, 2, 2]


def test_at_test_time_the_history_holds_the_validation_item_and_training_does_not() -> None:
    split = splits.leave_one_out(CHAIN)
    asked = split.test.known.queries(split.test.users, 4, split.test.now)
    assert asked.history.tolist() == [[0, 1, 2, 3], [0, 0, 2, 1]]
    assert asked.ages[0].tolist() == [0, 3, 2, 1]
    assert split.valid.queries.history[:, -2:].tolist() == [[1, 2], [0, 2]]


def test_a_validation_event_is_asked_about_when_it_happened() -> None:
    queries = splits.leave_one_out(CHAIN).valid.queries
    assert queries.ages[:, -2:].tolist() == [[2, 1], [0, 5]]


def test_a_user_of_two_events_only_trains() -> None:
    split = splits.leave_one_out(plain((1, 1, 0), (1, 2, 1), (2, 1, 0), (2, 2, 1), (2, 3, 2)))
    assert split.test.users.tolist() == [2]
    assert split.train.items.tolist() == [1, 2, 1]


def test_a_dislike_is_never_a_target_and_what_follows_the_target_is_unknown() -> None:
    rows = [(1, 1, 0, 1), (1, 2, 1, 1), (1, 3, 2, -1), (1, 4, 3, 1), (1, 5, 4, -1)]
    split = splits.leave_one_out(log(rows))
    assert split.test.targets.tolist() == [4]
    assert split.valid.targets.tolist() == [2]
    assert 5 not in split.test.known.items
    assert split.test.known.items.tolist() == [1, 2, 3]


def test_a_seen_target_is_left_out_and_counted() -> None:
    data = plain((1, 1, 0), (1, 2, 1), (1, 1, 2), (2, 1, 0), (2, 2, 1), (2, 3, 2))
    split = splits.leave_one_out(data)
    assert split.test.users.tolist() == [2]
    assert split.test.repeats == 1


def test_a_seen_target_stays_where_repeats_are_allowed() -> None:
    data = plain((1, 1, 0), (1, 2, 1), (1, 1, 2))
    split = splits.leave_one_out(data, repeats=True)
    assert split.test.targets.tolist() == [1]
    assert split.test.allow_repeats
    assert split.test.repeats == 0


def test_a_target_new_to_training_stays_and_is_counted() -> None:
    assert splits.leave_one_out(CHAIN).test.fresh == 2
    data = plain((1, 1, 0), (1, 2, 1), (1, 3, 2), (2, 3, 0), (2, 1, 1), (2, 2, 2))
    assert splits.leave_one_out(data).test.fresh == 1


def test_the_temporal_cut_is_the_same_moment_for_everybody() -> None:
    days = np.arange(100.0)
    data = plain(*((1 + int(d) % 4, 1 + int(d) // 12, d) for d in days))
    split = splits.temporal(data, at=80.0)
    assert split.test.known.times.max() < 80 <= data.times.max()
    assert set(split.test.now) == {80.0}
    assert split.train.times.max() < split.test.known.times.max()


def test_temporal_targets_are_distinct_unseen_items_and_may_be_several() -> None:
    data = plain((1, 1, 0), (1, 2, 1), (1, 3, 10), (1, 4, 11), (1, 3, 12), (1, 1, 13), (2, 1, 0))
    split = splits.temporal(data, at=9.0)
    assert split.test.targets.tolist() == [3, 4]
    assert split.test.offsets.tolist() == [0, 2]
    assert split.test.repeats == 1


def test_a_temporal_cut_with_nothing_on_one_side_is_refused() -> None:
    with pytest.raises(ConfigError, match="one side"):
        splits.temporal(CHAIN, at=-1.0)


def test_a_given_split_is_taken_as_it_is() -> None:
    part = np.array([0, 0, 1, 2, 0, 2, 2])
    split = splits.given(CHAIN, part)
    assert split.train.items.tolist() == [1, 2, 2]
    assert split.valid.targets.tolist() == [3]
    assert split.test.targets.tolist() == [4, 1, 5]
    assert split.test.owners().tolist() == [0, 1, 1]


@pytest.mark.parametrize("part", [np.zeros(7, np.int64), np.full(3, 2)])
def test_a_given_split_without_tests_or_of_another_length_is_refused(part: np.ndarray) -> None:
    with pytest.raises(DataError, match="given split"):
        splits.given(CHAIN, part)


def test_some_cases_keep_their_own_targets() -> None:
    split = splits.given(CHAIN, np.array([0, 0, 1, 2, 0, 2, 2]))
    some = split.test.take(np.array([1]))
    assert some.users.tolist() == [2]
    assert some.targets.tolist() == [1, 5]
    assert some.offsets.tolist() == [0, 2]


def test_training_never_holds_an_event_of_the_test() -> None:
    rng = np.random.default_rng(0)
    n = 400
    data = Interactions.sort(
        rng.integers(1, 20, n), rng.integers(1, 30, n), rng.random(n), np.ones(n), Shape(20, 30)
    )
    for split in (splits.leave_one_out(data), splits.temporal(data)):
        tested = set(zip(split.test.users[split.test.owners()], split.test.targets, strict=True))
        learned = set(zip(split.train.users, split.train.items, strict=True))
        assert tested
        assert not tested & learned
