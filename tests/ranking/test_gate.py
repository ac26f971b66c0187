from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.ranking.gate import USUAL, Gate, disagreement, incoherence

AT = datetime(2026, 1, 1, tzinfo=UTC)
ANGLES = np.linspace(0, np.pi / 2, 11)
VECTORS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype(np.float32)
GATE = Gate(
    channels=("a", "b"),
    vectors=VECTORS,
    usual=0.9,
    mean=(0.2, 0.1),
    deviation=(0.1, 0.05),
    threshold=3.0,
)


def asks(*history: int) -> Query:
    items = np.array(history, np.int64)
    return Query(id="q", at=AT, history=items, ages=np.zeros(len(items), np.float32))


def brought(**lists: list[int]) -> dict[str, Candidates]:
    return {
        n: Candidates(np.array(i, np.int64), {"score": np.ones(len(i))}) for n, i in lists.items()
    }


AGREED = brought(a=[1, 2, 3, 4, 5], b=[5, 4, 3, 2, 1])
APART = brought(a=[1, 2, 3, 4, 5], b=[6, 7, 8, 9, 10])


def test_channels_that_agree_and_a_history_of_likes_keep_it_shut() -> None:
    assert GATE.cause(asks(1, 2, 3, 2), AGREED) == ""


def test_channels_that_disagree_open_it_and_it_says_why_and_who_answers() -> None:
    said = GATE.cause(asks(1, 2, 3, 2), APART)
    assert "disagreement is 8.0 deviations" in said
    assert "the blend answers without the rankers" in said
    assert "channel a answers" in replace(GATE, to="a").cause(asks(1, 2), APART)


def test_a_history_that_jumps_about_opens_it() -> None:
    jumps = [1, 10] * 25
    assert "incoherence" in GATE.cause(asks(*jumps), AGREED)


def test_one_strange_step_is_no_stranger() -> None:
    assert GATE.cause(asks(1, 10), AGREED) == ""


@pytest.mark.parametrize("lists", [{}, {"a": [1, 2]}, {"a": [1, 2], "b": []}, {"b": [3]}])
def test_without_all_channels_nothing_is_compared(lists: dict[str, list[int]]) -> None:
    assert np.isnan(GATE.signs(asks(1, 2), brought(**lists))[0])
    assert GATE.cause(asks(), brought(**lists)) == ""


def test_a_newcomer_is_no_stranger() -> None:
    assert GATE.strangeness(asks(), {}) == (-np.inf, "")


def test_a_short_history_is_believed_to_be_usual() -> None:
    one = incoherence(VECTORS, np.array([0, 10]), 0.9)
    assert one == pytest.approx(1 - (0 + USUAL * 0.9) / (1 + USUAL), abs=1e-6)
    assert incoherence(VECTORS, np.array([0, 10] * 500), 0.9) > 0.98


def test_without_vectors_or_events_there_is_no_coherence_to_speak_of() -> None:
    assert np.isnan(incoherence(VECTORS, np.array([3]), 0.9))
    assert np.isnan(incoherence(VECTORS[:, :0], np.array([3, 4]), 0.9))


def test_one_list_alone_cannot_disagree() -> None:
    assert np.isnan(disagreement([np.array([1])]))
    assert disagreement([np.array([1, 2]), np.array([1])]) == 0.0


def test_what_is_handed_over_stands_in_the_order_of_who_answers() -> None:
    columns = {
        "blend": np.array([5.0, 4.0, 3.0, 2.0], np.float32),
        "retrieval.content": np.array([np.nan, 0.1, np.nan, 0.9], np.float32),
    }
    pool = Candidates(np.array([11, 12, 13, 14]), columns)
    handed = replace(GATE, to="content").handed(pool)
    assert handed.items.tolist() == [14, 12, 11, 13]
    assert np.all(np.diff(handed.columns["score"]) < 0)
    assert GATE.handed(pool) is pool
    silent = Candidates(pool.items, {**columns, "retrieval.content": np.full(4, np.nan)})
    assert replace(GATE, to="content").handed(silent) is silent
