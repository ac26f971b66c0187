from __future__ import annotations

from hermes.pipeline.breaker import Breaker, attempt
from hermes.pipeline.trace import Degraded, Trace


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def broken(clock: Clock) -> Breaker:
    breaker = Breaker(failures=3, cooldown=10, clock=clock)
    for _ in range(3):
        assert breaker.ready()
        breaker.note(False)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    assert broken(Clock()).state == "open"
    assert not broken(Clock()).ready()


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = Breaker(failures=2)
    for succeeded in (False, True, False, True, False):
        breaker.note(succeeded)
    assert breaker.state == "closed"
    assert breaker.total == 3


def test_after_the_cooldown_one_probe_is_let_through() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now = 9.9
    assert not breaker.ready()
    clock.now = 10.0
    assert breaker.state == "half-open"
    assert [breaker.ready() for _ in range(3)] == [True, False, False]


def test_a_probe_that_succeeds_closes_it() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now = 10.0
    assert breaker.ready()
    breaker.note(True)
    assert breaker.state == "closed"
    assert breaker.ready()


def test_a_probe_that_fails_opens_it_for_another_cooldown() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now = 10.0
    assert breaker.ready()
    breaker.note(False)
    clock.now = 19.9
    assert not breaker.ready()
    clock.now = 20.0
    assert breaker.ready()


def test_a_refusal_is_named() -> None:
    trace = Trace()
    assert not broken(Clock()).admits("rank", trace)
    assert trace.degraded == [Degraded("rank", "breaker open after 3 failures in a row")]


def test_an_attempt_that_raises_is_named_and_gives_nothing() -> None:
    trace = Trace()
    assert attempt(lambda: 1, "fine", trace) == 1
    assert attempt(lambda: 1 // 0, "rank", trace) is None
    (degraded,) = trace.degraded
    assert degraded.stage == "rank"
    assert degraded.cause.startswith("ZeroDivisionError")
