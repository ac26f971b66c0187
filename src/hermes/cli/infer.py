"""hermes infer: a first mapping of files to the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hermes.core.errors import ConfigError
from hermes.data.infer import draft
from hermes.data.mapping import dump


def command(
    files: Annotated[list[Path], typer.Argument(help="CSV, JSON Lines or Parquet.")],
    domain: Annotated[str, typer.Option(help="The domain of the items.")] = "table",
    out: Annotated[Path | None, typer.Option(help="Write it here instead of printing it.")] = None,
) -> None:
    """Draft a mapping for `table` from the files; read it, correct it, then --mapping it."""
    text = dump(draft([file.resolve() for file in files], domain))
    if out is None:
        typer.echo(text, nl=False)
    else:
        try:
            with out.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError as error:
            raise ConfigError(f"{out}: is there already; give another name") from error
        typer.echo(f"{out}: read it, then: hermes ingest table --mapping {out} --lake DIR")
