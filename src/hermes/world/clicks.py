"""Clicks on things for sale, as many as are asked for, and when each led to a purchase.

The log of a shop of this size has too few clicks a day to tell estimators of delayed conversions
apart. Here everybody is shown things at random on a page of one place, so that a click is drawn
with probability `appeal`; purchases follow `conversion`, as in the log. In the log, what is wanted
most is also bought soonest, so that late conversions harm no order. Here each genre has a pace of
its own besides, as each advertiser has (Badanidiyuru et al. Handling many conversions per click in
modeling delayed feedback. 2021): the rate of the delay is `hazard` times exp(spread * N(0, 1)).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from hermes.core.types import Ints

from .catalogue import NEWS, Reals, stream
from .people import DEVICES
from .truth import Truth

DRAWN = 50_000  # things shown at a time


def clicks(truth: Truth, count: int, span: float, spread: float = 0.0) -> pl.DataFrame:
    """`count` clicks of the last `span` days, in order of time, and what is known of each.

    clicked_at and converted_at are days after the start of the world, converted_at NaN where
    nothing was ever bought; conversion is the probability that something is, hazard its rate a day,
    both unknown to a log. The same truth gives the same clicks.
    """
    rng = stream(truth.seed, "clicks")
    users, items, moments = shown(truth, count, span, rng)
    order = np.argsort(moments, kind="stable")
    users, items, moments = users[order], items[order], moments[order]
    chance = truth.conversion(users, items, moments)
    hazard = truth.hazard(users, items, moments) * pace(truth, spread)[items]
    delay = rng.exponential(1 / hazard)
    bought = rng.random(count) < chance
    return pl.DataFrame(
        {
            "clicked_at": moments,
            "converted_at": np.where(bought, moments + delay, np.nan),
            "conversion": chance,
            "hazard": hazard,
            **observed(truth, users, items, moments, rng),
        }
    )


def pace(truth: Truth, spread: float) -> Reals:
    """How many times faster than by `hazard` alone a thing is bought: 1 without spread.  -> (I,)"""
    drawn = stream(truth.seed, "pace").normal(size=len(truth.items.genres.names))
    return np.exp(spread * drawn)[truth.items.genre]


def shown(
    truth: Truth, count: int, span: float, rng: np.random.Generator
) -> tuple[Ints, Ints, Reals]:
    """Who clicked on what, and when, by rejection; not in order.  -> (count,) three times"""
    stock = np.flatnonzero(truth.items.domain != NEWS)
    found: list[tuple[Ints, Ints, Reals]] = []
    while sum(len(users) for users, _, _ in found) < count:
        users = rng.choice(len(truth.people), DRAWN, p=truth.people.activity)
        items = rng.choice(stock, DRAWN)
        moments = truth.size.days - span * rng.random(DRAWN)
        out = truth.items.published[items] <= moments
        kept = out & (rng.random(DRAWN) < truth.appeal(users, items, moments))
        found.append((users[kept], items[kept], moments[kept]))
    users, items, moments = (np.concatenate(column)[:count] for column in zip(*found, strict=True))
    return users, items, moments


def observed(
    truth: Truth, users: Ints, items: Ints, moments: Reals, rng: np.random.Generator
) -> dict[str, Any]:
    """What a log would say of each click, from profile and catalogue.  -> (N,) each"""
    c, p = truth.items, truth.people
    share = np.cumsum(p.devices[users], axis=1)[:, :-1]
    device = (rng.random(len(users))[:, None] > share).sum(axis=1)
    names = np.array(truth.user_ids()), np.array(truth.asset_ids())
    coded = {
        "domain": c.domain[items],
        "genre": c.genre[items],
        "creator": c.creator[items] + 1000 * c.domain[items],
        "age_band": p.age[users],
        "occupation": p.occupation[users],
        "country": p.country[users],
        "device": np.array(DEVICES)[device],
    }
    return {
        "user_id": names[0][users],
        "item_id": names[1][items],
        **{name: column.astype(str) for name, column in coded.items()},
        "price": np.log(c.price[items]),
        "dear": c.dear[items],
        "item_days": np.log1p(moments - c.published[items]),
        "independent": c.independent[items].astype(np.float64),
    }
