"""hermes recommend: one slate from a bundle, with reasons."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hermes.core.errors import NotFound
from hermes.pipeline.answer import ask, described
from hermes.pipeline.assemble import assemble


def command(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    user: Annotated[str, typer.Option(help="A user's id; an empty one is a newcomer.")],
    query: Annotated[str, typer.Option(help="Words the items should match.")] = "",
    k: Annotated[int, typer.Option("-k", help="Items on the slate.", min=1, max=1000)] = 20,
    explain: Annotated[bool, typer.Option("--explain", help="Say why.")] = False,
    tier: Annotated[int, typer.Option(help="1, 2 or 3.", min=1, max=3)] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """One slate for one user, as the server would answer it."""
    engine = assemble(bundle, tier)
    if user and not engine.users.code(user):
        raise NotFound(f"user {user!r} is not in {bundle}; --user '' asks for a newcomer's slate")
    asked = ask(engine, user, k, datetime.now(UTC), uuid.uuid4().hex, explain, query)
    answer = described(engine, engine.recommender(asked))
    if as_json:
        typer.echo(json.dumps(answer))
        return
    table = Table("", "item", "title", "score", "channels", *(["why"] if explain else []))
    for place, item in enumerate(answer["items"], 1):
        why = [item["reason"]] if explain else []
        table.add_row(
            str(place),
            item["asset_id"],
            item["title"],
            f"{item['score']:.3f}",
            " ".join(item["channels"]),
            *why,
        )
    Console().print(table)
    spent = ", ".join(f"{name} {ms:.1f}" for name, ms in answer["milliseconds"].items())
    degraded = "; ".join(f"{d['stage']}: {d['cause']}" for d in answer["degraded"])
    typer.echo(f"tier {tier}; ms: {spent}" + (f"; degraded: {degraded}" if degraded else ""))
