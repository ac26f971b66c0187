"""The pictures of a bundle in the report of a lake: attention, and what diversity costs."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .attention import Attention, Reading
from .intervals import Interval
from .plots import INK, LEAD, MUTED, OTHERS, canvas
from .tradeoff import Tradeoff

WIDE = 30  # letters of a title
USUAL = 0.7  # lambda that a sentence speaks of
NAMED = (1.0, 0.7, 0.5, 0.3, 0.0)  # lambdas that are written beside their point
WARM = "PuOr_r"  # violet is below zero, orange above


def short(title: str, width: int = WIDE) -> str:
    """A title that fits beside a picture.

    >>> short("The Whale and the Archive", 12)
    'The Whale a…'
    """
    return title if len(title) <= width else title[: width - 1] + "…"


def heat(reading: Reading) -> str:
    """Candidates by events; the colour is the weight, and zero is white."""
    n, length = reading.weights.shape
    far = float(np.abs(reading.weights).max()) or 1.0
    with canvas(9.2, 2.6 + 0.27 * n) as (axes, out):
        picture = axes[0].pcolormesh(
            reading.weights, cmap=WARM, vmin=-far, vmax=far, edgecolors="white", linewidth=0.6
        )
        axes[0].set_yticks(np.arange(n) + 0.5, [short(t) for t in reading.candidates], color=INK)
        axes[0].set_xticks(
            np.arange(length) + 0.5,
            [short(t, 24) for t in reading.events],
            rotation=90,
            color=INK,
            fontsize=8.5,
        )
        axes[0].invert_yaxis()
        axes[0].grid(visible=False)
        axes[0].set_xlabel(f"history of {reading.user}, the latest at the right")
        axes[0].set_ylabel("slate, the best on top")
        bar = axes[0].figure.colorbar(picture, ax=axes[0], pad=0.015, fraction=0.03)
        bar.set_label("weight in the interest")
        bar.outline.set_visible(False)
    return out[0]


def price(found: Tradeoff) -> str:
    """NDCG and likeness against lambda, and the one against the other."""
    with canvas(9.2, 3.6, 2) as (axes, out):
        shares(axes[0], found)
        against(axes[1], found)
    return out[0]


def shares(axes: Axes, found: Tradeoff) -> None:
    """What is left of each at every lambda; of NDCG with the interval of the loss."""
    trust, base = [p.trust for p in found.points], found.points[0].ndcg.mean or 1.0
    kept = [
        Interval(*(1 + v / base for v in (p.cost.mean, p.cost.low, p.cost.high)))
        for p in found.points
    ]
    rows = (
        ("NDCG@10", kept, LEAD["cascade"]),
        ("likeness, by vectors", fractions([p.alike for p in found.points]), LEAD["fusion"]),
        ("likeness, by categories", fractions([p.kinds for p in found.points]), OTHERS[0]),
    )
    for name, spans, colour in rows:
        axes.plot(trust, [s.mean for s in spans], "o-", color=colour, lw=2, ms=4, label=name)
        low, high = [s.low for s in spans], [s.high for s in spans]
        axes.fill_between(trust, low, high, color=colour, alpha=0.14, lw=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("λ (1: relevance alone)")
    axes.set_ylabel("share of what it is at λ = 1")
    axes.legend(fontsize=8.5, loc="lower right")


def fractions(spans: list[Interval]) -> list[Interval]:
    """Of the first one's mean.

    >>> fractions([Interval(0.5, 0.4, 0.6), Interval(0.25, 0.2, 0.3)])[1]
    Interval(mean=0.5, low=0.4, high=0.6)
    """
    base = spans[0].mean or 1.0
    return [Interval(s.mean / base, s.low / base, s.high / base) for s in spans]


def against(axes: Axes, found: Tradeoff) -> None:
    """NDCG over likeness, a point each lambda."""
    path = [p.alike.mean for p in found.points], [p.ndcg.mean for p in found.points]
    axes.plot(*path, color=LEAD["cascade"], lw=1, alpha=0.5)
    for p in found.points:
        x, y = p.alike, p.ndcg
        axes.plot([x.low, x.high], [y.mean, y.mean], color=MUTED, lw=1, alpha=0.6)
        axes.plot([x.mean, x.mean], [y.low, y.high], color=MUTED, lw=1, alpha=0.6)
        axes.plot(x.mean, y.mean, "o", color=LEAD["cascade"], ms=6)
        if p.trust in NAMED:
            name = f"λ = {p.trust:g}" if p.trust == 1 else f"{p.trust:g}"
            place: dict[str, Any] = {"textcoords": "offset points", "color": INK, "fontsize": 8.5}
            axes.annotate(name, (x.mean, y.mean), (5, 5), **place)
    axes.set_xlabel("mean cosine of pairs of a slate, by vectors")
    axes.set_ylabel("NDCG@10")
    axes.margins(0.1)


def read(found: Attention) -> str:
    """What the weights of many people say."""
    kind, late = found.kind, found.late
    return (
        f"Events of the candidate's kind weigh {leaning(kind)} than others, the last five"
        f" {leaning(late)} than those before them, over {found.users:,} users."
    )


def leaning(i: Interval) -> str:
    """Deviations with their interval, and whether they are sure.

    >>> leaning(Interval(-0.31, -0.4, -0.2)), leaning(Interval(0.01, -0.1, 0.1))
    ('0.31 [0.20, 0.40] deviations less', 'not surely more or less (+0.01 [-0.10, +0.10])')
    """
    if not np.isfinite(i.mean) or i.low <= 0 <= i.high:
        return f"not surely more or less ({i.mean:+.2f} [{i.low:+.2f}, {i.high:+.2f}])"
    near, far = sorted((abs(i.low), abs(i.high)))
    return f"{abs(i.mean):.2f} [{near:.2f}, {far:.2f}] deviations {'more' if i.low > 0 else 'less'}"


def paid(found: Tradeoff) -> str:
    """What a usual lambda changes, and how far one can go for nothing."""
    first = found.points[0]
    usual = min(found.points, key=lambda p: abs(p.trust - USUAL))
    alike = 1 - usual.alike.mean / (first.alike.mean or 1)
    base = first.ndcg.mean or 1.0
    lost, low, high = (v / base for v in (usual.cost.mean, usual.cost.low, usual.cost.high))
    free = found.free()
    last = (
        f"down to λ = {free.trust:g} the loss cannot be told from none"
        if free is not first
        else "every λ that was tried below 1 costs surely"
    )
    return (
        f"At λ = {usual.trust:g} slates of ten are {alike:.0%} less alike (mean cosine"
        f" {first.alike.mean:.2f} to {usual.alike.mean:.2f}) for {lost:+.1%} [{low:+.1%},"
        f" {high:+.1%}] of NDCG@10; {last}, over {found.users:,} held-out users."
    )
