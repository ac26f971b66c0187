"""Counters and histograms cheap enough for every request, in Prometheus' text format.

With several workers each leaves its numbers twice a second (`left`), and whoever is asked adds up.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from .left import Left
from .watch import Watch

BOUNDS = (0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 8, 15, 30, 60, 120, 500, 2000)  # ms
LATELY = 120  # seconds of which every second's slates are counted


class Histogram(msgspec.Struct):
    """Counts by bucket, and the sum."""

    counts: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def observe(self, value: float) -> None:
        """One more, in milliseconds."""
        self.counts[bisect_left(BOUNDS, value)] += 1
        self.total += value

    def percentile(self, q: float) -> float:
        """Milliseconds that q % took at most, on a straight line within a bucket.

        >>> one = Histogram()
        >>> for value in (1.2, 1.3, 1.4, 1.5):
        ...     one.observe(value)
        >>> one.percentile(50)
        1.25
        """
        wanted, below = sum(self.counts) * q / 100, 0
        for i, count in enumerate(self.counts):
            if count and below + count >= wanted:
                low = BOUNDS[i - 1] if i else 0.0
                high = BOUNDS[i] if i < len(BOUNDS) else low
                return low + (high - low) * (wanted - below) / count
            below += count
        return 0.0


class Numbers(msgspec.Struct):
    """What one process has counted."""

    requests: dict[str, int] = {}  # by "route status"
    stages: dict[str, Histogram] = {}  # milliseconds, by stage
    degraded: dict[str, int] = {}  # by stage
    events: int = 0
    duplicates: int = 0
    slates: int = 0
    newcomers: int = 0
    lost: int = 0  # exposures
    started: float = 0.0  # seconds since the epoch, of the first worker
    lately: dict[int, int] = {}  # slates by second since the epoch, of the last minutes

    def plus(self, other: Numbers) -> Numbers:
        """Both together."""
        names = ("events", "duplicates", "slates", "newcomers", "lost")
        out = Numbers(**{name: getattr(self, name) + getattr(other, name) for name in names})
        out.started = min(filter(None, (self.started, other.started)), default=0.0)
        for part in (self, other):
            for second, count in part.lately.items():
                out.lately[second] = out.lately.get(second, 0) + count
            for key, count in part.requests.items():
                out.requests[key] = out.requests.get(key, 0) + count
            for key, count in part.degraded.items():
                out.degraded[key] = out.degraded.get(key, 0) + count
            for key, found in part.stages.items():
                sums = out.stages.setdefault(key, Histogram())
                sums.counts = [a + b for a, b in zip(sums.counts, found.counts, strict=True)]
                sums.total += found.total
        return out

    def forget(self) -> None:
        """Seconds that are not of the last minutes go."""
        old = int(time.time()) - LATELY
        for second in [one for one in self.lately if one < old]:
            del self.lately[second]


def summed(out: Numbers, bodies: Sequence[bytes]) -> Numbers:
    """With what others have left."""
    for body in bodies:
        out = out.plus(msgspec.json.decode(body, type=Numbers))
    return out


def added(bodies: Sequence[bytes]) -> bytes:
    """What several have left, as if one had."""
    whole = summed(Numbers(), bodies)
    whole.forget()
    return msgspec.json.encode(whole)


class Telemetry:
    """One process' numbers, and the way to everybody's."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is where the workers of one server leave their numbers; None: one worker."""
        self.numbers, self.left = Numbers(started=time.time()), Left(folder, {"json": added})
        self.watch = Watch(folder)

    def request(self, route: str, status: int) -> None:
        """One answered request."""
        key = f"{route} {status}"
        self.numbers.requests[key] = self.numbers.requests.get(key, 0) + 1

    def slate(self, milliseconds: dict[str, float], degraded: Iterable[str], new: bool) -> None:
        """One slate, with the times of its stages."""
        numbers = self.numbers
        numbers.slates += 1
        numbers.newcomers += new
        second = int(time.time())
        numbers.lately[second] = numbers.lately.get(second, 0) + 1
        for stage, value in milliseconds.items():
            if stage not in numbers.stages:
                numbers.stages[stage] = Histogram()
            numbers.stages[stage].observe(value)
        for stage in degraded:
            numbers.degraded[stage] = numbers.degraded.get(stage, 0) + 1

    def leave(self) -> None:
        """Write this worker's numbers where the others find them."""
        self.numbers.forget()
        self.watch.leave()
        self.left.leave("json", msgspec.json.encode(self.numbers))

    def everybody(self) -> Numbers:
        """The sum over all workers of this server, those that have ended included."""
        return summed(self.numbers, self.left.others("json"))

    def text(self, gauges: dict[str, float], info: dict[str, str]) -> bytes:
        """All of it, with a few numbers of the moment and words about the bundle."""
        registry = CollectorRegistry()
        registry.register(Exposition(self.everybody(), gauges, info))
        return generate_latest(registry)


class Exposition(Collector):
    """The numbers as Prometheus' families."""

    def __init__(self, numbers: Numbers, gauges: dict[str, float], info: dict[str, str]) -> None:
        self.numbers, self.gauges, self.info = numbers, gauges, info

    def collect(self) -> Iterator[Metric]:
        """One family after the other."""
        numbers = self.numbers
        requests = CounterMetricFamily(
            "hermes_requests", "Requests answered", labels=["route", "status"]
        )
        for key, count in sorted(numbers.requests.items()):
            requests.add_metric(key.rsplit(" ", 1), count)
        yield requests
        stages = HistogramMetricFamily(
            "hermes_stage_milliseconds", "Time by stage of a slate", labels=["stage"]
        )
        for stage, found in sorted(numbers.stages.items()):
            running, buckets = 0, []
            for bound, count in zip([*map(str, BOUNDS), "+Inf"], found.counts, strict=True):
                running += count
                buckets.append((bound, float(running)))
            stages.add_metric([stage], buckets, found.total)
        yield stages
        degraded = CounterMetricFamily(
            "hermes_degraded", "Stages that did not do their part", labels=["stage"]
        )
        for stage, count in sorted(numbers.degraded.items()):
            degraded.add_metric([stage], count)
        yield degraded
        words = {
            "slates": "Slates answered",
            "newcomers": "Slates for users of whom nothing is known",
            "events": "Events accepted",
            "duplicates": "Events whose id was known",
            "lost": "Exposures that could not be logged",
        }
        for name, text in words.items():
            yield CounterMetricFamily(f"hermes_{name}", text, value=getattr(numbers, name))
        for name, value in self.gauges.items():
            yield GaugeMetricFamily(f"hermes_{name}", name.replace("_", " "), value=value)
        about = GaugeMetricFamily("hermes_bundle", "The bundle served", labels=list(self.info))
        about.add_metric(list(self.info.values()), 1.0)
        yield about
