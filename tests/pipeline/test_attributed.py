"""What moved a score beside its ranker is told apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hermes.core.types import Array, Floats, Ints
from hermes.pipeline.attributed import moved
from hermes.pipeline.trace import Trace

ITEMS = np.array([1, 2, 3])


def of(*values: float) -> Floats:
    return np.array(values, np.float32)


def split(liking: Floats | None, leaning: Floats | None, by: Floats) -> dict[str, Array]:
    def given(values: Floats | None) -> Callable[[Ints], Floats] | None:
        return None if values is None else lambda items: values[np.asarray(items) - 1]

    parts: dict[str, Array] = {"history": np.array([0.5, 0.0, 0.0])}
    codes: Ints = ITEMS
    moved(parts, by, codes, Trace(liking=given(liking), leaning=given(leaning)))
    return parts


def test_a_mood_is_the_texts_part() -> None:
    parts = split(of(1, 0, -1), None, of(6, 0, -6))
    assert parts["text"].tolist() == [6, 0, -6]
    assert parts["history"].tolist() == [0.5, 0, 0]


def test_a_plain_intent_is_the_historys_part() -> None:
    parts = split(None, of(3, 1.5, 0), of(6, 3, 0))
    assert parts["history"] == pytest.approx([6.5, 3, 0])
    assert parts["text"] == pytest.approx([0, 0, 0], abs=1e-6)


def test_both_share_what_they_moved() -> None:
    parts = split(of(1, 0, 0), of(0, 2, 0), of(6, 4, 0))  # two a deviation; a mood is three
    assert parts["text"] == pytest.approx([6, 0, 0], abs=1e-6)
    assert parts["history"] == pytest.approx([0.5, 4, 0])


def test_rounding_is_no_part() -> None:
    assert list(split(None, None, of(1e-8, 0, 0))) == ["history"]
