"""One sentence a figure of a lake, made from the numbers that it shows."""

from __future__ import annotations

import numpy as np

from hermes.core.types import Ints

from .intervals import Interval
from .segments import COLD
from .survey import Survey

LEAST = 0.01  # share of the assets that a category needs to be compared
PLAIN = 0.05  # p below which two laws differ
BETWEEN = "95 % percentile bootstrap"


def bounds(i: Interval, digits: int = 2) -> str:
    """A value and its interval.

    >>> bounds(Interval(0.651, 0.64, 0.66))
    '0.65 [0.64, 0.66]'
    """
    return f"{i.mean:.{digits}f} [{i.low:.{digits}f}, {i.high:.{digits}f}]"


def ratings(s: Survey) -> str:
    """Stars and kinds."""
    total = sum(s.kinds.values())
    most, count = next(iter(s.kinds.items()))
    every = f"{count / total:.0%} of {total:,} events are of the kind {most}"
    if not s.ratings:
        return f"{every}; nobody rated anything."
    stars, often = np.array(list(s.ratings)), np.array(list(s.ratings.values()))
    mean = float(stars @ often / often.sum())
    usual = f"{stars[often.argmax()]:g} ({often.max() / often.sum():.0%})"
    told = f"; the standard deviation between the means of users is {s.generosity:.2f}"
    between = "" if np.isnan(s.generosity) else told
    return (
        f"{every}. {often.sum():,} ratings have mean {mean:.2f}, the commonest is {usual}{between}."
    )


def top(amounts: Ints, share: float) -> float:
    """What the largest `share` of them hold of the whole.

    >>> top(np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 11]), 0.1)
    0.55
    """
    n = max(1, round(share * len(amounts)))
    return float(np.sort(amounts)[-n:].sum() / amounts.sum())


def activity(s: Survey) -> str:
    """Usual and busy users."""
    half, few = np.median(s.by_user), (s.by_user <= COLD).mean()
    return (
        f"Half of the {len(s.by_user):,} users have at most {half:,.0f} events, {few:.0%} at most"
        f" {COLD}; the busiest tenth made {top(s.by_user, 0.1):.0%} of all."
    )


def popularity(s: Survey) -> str:
    """The slope of the tail, and whether it is one."""
    chosen = int((s.by_item > 0).sum())
    if s.tail is None:
        return f"{chosen:,} assets were chosen, too few to tell how their popularity falls."
    law, t = "", s.tail
    if t.p >= PLAIN:
        law = f"a log-normal fits that tail as well (p = {t.p:.2f}), so that no law is proved"
    elif t.ratio < 0:
        law = f"a log-normal fits that tail better (p = {t.p:.3f}): it bends, it is no power law"
    else:
        law = f"it fits that tail better than a log-normal (p = {t.p:.3f})"
    slope = f"{t.alpha:.2f} [{t.low:.2f}, {t.high:.2f}]"
    return (
        f"From {t.least:,} events on ({t.tail:,} of the {chosen:,} assets that were chosen)"
        f" popularity falls with exponent {slope}; {law}."
    )


def time(s: Survey) -> str:
    """Busy and quiet days, and where it goes."""
    daily, hours = s.days.clock.sum(axis=1), s.days.clock.sum(axis=0)
    first = s.days.first.date()
    when = f"From {first} on for {len(daily):,} days"
    out = f"{when} there were {daily.sum():,} events"
    if len(daily) >= 8:
        quarter = len(daily) // 4
        change = daily[-quarter:].sum() / max(int(daily[:quarter].sum()), 1) - 1
        busy = np.datetime64(first) + int(daily.argmax())
        times = daily.max() / max(float(np.median(daily)), 1)
        out += (
            f", {change:+.0%} in the last quarter of the time against the first; the busiest day"
            f" was {busy} with {times:.1f} times a usual one"
        )
    share, little = hours.max() / hours.sum(), hours.min() / hours.sum()
    return (
        f"{out}. The hour from {hours.argmax()}:00 UTC has {share:.1%} of them, that from"
        f" {hours.argmin()}:00 {little:.1%}."
    )


def categories(s: Survey) -> str:
    """The largest, and those chosen most and least for their size."""
    if not s.categories:
        return "No asset has a category."
    first, sized = s.categories[0], [c for c in s.categories if c.items >= LEAST]
    out = (
        f"{first.name} is chosen most: {first.events:.0%} of the events go to its"
        f" {first.items:.0%} of the assets"
    )
    if len(sized) < 2:
        return f"{out}."
    lift = sorted(sized, key=lambda c: c.events / c.items)
    high, low = lift[-1], lift[0]
    return (
        f"{out}; for its size {high.name} is chosen most ({high.events / high.items:.1f} times its"
        f" share), {low.name} least ({low.events / low.items:.1f} times)."
    )


def cold(s: Survey) -> str:
    """How many of those who come are hardly known, on a day and at the end."""
    there = s.days.active > 0
    usual = float(np.median(s.days.cold[there] / s.days.active[there]))
    late = s.days.cold[-7:].sum() / max(int(s.days.active[-7:].sum()), 1)
    return (
        f"On a usual day {usual:.0%} of the users who come have at most {COLD} events before it; in"
        f" the last {min(7, len(there))} days it was {late:.0%}."
    )


def inequality(s: Survey) -> str:
    """Gini of both, and what the top and the bottom hold."""
    never = int((s.by_item == 0).sum())
    return (
        f"The Gini index of assets is {bounds(s.inequality)}, of users"
        f" {bounds(s.inequality_of_users)}; the most chosen tenth of the {len(s.by_item):,} assets"
        f" holds {top(s.by_item, 0.1):.0%} of the events, and {never:,}"
        f" ({never / len(s.by_item):.0%}) were never chosen."
    )


NOTES = {
    "ratings": "All events, whatever they are worth; kinds on a logarithm.",
    "activity": "Events of positive weight; bins of equal ratio.",
    "popularity": "The exponent is the maximum of the discrete likelihood, its beginning the count"
    " from which the law is nearest by Kolmogorov and Smirnov (Clauset, Shalizi, Newman 2009);"
    f" {BETWEEN} that chooses both again; Vuong's test against a log-normal of the same tail.",
    "time": "A period is as long as keeps the picture readable; all times are UTC.",
    "categories": "An asset of several categories counts in each. Compared for their size are those"
    f" with at least {LEAST:.0%} of the assets.",
    "cold": "A user's events are counted up to midnight (UTC) of the day.",
    "inequality": f"The catalogue with what nobody chose; {BETWEEN}.",
}
