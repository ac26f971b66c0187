"""What people did: sessions, slates, and what followed from them, one day after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from json import dumps

import numpy as np
import polars as pl

from hermes.core.types import Bools, Ints

from .catalogue import NEWS, Reals, stream
from .people import DEVICES
from .policy import MEMORY, PAGES, Shop
from .scale import SLOTS
from .truth import Truth

KINDS = ("impression", "click", "play", "read", "purchase", "rating", "like", "dismiss")
CODE = {kind: code for code, kind in enumerate(KINDS)}
REFERRERS = ("direct", "search", "mail", "social")
MEAN = 2.2  # requests of a session


@dataclass(frozen=True, slots=True)
class Requests:
    """R pages that were asked for on one day, in order of time."""

    users: Ints  # (R,)
    days: Reals  # (R,) after the start, with the time of day
    sessions: Ints  # (R,) numbered within the day
    pages: Ints  # (R,) codes of `PAGES`
    devices: Ints  # (R,)
    referrers: Ints  # (R,)

    def take(self, index: Ints) -> Requests:
        """The chosen rows."""
        return Requests(
            self.users[index],
            self.days[index],
            self.sessions[index],
            self.pages[index],
            self.devices[index],
            self.referrers[index],
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """N = R * SLOTS places, request by request."""

    users: Ints
    items: Ints
    days: Reals
    positions: Ints
    devices: Ints
    request: Ints  # row of `Requests`
    propensity: Reals


def requests(truth: Truth, day: int, rng: np.random.Generator) -> Requests:
    """Poisson sessions of each person, each of a geometric number of requests."""
    people = truth.people
    expected = truth.size.requests / MEAN / truth.size.days * people.activity
    visits = rng.poisson(expected)
    visitor = np.repeat(np.arange(len(people)), visits)
    n = len(visitor)
    length = rng.geometric(1 / MEAN, n)
    clock = ((people.hour[visitor] + rng.normal(0, 2.5, n)) % 24) / 24 * 0.97
    device = choose(people.devices[visitor], rng)
    referrer = rng.choice(len(REFERRERS), n, p=(0.55, 0.25, 0.12, 0.08))
    session = np.repeat(np.arange(n), length)
    step = np.arange(len(session)) - np.repeat(np.cumsum(length) - length, length)
    pause = rng.uniform(0.4, 3.0, len(session)) / 1440
    moment = day + clock[session] + np.minimum(step * 1.7 / 1440 + pause, 0.0299)
    users = visitor[session]
    page = 1 + choose(people.interest[users], rng)
    page[rng.random(len(session)) < 0.5] = 0
    order = np.lexsort((session, moment))
    whole = Requests(users, moment, session, page, device[session], referrer[session])
    return whole.take(order)


def choose(shares: Reals, rng: np.random.Generator) -> Ints:
    """One column of each row, with the row's probabilities.  -> (N,)"""
    ladder = np.cumsum(shares, axis=1)[:, :-1]
    out: Ints = (rng.random(len(shares))[:, None] > ladder).sum(axis=1)
    return out


def days(truth: Truth) -> Iterator[pl.DataFrame]:
    """Events of each day in order of time; what comes later than its click waits for its day."""
    people, size = truth.people, truth.size
    shop = Shop(truth.items, people, truth.seed, size.days)
    opened = np.full((len(people), MEMORY), -1)
    waiting: pl.DataFrame | None = None
    for day in range(size.days):
        rng = stream(truth.seed, f"day {day}")
        asked = requests(truth, day, rng)
        policy = shop.open(day)
        known = opened[asked.users]
        asked = replace(asked, pages=policy.served(asked.pages, known))
        slates, chance = policy.slates(asked.users, asked.pages, known, rng)
        shown = spread(asked, slates, chance)
        events, clicked = outcomes(truth, shown, rng)
        remember(opened, shown.users[clicked], shown.items[clicked])
        shop.clicked(shown.items[clicked])
        frame = label(events, asked, shown, day, policy.version.name)
        frame = frame if waiting is None else pl.concat([frame, waiting])
        frame = frame.sort("day", "user", "request_id", "position", "kind")
        yield frame.filter(pl.col("day") < day + 1)
        waiting = frame.filter((pl.col("day") >= day + 1) & (pl.col("day") < size.days))


def spread(asked: Requests, slates: Ints, chance: Reals) -> Shown:
    """One row for each place."""
    rows = np.repeat(np.arange(len(slates)), SLOTS)
    return Shown(
        users=asked.users[rows],
        items=slates.ravel(),
        days=asked.days[rows],
        positions=np.tile(np.arange(SLOTS), len(slates)),
        devices=asked.devices[rows],
        request=rows,
        propensity=chance.ravel(),
    )


