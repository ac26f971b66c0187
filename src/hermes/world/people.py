"""Who comes: tastes that turn with time, interests by domain, habits of hour, page and device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hermes.core.types import Ints

from .catalogue import MOODS, D, Reals, stream
from .scale import DOMAINS, Scale

DEVICES = ("phone", "desktop", "tv")
AGES = ("under 18", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
OCCUPATIONS = (
    "student", "teacher", "engineer", "nurse", "designer", "farmer", "office worker",
    "musician", "researcher", "retired",
)  # fmt: skip
COUNTRIES = ("GB", "US", "DE", "FR", "ES", "NL", "IE", "SE", "CA", "AU")


@dataclass(frozen=True, slots=True)
class People:
    """U users."""

    start: Reals  # (U, D) taste on day 0, unit vectors
    turn: Reals  # (U, D) unit vectors at right angles to it: where the taste is turning
    speed: Reals  # (U,) radians a day
    interest: Reals  # (U, 5) share of attention given to each domain
    thrift: Reals  # (U,) what one standard deviation of price costs in log odds
    activity: Reals  # (U,) share of all requests
    devices: Reals  # (U, 3) share of each of `DEVICES`
    hour: Reals  # (U,) favourite hour of the day
    guess: Reals  # (U, D) what the logging policy believes of `start`
    age: Ints  # (U,) codes of `AGES`
    occupation: Ints  # (U,) codes of `OCCUPATIONS`
    country: Ints  # (U,) codes of `COUNTRIES`
    joined: Reals  # (U,) days after the log's start, negative

    def __len__(self) -> int:
        return len(self.speed)

    def tastes(self, users: Ints, days: Reals) -> Reals:
        """Unit vectors: the taste turns in one plane, each at its own speed.  -> (N, D)"""
        angle = (self.speed[users] * days)[:, None]
        return np.cos(angle) * self.start[users] + np.sin(angle) * self.turn[users]


def unit(rows: Reals) -> Reals:
    """Rows of length one."""
    out: Reals = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return out


def people(size: Scale, seed: int) -> People:
    """Everybody of a world; the same for the same arguments."""
    rng = stream(seed, "people")
    n = size.users
    age = rng.choice(len(AGES), n, p=(0.06, 0.17, 0.24, 0.2, 0.15, 0.1, 0.08))
    work = rng.integers(0, len(OCCUPATIONS), n)
    moods = rng.dirichlet(np.full(len(MOODS), 0.28), n) * 1.6
    raw = np.concatenate([moods, rng.normal(0, 0.2, (n, D - len(MOODS)))], axis=1)
    raw += (
        rng.normal(0, 0.16, (len(AGES), D))[age] + rng.normal(0, 0.16, (len(OCCUPATIONS), D))[work]
    )
    start = unit(raw + rng.normal(0, 0.1, (n, D)))
    other = rng.normal(size=(n, D))
    other -= np.sum(other * start, axis=1, keepdims=True) * start
    activity = rng.lognormal(0, 0.75, n)
    return People(
        start=start,
        turn=unit(other),
        speed=rng.gamma(1.5, 0.55, n) / size.days,
        interest=rng.dirichlet(np.full(len(DOMAINS), 1.1), n),
        thrift=rng.gamma(2.0, 0.15, n),
        activity=activity / activity.sum(),
        devices=rng.dirichlet((1.6, 1.0, 0.4), n),
        hour=rng.normal(19.5, 3.5, n) % 24,
        guess=unit(start + rng.normal(0, 0.55 / np.sqrt(D), (n, D))),
        age=age,
        occupation=work,
        country=rng.choice(
            len(COUNTRIES), n, p=(0.2, 0.2, 0.15, 0.1, 0.08, 0.07, 0.05, 0.05, 0.05, 0.05)
        ),
        joined=-rng.exponential(400, n) - 1,
    )
