"""An evaluation as a page and as Markdown, with the same figures and pictures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from .intervals import Interval
from .plots import label, leaders, pictures
from .segments import COLD, HEAD
from .summary import Evaluation

PROTOCOLS = {
    "loo": "leave one out: each user's last event is the test, the one before it validation",
    "temporal": "temporal: everything after one moment is the test, the same moment for everybody",
    "given": "given: the split that came with the data",
}


def write(evaluation: Evaluation, folder: Path, made: datetime) -> Path:
    """`report.html`, self-contained, and `report.md` with its pictures; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = pictures(evaluation)
    for stem, svg in drawn.items():
        (folder / f"{stem}.svg").write_text(svg, "utf-8")
    for name in ("report.html", "report.md"):
        page = environment(escape=name.endswith("html")).get_template(f"{name}.j2")
        text = page.render(facts(evaluation), pictures=drawn, made=made)
        (folder / name).write_text(text, "utf-8")
    return folder / "report.html"


def environment(escape: bool) -> Environment:
    """Templates of this package; an unknown name in one is an error."""
    made = Environment(
        loader=PackageLoader("hermes.evaluation", "pages"),
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"figure": figure, "span": span, "label": label, "chance": chance}
    return made


def facts(evaluation: Evaluation) -> dict[str, Any]:
    """What the templates read."""
    k, deep = evaluation.ks[0], evaluation.ks[-1]
    order = sorted(evaluation.systems, key=lambda s: -evaluation.systems[s][f"ndcg@{k}"].mean)
    first = leaders(evaluation)
    return {
        "e": evaluation,
        "protocol": PROTOCOLS[evaluation.protocol],
        "order": order,
        "columns": columns(evaluation.ks),
        "best": best(evaluation, columns(evaluation.ks)),
        "lead": first[0],
        "leaders": first,
        "cards": [f"hr@{k}", f"ndcg@{k}", f"recall@{deep}"],
        "chosen": [f"hr@{k}", f"ndcg@{k}", f"recall@{deep}"],
        "head": HEAD,
        "cold": COLD,
    }


def columns(ks: tuple[int, ...]) -> list[str]:
    """Metrics of the main table: all at the first k, recall and NDCG at the others."""
    shown = [f"{m}@{ks[0]}" for m in ("hr", "ndcg", "mrr", "map")]
    return shown + [f"{m}@{k}" for k in ks[1:] for m in ("recall", "ndcg")]


def best(evaluation: Evaluation, names: Iterable[str]) -> dict[str, float]:
    """The highest mean of each metric."""
    return {m: max(s[m].mean for s in evaluation.systems.values()) for m in names}


def figure(value: float) -> str:
    """Four decimals without the leading zero, as tables of the field print them.

    >>> figure(0.3294), figure(-0.02), figure(1.0)
    ('.3294', '-.0200', '1.0000')
    """
    text = f"{value:.4f}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def span(interval: Interval) -> str:
    """An interval's bounds.

    >>> span(Interval(0.2, 0.1, 0.3))
    '.1000 to .3000'
    """
    return f"{figure(interval.low)} to {figure(interval.high)}"


def chance(p: float) -> str:
    """A p value.

    >>> chance(0.00009), chance(0.034)
    ('p < .001', 'p = .034')
    """
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)
