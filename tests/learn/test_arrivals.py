"""Streams of rows against what each paper says comes in, and when."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hermes.core.errors import DataError, ShapeError
from hermes.learn import arrivals
from hermes.learn.arrivals import Arrivals, Clicks

AT = np.array([0.0, 1.0, 2.0])
DELAY = np.array([0.2, 3.0, np.inf])  # soon, late, never
times = st.lists(st.floats(0, 20), min_size=1, max_size=30)


def rows(stream: Arrivals) -> list[tuple[float, int, bool, bool]]:
    return list(
        zip(
            stream.at.round(6).tolist(),
            stream.click.tolist(),
            stream.label.tolist(),
            stream.late.tolist(),
            strict=True,
        )
    )


def test_the_oracle_knows_at_once() -> None:
    assert rows(arrivals.settled(AT, DELAY)) == [
        (0.0, 0, True, False),
        (1.0, 1, True, False),
        (2.0, 2, False, False),
    ]


def test_the_naive_is_never_put_right() -> None:
    assert rows(arrivals.waited(AT, DELAY, 0.5)) == [
        (0.5, 0, True, False),
        (1.5, 1, False, False),
        (2.5, 2, False, False),
    ]


def test_a_late_conversion_comes_again() -> None:
    assert rows(arrivals.repeated(AT, DELAY, 0.5)) == [
        (0.5, 0, True, False),
        (1.5, 1, False, False),
        (2.5, 2, False, False),
        (4.0, 1, True, True),
    ]


def test_without_a_wait_every_click_is_a_negative_first() -> None:
    stream = arrivals.repeated(AT, DELAY, 0.0)
    assert rows(stream) == [
        (0.0, 0, False, False),
        (0.2, 0, True, True),
        (1.0, 1, False, False),
        (2.0, 2, False, False),
        (4.0, 1, True, True),
    ]


def test_real_negatives_come_again_when_the_window_closes() -> None:
    assert rows(arrivals.doubled(AT, DELAY, 0.5, 5.0)) == [
        (0.5, 0, True, False),
        (0.5, 0, True, False),
        (1.5, 1, False, False),
        (2.5, 2, False, False),
        (4.0, 1, True, True),
        (7.0, 2, False, False),
    ]


def test_a_window_that_ends_before_the_wait_is_refused() -> None:
    with pytest.raises(ShapeError, match="before the wait"):
        arrivals.doubled(AT, DELAY, 2.0, 1.0)


@settings(max_examples=50, deadline=None)
@given(times, times, st.floats(0, 3), st.floats(0, 10))
def test_every_click_comes_twice_when_negatives_are_doubled(
    clicked: list[float], delays: list[float], wait: float, more: float
) -> None:
    n = min(len(clicked), len(delays))
    delay = np.array([d if d < 10 else np.inf for d in delays[:n]])
    stream = arrivals.doubled(np.sort(clicked[:n]), delay, wait, wait + more)
    assert (np.bincount(stream.click, minlength=n) == 2).all()
    assert (np.diff(stream.at) >= 0).all()


def test_a_stretch_of_the_stream_is_what_came_in_then() -> None:
    stream = arrivals.repeated(AT, DELAY, 0.5).between(1.5, 4.0)
    assert stream.click.tolist() == [1, 2]


def log(clicked_at: np.ndarray, delay: np.ndarray) -> Clicks:
    n = len(clicked_at)
    return Clicks(
        np.zeros((n, 1), np.float32), np.zeros((n, 0), np.int64), np.arange(n), clicked_at, delay
    )


def test_clicks_out_of_order_and_conversions_before_clicks_are_refused() -> None:
    with pytest.raises(DataError, match="in order"):
        log(AT[::-1], DELAY)
    with pytest.raises(DataError, match="in order"):
        log(np.array([0.0, np.nan, 2.0]), DELAY)
    with pytest.raises(DataError, match="before its click"):
        log(AT, np.array([0.1, -1.0, 2.0]))
    with pytest.raises(ShapeError, match="delay"):
        log(AT, DELAY[:2])


def test_clicks_between_two_days_keep_their_order() -> None:
    part = log(AT, DELAY).between(1.0, 2.0)
    assert part.clicked_at.tolist() == [1.0]
    assert part.delay.tolist() == [3.0]
