"""How the processes of a run come to learn the same network.

Process 0 does all the work of a run. When it is about to learn a network it sends the others the
model and the data, and they learn it with it; in between they wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

from hermes.learn.parallel import team, told
from hermes.learn.run import Run

Verb = Literal["fit", "refresh"]


@contextmanager
def together(model: Any, verb: Verb, data: Any, run: Run) -> Iterator[None]:
    """Within it all processes of the run learn `model`: process 0 calls the others."""
    crew = team()
    if crew.size == 1 or crew.together:
        yield
        return
    told((model, verb, data, replace(run, report=None, warn=None)))
    crew.together = True
    try:
        yield
    finally:
        crew.together = False


def follow() -> None:
    """Learn what process 0 asks for until it has ended: what every other process does."""
    from .neural import Neural

    while (asked := told(None)) is not None:
        model, verb, data, run = asked
        team().together = True
        {"fit": Neural.fit, "refresh": Neural.refresh}[verb](model, data, run)
        team().together = False


def dismiss() -> None:
    """Tell the others that all is done."""
    if team().size > 1:
        told(None)