class Pieces:
    """Columns of events as they come about; `day` counts from the log's start."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.row: list[Ints] = []
        self.kind: list[Ints] = []
        self.day: list[Reals] = []
        self.value: list[Reals] = []

    def happened(self, kind: str, rows: Ints, after: Reals, value: Reals | None = None) -> None:
        """Events of one kind, `after` days after the page was shown."""
        self.row.append(rows)
        self.kind.append(np.full(len(rows), CODE[kind]))
        self.day.append(self.shown.days[rows] + after)
        self.value.append(np.full(len(rows), np.nan) if value is None else value)


def outcomes(truth: Truth, shown: Shown, rng: np.random.Generator) -> tuple[Pieces, Bools]:
    """Everything that follows from the places, and which of them were clicked."""
    n = len(shown.items)
    found = Pieces(shown)
    seen = rng.random(n) < truth.examined(shown.positions, shown.devices)
    clicked = seen & (rng.random(n) < truth.appeal(shown.users, shown.items, shown.days))
    passed = np.flatnonzero(seen & ~clicked)
    sent = truth.dismissal(shown.users[passed], shown.items[passed], shown.days[passed])
    away = passed[rng.random(len(passed)) < sent]
    found.happened("impression", np.arange(n), np.zeros(n))
    found.happened("dismiss", away, rng.uniform(2, 40, len(away)) / 86_400)
    consequences(truth, found, np.flatnonzero(clicked), rng)
    return found, clicked


def consequences(truth: Truth, found: Pieces, rows: Ints, rng: np.random.Generator) -> None:
    """What follows from clicks, each on a row of what was shown."""
    shown, n = found.shown, len(rows)
    click_at = rng.uniform(2, 60, n) / 86_400
    found.happened("click", rows, click_at)
    users, items, when = shown.users[rows], shown.items[rows], shown.days[rows]
    wanted = truth.preference(users, items, when)
    news = truth.items.domain[items] == NEWS

    plays = rng.random(n) < truth.play(users, items, when)
    share = np.round(np.clip(rng.beta(2.0, 1.2, n) + 0.05 * wanted, 0.02, 1.0), 3)
    for kind, mask in (("play", plays & ~news), ("read", plays & news)):
        found.happened(kind, rows[mask], click_at[mask] + 10 / 86_400, share[mask])
    liked = plays & news & (rng.random(n) < 0.25 / (1 + np.exp(-wanted)))
    found.happened("like", rows[liked], click_at[liked] + rng.uniform(1, 6, liked.sum()) / 1440)

    bought = rng.random(n) < truth.conversion(users, items, when)
    later = click_at + rng.exponential(1 / truth.hazard(users, items, when))
    found.happened("purchase", rows[bought], later[bought], truth.items.price[items[bought]])

    rates = (bought | plays) & ~news & (rng.random(n) < 0.35)
    stars = np.clip(np.round(3.1 + 0.8 * wanted + 0.6 * rng.normal(size=n)), 1, 5)
    lag = np.where(bought, later, click_at) + rng.exponential(0.4, n)
    found.happened("rating", rows[rates], lag[rates], stars[rates])


def remember(opened: Ints, users: Ints, items: Ints) -> None:
    """Push each click into its user's memory, the latest last; what is there already stays."""
    for user, item in zip(users.tolist(), items.tolist(), strict=True):
        row = opened[user]
        if item not in row:  # twice would count its weight twice
            row[:-1] = row[1:]
            row[-1] = item


def label(found: Pieces, asked: Requests, shown: Shown, day: int, policy: str) -> pl.DataFrame:
    """Codes of users, items and contexts with the ids of session and request."""
    row = np.concatenate(found.row)
    request = shown.request[row]
    places = asked.pages * len(DEVICES) * len(REFERRERS)
    context = places + asked.devices * len(REFERRERS) + asked.referrers
    return pl.DataFrame(
        {
            "day": np.concatenate(found.day),
            "kind": np.concatenate(found.kind).astype(np.int8),
            "value": np.concatenate(found.value),
            "user": shown.users[row],
            "item": shown.items[row],
            "session_id": asked.sessions[request] + day * 10_000_000,
            "request_id": request + day * 10_000_000,
            "position": shown.positions[row].astype(np.int32),
            "propensity": shown.propensity[row],
            "context": context[request].astype(np.int32),
            "policy_version": np.full(len(row), policy),
        }
    )


def contexts() -> list[str]:
    """JSON by code: page, device and referrer in the order of `label`."""
    return [
        dumps({"device": device, "page": page, "referrer": referrer}, separators=(",", ":"))
        for page, device, referrer in product(PAGES, DEVICES, REFERRERS)
    ]
