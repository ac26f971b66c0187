"""Items put online while the server runs are taken into its engine within a minute.

The bundle is loaded once more with all that came since, in a thread of its own, and put in the
place of the engine between two requests. Items keep the codes they got first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from hermes.data.arrivals import Card, read

from .overlay import Shelf

if TYPE_CHECKING:
    from hermes.pipeline.assemble import Engine

    from .deps import Deps

log = structlog.get_logger()


@dataclass
class Growth:
    """What has arrived, and the engine that is being made with it."""

    grow: Callable[[Sequence[Card]], Engine]
    every: float  # seconds between two engines; 0: never
    cards: dict[str, Card] = field(default_factory=dict)  # in the order in which they came
    began: float = float("-inf")  # by the clock of `monotonic`
    making: Future[Engine] | None = None
    thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "growth"), repr=False
    )

    def learn(self, shelf: Shelf) -> int:
        """Take note of assets that the catalogue lacks; how many are new to us."""
        lacking = {i: c for i, c in shelf.cards.items() if not shelf.catalogue.items.code(i)}
        found = {i: c for i, c in lacking.items() if i not in self.cards}
        self.cards.update(zip(found, read(found.values()), strict=True))
        return len(found)

    def look(self, deps: Deps) -> None:
        """Put a finished engine in its place, and begin another one when something has come."""
        if self.making is not None:
            if self.making.done():
                self.adopt(deps, self.making)
                self.making = None
            return
        due = self.every > 0 and time.monotonic() - self.began >= self.every
        if due and self.learn(deps.shelf):
            self.began = time.monotonic()
            self.making = self.thread.submit(self.grow, tuple(self.cards.values()))

    def adopt(self, deps: Deps, making: Future[Engine]) -> None:
        """From the next request on; where it failed the old engine stays, and the log says why."""
        error = making.exception()
        if error is not None:
            log.error("arrivals", items=len(self.cards), exc_info=error)
            return
        engine = making.result()
        shelf = Shelf(engine.catalogue, deps.log)
        shelf.follow()
        deps.engine, deps.shelf = engine, shelf

    def close(self) -> None:
        """Wait for nothing."""
        self.thread.shutdown(wait=False, cancel_futures=True)
