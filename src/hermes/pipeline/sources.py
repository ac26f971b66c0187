"""Where candidates come from: channels fired together, each with its own deadline and breaker."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Literal

from hermes.core.protocols import Channel, Query
from hermes.core.types import Candidates

from .breaker import Breaker, attempt
from .trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A channel and what may be spent on it.

    A hop to a thread costs about a tenth of a millisecond: let channels that cost less run inline.
    Only a channel on a thread can be left behind; one inline that comes late is kept, since its
    time is spent, and counted as a failure, so that its breaker opens when that goes on.
    """

    channel: Channel
    deadline: float = 0.05  # seconds: of its own inline, from the start of retrieval on a thread
    cost: Literal["inline", "thread"] = "inline"
    when: Literal["always", "text"] = "always"  # text: fired inline, for a query that has one
    breaker: Breaker = field(default_factory=Breaker)

    @property
    def stage(self) -> str:
        """Its name in a trace."""
        return f"channel.{self.channel.name}"


class Sources:
    """Fires what runs on threads, does the rest meanwhile, and gathers what came in time.

    fallback: what is asked when nothing else brings anything, for example popularity.
    """

    def __init__(self, sources: Sequence[Source], fallback: Channel) -> None:
        self.sources, self.fallback = tuple(sources), fallback
        inline = [s for s in sources if s.cost == "inline" or s.when == "text"]
        threaded = [s for s in sources if s not in inline]
        self.inline = {False: [s for s in inline if s.when == "always"], True: inline}  # by text
        # the shortest deadline is awaited first, so that no wait lengthens another's
        self.threaded = sorted(threaded, key=lambda s: s.deadline)
        # one pool each, so that a channel that hangs holds up nobody else
        self.pools = {s.stage: ThreadPoolExecutor(4, s.stage) for s in threaded}

    def fetch(self, query: Query, k: int, trace: Trace) -> dict[str, Candidates]:
        """Candidates by channel, in the order declared; what failed is named in the trace."""
        start, found = perf_counter(), {}
        fired = [
            (s, self.pools[s.stage].submit(s.channel.retrieve, query, k))
            for s in self.threaded
            if s.breaker.admits(s.stage, trace)
        ]
        for source in self.inline[bool(query.text)]:
            if source.breaker.admits(source.stage, trace):
                found[source.stage] = here(source, query, k, trace)
        for source, future in fired:
            left = source.deadline - (perf_counter() - start)
            found[source.stage] = awaited(source, future, left, trace)
            trace.spent[source.stage] = (perf_counter() - start) * 1e3
        for source in self.sources:
            pool = found.get(source.stage)
            if pool is not None:
                trace.brought[source.channel.name] = pool
        if not any(map(len, trace.brought.values())):
            trace.degrade("retrieval", f"no channel brought anything; {self.fallback.name} instead")
            trace.brought[self.fallback.name] = self.fallback.retrieve(query, k)
        return trace.brought

    def states(self) -> dict[str, str]:
        """Of each channel's breaker, for health and metrics."""
        return {s.channel.name: s.breaker.state for s in self.sources}

    def close(self) -> None:
        """Let the threads go; what still runs is not waited for."""
        for pool in self.pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


def here(source: Source, query: Query, k: int, trace: Trace) -> Candidates | None:
    """Run an inline channel and see afterwards whether it was in time."""
    began = perf_counter()
    pool = attempt(partial(source.channel.retrieve, query, k), source.stage, trace)
    spent = perf_counter() - began
    trace.spent[source.stage] = spent * 1e3
    late = pool is not None and spent > source.deadline
    if late:
        trace.degrade(source.stage, f"late: {spent * 1e3:.1f} of {source.deadline * 1e3:.1f} ms")
    source.breaker.note(pool is not None and not late)
    return pool


def awaited(
    source: Source, future: Future[Candidates], left: float, trace: Trace
) -> Candidates | None:
    """What a thread brought within `left` seconds."""
    try:
        error = future.exception(max(left, 0))
    except TimeoutError:
        future.cancel()
        source.breaker.note(False)
        trace.degrade(source.stage, f"late: left behind after {source.deadline * 1e3:.1f} ms")
        return None
    source.breaker.note(error is None)
    if error is None:
        return future.result()
    trace.degrade(source.stage, f"{type(error).__name__}: {error}")
    return None
