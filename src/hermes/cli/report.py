"""hermes report: what a lake holds, and what a bundle makes of it, for the scientist."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def command(
    lake: Annotated[Path, typer.Argument(help="The lake's folder.")],
    out: Annotated[Path, typer.Option(help="Where the page and its pictures will stand.")] = Path(
        "report"
    ),
    domain: Annotated[
        list[str] | None, typer.Option(help="Only this domain; may be given several times.")
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(help="A bundle of this lake: DIN's attention and what diversity costs."),
    ] = None,
    users: Annotated[
        int, typer.Option(min=20, help="Held-out users who are asked at each lambda, at most.")
    ] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Of bootstraps and of who is drawn.")] = 0,
) -> None:
    """Seven figures of a lake, each with a sentence made from its numbers, as HTML and Markdown."""
    from hermes.workflows.report import report

    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    say = lambda line: notes.print(line, markup=False)
    domains = tuple(domain or ())
    page = report(
        lake,
        out,
        datetime.now(UTC),
        domains=domains,
        bundle=bundle,
        users=users,
        seed=seed,
        say=say,
    )
    typer.echo(str(page))
