"""hermes search: the items of a bundle that a text matches, whoever asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ArtifactError
from hermes.core.types import Floats
from hermes.data.catalogue import Catalogue
from hermes.pipeline.content import Finder
from hermes.retrieval.fused import shared


def command(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    text: Annotated[str, typer.Argument(help="Any words; there is no syntax.")],
    k: Annotated[int, typer.Option("-k", help="Items at most.", min=1, max=1000)] = 10,
    mode: Annotated[
        str,
        typer.Option(
            help="lexical: by words; semantic: by meaning; hybrid: by both, where the bundle has a "
            "text encoder the mode unless told otherwise; fused: by text, picture and sound, where "
            "the bundle weighs them."
        ),
    ] = "",
    plain: Annotated[
        list[str], typer.Option(help="What was understood and is meant as plain words, by its id.")
    ] = [],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Items a text asks for, by words and by meaning, and what was understood of it."""
    whole = Bundle.load(bundle)
    catalogue = Catalogue.restore(whole.arrays("catalogue"))
    finder = Finder.of(whole, catalogue, known(whole, len(catalogue)))
    found, read, used = finder.find(text, k, mode, plain)
    items = [
        {
            "asset_id": catalogue.items.names[code],
            "title": catalogue.titles[code],
            "score": score,
            "matched": words,
            "weights": shares,
        }
        for code, score, words, shares in zip(
            found.items.tolist(),
            found.columns["score"].tolist(),
            finder.search.matched(text, found.items),
            shared(found),
            strict=True,
        )
    ]
    weights = finder.weights(text, read, used)
    understood = [{"id": c.id, "text": c.reading, "filters": c.hard} for c in read.constraints]
    if as_json:
        told = {"query": text, "mode": used, "understood": understood, "weights": weights}
        typer.echo(json.dumps(told | {"items": items}))
        return
    for one in understood:
        typer.echo(f"{one['text']}{'' if one['filters'] else ' (would be liked)'}  [{one['id']}]")
    if weights:
        typer.echo("leans on " + ", ".join(f"{name} {one:.0%}" for name, one in weights.items()))
    if not items:
        typer.echo("no item on offer is what this asks for")
    else:
        show(items)


def known(bundle: Bundle, n: int) -> Floats:
    """How often each item was chosen, which orders what only filters.  -> (I,)"""
    try:
        return np.exp(bundle.arrays("snapshot")["popularity"])
    except ArtifactError:
        return np.zeros(n, np.float32)


def show(items: list[dict[str, object]]) -> None:
    """A table for a person."""
    table = Table("", "item", "title", "score", "matched")
    for place, item in enumerate(items, 1):
        words = [str(item["asset_id"]), str(item["title"]), f"{item['score']:.3f}"]
        table.add_row(str(place), *words, str(item["matched"]))
    Console().print(table)
