"""`hermes demo`: a whole recommender over a simulated world or your own files, in one word."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from hermes.workflows.demo import Demo, First


def command(
    source: str = typer.Option("world", help="`world`, or DOMAIN:PATH for files of your own."),
    port: int = typer.Option(8080, min=0, max=65535, help="Where to serve."),
    once: bool = typer.Option(False, "--once", help="Print the first slates and stop."),
    scale: str = typer.Option("small", help="Of the world: small, medium or large."),
    work: Path = typer.Option(Path("var/demo"), "--dir", help="Where to keep what is made."),
    seed: int = typer.Option(0, min=0, help="Of the world and of what is learned."),
) -> None:
    """Make a world, ingest it, learn from it, and serve what was learned."""
    began = time.perf_counter()
    from hermes.core.errors import ConfigError, nearest
    from hermes.core.progress import training
    from hermes.learn.run import Run
    from hermes.workflows import demo

    if scale not in demo.SCALES:
        raise ConfigError(f"--scale {scale!r}{nearest(scale, demo.SCALES)}")
    console = Console(highlight=False)

    def say(text: str) -> None:
        console.print(f"[dim]{time.perf_counter() - began:6.1f} s[/dim]  {text}")

    wanted = demo.Demo(work=work, source=source, scale=scale, seed=seed)
    lake = demo.fill(wanted, datetime.now(UTC), say)
    for recipe in ("first", wanted.cascade):
        with training() as report:
            bundle, data = demo.learn(wanted, lake, recipe, Run(seed=seed, report=report), say)
        first = demo.ask(bundle, data)
        say(f"a slate for {first.user} from {first.bundle}, in {first.milliseconds:.1f} ms")
        console.print(table(first))
    if not once:
        serve(wanted, bundle.path, lake.path, port, console)


def serve(wanted: Demo, bundle: Path, lake: Path, port: int, console: Console) -> None:
    """Until Ctrl-C; events and exposures land in the demo's own lake.

    As a process of its own in place of this one: the threads that learned would not be there in
    the workers, which are forked, and who waits for them waits for ever.
    """
    if (wanted.raw / "pictures").is_dir():
        os.environ["HERMES_PICTURES"] = str(wanted.raw / "pictures")
    console.print(f"Hermes serves at http://localhost:{port}; Ctrl-C ends it")
    given = ["--port", str(port), "--lake", str(lake)]
    os.execv(sys.executable, [sys.executable, "-m", "hermes", "serve", str(bundle), *given])


def table(first: First) -> Table:
    """The slate, best first."""
    out = Table("", "title", "in", "because", title=f"for {first.user}", title_justify="left")
    for place, (title, domain, reason) in enumerate(first.lines, 1):
        out.add_row(str(place), title, domain, reason)
    return out
