"""A breaker stops calling what keeps failing, and tries again with one request at a time.

Nygard. Release It! 2nd edition, 2018, chapter 5.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Literal, TypeVar

from .trace import Trace

T = TypeVar("T")
State = Literal["closed", "open", "half-open"]


class Breaker:
    """Closed, it lets every call through; open, none; half-open, one probe decides.

    failures: consecutive failures that open it; cooldown: seconds it stays open.
    """

    def __init__(
        self,
        failures: int = 5,
        cooldown: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit, self.cooldown, self.clock = failures, cooldown, clock
        self.failed = 0  # in a row
        self.total = 0  # ever
        self.opened: float | None = None  # when
        self.probing = False
        self.lock = Lock()

    @property
    def state(self) -> State:
        """Where it stands now."""
        if self.opened is None:
            return "closed"
        waited = self.clock() - self.opened >= self.cooldown
        return "half-open" if waited or self.probing else "open"

    def ready(self) -> bool:
        """May the call be made?  A True while half-open must be answered by `note`."""
        if self.opened is None:
            return True
        with self.lock:
            if self.probing or self.state != "half-open":
                return False
            self.probing = True
            return True

    def admits(self, stage: str, trace: Trace) -> bool:
        """`ready`, with a refusal named in the trace."""
        if self.opened is None or self.ready():
            return True
        trace.degrade(stage, f"breaker open after {self.failed} failures in a row")
        return False

    def note(self, succeeded: bool) -> None:
        """How the call went."""
        if succeeded and not self.failed and self.opened is None:
            return
        with self.lock:
            self.probing = False
            if succeeded:
                self.failed, self.opened = 0, None
                return
            self.failed += 1
            self.total += 1
            if self.failed >= self.limit or self.opened is not None:
                self.opened = self.clock()


def attempt(call: Callable[[], T], stage: str, trace: Trace) -> T | None:
    """What `call` gives, or None with the cause in the trace: online, a stage fails open.

    The one place that catches everything: runtimes behind a stage raise classes of their own.
    """
    try:
        return call()
    except Exception as error:  # noqa: BLE001
        trace.degrade(stage, f"{type(error).__name__}: {error}")
        return None
