"""hermes validate: what the contract says of files, before anything is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hermes.core.progress import progress
from hermes.data.validate import validate

from . import sources as of
from .ingest import causes


def command(
    domain: of.Domain,
    path: of.Where = None,
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
    json_: Annotated[Path | None, typer.Option("--json", help="Write the report here.")] = None,
) -> None:
    """Judge every row of a source by the contract; nothing is written but the report."""
    adapter, where = of.adapter(
        domain, path, mapping, events, user, item, time, value, kind, split, assets, users, named,
        separator, encoding,
    )  # fmt: skip
    with progress(f"validate {domain}", None) as advance:
        report = validate(adapter, where, lambda _, rows: advance(rows))
    if json_ is not None:
        json_.write_text(json.dumps(report.as_dict(), indent=2, ensure_ascii=False) + "\n")
    console = Console(highlight=False, soft_wrap=True)
    if not any(report.rows.values()):
        console.print(f"{domain}: no rows")
    for name, rows in report.rows.items():
        console.print(f"{name}: {rows:,} rows, {report.good[name]:,} good")
    if report.faults:
        causes(console, report.faults)
