"""The pictures of a report, as SVG text that needs nothing else to be shown."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from .intervals import Interval
from .summary import CURVE, Evaluation

FONTS = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans'"
INK, MUTED, RULE = "#1c2333", "#667085", "#e4e7ec"
LEAD = {"cascade": "#4338ca", "fusion": "#0d9488"}
OTHERS = ("#b45309", "#be185d", "#0369a1", "#4d7c0f", "#7e22ce", "#a16207", "#0f766e", "#9f1239")
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "hermes",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib; the page asks for its own
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}


def pictures(evaluation: Evaluation) -> dict[str, str]:
    """Every picture by its file stem; one that has nothing to show is left out."""
    made = {
        "systems": systems(evaluation),
        "curves": curves(evaluation),
        "lorenz": exposures(evaluation),
        "segments": segments(evaluation),
    }
    if evaluation.funnel:
        made["funnel"] = funnel(evaluation)
    return made


def label(system: str) -> str:
    """As a reader is shown it.

    >>> label("channel.sasrec"), label("cascade")
    ('sasrec', 'cascade')
    """
    return system.removeprefix("channel.")


def colours(names: list[str]) -> dict[str, str]:
    """The cascade and the fusion keep theirs; channels take the others in turn."""
    channels = [n for n in names if n not in LEAD]
    return LEAD | {n: OTHERS[i % len(OTHERS)] for i, n in enumerate(channels)}


@contextmanager
def canvas(width: float, height: float, columns: int = 1) -> Iterator[tuple[list[Axes], list[str]]]:
    """Axes to draw on; when done, the SVG text is the one element of the list."""
    with mpl.rc_context(STYLE):
        figure, out = Figure(figsize=(width, height), layout="constrained"), list[str]()
        FigureCanvasSVG(figure)
        yield [figure.add_subplot(1, columns, i + 1) for i in range(columns)], out
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
        svg = text.getvalue()
        out.append(svg[svg.index("<svg") :].replace("'DejaVu Sans'", FONTS))


def bars_of(axes: Axes, rows: Mapping[str, Interval], colour: Callable[[str], str]) -> None:
    """One dot a row with its interval and its value, best on top."""
    for y, (name, figure) in enumerate(reversed(list(rows.items()))):
        axes.plot([figure.low, figure.high], [y, y], color=colour(name), lw=3, alpha=0.35)
        axes.plot(figure.mean, y, "o", color=colour(name), ms=6)
        axes.annotate(
            f"{figure.mean:.4f}", (figure.high, y), (6, -3), textcoords="offset points", color=MUTED
        )
    axes.set_yticks(range(len(rows)), [label(n) for n in reversed(list(rows))], color=INK)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.18, y=0.08)


def systems(evaluation: Evaluation) -> str:
    """HR and NDCG at the first k, with 95 % intervals."""
    k, paint = evaluation.ks[0], colours(list(evaluation.systems))
    order = sorted(evaluation.systems, key=lambda s: -evaluation.systems[s][f"ndcg@{k}"].mean)
    with canvas(9.2, 0.7 + 0.36 * len(order), 2) as (axes, out):
        for place, metric in zip(axes, (f"ndcg@{k}", f"hr@{k}"), strict=True):
            rows = {s: evaluation.systems[s][metric] for s in order}
            bars_of(place, rows, paint.__getitem__)
            place.set_xlabel(metric.upper())
        axes[1].set_yticklabels([])
    return out[0]


def curves(evaluation: Evaluation) -> str:
    """NDCG and recall against the depth of the list."""
    ks = [k for k in CURVE if k <= evaluation.ks[-1]]
    with canvas(9.2, 3.5, 2) as (axes, out):
        for place, (metric, lines) in zip(axes, evaluation.curves.items(), strict=True):
            paint = colours(list(lines))
            for system, values in lines.items():
                bold = system in LEAD
                place.plot(
                    ks,
                    values,
                    color=paint[system],
                    lw=2.4 if bold else 1.2,
                    alpha=1 if bold else 0.8,
                    label=label(system),
                )
            place.set_xscale("log")
            place.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
            place.minorticks_off()
            place.set_xticks([k for k in (1, 2, 5, 10, 20, 50, 100, 200) if k <= ks[-1]])
            place.set_xlabel("k")
            place.set_ylabel(f"{metric}@k")
            place.set_ylim(bottom=0)
        axes[0].legend(fontsize=8.5)
    return out[0]


def funnel(evaluation: Evaluation) -> str:
    """Share of the relevant items left after each stage."""
    stages = list(evaluation.funnel)
    with canvas(9.2, 0.6 + 0.42 * len(stages)) as (axes, out):
        shares = np.array([evaluation.funnel[s] for s in stages])
        y = np.arange(len(stages))[::-1]
        axes[0].barh(y, shares, height=0.62, color=LEAD["cascade"], alpha=0.85)
        for at, share in zip(y, shares, strict=True):
            axes[0].annotate(f"{share:.1%}", (share, at), (6, -3), textcoords="offset points")
        axes[0].set_yticks(y, stages, color=INK)
        axes[0].xaxis.set_major_formatter(PercentFormatter(1))
        axes[0].set_xlim(0, min(1.08, float(shares.max()) * 1.12 + 0.02))
        axes[0].grid(visible=False, axis="y")
    return out[0]


def segments(evaluation: Evaluation) -> str:
    """NDCG in each segment, the leading systems and the best channel side by side."""
    metric = f"ndcg@{evaluation.ks[0]}"
    shown = leaders(evaluation)
    names, paint = list(evaluation.sizes), colours(list(evaluation.systems))
    with canvas(9.2, 0.9 + 0.5 * len(names)) as (axes, out):
        for j, system in enumerate(shown):
            for i, name in enumerate(reversed(names)):
                y, figure = i + 0.2 * (len(shown) / 2 - 0.5 - j), evaluation.segments[system][name]
                bounds = [figure[metric].low, figure[metric].high]
                axes[0].plot(bounds, [y, y], color=paint[system], lw=3, alpha=0.35)
                text = label(system) if i == 0 else None
                axes[0].plot(figure[metric].mean, y, "o", color=paint[system], ms=5, label=text)
        ticks = [f"{n}  ·  {evaluation.sizes[n]:,}" for n in reversed(names)]
        axes[0].set_yticks(range(len(names)), ticks, color=INK)
        axes[0].set_xlabel(metric.upper())
        axes[0].grid(visible=False, axis="y")
        axes[0].set_xlim(left=0)
        axes[0].legend(fontsize=8.5, ncols=len(shown), loc="lower left", bbox_to_anchor=(0, 1))
    return out[0]


def exposures(evaluation: Evaluation) -> str:
    """Lorenz curves: how much of the exposure the least shown items get."""
    shown, paint = leaders(evaluation), colours(list(evaluation.systems))
    with canvas(4.6, 3.6) as (axes, out):
        axes[0].plot([0, 1], [0, 1], color=MUTED, lw=1, ls="--", label="all items alike")
        for system in shown:
            held = evaluation.lorenz[system]
            share = np.linspace(0, 1, len(held))
            axes[0].plot(share, held, color=paint[system], lw=2, label=label(system))
        axes[0].set_xlabel("items, least shown first")
        axes[0].set_ylabel("share of the first ten places")
        axes[0].xaxis.set_major_formatter(PercentFormatter(1))
        axes[0].yaxis.set_major_formatter(PercentFormatter(1))
        axes[0].legend(fontsize=8.5, loc="upper left")
    return out[0]


def leaders(evaluation: Evaluation) -> list[str]:
    """Cascade, fusion, and the best channel by NDCG at the first k; those that are there."""
    metric = f"ndcg@{evaluation.ks[0]}"
    channels = [s for s in evaluation.systems if s not in LEAD]
    best = sorted(channels, key=lambda s: -evaluation.systems[s][metric].mean)[:1]
    return [s for s in LEAD if s in evaluation.systems] + best
