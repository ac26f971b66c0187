"""`hermes evaluate`: how good a bundle or a recipe is on events it has never seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from hermes.core.errors import ConfigError

if TYPE_CHECKING:
    from hermes.evaluation.summary import Evaluation


def command(
    source: str = typer.Argument(metavar="BUNDLE|RECIPE", help="A bundle's folder, or a recipe."),
    lake: Path = typer.Option(help="The lake with the events."),
    protocol: str = typer.Option(help="loo, temporal or given."),
    k: str = typer.Option("10,50,200", "--k", help="Depths of the lists, rising."),
    json_: Path | None = typer.Option(None, "--json", help="Write the figures to this file."),
    report: Path | None = typer.Option(None, help="Write report.html and report.md here."),
    out: Path | None = typer.Option(None, help="Keep the bundle that is trained for it here."),
    against: Path | None = typer.Option(
        None, help="A bundle whose cascade answers the same users, for a paired test."
    ),
    fraction: float = typer.Option(0.1, help="Share of events that the temporal protocol tests."),
    at: datetime | None = typer.Option(None, help="UTC moment of the temporal cut instead."),
    repeats: bool = typer.Option(False, "--repeats", help="Seen items may come again."),
    users: int | None = typer.Option(None, min=1, help="At most so many test users."),
    tier: int = typer.Option(2, min=1, max=3, help="1 PyTorch, 2 ONNX, 3 no networks."),
    set_: list[str] = typer.Option([], "--set", help="key=value laid over the recipe."),
    device: str = typer.Option("auto", help="Where to train: cpu, cuda or auto."),
    seed: int = typer.Option(0, help="Of training, bootstrap and the draw of users."),
) -> None:
    """Measure every system of a bundle on held-out events, with intervals and paired tests."""
    from hermes.core.progress import training
    from hermes.evaluation.offline import OTHER
    from hermes.evaluation.report import write
    from hermes.learn.run import Run
    from hermes.workflows.evaluate import Plan, evaluate

    day = None if at is None else at.replace(tzinfo=UTC).timestamp() / 86_400
    plan = Plan(
        protocol=protocol,
        ks=depths(k),
        fraction=fraction,
        at=day,
        repeats=repeats,
        users=users,
        tier=tier,
        seed=seed,
    )
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    with training() as told:
        run = Run(seed=seed, device=device, report=told)
        said = lambda line: notes.print(line, markup=False)
        places = {"keep": out, "against": against}
        found = evaluate(source, lake, plan, run=run, settings=tuple(set_), say=said, **places)
    Console().print(table(found))
    for pair in (p for p in found.paired if p.b == OTHER):
        r = pair.result
        gain = f"{r.mean:+.4f} [{r.low:+.4f}, {r.high:+.4f}], p = {r.p:.4f}"
        Console().print(f"cascade over {against}, {pair.metric}: {gain}", highlight=False)
    if json_:
        json_.parent.mkdir(parents=True, exist_ok=True)
        json_.write_text(json.dumps(found.document(), indent=1) + "\n", "utf-8")
    if report:
        notes.print(f"report: {write(found, report, datetime.now(UTC))}", markup=False)


def depths(text: str) -> tuple[int, ...]:
    """`10,50,200` as numbers; `ConfigError` else.

    >>> depths("10,50")
    (10, 50)
    """
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(f"--k {text!r} is not a list of numbers like 10,50,200") from error


def table(found: Evaluation) -> Table:
    """Systems by NDCG at the first depth, with the interval of what matters most."""
    first, last = found.ks[0], found.ks[-1]
    shown = dict.fromkeys((f"hr@{first}", f"ndcg@{first}", f"recall@{last}"))
    title = f"{found.name}, {found.protocol}: {found.users:,} users, {found.items:,} items"
    out = Table(title=title)
    for column in ("system", *shown):
        out.add_column(column, no_wrap=True)
    for name in sorted(found.systems, key=lambda s: -found.systems[s][f"ndcg@{first}"].mean):
        cells = [found.systems[name][metric] for metric in shown]
        out.add_row(name, *(f"{c.mean:.4f}\n{c.low:.4f}-{c.high:.4f}" for c in cells))
    return out
