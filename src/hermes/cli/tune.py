"""hermes tune: the settings of a recipe that serve its held-out users best."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hermes.core.errors import ConfigError
from hermes.core.progress import training
from hermes.data.build import dataset
from hermes.data.lake import Lake
from hermes.learn.run import Run
from hermes.pipeline.recipe import load
from hermes.workflows.space import of_file, of_words
from hermes.workflows.tune import Search, tune

from .train import in_company, warn


def command(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or its .toml file.")],
    lake: Annotated[Path, typer.Option(help="The lake's folder.")],
    out: Annotated[Path, typer.Option(help="Where the search and best.toml will stand.")],
    param: Annotated[
        list[str] | None, typer.Option(help="key=low:high, key=low:high:log or key=a|b.")
    ] = None,
    space: Annotated[Path | None, typer.Option(help="A .toml file with a table a key.")] = None,
    trials: Annotated[int, typer.Option(help="In all, a killed search's included.", min=1)] = 20,
    metric: Annotated[str, typer.Option(help="hr@10 or ndcg@10.")] = "ndcg@10",
    system: Annotated[
        str, typer.Option(help="Whose metric counts, as train names it.")
    ] = "cascade",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    seed: Annotated[int, typer.Option(help="Of every random draw.")] = 0,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, laid over the recipe.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Search a recipe's settings by training again and again; a killed search goes on.

    Trials are judged on users held out from training, never on a test; each is shown in MLflow
    where that is installed.
    """
    rooms = (of_file(space) if space else {}) | of_words(param or [])
    if not rooms:
        raise ConfigError("nothing to search: give --param key=low:high or --space FILE.toml")
    search = Search(space=rooms, trials=trials, metric=metric, system=system)
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    with in_company(device) as leads:
        if not leads:
            return
        plan, table = load(recipe, set_ or [])
        data = dataset(Lake(lake), plan.data)
        with training() as report:
            run = Run(seed=seed, device=device, report=report, warn=warn)
            found = tune(table, data, out, search, run, notes.print)
    if as_json:
        best = {"value": found.value, "settings": dict(found.settings), "trials": found.trials}
        typer.echo(json.dumps({"recipe": str(found.recipe), **best}))
        return
    typer.echo(f"{found.recipe}: {system} {metric} {found.value:.4f}, best of {found.trials}")
    for name, value in found.settings.items():
        typer.echo(f"  {name} = {value}")
