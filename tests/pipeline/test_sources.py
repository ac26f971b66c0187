from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Barrier, Event

import numpy as np

from hermes.core.errors import Unavailable
from hermes.core.protocols import Query
from hermes.core.types import Candidates
from hermes.pipeline.breaker import Breaker
from hermes.pipeline.sources import Source, Sources
from hermes.pipeline.trace import Trace
from hermes.retrieval.channels import TrendingChannel, nothing

ASK = Query(id="r", at=datetime(2026, 1, 1, tzinfo=UTC))
POPULAR = TrendingChannel("popularity", np.array([0.0, 3, 2, 1]))


class Tape:
    """A channel that does what it is told: answer, wait, or fail."""

    def __init__(
        self,
        name: str,
        *items: int,
        wait: float | Event | Barrier = 0,
        error: Exception | None = None,
    ) -> None:
        self.name, self.items, self.wait, self.error = name, items, wait, error
        self.calls = 0

    def retrieve(self, query: Query, k: int) -> Candidates:
        self.calls += 1
        if isinstance(self.wait, Event | Barrier):
            self.wait.wait(10)
        elif self.wait:
            time.sleep(self.wait)
        if self.error:
            raise self.error
        scores = np.arange(len(self.items), 0, -1, dtype=np.float32)
        return Candidates(np.array(self.items, np.int64)[:k], {"score": scores[:k]})


@contextmanager
def fetched(*sources: Source) -> Iterator[Sources]:
    gathered = Sources(sources, POPULAR)
    try:
        yield gathered
    finally:
        gathered.close()


def test_channels_come_in_the_order_declared_wherever_they_run() -> None:
    slow = Source(channel=Tape("slow", 1), cost="thread", deadline=5)
    fast, trace = Source(channel=Tape("fast", 2)), Trace()
    with fetched(slow, fast) as sources:
        assert list(sources.fetch(ASK, 9, trace)) == ["slow", "fast"]
    assert trace.degraded == []


def test_a_channel_late_on_a_thread_is_left_behind_and_named() -> None:
    release = Event()
    late = Source(channel=Tape("late", 1, wait=release), cost="thread", deadline=0.02)
    trace, began = Trace(), time.perf_counter()
    with fetched(late, Source(channel=Tape("fast", 2))) as sources:
        brought = sources.fetch(ASK, 9, trace)
        waited = time.perf_counter() - began
        release.set()
    assert list(brought) == ["fast"]
    assert waited < 5  # it would have waited for ten
    assert [(d.stage, d.cause) for d in trace.degraded] == [
        ("channel.late", "late: left behind after 20.0 ms")
    ]


def test_slow_channels_wait_side_by_side() -> None:
    met = Barrier(3)  # nobody passes before all three are there
    sources = [
        Source(channel=Tape(f"s{i}", i, wait=met), cost="thread", deadline=20) for i in (1, 2, 3)
    ]
    with fetched(*sources) as gathered:
        assert len(gathered.fetch(ASK, 9, Trace())) == 3


def test_an_inline_channel_that_comes_late_is_kept_and_named() -> None:
    late = Source(channel=Tape("late", 1, wait=0.02), deadline=0.001)
    trace = Trace()
    with fetched(late) as sources:
        assert list(sources.fetch(ASK, 9, trace)) == ["late"]
    assert trace.degraded[0].stage == "channel.late"
    assert late.breaker.failed == 1


def test_a_failing_channel_is_left_out_and_named_on_a_thread_and_inline() -> None:
    error = Unavailable("the index is gone")
    sources = (
        Source(channel=Tape("inline", error=error)),
        Source(channel=Tape("thread", error=error), cost="thread", deadline=5),
        Source(channel=Tape("fine", 3)),
    )
    trace = Trace()
    with fetched(*sources) as gathered:
        assert list(gathered.fetch(ASK, 9, trace)) == ["fine"]
    assert {d.stage for d in trace.degraded} == {"channel.inline", "channel.thread"}
    assert all("Unavailable: the index is gone" in d.cause for d in trace.degraded)


def test_when_all_fail_the_fallback_answers_loudly() -> None:
    trace = Trace()
    with fetched(Source(channel=Tape("only", error=RuntimeError("no")))) as sources:
        brought = sources.fetch(ASK, 2, trace)
    assert brought["popularity"].items.tolist() == [1, 2]
    assert trace.degraded[-1].stage == "retrieval"
    assert "popularity instead" in trace.degraded[-1].cause


def test_a_channel_that_keeps_failing_is_called_no_more() -> None:
    tape = Tape("bad", error=RuntimeError("no"))
    source = Source(channel=tape, breaker=Breaker(failures=3, cooldown=60))
    with fetched(source, Source(channel=Tape("fine", 3))) as sources:
        for _ in range(10):
            trace = Trace()
            sources.fetch(ASK, 9, trace)
        assert sources.states() == {"bad": "open", "fine": "closed"}
    assert tape.calls == 3
    assert "breaker open" in trace.degraded[0].cause


def test_a_hanging_channel_holds_up_no_other() -> None:
    release = Event()
    hung = Source(channel=Tape("hung", 1, wait=release), cost="thread", deadline=0.01)
    other = Source(channel=Tape("other", 2), cost="thread", deadline=5)
    with fetched(hung, other) as sources:
        for _ in range(12):
            assert list(sources.fetch(ASK, 9, Trace())) == ["other"]
        assert sources.states()["hung"] == "open"
        release.set()


def test_channels_that_bring_nothing_are_no_failure() -> None:
    empty = Source(channel=Tape("empty"))
    with fetched(empty, Source(channel=Tape("fine", 3))) as sources:
        trace = Trace()
        brought = sources.fetch(ASK, 9, trace)
    assert len(brought["empty"]) == len(nothing()) == 0
    assert trace.degraded == []
