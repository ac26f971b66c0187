"""`hermes serve`: a bundle over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console


def command(
    bundle: Annotated[Path, typer.Argument(help="The bundle to serve.")],
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    tier: Annotated[
        Literal["auto", "1", "2", "3"] | None,
        typer.Option(help="1 PyTorch on a GPU, 2 ONNX, 3 indexes only; auto: what fits."),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer.")] = None,
    log: Annotated[Path | None, typer.Option(help="The event log, a SQLite file.")] = None,
    lake: Annotated[
        Path | None, typer.Option(help="The lake in which events and exposures land.")
    ] = None,
    openapi: Annotated[
        Path | None, typer.Option(help="Write the OpenAPI document there and stop.")
    ] = None,
) -> None:
    """Serve a bundle over HTTP until Ctrl-C; `HERMES_*` settings apply where no option is given."""
    from hermes.serving import launch, settings

    if openapi is not None:
        from hermes.serving.app import write_document

        write_document(openapi)
        return
    given = {
        "bundle": bundle, "port": port, "host": host, "tier": tier, "workers": workers,
        "log": log, "lake": lake,
    }  # fmt: skip
    chosen = settings.load(**{name: value for name, value in given.items() if value is not None})
    where = f"http://{chosen.host}:{chosen.port}"
    Console(stderr=True).print(f"hermes: serving {bundle} at {where}; Ctrl-C ends it")
    launch.listen(chosen)
