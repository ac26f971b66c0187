"""`hermes ablate`: what each part of a recipe is worth."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console


def command(
    plan: Path = typer.Argument(help="A TOML file that names a recipe and studies."),
    lake: Path = typer.Option(help="The lake with the events."),
    out: Path = typer.Option(help="The page to write, a .md file; pictures go to images beside."),
    work: Path = typer.Option(Path("var/ablation"), help="Where bundles and fitted models stay."),
    device: str = typer.Option("auto", help="Where to train: cpu, cuda or auto."),
) -> None:
    """Train a recipe with each part changed, and write tables with intervals and pictures."""
    from hermes.core.progress import training
    from hermes.evaluation.ablation import write
    from hermes.learn.run import Run
    from hermes.workflows import ablate

    wanted = ablate.read(plan)
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    with training() as told:
        run = Run(device=device, report=told)
        laboratory = ablate.Laboratory.opened(wanted, lake, work, run)
        found = list(ablate.findings(laboratory, lambda line: notes.print(line, markup=False)))
    heading = ablate.heading(laboratory, plan, datetime.now(UTC))
    for file in write(heading, found, out):
        typer.echo(file)
