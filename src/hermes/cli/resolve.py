"""hermes resolve: the same thing from two sources becomes one asset, and two again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.table import Column, Table

from hermes.core.errors import ConfigError, DataError
from hermes.core.progress import progress
from hermes.data import merges
from hermes.data.lake import Lake
from hermes.data.resolve import Plan

SHOWN = 20  # rows of a table; a machine gets all


def command(
    lake: Annotated[Path, typer.Option(help="The lake's folder.")] = Path("lake"),
    left: Annotated[str | None, typer.Option(help="The domain whose assets are kept.")] = None,
    right: Annotated[
        str | None, typer.Option(help="The domain that is merged into it; may be the same.")
    ] = None,
    threshold: Annotated[float, typer.Option(help="The least score of a merge, 0 to 1.")] = 0.8,
    pair: Annotated[
        tuple[str, str] | None, typer.Option(help="Merge these two assets; the first is kept.")
    ] = None,
    undo: Annotated[str | None, typer.Option(help="Take a merge back, by its id, or all.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show the merges in force.")] = False,
    again: Annotated[bool, typer.Option(help="Merge what was undone before as well.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, but record nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Find what two domains both hold and record it as one asset each; any merge can be undone."""
    if not lake.is_dir():
        raise DataError(f"{lake}: no such lake; `hermes ingest DOMAIN PATH --lake` makes one")
    asked = {"--left": left and right, "--pair": pair, "--undo": undo, "--list": listed}
    if sum(bool(one) for one in asked.values()) != 1 or bool(left) != bool(right):
        raise ConfigError("resolve: give --left and --right, or --pair, or --undo, or --list")
    plan, house, now = Plan(threshold=threshold), Lake(lake), datetime.now(UTC)
    if listed:
        found, verb = merges.standing(house), "in force"
    elif undo:
        wanted = None if undo == "all" else [undo]
        found, verb = merges.undo(house, wanted, now, dry_run), "undone"
    else:
        with progress("resolve", None):
            pairs = (
                merges.by_hand(*pair) if pair
                else merges.proposed(house, str(left), str(right), plan, again)
            )  # fmt: skip
            found, verb = merges.record(house, pairs, now, dry_run), "recorded"
    show(found, house, verb if not dry_run else f"would be {verb}", as_json)


def show(found: pl.DataFrame, house: Lake, verb: str, as_json: bool) -> None:
    """What was done, the least sure first."""
    rows, stands = titled(found.sort("score", "number"), house), len(merges.standing(house))
    if as_json:
        typer.echo(json.dumps({verb.replace(" ", "_"): rows, "standing": stands}, default=str))
        return
    console = Console(highlight=False, soft_wrap=True)
    if rows:
        table = Table(Column("merge", no_wrap=True), "kept", "other", "score", "why")
        for row in rows[:SHOWN]:
            both = (f"{row[f'{side}_title']} [{row[side]}]" for side in ("kept", "other"))
            cells = (row["merge"], *both, f"{row['score']:.2f}", row["why"])
            table.add_row(*(cell.replace("[", r"\[") for cell in cells))
        console.print(table)
    more = f" ({SHOWN} least sure shown)" if len(rows) > SHOWN else ""
    done = "" if verb == "in force" else f"{len(rows):,} merges {verb}{more}; "
    console.print(f"{house.path}: {done}{stands:,} in force{more if not done else ''}")


def titled(found: pl.DataFrame, house: Lake) -> list[dict[str, Any]]:
    """Rows of merges with the titles of both assets."""
    assets = house.scan("silver/assets").filter("current").select("asset_id", "title").collect()
    title = dict(assets.iter_rows())
    columns = ("merge", "kept", "kept_domain", "other", "other_domain", "score", "why", "at")
    return [
        row | {f"{side}_title": title.get(row[side], "") for side in ("kept", "other")}
        for row in found.select(columns).to_dicts()
    ]
