"""`hermes doctor`: what is here."""

from __future__ import annotations

import json as encoder
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table


def command(
    json: Annotated[bool, typer.Option("--json", help="One JSON object for machines.")] = False,
) -> None:
    """What is here: cores, memory, GPU, extras, services, and which tier and why."""
    from hermes.serving import tiers

    found = report(tiers.machine(), tiers.extras(), tiers.services())
    if json:
        typer.echo(encoder.dumps(found))
        return
    table = Table(show_header=False, box=None)
    for name, value in found.items():
        table.add_row(f"[bold]{name}[/bold]", shown(value))
    Console(soft_wrap=True).print(table)


def report(machine: Any, extras: dict[str, list[str]], services: dict[str, str]) -> dict[str, Any]:
    """All of it as one object."""
    from hermes.serving import tiers

    tier, reason = tiers.choose(machine.memory, bool(machine.gpu))
    return {
        "cores": machine.cores,
        "memory_gib": round(machine.memory / tiers.GIB, 1),
        "gpu": machine.gpu or None,
        "extras": {
            name: "installed" if not missing else f"missing {', '.join(missing)}"
            for name, missing in extras.items()
        },
        "services": services,
        "tier": tier,
        "reason": reason,
    }


def shown(value: Any) -> str:
    """For people."""
    if isinstance(value, dict):
        return "\n".join(f"{name}: {what}" for name, what in value.items())
    return "none" if value is None else str(value)
