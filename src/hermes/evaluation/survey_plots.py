"""The seven pictures of a lake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter
from scipy.special import zeta

from hermes.core.types import Array, Ints

from .beyond import lorenz
from .plots import INK, LEAD, MUTED, OTHERS, canvas
from .segments import COLD
from .survey import Days, Survey

FIRST, SECOND, THIRD = LEAD["cascade"], LEAD["fusion"], OTHERS[0]
SHOWN = 18  # categories
BARS = 120  # of a picture of time, at most
WEEK = 7  # days over which a share is smoothed


def thousands(axes: Axes, which: str = "y") -> None:
    """Whole numbers with commas, decades too."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}" if x >= 1 or not x else ""))


def percent(axes: Axes, which: str = "y") -> None:
    """Shares in percent, with a decimal only where steps are that small."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    low, high = axis.get_view_interval()
    axis.set_major_formatter(PercentFormatter(1, decimals=0 if high - low > 0.04 else 1))


def ratings(s: Survey) -> str:
    """Stars as they were given, where there are any, and events of each kind where they differ."""
    panels = bool(s.ratings) + (len(s.kinds) > 1 or not s.ratings)
    with canvas(9.2, 3.2, panels) as (axes, out):
        if s.ratings:
            stars(axes[0], s.ratings)
        if panels > bool(s.ratings):
            kinds(axes[-1], s.kinds)
    return out[0]


def stars(axes: Axes, given: Mapping[float, int]) -> None:
    """One bar a rating, named where they are few."""
    x, often = np.array(list(given)), np.array(list(given.values()))
    share, few = often / often.sum(), len(given) <= 10
    width = 0.8 * float(np.diff(x).min()) if len(x) > 1 else 0.8
    axes.bar(x, share, width, color=FIRST, alpha=0.85)
    for at, height in zip(x, share, strict=True):
        if few:
            style: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "color": MUTED}
            axes.annotate(f"{height:.0%}", (at, height), (0, 3), **style)
    if few:
        axes.set_xticks(x)
    axes.set_xlabel("rating")
    axes.set_ylabel("share of ratings")
    percent(axes)
    axes.grid(visible=False, axis="x")


def kinds(axes: Axes, counts: Mapping[str, int]) -> None:
    """One bar a kind of event, most on top; a logarithm, since impressions dwarf all else."""
    y = np.arange(len(counts))[::-1]
    axes.barh(y, list(counts.values()), height=0.62, color=SECOND, alpha=0.85, left=0)
    axes.set_xscale("log")
    axes.set_xlim(max(1, 0.3 * min(counts.values())), 12 * max(counts.values()))
    for at, count in zip(y, counts.values(), strict=True):
        axes.annotate(f"{count:,}", (count, at), (5, -3), textcoords="offset points", color=MUTED)
    axes.set_yticks(y, list(counts), color=INK)
    axes.set_ylim(-0.8, len(counts) - 0.2)
    thousands(axes, "x")
    axes.minorticks_off()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("events of each kind")


def activity(s: Survey) -> str:
    """How many users have how many events, in bins of equal ratio."""
    least, most = int(s.by_user.min()), int(s.by_user.max())
    edges = np.unique(np.geomspace(least, most + 1, 36).round().astype(int))
    with canvas(9.2, 3.1) as (axes, out):
        counts, _ = np.histogram(s.by_user, edges)
        axes[0].bar(
            edges[:-1], counts, np.diff(edges), align="edge", color=FIRST, alpha=0.85,
            edgecolor="white", lw=0.6,
        )  # fmt: skip
        axes[0].set_xscale("log")
        for q, name in ((0.5, "median"), (0.9, "90 %")):
            at = float(np.quantile(s.by_user, q))
            axes[0].axvline(at, color=THIRD, lw=1.2, ls="--")
            axes[0].annotate(
                f"{name}: {at:,.0f}", (at, 1), (4, -10), color=THIRD,
                xycoords=("data", "axes fraction"), textcoords="offset points",
            )  # fmt: skip
        thousands(axes[0], "x")
        thousands(axes[0])
        axes[0].set_ylim(top=1.2 * counts.max())
        axes[0].minorticks_off()
        axes[0].set_xlabel("events of a user")
        axes[0].set_ylabel("users")
    return out[0]


def popularity(s: Survey) -> str:
    """The share of assets with at least so many events, and the law of the tail."""
    counts = np.sort(s.by_item[s.by_item > 0])
    values, first = np.unique(counts, return_index=True)
    share = 1 - first / len(counts)
    with canvas(9.2, 3.6) as (axes, out):
        axes[0].plot(values, share, ".", color=FIRST, ms=4, label="assets")
        if s.tail is not None:
            x = np.geomspace(s.tail.least, values[-1], 60).round()
            begin = float(share[np.searchsorted(values, s.tail.least)])
            law = begin * zeta(s.tail.alpha, x) / zeta(s.tail.alpha, s.tail.least)
            name = f"power law from {s.tail.least:,} events, exponent {s.tail.alpha:.2f}"
            axes[0].plot(x, law, color=THIRD, lw=2, label=name)
            axes[0].axvline(s.tail.least, color=THIRD, lw=1, ls="--")
        axes[0].set_xscale("log")
        axes[0].set_yscale("log")
        thousands(axes[0], "x")
        axes[0].yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:g} %"))
        axes[0].minorticks_off()
        axes[0].set_ylim(0.5 * share.min(), 1.5)
        axes[0].set_xlabel("events of an asset")
        axes[0].set_ylabel("assets with at least so many")
        axes[0].legend(fontsize=8.5, loc="lower left")
    return out[0]


def moments(days: Days, count: int, hours: int) -> Array:
    """So many moments from the first day on, UTC, so many hours apart."""
    first = np.datetime64(days.first.replace(tzinfo=None), "h")
    return np.asarray(first + hours * np.arange(count))


def closed(starts: Array) -> Array:
    """With the moment at which the last period ends, so that a step shows it.  (n,) -> (n + 1,)"""
    length = starts[-1] - starts[-2] if len(starts) > 1 else np.timedelta64(24, "h")
    return np.append(starts, starts[-1] + length)


def periods(days: Days) -> tuple[Array, Array, str]:
    """Starts, events and the name of periods short enough to see and long enough to draw."""
    hours = days.clock.ravel()
    lengths = {"hour": 1, "day": 24, "week": 7 * 24, "month of 28 days": 28 * 24}
    fits = (one for one, size in lengths.items() if len(hours) <= size * BARS)
    name = next(fits, "year")
    size = lengths.get(name, 365 * 24)
    whole = np.add.reduceat(hours, np.arange(0, len(hours), size))
    return moments(days, len(whole), size), whole, name


def time(s: Survey) -> str:
    """Events by period, and by hour of the day."""
    starts, counts, name = periods(s.days)
    with canvas(9.2, 3.1, 2) as (axes, out):
        starts, counts = closed(starts), np.append(counts, counts[-1])
        axes[0].step(starts, counts, where="post", color=FIRST, lw=1.4)
        axes[0].fill_between(starts, counts, step="post", color=FIRST, alpha=0.12, lw=0)
        axes[0].set_ylim(bottom=0)
        dated(axes[0])
        axes[0].set_ylabel(f"events {'an' if name == 'hour' else 'a'} {name}")
        hours = s.days.clock.sum(axis=0)
        axes[1].bar(np.arange(24) + 0.5, hours / hours.sum(), 0.82, color=SECOND, alpha=0.85)
        axes[1].set_xticks(range(0, 25, 4))
        axes[1].set_xlabel("hour of the day, UTC")
        axes[1].set_ylabel("share of events")
        percent(axes[1])
        axes[1].grid(visible=False, axis="x")
        thousands(axes[0])
    return out[0]


def dated(axes: Axes) -> None:
    """Few dates, in short."""
    dates: Any = mdates  # without types
    places = dates.AutoDateLocator(minticks=3, maxticks=6)
    axes.xaxis.set_major_locator(places)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(places))


def categories(s: Survey) -> str:
    """Share of the catalogue and share of events, the categories with most events."""
    shown = s.categories[:SHOWN][::-1]
    with canvas(9.2, 0.9 + 0.25 * max(len(shown), 2)) as (axes, out):
        for at, each in enumerate(shown):
            axes[0].plot([each.items, each.events], [at, at], color=MUTED, lw=1.4, alpha=0.5)
        y = np.arange(len(shown))
        axes[0].plot([c.items for c in shown], y, "o", color=SECOND, ms=6, label="of assets")
        axes[0].plot([c.events for c in shown], y, "o", color=FIRST, ms=6, label="of events")
        axes[0].set_yticks(y, [c.name for c in shown], color=INK)
        axes[0].set_xlim(left=0)
        percent(axes[0], "x")
        axes[0].set_xlabel("share of all")
        axes[0].grid(visible=False, axis="y")
        axes[0].legend(fontsize=8.5, loc="lower right")
    return out[0]


def cold(s: Survey) -> str:
    """Which share of those who come on a day are hardly known."""
    days = moments(s.days, len(s.days.active), 24)
    share = s.days.cold / np.where(s.days.active > 0, s.days.active, np.nan)
    with canvas(9.2, 3.1, 2) as (axes, out):
        size = 4 if len(days) > WEEK else 9
        axes[0].plot(days, share, ".", color=FIRST, ms=size, alpha=0.5, label="a day")
        if len(days) > WEEK:
            smooth = weekly(s.days.cold) / np.maximum(weekly(s.days.active), 1)
            there = weekly(s.days.active) > 0
            line = np.where(there, smooth, np.nan)
            axes[0].plot(days, line, color=FIRST, lw=2, label="week that ends there")
            axes[0].legend(fontsize=8.5)
        axes[0].set_ylim(0, 1.03)
        percent(axes[0])
        axes[0].set_ylabel(f"users with at most {COLD} events before")
        warm = s.days.active - s.days.cold
        layers = [np.append(row, row[-1]) for row in (warm, s.days.cold)]
        style: dict[str, Any] = {"alpha": 0.75, "step": "post", "lw": 0}
        style |= {"labels": ("known", "cold"), "colors": (SECOND, FIRST)}
        axes[1].stackplot(closed(days), *layers, **style)
        axes[1].set_ylabel("users a day")
        axes[1].set_ylim(0, 1.25 * s.days.active.max())
        axes[1].legend(fontsize=8.5, loc="upper left", ncols=2)
        thousands(axes[1])
        for each in axes:
            dated(each)
    return out[0]


def weekly(counts: Ints) -> Array:
    """Sums of the `WEEK` days that end with each.  (D,) -> (D,)

    >>> weekly(np.ones(9, int)).tolist()
    [1, 2, 3, 4, 5, 6, 7, 7, 7]
    """
    total = counts.cumsum()
    return np.asarray(total - np.concatenate([np.zeros(WEEK, int), total[:-WEEK]])[: len(total)])


def inequality(s: Survey) -> str:
    """Lorenz curves of assets and of users."""
    with canvas(5.4, 4.2) as (axes, out):
        axes[0].plot([0, 1], [0, 1], color=MUTED, lw=1, ls="--", label="all alike")
        rows = (
            ("assets", s.by_item, FIRST, s.inequality),
            ("users", s.by_user, SECOND, s.inequality_of_users),
        )
        for name, amounts, colour, found in rows:
            share, held = lorenz(amounts, 201)
            label = f"{name}, Gini {found.mean:.2f}"
            axes[0].plot(share, held, color=colour, lw=2.2, label=label)
        axes[0].set_xlabel("share of them, least events first")
        axes[0].set_ylabel("share of the events")
        percent(axes[0], "x")
        percent(axes[0])
        axes[0].legend(fontsize=8.5, loc="upper left")
    return out[0]
