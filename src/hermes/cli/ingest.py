"""hermes ingest: files become rows of a lake."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.table import Table

from hermes.core.progress import progress
from hermes.data.ingest import Counts, ingest
from hermes.data.lake import Lake
from hermes.data.quarantine import summary

from . import sources as of


def command(
    domain: of.Domain,
    path: of.Where = None,
    lake: Annotated[Path, typer.Option(help="The lake's folder.")] = Path("lake"),
    mapping: of.Draft = None,
    events: of.Events = None,
    user: of.User = None,
    item: of.Item = None,
    time: of.Time = None,
    value: of.Value = None,
    kind: of.Kind = None,
    split: of.Split = None,
    assets: of.Assets = None,
    users: of.Users = None,
    named: of.Named = "table",
    separator: of.Separator = None,
    encoding: of.Encoding = "utf-8",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Bring files into a lake; twice the same files change nothing, bad rows are quarantined."""
    adapter, where = of.adapter(
        domain, path, mapping, events, user, item, time, value, kind, split, assets, users, named,
        separator, encoding,
    )  # fmt: skip
    house = Lake(lake)
    with progress(f"ingest {domain}", None) as advance:
        counts = ingest(house, adapter, where, datetime.now(UTC), lambda _, rows: advance(rows))
    if as_json:
        typer.echo(json.dumps(asdict(counts)))
        return
    show(counts, house, lake)


def show(counts: Counts, lake: Lake, path: Path) -> None:
    """Counts by table, then what is in quarantine."""
    console = Console(highlight=False, soft_wrap=True)
    if counts.unchanged:
        console.print(f"{path}: has this batch already ({counts.batch}); nothing changed since:")
    table = Table("table", "read", "new", "duplicate", "refused")
    for name, rows in counts.rows.items():
        new, twice = counts.new[name], counts.duplicates[name]
        table.add_row(name, *(f"{n:,}" for n in (rows, new, twice, rows - new - twice)))
    console.print(table)
    console.print(f"{sum(counts.rows.values()):,} rows in {counts.seconds:.1f} s")
    if counts.quarantined:
        mine = lake.scan("quarantine").filter(pl.col("batch") == counts.batch).collect()
        causes(console, summary(mine))


def causes(console: Console, found: list[dict[str, Any]]) -> None:
    """One line a reason, with the first places."""
    table = Table("rows", "field", "reason", "where")
    for row in found:
        places = ", ".join(map(str, row["where"]))
        meaning = f"{row['reason']}: {row['meaning']}"
        table.add_row(f"{row['rows']:,}", f"{row['table']}.{row['field']}", meaning, places)
    console.print(table)
