"""What is counted over which stretch of the past: each feature is said here once.

A window that ends at time t holds the events e with edge(t) <= e < t: one at t itself is not
known yet. Its left edge moves in steps of a grain, edge(t) = ceil((t - span) / grain) * grain, so
that the past fits in span / grain buckets that are dropped whole; a grain of a microsecond is the
window without steps. Counts are whole numbers and sums are kept in units of 2^-20, so that whoever
adds them up, in whatever order, gets the same bits.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from functools import cached_property

from hermes.core.errors import ConfigError

from .sweep import Form, Spans

HOUR = 3_600_000_000  # microseconds
DAY = 24 * HOUR
MANY = 1024  # buckets of a window that is kept event by event


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time that ends now; raises `ConfigError` where the grain does not divide it."""

    name: str
    span: int  # microseconds
    grain: int = 1  # microseconds

    def __post_init__(self) -> None:
        """A window is a whole number of grains."""
        if self.grain < 1 or self.span < self.grain or self.span % self.grain:
            raise ConfigError(
                f"window {self.name}: a span of {self.span} us is no multiple of {self.grain} us"
            )

    @property
    def buckets(self) -> int:
        """Grains of a window."""
        return self.span // self.grain

    def edge(self, t: int) -> int:
        """The time from which an event counts, asked at t; both microseconds.

        >>> Window("3h", 3 * HOUR, HOUR).edge(5 * HOUR) // HOUR
        2
        >>> Window("3h", 3 * HOUR, HOUR).edge(5 * HOUR + 1) // HOUR
        3
        """
        return -(-(t - self.span) // self.grain) * self.grain


WINDOWS = (  # no edge is off by more than a twelfth of its window
    Window("1d", DAY, 2 * HOUR),
    Window("7d", 7 * DAY, 12 * HOUR),
    Window("30d", 30 * DAY, 2 * DAY),
)


@dataclass(frozen=True)
class Rolling:
    """The features of one kind of key: in each window the events, sums and means; days since."""

    name: str
    keys: tuple[str, ...]  # columns that name who or what is counted
    windows: tuple[Window, ...] = WINDOWS
    sums: tuple[str, ...] = ("weight",)  # columns; a null adds nothing
    means: tuple[str, ...] = ("value",)  # columns; a null is left out
    at: str = "occurred_at"  # column: when an event became known

    def __post_init__(self) -> None:
        """Names are given once."""
        ends = [window.name for window in self.windows]
        if not self.keys or not ends or len(set(ends)) < len(ends):
            raise ConfigError(f"features {self.name}: need keys, and windows of different names")
        if twice := set(self.sums) & set(self.means):
            raise ConfigError(f"features {self.name}: {sorted(twice)} are both sums and means")

    @property
    def facts(self) -> tuple[str, ...]:
        """(S,) columns that are added up."""
        return (*self.sums, *self.means)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """(F,) of the features; the last is days since the last event of the longest window.

        >>> Rolling("item", ("asset_id",), (Window("7d", 7 * DAY, DAY),)).names
        ('item.count.7d', 'item.weight.7d', 'item.value.7d', 'item.since')
        """
        each = ("count", *self.facts)
        own = (f"{self.name}.{fact}.{w.name}" for w in self.windows for fact in each)
        return (*own, f"{self.name}.since")

    @cached_property
    def blank(self) -> dict[str, float]:
        """The features of a key that nobody saw."""
        parts = [name.split(".")[-2:] for name in self.names]
        none = [part[0] in self.means or part[-1] == "since" for part in parts]
        return {n: math.nan if no else 0.0 for n, no in zip(self.names, none, strict=True)}

    @property
    def spans(self) -> Spans:
        """For the compiled loops."""
        spans = tuple(w.span for w in self.windows)
        return spans, tuple(w.grain for w in self.windows), spans.index(max(spans))

    @property
    def form(self) -> Form:
        """For the compiled loops."""
        n = len(self.sums)
        return tuple(range(n)), tuple(range(n, len(self.facts)))

    @property
    def longest(self) -> Window:
        """The window beyond which nothing counts."""
        return max(self.windows, key=lambda window: window.span)

    @cached_property
    def identity(self) -> str:
        """64 hexadecimal digits; another definition has another."""
        return hashlib.sha256(json.dumps(self.said(), sort_keys=True).encode()).hexdigest()

    def said(self) -> dict[str, object]:
        """The definition as a table, for a manifest."""
        return {**asdict(self), "arithmetic": "2^-20"}


ITEM = Rolling("item", ("asset_id",))
USER = Rolling("user", ("user_id",))
TASTE = Rolling("taste", ("user_id", "category"))  # of a log with a row for each category
