from __future__ import annotations

import numpy as np
import pytest

from hermes.core.vocab import Vocabulary
from hermes.data import context

MINUTE = 1 / 1440


def test_a_request_is_coded_as_the_event_that_came_of_it() -> None:
    rng = np.random.default_rng(0)
    gaps = rng.choice([2 * MINUTE, 29 * MINUTE, 31 * MINUTE, 3.0], 200)
    times, users = 20_000 + np.cumsum(gaps), np.repeat([1, 2, 3, 4], 50)
    codes = rng.integers(0, 5, (200, 3))
    found = context.of_events(codes, users, times)
    for row in range(200):
        past = times[(users == users[row]) & (np.arange(200) < row)]
        ages = (times[row] - past).astype(np.float64)
        asked = context.of_request(codes[row], times[row], ages)  # type: ignore[arg-type]
        np.testing.assert_array_equal(asked, found[row])


def test_half_an_hour_of_silence_ends_a_session() -> None:
    times = np.array([0.0, 29.0, 58.0, 89.0, 90.0]) * MINUTE
    users = np.ones(5, np.int64)
    places = context.of_events(np.zeros((0, 0), np.int64), users, times)[:, 4]
    assert places.tolist() == [1, 2, 3, 1, 2]


def test_the_hour_is_that_of_the_clock_in_utc() -> None:
    hours = context.of_events(
        np.zeros((0, 0), np.int64), np.ones(3, np.int64), np.array([5.0, 5.5, 5.999])
    )[:, 3]
    assert hours.tolist() == [1, 13, 24]


def test_every_code_has_its_row() -> None:
    names = (Vocabulary.of(["home"]), Vocabulary.of(["phone", "tv"]), Vocabulary.of([]))
    assert context.sizes(names) == (2, 3, 1, *context.CLOCK)
    times = np.cumsum(np.geomspace(1e-9, 1e5, 99))
    found = context.of_events(np.zeros((0, 0), np.int64), np.ones(99, np.int64), times)
    assert (found.max(axis=0) < context.sizes(names)).all() and (found >= 0).all()


@pytest.mark.parametrize("given", [{}, {"page": "nowhere"}, {"colour": "home"}])
def test_what_a_request_does_not_say_is_unknown(given: dict[str, str]) -> None:
    names = (Vocabulary.of(["home"]), Vocabulary.of(["phone"]), Vocabulary.of(["mail"]))
    assert context.encode(given, names).tolist() == [0, 0, 0]


def test_a_request_is_coded_by_what_it_says() -> None:
    names = (Vocabulary.of(["home"]), Vocabulary.of(["phone", "tv"]), Vocabulary.of(["mail"]))
    assert context.encode({"device": "tv", "page": "home"}, names).tolist() == [1, 2, 0]
