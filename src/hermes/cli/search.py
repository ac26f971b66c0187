"""hermes search: the items of a bundle that a text matches, whoever asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hermes.artifacts.bundle import Bundle
from hermes.core.errors import ConfigError, nearest
from hermes.data.catalogue import Catalogue
from hermes.retrieval.text_search import TextSearch, unavailable

MODES = ("hybrid", "lexical", "semantic")


def command(
    bundle: Annotated[Path, typer.Argument(help="The bundle's folder.")],
    text: Annotated[str, typer.Argument(help="Any words; there is no syntax.")],
    k: Annotated[int, typer.Option("-k", help="Items at most.", min=1, max=1000)] = 10,
    mode: Annotated[
        str, typer.Option(help="lexical: by words; hybrid and semantic need a text encoder.")
    ] = "lexical",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Items whose title, creators, categories or text hold the words, best first by BM25."""
    if mode not in MODES:
        raise ConfigError(f"--mode {mode!r}{nearest(mode, MODES)}")
    if mode != "lexical":
        raise ConfigError(f"--mode {mode}: {bundle} holds no text encoder; use --mode lexical")
    catalogue = Catalogue.restore(Bundle.load(bundle).arrays("catalogue"))
    search = TextSearch(catalogue)
    found = search.find(text, k, unavailable(catalogue.available))
    items = [
        {
            "asset_id": catalogue.items.names[code],
            "title": catalogue.titles[code],
            "score": score,
            "matched": words,
        }
        for code, score, words in zip(
            found.items.tolist(),
            found.columns["score"].tolist(),
            search.matched(text, found.items),
            strict=True,
        )
    ]
    if as_json:
        typer.echo(json.dumps({"query": text, "mode": mode, "items": items}))
    elif not items:
        typer.echo("no item on offer holds any of these words")
    else:
        show(items)


def show(items: list[dict[str, object]]) -> None:
    """A table for a person."""
    table = Table("", "item", "title", "score", "matched")
    for place, item in enumerate(items, 1):
        words = [str(item["asset_id"]), str(item["title"]), f"{item['score']:.3f}"]
        table.add_row(str(place), *words, str(item["matched"]))
    Console().print(table)
