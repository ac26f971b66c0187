"""hermes train: a recipe and a lake become a bundle."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from hermes.core.progress import training
from hermes.data.build import dataset
from hermes.data.lake import Lake
from hermes.learn.parallel import Dismissed, processes
from hermes.learn.run import Run
from hermes.models.crew import dismiss, follow
from hermes.pipeline.recipe import load
from hermes.workflows.train import train


def command(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or its .toml file.")],
    lake: Annotated[Path, typer.Option(help="The lake's folder.")],
    out: Annotated[Path, typer.Option(help="Where the bundle will stand.")],
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    seed: Annotated[int, typer.Option(help="Of every random draw.")] = 0,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, laid over the recipe.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Train a recipe on a lake and write the bundle; a killed run goes on where it stopped.

    Under torchrun, `torchrun -m hermes train`, all processes learn the recipe's networks together.
    """
    with in_company(device) as leads:
        if not leads:
            return
        plan, table = load(recipe, set_ or [])
        data = dataset(Lake(lake), plan.data)
        with training() as report:
            run = Run(seed=seed, device=device, report=report, warn=warn)
            bundle = train(table, data, out, run=run)
    show(bundle.manifest, out, as_json)


@contextmanager
def in_company(device: str) -> Iterator[bool]:
    """True in the process that does the work; one that torchrun started beside it has helped it
    until it was done, and gets False."""
    try:
        with processes(device) as crew:
            if crew.rank:
                follow()
            yield crew.rank == 0
            if not crew.rank:
                dismiss()
    except Dismissed as error:
        raise typer.Exit(1) from error


def warn(line: str) -> None:
    """On standard error, above the bars."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"hermes: {line}", markup=False)


def show(manifest: Mapping[str, Any], out: Path, as_json: bool) -> None:
    """What was made, and how good it is on users held out from it."""
    if as_json:
        keys = ("name", "version", "protocol", "data_hash", "events", "seconds", "metrics")
        typer.echo(json.dumps({"path": str(out), **{k: manifest[k] for k in keys}}))
        return
    took = manifest["seconds"]["all"]
    typer.echo(f"{out}: {manifest['name']} {manifest['version']}, {took:.0f} s of training")
    for name, figures in manifest["metrics"].items():
        shown = ", ".join(f"{k} {v:.4f}" for k, v in figures.items())
        typer.echo(f"  {name}: {shown} (on users held out from it)")
    for stage, entry in manifest["models"].items():
        if "ensemble" in entry:
            typer.echo(weighed(stage, entry["ensemble"]))
    if "gate" in manifest:
        opens = ", ".join(
            f"{kind} {share:.1%}" for kind, share in manifest["gate"]["opens"].items()
        )
        typer.echo(f"  gate: opens on {opens} of held-out queries")


def weighed(stage: str, said: dict[str, Any]) -> str:
    """The weights of an ensemble, what they are worth, and who has none."""
    shown = ", ".join(f"{name} {w:.2f}" for name, w in said["weights"].items() if w > 0)
    value = said["values"]["held out"]
    worth = f"{value['mean']:.4f} ({value['low']:.4f} to {value['high']:.4f})"
    line = f"  {stage}: weights {shown}; NDCG@10 by doubly robust estimate {worth}"
    return line + "".join(f"; {name} brings no gain and is left out" for name in said["zero"])
