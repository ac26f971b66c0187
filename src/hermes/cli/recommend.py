"""hermes recommend: one slate from a bundle, with reasons."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

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
    attribute: Annotated[
        bool, typer.Option("--attribute", help="Say what each score is made of.")
    ] = False,
    language: Annotated[str, typer.Option(help="Of the reasons: en, de, fr or es.")] = "en",
    tier: Annotated[int, typer.Option(help="1, 2 or 3.", min=1, max=3)] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """One slate for one user, as the server would answer it."""
    engine = assemble(bundle, tier)
    if user and not engine.users.code(user):
        raise NotFound(f"user {user!r} is not in {bundle}; --user '' asks for a newcomer's slate")
    now, request = datetime.now(UTC), uuid.uuid4().hex
    asked = ask(engine, user, k, now, request, explain, query, attribute, language)
    answer = described(engine, engine.recommender(asked))
    if as_json:
        typer.echo(json.dumps(answer))
        return
    more = [*(["why"] if explain else []), *(["made of"] if attribute else [])]
    table = Table("", "item", "title", "score", "channels", *more)
    for place, item in enumerate(answer["items"], 1):
        why = [item["reason"]] if explain else []
        why += [spelled(item["attribution"])] if attribute else []
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
    found = answer["items"][0]["attribution"] if answer["items"] else None
    if found is not None:
        typer.echo(f"parts over {found['baseline']} ({found['base']:.3f}), by {found['method']}")


def spelled(found: dict[str, Any] | None) -> str:
    """Parts of a score in one line, the largest first.

    >>> spelled({"parts": [{"name": "sequence", "value": 1.5}, {"name": "facts", "value": -0.25}]})
    'sequence +1.50, facts -0.25'
    """
    parts = found["parts"] if found else []
    return ", ".join(f"{part['name']} {part['value']:+.2f}" for part in parts)
