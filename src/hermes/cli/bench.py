"""`hermes bench`: measure, and show it in one table."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from hermes.workflows.bench import Row


def command(
    what: str = typer.Argument(
        help="quality, retrievers, graph, ctr, losses, serve, ann, ingest, train, scale, delayed, "
        "resolve, cold, newcomer, knowledge, query, search, blend, encoders, fusion, features, "
        "transfer, speed, guard, agent, explain, shown, policy, or all."
    ),
    data: Path | None = typer.Option(
        None, help="Folder of real data sets; the world is used without it."
    ),
    work: Path = typer.Option(Path("var/bench"), help="Where to keep what is made on the way."),
    full: bool = typer.Option(False, "--full", help="The long benchmarks too: hours, not minutes."),
    only: list[str] = typer.Option([], help="Measurements of one part, by name, long ones too."),
    peer: Path | None = typer.Option(
        None, help="Python with benchmarks/recbole.txt installed, for `speed`."
    ),
    log: Path | None = typer.Option(
        None, help="Clicks with clicked_at and converted_at, CSV or Parquet, for `delayed`."
    ),
    window: float = typer.Option(4.0, help="Days within which conversions of --log count."),
    json_: Path | None = typer.Option(
        None, "--json", help="Write everything here; one part renews its rows."
    ),
    readme: Path | None = typer.Option(
        None, help="Write the table between the marks of this file."
    ),
) -> None:
    """Measure quality, latency, throughput, memory and training time, beside peers."""
    from hermes.workflows import bench

    notes = Console(stderr=True, highlight=False)
    place = bench.Place(data, work, full, tuple(only), peer, log, window)
    rows = bench.gather(bench.parts(what), place, notes.print)
    report = bench.document(rows, datetime.now(UTC))
    if json_ and json_.exists() and what != "all":
        report = bench.renewed(json.loads(json_.read_text("utf-8")), report, whole=not only)
    Console().print(table(rows))
    if json_:
        json_.parent.mkdir(parents=True, exist_ok=True)
        json_.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    if readme:
        bench.rewrite(readme, bench.markdown(report))


def table(rows: list[Row]) -> Table:
    """One line a figure; a part of the benchmark is a section."""
    from hermes.workflows.bench import shown

    out = Table("part", "what", "measured", "asked", "holds", "note")
    for before, row in zip([None, *rows], rows, strict=False):
        if before and before.part != row.part:
            out.add_section()
        style = "red" if row.holds is False else None
        out.add_row(row.part, *shown(row), style=style)
    return out
