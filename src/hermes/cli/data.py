"""hermes data: fetch public data sets; nothing else here ever uses the network."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hermes.core.progress import progress
from hermes.data.download import OFFERS, download, offer


class Action(StrEnum):
    """What can be done."""

    download = "download"


def command(
    action: Annotated[Action, typer.Argument(help="download.")],
    name: Annotated[str, typer.Argument(help=", ".join(OFFERS))],
    to: Annotated[Path | None, typer.Option(help="The folder to make; else data/NAME.")] = None,
    url: Annotated[str | None, typer.Option(help="Another address of the same archive.")] = None,
) -> None:
    """Fetch a public data set from its owner's address into a folder."""
    wanted, folder = offer(name), to or Path("data") / name
    typer.echo(f"{name}: {wanted.terms}; its README states the terms")
    with progress(f"{action} {name}", None, unit="B") as advance:
        digest = download(url or wanted.url, folder, advance)
    typer.echo(f"{folder}: sha256 of the archive {digest}")
