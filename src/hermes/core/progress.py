"""Progress of all that takes longer than a second: on a terminal's standard error, else silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

Advance = Callable[[float], None]  # told how much was done since the last call
Report = Callable[[str, int, int, dict[str, float]], None]  # (what, step, of, figures)


class Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        """`12.3k events/s`, empty until something was done."""
        speed = task.finished_speed or task.speed
        return Text(f"{short(speed)} {task.fields['unit']}/s" if speed else "")


def short(number: float) -> str:
    """A number in at most five characters.

    >>> short(1234567.0), short(52300.0), short(7.25)
    ('1.2M', '52.3k', '7.2')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return f"{number:.1f}"


def bars(console: Console | None = None) -> Progress:
    """An empty set of bars; nothing is shown unless the console is a terminal."""
    console = console or Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


@contextmanager
def progress(
    what: str, total: float | None, unit: str = "rows", console: Console | None = None
) -> Iterator[Advance]:
    """One bar with its rate and the time left; yields what to call with each amount done."""
    with bars(console) as shown:
        task = shown.add_task(what, total=total, unit=unit, note="")
        yield lambda amount: shown.update(task, advance=amount)


@contextmanager
def training(console: Console | None = None) -> Iterator[Report]:
    """One bar for each model, told after every epoch; yields a `report` for `learn.run.Run`."""
    with bars(console) as shown:
        tasks: dict[str, TaskID] = {}

        def report(what: str, step: int, of: int, figures: dict[str, float]) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=of, unit="epochs", note="")
            note = " ".join(f"{name} {value:.4f}" for name, value in figures.items())
            shown.update(tasks[what], completed=step, total=of, note=note)

        yield report
