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
