from __future__ import annotations

import pytest
import torch

from hermes.learn.shares import Batch, size, split, weight


@pytest.fixture
def stretches() -> Batch:
    """Five stretches of at most three events, and items drawn for all of them."""
    target = torch.tensor([[1, 0, 0], [2, 3, 0], [4, 5, 6], [7, 0, 0], [8, 9, 0]])
    return {"user": torch.arange(5), "target": target, "negatives": torch.arange(5)}


@pytest.fixture
def groups() -> Batch:
    """Three groups of one, two and three rows."""
    query = torch.tensor([0, 1, 1, 2, 2, 2])
    return {"dense": torch.arange(6.0), "query": query, "history": torch.arange(3)[:, None]}


def test_the_parts_hold_every_row_once(stretches: Batch) -> None:
    parts = split(stretches, 2)
    assert [part["user"].tolist() for part in parts] == [[0, 2, 4], [1, 3]]


def test_what_was_drawn_for_the_batch_is_in_every_part(stretches: Batch) -> None:
    assert all(len(part["negatives"]) == 5 for part in split(stretches, 2))


def test_a_part_counts_the_events_that_are_followed_by_another(stretches: Batch) -> None:
    assert weight(stretches) == 9
    assert [weight(part) for part in split(stretches, 2)] == [6, 3]


def test_groups_stay_whole_and_are_numbered_anew(groups: Batch) -> None:
    first, second = split(groups, 2)
    assert first["dense"].tolist() == [0, 3, 4, 5]
    assert first["query"].tolist() == [0, 1, 1, 1]
    assert first["history"].tolist() == [[0], [2]]
    assert (second["query"].tolist(), second["history"].tolist()) == ([0, 0], [[1]])


def test_a_part_counts_its_groups_or_its_rows(groups: Batch) -> None:
    assert [weight(part) for part in split(groups, 2)] == [2, 1]
    assert [weight(part, by_rows=True) for part in split(groups, 2)] == [4, 2]


def test_fewer_rows_than_parts_are_not_cut(groups: Batch) -> None:
    assert size(groups) == 3
    assert all(part is groups for part in split(groups, 4))


def test_a_part_knows_its_share_also_of_a_share(stretches: Batch) -> None:
    first = split(stretches, 2)[0]
    assert float(first["share"]) == pytest.approx(0.6)
    assert float(split(first, 3)[1]["share"]) == pytest.approx(0.2)
