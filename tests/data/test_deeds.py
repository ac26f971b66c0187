from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from hermes.core.types import Shape
from hermes.data.build import deeds
from hermes.data.deeds import DEEDS, deed
from hermes.data.interactions import Interactions
from hermes.data.rules import WEIGHTS


def test_columns_and_single_events_agree_on_what_was_done() -> None:
    kinds = [kind for kind in WEIGHTS for _ in range(4)]
    values = [None, 0.5, 0.95, 40.0] * len(WEIGHTS)
    frame = pl.DataFrame({"kind": kinds, "value": values})
    got = frame.select(deeds().alias("deed"))["deed"].to_list()
    assert got == [deed(kind, value) for kind, value in zip(kinds, values, strict=True)]


@pytest.mark.parametrize(
    ("kind", "value", "want"),
    [
        ("play", 0.9, "finish"), ("play", 0.89, "play"), ("read", 1.0, "finish"),
        ("play", 12.0, "play"), ("listen", 1.0, "listen"), ("impression", None, ""),
        ("dismiss", None, ""), ("purchase", 19.9, "purchase"),
    ],
)  # fmt: skip
def test_finished_is_what_was_played_or_read_to_nine_tenths(
    kind: str, value: float | None, want: str
) -> None:
    assert DEEDS[deed(kind, value)] == want


def test_fewer_events_keep_what_was_done_in_them() -> None:
    ones = np.ones(4, np.float32)
    log = Interactions(
        np.array([1, 1, 2, 2]), np.array([1, 2, 1, 2]), np.arange(4.0), ones, Shape(3, 3),
        deeds=np.array([2, 8, 0, 13]),
    )  # fmt: skip
    assert log.take(np.array([True, False, False, True])).deeds.tolist() == [2, 13]
