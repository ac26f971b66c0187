"""hermes fetch: what a service knows of its catalogue, kept in a folder that `ingest` reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from hermes.core.errors import ConfigError
from hermes.domains import tmdb

KEY = "HERMES_TMDB_KEY"


def command(
    service: Annotated[str, typer.Argument(help="tmdb.")],
    folder: Annotated[Path, typer.Argument(help="Where to keep what it says.")],
    pages: Annotated[int, typer.Option(min=1, help="Of 20 films each, most votes first.")] = 50,
    base: Annotated[str, typer.Option(help="Address of the API.")] = tmdb.API,
    private: Annotated[bool, typer.Option(help="It may stand in a private network.")] = False,
) -> None:
    """Ask a service for its films; what was asked before is not asked again."""
    if service != tmdb.adapter.name:
        raise ConfigError(f"no service {service!r}; valid: {tmdb.adapter.name}")
    key = os.environ.get(KEY, "")
    if not key:
        raise ConfigError(f"set {KEY} to a read access token of TMDB; it is never written down")
    api = tmdb.service(key, folder, base, private)
    said = lambda done, of: typer.echo(f"{done:,} of {of:,} films", err=True)
    count = tmdb.collect(api, folder, pages, said)
    typer.echo(f"{count:,} films in {folder / tmdb.FILE}, {api.asked:,} questions asked")
