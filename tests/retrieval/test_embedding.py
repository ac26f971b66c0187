from __future__ import annotations

import numpy as np

from hermes.core.types import Floats, Queries
from hermes.retrieval.embedding import Remembered


def test_a_remembered_query_is_encoded_once_and_a_new_event_again() -> None:
    asked: list[list[int]] = []

    def encoder(queries: Queries) -> Floats:
        asked.append(queries.history[0].tolist())
        return queries.history[:, -1:].astype(np.float32)

    remembered = Remembered(encoder)
    for past in ([0, 1], [0, 1], [1, 2]):
        row = np.array([past])
        vector = remembered(Queries(np.array([7]), row, np.zeros((1, 2), np.float32)))
        assert vector.tolist() == [[past[-1]]]
    assert asked == [[0, 1], [1, 2]]


def test_what_training_left_is_not_encoded_again_while_the_history_stays() -> None:
    def encoder(queries: Queries) -> Floats:
        return np.full((len(queries), 1), -1, np.float32)

    remembered = Remembered(encoder)
    rows = np.array([[0, 1], [2, 3]])
    left = Queries(np.array([7, 8]), rows, np.zeros((2, 2), np.float32))
    remembered.learn(left, np.array([[70], [80]], np.float32))
    for user, row, vector in ((7, [0, 1], 70), (8, [2, 3], 80), (8, [3, 4], -1), (7, [2, 3], -1)):
        asked = Queries(np.array([user]), np.array([row]), np.zeros((1, 2), np.float32))
        assert remembered(asked).tolist() == [[vector]]


def test_what_was_kept_longest_gives_way() -> None:
    count = 0

    def encoder(queries: Queries) -> Floats:
        nonlocal count
        count += 1
        return queries.history.astype(np.float32)

    remembered = Remembered(encoder, size=2)
    for item in (1, 2, 3, 3, 2, 1):
        remembered(Queries(np.array([1]), np.array([[item]]), np.zeros((1, 1), np.float32)))
    assert count == 4
    assert len(remembered.kept) == 2
